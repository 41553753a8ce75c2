//! The folder of a rule: what it is written in, how it is built, and which cases it has.

mod javascript;
mod python;
mod rust;
mod tool;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bijotel_policy::{LoadError, inspect};
use bijotel_seal::Digest;
use thiserror::Error;
use wit_component::ComponentEncoder;

pub use tool::ToolError;

/// What a rule is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Built by cargo for wasm32-unknown-unknown.
    Rust,
    /// Built by componentize-js from npm.
    JavaScript,
    /// Built by componentize-py from PyPI.
    Python,
}

/// A rule's project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Where it is.
    pub folder: PathBuf,
    /// What it is written in.
    pub language: Language,
    /// What its manifest calls it; the component is `dist/NAME.wasm`.
    pub name: String,
}

/// A component that was built and is a rule of this host.
#[derive(Clone, Debug)]
pub struct Built {
    /// Where it is.
    pub path: PathBuf,
    /// SHA-256.
    pub digest: Digest,
    /// The component.
    pub component: Vec<u8>,
}

/// Why a project cannot be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The folder is no project.
    #[error(
        "{} is no rule's project: there is no Cargo.toml, package.json or pyproject.toml; \
         make one with `bijotel rule new`", .0.display()
    )]
    NoProject(PathBuf),
    /// The project's manifest cannot be used.
    #[error("{path}: {problem}", path = path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A tool could not be run, or failed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// What was built cannot be turned into a component.
    #[error(
        "the core module cannot be made a component: {0}; is the rule exported (`export_rule!`)?"
    )]
    Componentize(String),
    /// What was built is no rule of this host.
    #[error("it was built, but the host refuses it: {0}")]
    Refused(#[from] LoadError),
    /// A file cannot be read or written.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl Language {
    /// The name of the language, as `--language` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "javascript",
            Self::Python => "python",
        }
    }
}

impl Project {
    /// The project in a folder: its manifest says what it is written in.
    ///
    /// # Errors
    ///
    /// When there is no manifest, or it has no usable name.
    pub fn open(folder: &Path) -> Result<Self, BuildError> {
        let manifests = [
            ("Cargo.toml", Language::Rust),
            ("package.json", Language::JavaScript),
            ("pyproject.toml", Language::Python),
        ];
        let (path, language) = manifests
            .into_iter()
            .map(|(file, language)| (folder.join(file), language))
            .find(|(path, _)| path.is_file())
            .ok_or_else(|| BuildError::NoProject(folder.to_owned()))?;
        let text = fs::read_to_string(&path).map_err(failed("read", &path))?;
        let name = name(&text, language).map_err(|problem| BuildError::Manifest {
            path: path.clone(),
            problem,
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            language,
            name,
        })
    }

    /// Where the component is.
    pub fn component_path(&self) -> PathBuf {
        self.folder.join("dist").join(format!("{}.wasm", self.name))
    }

    /// Build the component, and check that it is a rule of this host. `say` is told what is about to be
    /// done where that takes long or fetches something; the tools' own messages go to standard error.
    ///
    /// # Errors
    ///
    /// When a tool is missing or fails, or the result is refused; the component that was there is
    /// then left as it was.
    pub fn build(&self, say: &mut dyn FnMut(&str)) -> Result<Built, BuildError> {
        let path = self.component_path();
        let dist = self.folder.join("dist");
        fs::create_dir_all(&dist).map_err(failed("create", &dist))?;
        let component = match self.language {
            Language::Rust => componentize(&rust::build(&self.folder, say)?)?,
            Language::JavaScript => javascript::build(&self.folder, &dist, say)?,
            Language::Python => python::build(&self.folder, &dist, say)?,
        };
        inspect(&component)?;
        fs::write(&path, &component).map_err(failed("write", &path))?;
        Ok(Built {
            path,
            digest: Digest::of(&component),
            component,
        })
    }

