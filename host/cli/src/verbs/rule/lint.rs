//! `bijotel rule lint`: what makes a valid rule a bad one.

use std::path::{Path, PathBuf};

use bijotel::Stage;
use bijotel::policy::Call;
use bijotel_kit::cases::CaseFile;
use bijotel_kit::lint::{Severity, lint};
use bijotel_kit::{DeveloperCache, Project};
use clap::Args;
use serde_json::json;

use super::component::RuleArgs;
use crate::exit::{Exit, Failure};
use crate::output::{Output, Tone, harmless};

const EXAMPLES: &str = "\
Examples:
  bijotel rule lint
  bijotel rule lint no_shouting.wasm --cases cases.yaml
  bijotel rule lint pii_detection --json

docs/rule-kit.md lists what is looked at.
Exit codes: 0 no error (warnings may be shown); 1 an error, or no such file; 2 wrong cases";

/// Look for what is valid but bad: open schemas, findings that quote the call, superlinear time
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    rule: RuleArgs,
    /// Cases whose calls the rule reacts to. Default: those of the project in this folder
    #[arg(long, value_name = "FILE")]
    cases: Vec<PathBuf>,
    /// Warnings are errors too
    #[arg(long)]
    strict: bool,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let component = arguments.rule.component()?;
    let examples = arguments.examples()?;
    let engine = DeveloperCache::engine().map_err(Failure::failed)?;
    let complaints = lint(&engine, &component, &examples);
    let bad = complaints
        .iter()
        .any(|complaint| arguments.strict || complaint.severity == Severity::Error);
    if out.json() {
        out.document(&json!({"complaints": complaints}))?;
    } else if complaints.is_empty() {
        let word = out.toned(Tone::Good, "ok");
        out.line(format_args!("{word}: nothing to complain about"))?;
    } else {
        for complaint in &complaints {
            let word = match complaint.severity {
                Severity::Error => out.toned(Tone::Bad, "error"),
                Severity::Warning => out.toned(Tone::Doubtful, "warning"),
            };
            out.line(format_args!(
                "{word} {}: {}",
                complaint.code,
                harmless(&complaint.message)
            ))?;
        }
    }
    Ok(if bad { Exit::Failed } else { Exit::Ok })
}

impl Arguments {
    /// The calls of the cases that are asked with the default configuration.
    fn examples(&self) -> Result<Vec<Call>, Failure> {
        let found;
        let files = match self.cases.as_slice() {
            [] if self.rule.is_project() => {
                found = Project::case_files(Path::new(""));
                found.as_slice()
            }
            given => given,
        };
        let mut calls = Vec::new();
        for file in files {
            let file = CaseFile::read(file).map_err(Failure::usage)?;
            let cases = file.cases.into_iter().filter(|case| {
                case.expected.refuses.is_none()
                    && case.expected.failure.is_none()
                    && case.configuration.as_str() == "{}"
            });
            calls.extend(cases.map(|case| Call {
                stage: case.stage.unwrap_or(Stage::Admission),
                ..case.call
            }));
        }
        Ok(calls)
    }
}
