//! `cargo xtask test`: everything that must pass before a change lands.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::run::build_rules;
use crate::steps::{run, step, works};
use crate::workspace::{Workspace, cargo, root};
use crate::{tools, verifier};

/// Versions of the Python tool that must read what we write, and write what we read.
const PYTHON_TOOLS: [&str; 2] = ["bijotel-2.17.0", "bijotel-2.0.6"];

/// Set up what is missing, check, build, and run all tests.
pub(crate) fn run_tests() -> Result<()> {
    let workspace = Workspace::load()?;
    let target = &workspace.target_directory;
    step("Check the formatting", || {
        run(
            cargo().args(["fmt", "--all", "--check"]),
            "Run `cargo fmt --all`",
        )
    })?;
    build_rules()?;
    step("Build the host and the tests", build_all)?;
    step("Build the browser verifier", verifier::run)?;
    step("Lint", || {
        let mut clippy = cargo();
        clippy.args([
            "clippy",
            "--release",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]);
        run(&mut clippy, "Each message says what to change")
    })?;
    step("Install Python packages", || python(target))?;
    step("Install a registry", tools::registry)?;
    step("Install Chromium", tools::chromium)?;
    step("Install node packages", tools::node_packages)?;
    step("Run the Rust tests", || rust_tests(target))?;
    step("Run the examples in the documentation", || {
        let mut doc = cargo();
        doc.args(["test", "--release", "--doc", "--workspace", "--quiet"]);
        run(
            &mut doc,
            "An example in a doc comment does not do what it says",
        )
    })?;
    step("Run the browser tests", || {
        let mut npm = Command::new("npm");
        npm.args(["test", "--silent"])
            .current_dir(root().join("tests/browser"));
        run(
            &mut npm,
            "Run one file alone with `node --test FILE` in tests/browser",
        )
    })
}

fn python(target: &Path) -> Result<()> {
    python_tools(target)?;
    let requirements = root().join("tests/clients/requirements.txt");
    tools::python_packages("clients", &requirements, target).map(drop)
}

/// All in one selection of packages, as the tests are run: another selection has other features in
/// shared dependencies, and wasmtime would be compiled once more for each.
fn build_all() -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--release", "--workspace", "--bins", "--tests"]);
    run(&mut build, "The compiler's message above says why")
}

/// The Python tool in the releases that the tests and figures compare with.
pub(crate) fn python_tools(target: &Path) -> Result<()> {
    for tool in PYTHON_TOOLS {
        let requirements = root().join(format!("tests/python/{tool}.txt"));
        tools::python_packages(tool, &requirements, target)?;
    }
    Ok(())
}

/// With nextest where it is installed: it runs the tests of all crates side by side.
fn rust_tests(target: &Path) -> Result<()> {
    let mut tests = cargo();
    if works(cargo().args(["nextest", "--version"])) {
        tests.args([
            "nextest",
            "run",
            "--release",
            "--workspace",
            "--no-fail-fast",
        ]);
    } else {
        tests.args([
            "test",
            "--release",
            "--workspace",
            "--all-targets",
            "--no-fail-fast",
        ]);
    }
    tests.env("BIJOTEL_PYTHON", target.join("python"));
    run(
        &mut tests,
        "Run one test alone with `cargo test --release -p CRATE NAME`",
    )
}