    /// The component, built anew if it is older than a source.
    ///
    /// # Errors
    ///
    /// As for [`build`](Self::build).
    pub fn current(&self, say: &mut dyn FnMut(&str)) -> Result<Built, BuildError> {
        let path = self.component_path();
        let made = fs::metadata(&path).and_then(|data| data.modified()).ok();
        if made.is_none_or(|made| newest(&self.folder, 0).is_none_or(|source| source > made)) {
            say("the sources are newer than the component: building");
            return self.build(say);
        }
        let component = fs::read(&path).map_err(failed("read", &path))?;
        Ok(Built {
            path,
            digest: Digest::of(&component),
            component,
        })
    }

    /// The files of cases in a folder: `cases.yaml`, and what ends with `.yaml` in `cases`, ordered.
    pub fn case_files(folder: &Path) -> Vec<PathBuf> {
        let one = folder.join("cases.yaml");
        let mut files: Vec<PathBuf> = fs::read_dir(folder.join("cases"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
            .collect();
        files.sort();
        if one.is_file() {
            files.insert(0, one);
        }
        files
    }
}

/// Make a component of a core module that has the contract's metadata in it.
///
/// # Errors
///
/// When the module is none, or lacks the metadata or an export.
pub fn componentize(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| BuildError::Componentize(format!("{error:#}")))
}

/// The name in a manifest; it becomes a file name, so it must be a plain one.
fn name(manifest: &str, language: Language) -> Result<String, String> {
    let toml = |section: &str| {
        let table: toml::Table = toml::from_str(manifest).map_err(|error| error.to_string())?;
        let name = table.get(section).and_then(|section| section.get("name"));
        Ok::<_, String>(name.and_then(toml::Value::as_str).map(str::to_owned))
    };
    let found = match language {
        Language::Rust => toml("package")?,
        Language::Python => toml("project")?,
        Language::JavaScript => {
            let json: serde_json::Value =
                serde_json::from_str(manifest).map_err(|error| error.to_string())?;
            json["name"].as_str().map(str::to_owned)
        }
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match found {
        Some(name) if !name.is_empty() && name.chars().all(plain) => Ok(name),
        Some(_) => Err("its name may only have letters, digits, `_` and `-`".into()),
        None => Err("it gives the project no name".into()),
    }
}

/// When the newest source was changed. What tools make is no source.
fn newest(folder: &Path, depth: usize) -> Option<SystemTime> {
    const MADE: [&str; 5] = ["target", "dist", "node_modules", "bindings", "__pycache__"];
    if depth > 8 {
        return None;
    }
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = fs::read_dir(folder).ok()?.flatten();
    let sources = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        !name.starts_with('.') && !MADE.contains(&&*name) && !name.ends_with(".yaml")
    });
    sources
        .filter_map(|entry| match entry.path().is_dir() {
            true => newest(&entry.path(), depth + 1),
            false => entry.metadata().and_then(|data| data.modified()).ok(),
        })
        .max()
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> BuildError {
    let path = path.to_owned();
    move |source| BuildError::Io {
        action,
        path,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_says_language_and_name() {
        let cases = [
            ("Cargo.toml", "[package]\nname = 'a-b'", Language::Rust),
            ("package.json", r#"{"name":"a-b"}"#, Language::JavaScript),
            (
                "pyproject.toml",
                "[project]\nname = 'a-b'",
                Language::Python,
            ),
        ];
        for (file, text, language) in cases {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(file), text).unwrap();
            let project = Project::open(folder.path()).unwrap();
            assert_eq!((project.language, project.name.as_str()), (language, "a-b"));
        }
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("package.json"), r#"{"name":"../a"}"#).unwrap();
        Project::open(folder.path()).unwrap_err();
    }

    #[test]
    fn what_is_no_module_is_not_made_a_component() {
        let error = componentize(b"no module").unwrap_err();
        assert!(matches!(error, BuildError::Componentize(_)), "{error}");
    }
}
