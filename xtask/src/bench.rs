//! `cargo xtask bench`: the figures of the README, beside what limits them and the Python tool.

use anyhow::Result;

use crate::instructions;
use crate::run::build_host;
use crate::steps::{run, step};
use crate::test::python_tools;
use crate::workspace::{Workspace, cargo};

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
    step("Install the Python tool", || {
        python_tools(&workspace.target_directory)
    })?;
    let mut bench = cargo();
    bench.args([
        "bench",
        "--quiet",
        "--profile",
        "release",
        "--package",
        "bijotel-tests",
    ]);
    bench.args(["--bench", "figures", "--"]).args(sections);
    step("Measure", || {
        run(&mut bench, "Its message above says what is missing")
    })
}
