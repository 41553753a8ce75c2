//! `cargo xtask wasm-target`: the compilation target for rules and for the browser.
//!
//! On most machines rustup has it or fetches it. Where its server cannot be reached, `wasm-target.sh`
//! compiles the standard library from a Debian source package, or takes Debian's own compiler.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspace;

/// The target's name.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The toolchain that the script links when it had to take Debian's own compiler.
const DEBIAN: &str = "debian-wasm";

/// Make the target work.
pub(crate) fn run() -> Result<()> {
    toolchain().map(|_| ())
}

/// Make the target work; the toolchain to build with, if it is not the default one.
pub(crate) fn toolchain() -> Result<Option<&'static str>> {
    if installed(None)? {
        return Ok(None);
    }
    if installed(Some(DEBIAN))? {
        return Ok(Some(DEBIAN));
    }
    let script = workspace::root().join("xtask/wasm-target.sh");
    eprintln!("wasm-target: setting up {TARGET}");
    let status = Command::new("bash")
        .arg(&script)
        .status()
        .with_context(|| format!("cannot run {} with bash", script.display()))?;
    ensure!(
        status.success(),
        "{TARGET} could not be set up; try `rustup target add {TARGET}` and see what it says"
    );
    match installed(None)? {
        true => Ok(None),
        false => Ok(Some(DEBIAN)),
    }
}

/// Flags for everything that is built for the target, as a value of cargo's `--config`.
///
/// Panics name the source file. Without a remap of cargo's folders, rules and page would name folders
/// of the machine they were built on, and the digests of rules would differ from machine to machine.
pub(crate) fn rustflags() -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let sources = home.map(|home| home.join("registry/src"));
    let registries = sources
        .iter()
        .filter_map(|sources| std::fs::read_dir(sources).ok())
        .flatten();
    let remaps: Vec<String> = registries
        .flatten()
        .map(|registry| format!("'--remap-path-prefix={}=crates'", registry.path().display()))
        .collect();
    format!("target.{TARGET}.rustflags=[{}]", remaps.join(","))
}

/// Whether this toolchain has a standard library for the target.
fn installed(toolchain: Option<&str>) -> Result<bool> {
    let mut rustc = Command::new("rustc");
    if let Some(toolchain) = toolchain {
        rustc.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let output = rustc
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .context("cannot run rustc")?;
    let folder = String::from_utf8_lossy(&output.stdout);
    let Ok(files) = std::fs::read_dir(folder.trim()) else {
        return Ok(false);
    };
    Ok(output.status.success()
        && files
            .flatten()
            .any(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
}
