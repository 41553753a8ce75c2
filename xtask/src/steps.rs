//! Steps of a longer task: each says what it does, how long it took, and what to do if it fails.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// Does one step, and says so on stderr.
pub(crate) fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {title}");
    let started = Instant::now();
    let result = work().with_context(|| format!("the step \"{title}\" failed"));
    if result.is_ok() {
        eprintln!("    {:.1} s", started.elapsed().as_secs_f64());
    }
    result
}

/// Runs a command whose output goes where ours goes; `advice` is what to do if it fails.
pub(crate) fn run(command: &mut Command, advice: &str) -> Result<()> {
    let line = shown(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`. {advice}"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}. {advice}");
    }
    Ok(())
}

/// Whether a command runs and succeeds, without its output.
pub(crate) fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let arguments = command
        .get_args()
        .map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}
