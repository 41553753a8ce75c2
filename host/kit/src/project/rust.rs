//! Rust: cargo builds a core module for wasm32-unknown-unknown.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::tool::{self, ToolError};
use super::{BuildError, failed};

const TARGET: &str = "wasm32-unknown-unknown";

/// Build the project's library; the core module.
pub(super) fn build(folder: &Path, say: &mut dyn FnMut(&str)) -> Result<Vec<u8>, BuildError> {
    check_target(folder)?;
    say("building with cargo (the first time it fetches and compiles the dependencies)");
    let mut cargo = command("cargo", folder);
    cargo.args([
        "build",
        "--release",
        "--lib",
        "--target",
        TARGET,
        "--message-format",
        "json-render-diagnostics",
        "--config",
        &remap(),
    ]);
    let advice = "The compiler's messages above say why; nothing was changed";
    let messages = tool::output(&mut cargo, advice)?;
    let module = module(&messages).ok_or_else(|| ToolError::Missing {
        problem: "cargo built no `cdylib`".to_owned(),
        advice: "Write `crate-type = [\"cdylib\", \"rlib\"]` under [lib] in Cargo.toml",
    })?;
    fs::read(&module).map_err(failed("read", &module))
}

fn check_target(folder: &Path) -> Result<(), ToolError> {
    let mut rustc = command("rustc", folder);
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    let advice = "Install Rust: https://rustup.rs";
    let library = tool::output(&mut rustc, advice)?;
    match Path::new(library.trim()).is_dir() {
        true => Ok(()),
        false => Err(ToolError::Missing {
            problem: format!("Rust has no standard library for {TARGET}"),
            advice: "Install it: `rustup target add wasm32-unknown-unknown`",
        }),
    }
}

/// The module that cargo's messages name last: that of the project itself.
fn module(messages: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Artifact {
        filenames: Vec<PathBuf>,
    }
    let artifacts = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    let mut files = artifacts.flat_map(|artifact| artifact.filenames);
    files.rfind(|file| file.extension().is_some_and(|end| end == "wasm"))
}

/// Panics name the source file. Without a remap of cargo's folders, the component would name folders of
/// the machine it was built on, and its digest would differ from machine to machine.
fn remap() -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let sources = home.map(|home| home.join("registry/src"));
    let registries = sources
        .iter()
        .filter_map(|sources| fs::read_dir(sources).ok());
    let remaps: Vec<String> = registries
        .flatten()
        .flatten()
        .map(|registry| format!("'--remap-path-prefix={}=crates'", registry.path().display()))
        .collect();
    format!("target.{TARGET}.rustflags=[{}]", remaps.join(","))
}

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    if !folder.as_os_str().is_empty() {
        command.current_dir(folder);
    }
    // Set by a cargo that runs this program, and not meant for the rule.
    for variable in ["CARGO", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        command.env_remove(variable);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_the_last_that_cargo_names() {
        let messages = r#"{"reason":"compiler-artifact","filenames":["/t/liba.rlib"]}
{"reason":"compiler-artifact","filenames":["/t/b.wasm","/t/libb.rlib"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(module(messages), Some(PathBuf::from("/t/b.wasm")));
        assert_eq!(module("{}"), None);
    }
}
