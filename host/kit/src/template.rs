//! New projects: `bijotel rule new`.
//!
//! A project stands alone: the contract's WIT text, and for Rust the sources of the SDK, are written
//! into it. The SDK is not fetched from a registry, so that a rule can be written wherever this program
//! runs, offline but for its few well-known dependencies, and always against the contract that this
//! very host speaks.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::Language;

include!(concat!(env!("OUT_DIR"), "/sdk.rs"));

/// The contract as this host speaks it.
pub const CONTRACT_WIT: &str = include_str!("../../../wit/policy.wit");

macro_rules! template {
    ($file:literal) => {
        include_str!(concat!("../templates/", $file))
    };
}

const RUST: &[(&str, &str)] = &[
    ("Cargo.toml", template!("rust/Cargo.toml")),
    ("src/lib.rs", template!("rust/src/lib.rs")),
    ("cases.yaml", template!("rust/cases.yaml")),
    ("sdk/Cargo.toml", template!("rust/sdk.toml")),
];

const JAVASCRIPT: &[(&str, &str)] = &[
    ("package.json", template!("javascript/package.json")),
    ("build.mjs", template!("javascript/build.mjs")),
    ("rule.js", template!("javascript/rule.js")),
    ("cases.yaml", template!("javascript/cases.yaml")),
];

const PYTHON: &[(&str, &str)] = &[
    ("pyproject.toml", template!("python/pyproject.toml")),
    ("rule.py", template!("python/rule.py")),
    ("cases.yaml", template!("python/cases.yaml")),
];

/// Why there is no new project.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The name cannot name a rule, or not in this language.
    #[error(
        "`{0}` cannot name a rule: use 1 to 64 lower case letters, digits, `_` and `-`, first a letter"
    )]
    Name(String),
    /// Something is there already.
    #[error("{} is there already; choose another name or --folder", .0.display())]
    Exists(PathBuf),
    /// It cannot be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Write a new project into `folder`, which must not be there or be empty. Returns its files, relative
/// to the folder, but for those of the SDK.
///
/// # Errors
///
/// When the name is none, the folder is not empty, or a file cannot be written.
pub fn create(
    name: &str,
    language: Language,
    folder: &Path,
) -> Result<Vec<&'static str>, TemplateError> {
    if !is_name(name) {
        return Err(TemplateError::Name(name.to_owned()));
    }
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file() {
        return Err(TemplateError::Exists(folder.to_owned()));
    }
    let own = match language {
        Language::Rust => RUST,
        Language::JavaScript => JAVASCRIPT,
        Language::Python => PYTHON,
    };
    let common = [
        ("README.md", template!("README.md")),
        (".gitignore", template!("gitignore")),
        ("wit/policy.wit", CONTRACT_WIT),
    ];
    let mut written = Vec::new();
    for (path, text) in own.iter().copied().chain(common) {
        let text = text
            .replace("{{name}}", name)
            .replace("{{version}}", env!("CARGO_PKG_VERSION"));
        write(&folder.join(path), &text)?;
        written.push(path);
    }
    if language == Language::Rust {
        for (path, text) in SDK {
            // In this repository the contract stands further up.
            let text = text.replace("path: \"../../wit\"", "path: \"../wit\"");
            write(&folder.join("sdk").join(path), &text)?;
        }
    }
    Ok(written)
}

/// What can name a rule, a crate and a package.
fn is_name(name: &str) -> bool {
    let character =
        |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'_' | b'-');
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(character)
}

fn write(path: &Path, text: &str) -> Result<(), TemplateError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|source| TemplateError::Write {
            path: path.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_named_and_has_the_contract() {
        for language in [Language::Rust, Language::JavaScript, Language::Python] {
            let folder = tempfile::tempdir().unwrap();
            let project = folder.path().join("p");
            for file in create("no-shouting", language, &project).unwrap() {
                let text = fs::read_to_string(project.join(file)).unwrap();
                assert!(!text.contains("{{"), "{file}");
            }
            let wit = fs::read_to_string(project.join("wit/policy.wit")).unwrap();
            assert!(wit.contains("package bijotel:policy@"));
        }
    }

    #[test]
    fn a_rust_project_has_the_sdk_beside_the_contract() {
        let folder = tempfile::tempdir().unwrap();
        create("a", Language::Rust, folder.path()).unwrap();
        let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(read("sdk/src/bindings.rs").contains("path: \"../wit\""));
        assert!(read("sdk/src/warm_up/prose.txt").len() > 1_000);
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "x").unwrap();
        let error = create("a", Language::Rust, folder.path()).unwrap_err();
        assert!(matches!(error, TemplateError::Exists(_)), "{error}");
    }

    #[test]
    fn a_name_must_fit_rule_crate_and_package() {
        for name in ["", "9a", "A", "a b", "../a", "ä"] {
            let error = create(name, Language::Python, Path::new("nowhere")).unwrap_err();
            assert!(matches!(error, TemplateError::Name(_)), "{name}");
        }
    }
}
