//! `bijotel completions`: what a shell needs to complete verbs and arguments.

use clap::Args;
use clap_complete::Shell;

use crate::app;
use crate::exit::{Exit, Failure};
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  bijotel completions bash > /etc/bash_completion.d/bijotel
  bijotel completions fish > ~/.config/fish/completions/bijotel.fish";

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut app::command(), "bijotel", &mut script);
    out.bytes(&script)?;
    Ok(Exit::Ok)
}
