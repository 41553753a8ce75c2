//! The command line: which verbs there are, and what becomes of what they return.

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use crate::exit::{Exit, Failure};
use crate::output::{Output, complain};
use crate::verbs;

const EXIT_CODES: &str = "\
Exit codes:
  0  done; the chain or export is valid; the rules let the call pass
  1  failed: a file is missing or unreadable, nothing was found, an export is not valid
  2  the command line, the configuration or a credential is missing or wrong
  3  the chain is BROKEN
  4  INCOMPLETE: what could be checked is intact, but the credentials do not reach the entries
  5  the rules deny the call, or want a person to decide";

/// Judge, seal, export and verify what an application asks of language models
#[derive(Parser)]
#[command(name = "bijotel", version, after_help = EXIT_CODES)]
struct Arguments {
    /// Print one JSON document instead of lines; docs/cli.md describes it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Init(verbs::init::Arguments),
    Keygen(verbs::keygen::Arguments),
    Serve(verbs::serve::Arguments),
    Verify(verbs::verify::Arguments),
    Inspect(verbs::inspect::Arguments),
    Stats(verbs::stats::Arguments),
    List(verbs::list::Arguments),
    Export(verbs::export::Arguments),
    VerifyExport(verbs::verify_export::Arguments),
    Append(verbs::append::Arguments),
    Policy(verbs::policy::Arguments),
    Rule(verbs::rule::Arguments),
    Backup(verbs::backup::Arguments),
    Completions(verbs::completions::Arguments),
}

/// Runs the command that the process was started with.
pub(crate) fn run() -> ExitCode {
    hide_panics();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error).into(),
    };
    let mut out = Output::new(arguments.json);
    // A defect must not print somebody's data, nor look like a verdict.
    let result = panic::catch_unwind(AssertUnwindSafe(|| run_verb(arguments.verb, &mut out)))
        .unwrap_or_else(|_| {
            Err(Failure::failed(
                "the program has a defect; please report it",
            ))
        });
    let result = result.and_then(|exit| out.flush().map(|()| exit));
    result
        .unwrap_or_else(|failure| report(&failure, &mut out))
        .into()
}

/// The command line as clap knows it.
pub(crate) fn command() -> clap::Command {
    Arguments::command()
}

fn run_verb(verb: Verb, out: &mut Output) -> Result<Exit, Failure> {
    match verb {
        Verb::Init(arguments) => verbs::init::run(&arguments, out),
        Verb::Keygen(arguments) => verbs::keygen::run(&arguments, out),
        Verb::Serve(arguments) => verbs::serve::run(&arguments, out),
        Verb::Verify(arguments) => verbs::verify::run(&arguments, out),
        Verb::Inspect(arguments) => verbs::inspect::run(&arguments, out),
        Verb::Stats(arguments) => verbs::stats::run(&arguments, out),
        Verb::List(arguments) => verbs::list::run(&arguments, out),
        Verb::Export(arguments) => verbs::export::run(&arguments, out),
        Verb::VerifyExport(arguments) => verbs::verify_export::run(&arguments, out),
        Verb::Append(arguments) => verbs::append::run(&arguments, out),
        Verb::Policy(arguments) => verbs::policy::run(&arguments, out),
        Verb::Rule(arguments) => verbs::rule::run(&arguments, out),
        Verb::Backup(arguments) => verbs::backup::run(&arguments, out),
        Verb::Completions(arguments) => verbs::completions::run(&arguments, out),
    }
}

fn report(failure: &Failure, out: &mut Output) -> Exit {
    complain(failure.line());
    if out.json() {
        // Where standard output is what failed, standard error has the reason.
        let _ = out.document(&failure.json()).and_then(|()| out.flush());
    }
    failure.exit
}

/// Prints clap's own message: help and version, or what is wrong with the command line.
fn refuse(error: &clap::Error) -> Exit {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        let _ = error.print();
        return Exit::Ok;
    }
    let said = error.to_string();
    let shown = without_secrets(&said);
    if shown == said {
        let _ = error.print();
    } else {
        complain(shown.trim_end());
    }
    if std::env::args_os().any(|argument| argument == "--json") {
        let first = shown.lines().next().unwrap_or_default();
        let failure = Failure::usage(first.trim_start_matches("error: "));
        let mut out = Output::new(true);
        let _ = out.document(&failure.json()).and_then(|()| out.flush());
    }
    Exit::Usage
}

/// A message without the arguments it quotes that could be a secret in the wrong place: many
/// hexadecimal digits.
fn without_secrets(message: &str) -> String {
    const DIGITS: usize = 2 * bijotel::seal::link::MIN_SECRET_BYTES;
    message
        .split_inclusive(|char: char| !char.is_ascii_hexdigit())
        .map(|piece| {
            let digits = piece.trim_end_matches(|char: char| !char.is_ascii_hexdigit());
            if digits.len() < DIGITS {
                piece.to_owned()
            } else {
                format!("(not shown){}", &piece[digits.len()..])
            }
        })
        .collect()
}

/// Says where a defect showed, and nothing of the data that showed it.
fn hide_panics() {
    panic::set_hook(Box::new(|panic| {
        if let Some(place) = panic.location() {
            complain(format_args!("bijotel: a defect at {place}"));
        }
    }));
}
