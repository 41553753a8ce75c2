//! `cargo xtask bench instructions`: instructions instead of seconds, so that a busy machine measures
//! the same as an idle one. Compared with the counts on record; more than 3 % above is an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::steps::{run, step};
use crate::tools;
use crate::workspace::{Workspace, cargo, root};

/// What is counted: see `host/seal/examples/instructions.rs`.
const OPERATIONS: [&str; 4] = ["bodies", "chain", "check", "verify-export"];

/// How much more than on record is an error.
const TOLERANCE: f64 = 1.03;

/// Count, compare, and write the counts where there are none.
pub(crate) fn count() -> Result<()> {
    let workspace = Workspace::load()?;
    tools::valgrind()?;
    step("Build what is counted", || {
        let mut build = cargo();
        build.args([
            "build",
            "--release",
            "--package",
            "bijotel-seal",
            "--example",
            "instructions",
        ]);
        run(&mut build, "The compiler's message above says why")
    })?;
    let program = workspace
        .target_directory
        .join("release/examples/instructions");
    let mut counted = BTreeMap::new();
    for operation in OPERATIONS {
        counted.insert(operation.to_owned(), instructions(&program, operation)?);
    }
    let record = record_file();
    let text = std::fs::read_to_string(&record).unwrap_or_else(|_| "{}".to_owned());
    let on_record: BTreeMap<String, u64> = serde_json::from_str(&text)
        .with_context(|| format!("{} is not what this wrote", record.display()))?;
    let mut worse = Vec::new();
    for (operation, count) in &counted {
        let before = on_record.get(operation).copied().unwrap_or(*count);
        let ratio = *count as f64 / before as f64;
        eprintln!("    {operation:<16} {count:>14}  {ratio:.3} of the record");
        if ratio > TOLERANCE {
            worse.push(operation.clone());
        }
    }
    if on_record.is_empty() {
        std::fs::write(&record, serde_json::to_string_pretty(&counted)? + "\n")?;
        eprintln!("    wrote {}", record.display());
    }
    if !worse.is_empty() {
        bail!(
            "{} need more instructions than before. If that is worth it, remove {} and run this again",
            worse.join(", "),
            record.display()
        );
    }
    Ok(())
}

fn record_file() -> PathBuf {
    root().join("tests/instructions.json")
}

fn instructions(program: &Path, operation: &str) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .arg(operation)
        .output()
        .context("cannot run valgrind")?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "valgrind failed: {text}");
    let collected = text
        .lines()
        .find_map(|line| line.split("Collected :").nth(1));
    collected
        .and_then(|count| count.trim().parse().ok())
        .with_context(|| format!("valgrind gave no count: {text}"))
}
