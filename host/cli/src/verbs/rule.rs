//! `bijotel rule`: what the author of a rule needs, one file for each verb.

mod bench;
mod build;
mod component;
mod inspect;
mod install;
mod lint;
mod new;
mod package;
mod pull;
mod push;
mod sign;
mod store;
mod test;
mod verify;

use clap::{Args, Subcommand};

use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Write, test, inspect, sign and distribute rules
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    New(new::Arguments),
    Build(build::Arguments),
    Test(test::Arguments),
    Bench(bench::Arguments),
    Lint(lint::Arguments),
    Inspect(inspect::Arguments),
    Sign(sign::Arguments),
    Verify(verify::Arguments),
    Push(push::Arguments),
    Pull(pull::Arguments),
    Install(install::Arguments),
    Store(store::Arguments),
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    match &arguments.verb {
        Verb::New(arguments) => new::run(arguments, out),
        Verb::Build(arguments) => build::run(arguments, out),
        Verb::Test(arguments) => test::run(arguments, out),
        Verb::Bench(arguments) => bench::run(arguments, out),
        Verb::Lint(arguments) => lint::run(arguments, out),
        Verb::Inspect(arguments) => inspect::run(arguments, out),
        Verb::Sign(arguments) => sign::run(arguments, out),
        Verb::Verify(arguments) => verify::run(arguments, out),
        Verb::Push(arguments) => push::run(arguments, out),
        Verb::Pull(arguments) => pull::run(arguments, out),
        Verb::Install(arguments) => install::run(arguments, out),
        Verb::Store(arguments) => store::run(arguments, out),
    }
}
