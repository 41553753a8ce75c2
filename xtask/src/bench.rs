//! `cargo xtask bench`: the figures of the README, beside what limits them and the Python tools.

use anyhow::Result;

use crate::instructions;
use crate::run::build_host;
use crate::steps::{run, step};
use crate::test::python_tools;
use crate::tools;
use crate::workspace::{Workspace, cargo, root};

/// What the injection rule is compared with.
const SIGNET: &str = "signet-sign-0.1.10.1";

/// Build what is measured, and measure it.
pub(crate) fn run_figures(sections: &[String]) -> Result<()> {
    if sections
        .first()
        .is_some_and(|section| section == "instructions")
    {
        return instructions::count();
    }
    let workspace = Workspace::load()?;
    build_host()?;
    step("Install the Python tools", || {
        let target = &workspace.target_directory;
        python_tools(target)?;
        let requirements = root().join(format!("tests/python/{SIGNET}.txt"));
        tools::python_packages(SIGNET, &requirements, target).map(drop)
    })?;
    let mut bench = cargo();
    bench.args([
        "bench",
        "--quiet",
        "--profile",
        "release",
        // The selection that tests are built with: with another one, dependencies have other features
        // and wasmtime is compiled once more.
        "--workspace",
    ]);
    bench.args(["--bench", "figures", "--"]).args(sections);
    step("Measure", || {
        run(&mut bench, "Its message above says what is missing")
    })
}
