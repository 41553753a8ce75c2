//! The toolchains' commands: shown when they fail, with what to do.

use std::io;
use std::process::{Command, ExitStatus, Stdio};

use thiserror::Error;

/// A tool that could not be run, or that failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ToolError {
    /// It could not be started.
    #[error("cannot start `{tool}`: {source}. {advice}")]
    Start {
        /// The tool.
        tool: String,
        /// Why not.
        source: io::Error,
        /// What to do.
        advice: &'static str,
    },
    /// It ended with an error, which it has shown on standard error.
    #[error("`{tool}` ended with {status}. {advice}")]
    Failed {
        /// The tool.
        tool: String,
        /// How it ended.
        status: ExitStatus,
        /// What to do.
        advice: &'static str,
    },
    /// Something that it needs is missing.
    #[error("{problem}. {advice}")]
    Missing {
        /// What is missing.
        problem: String,
        /// What to do.
        advice: &'static str,
    },
}

/// Run a command to its end; all that it prints goes to standard error.
pub(super) fn run(command: &mut Command, advice: &'static str) -> Result<(), ToolError> {
    let tool = shown(command);
    command.stdin(Stdio::null()).stdout(io::stderr());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(ToolError::Failed {
            tool,
            status,
            advice,
        }),
        Err(source) => Err(ToolError::Start {
            tool,
            source,
            advice,
        }),
    }
}

/// Run a command to its end; what it prints on standard output.
pub(super) fn output(command: &mut Command, advice: &'static str) -> Result<String, ToolError> {
    let tool = shown(command);
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    match command.output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => Err(ToolError::Failed {
            tool,
            status: output.status,
            advice,
        }),
        Err(source) => Err(ToolError::Start {
            tool,
            source,
            advice,
        }),
    }
}

/// The program and its first argument; the rest is often long.
fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let first = command.get_args().next();
    match first {
        Some(first) => format!("{program} {}", first.to_string_lossy()),
        None => program,
    }
}
