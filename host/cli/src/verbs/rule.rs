//! `bijotel rule`: what the author of a rule needs, one file for each verb.

mod component;
mod inspect;
mod test;

use clap::{Args, Subcommand};

use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Write, test, measure and inspect rules
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Test(test::Arguments),
    Inspect(inspect::Arguments),
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    match &arguments.verb {
        Verb::Test(arguments) => test::run(arguments, out),
        Verb::Inspect(arguments) => inspect::run(arguments, out),
    }
}
