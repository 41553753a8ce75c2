//! `cargo xtask run`: builds everything that is missing, and serves.

use std::process::Command;

use anyhow::{Result, bail};

use crate::steps::{run, step};
use crate::workspace::{Workspace, cargo};
use crate::{rules, wasm_target};

/// Where the configuration, the secret and the chain are made.
const DATA: &str = "bijotel-data";

/// Build rules and host, make a configuration if there is none, and serve until stopped.
pub(crate) fn run_host(arguments: &[String]) -> Result<()> {
    let workspace = Workspace::load()?;
    build_host()?;
    let bijotel = workspace.target_directory.join("release/bijotel");
    let data = workspace.workspace_root.join(DATA);
    let configuration = data.join("bijotel.toml");
    if !configuration.exists() {
        step(
            &format!("Make a configuration, a secret and a chain in {DATA}"),
            || {
                run(
                    Command::new(&bijotel).arg("init").arg(&data),
                    "Its message says what is wrong",
                )
            },
        )?;
    }
    eprintln!("==> Serve (Ctrl-C stops)");
    let status = Command::new(&bijotel)
        .args(["serve", "--config"])
        .arg(&configuration)
        .args(arguments)
        .status()?;
    if !status.success() {
        bail!("bijotel serve ended with {status}; its message above says why");
    }
    Ok(())
}

/// Build the rules, then the program that embeds them.
pub(crate) fn build_host() -> Result<()> {
    build_rules()?;
    step("Build the host", || {
        let mut build = cargo();
        // No --package: with the same selection as `cargo xtask` itself, dependencies have the same
        // features, and wasmtime is not compiled again.
        build.args(["build", "--release", "--bin", "bijotel"]);
        run(&mut build, "The compiler's message above says why")
    })
}

/// Make the rules' target work, and build the rules.
pub(crate) fn build_rules() -> Result<()> {
    step(
        "Make the wasm32-unknown-unknown target work",
        wasm_target::run,
    )?;
    step("Build the rules", rules::run)
}
