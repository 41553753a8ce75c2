//! `bijotel rule test`: cases from YAML, judged in the real host.

use std::path::{Path, PathBuf};
use std::time::Instant;

use bijotel_kit::cases::{Case, CaseFile, CaseResult, Component, Run, run as run_cases};
use bijotel_kit::diff::{self, Line};
use bijotel_kit::{DeveloperCache, Project};
use clap::Args;
use serde_json::{Value, json};

use super::component::{named_component, read_component};
use crate::exit::{Exit, Failure};
use crate::output::{Output, Tone, harmless};

const EXAMPLES: &str = "\
Examples:
  bijotel rule test
  bijotel rule test cases.yaml --component no_shouting.wasm
  bijotel rule test cases.yaml --filter redact --json

docs/rule-kit.md describes the form of the cases.
Exit codes: 0 all passed; 1 some failed; 2 a file is missing or not in the form";

/// Ask a rule about the calls of a YAML file, and compare its answers with what is expected
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Files of cases. Default: cases.yaml and cases/*.yaml of the project in this folder
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The rule's component. Default: the rule that the file names, else the project's,
    /// built first if its sources changed
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Also name the cases that passed
    #[arg(long, short)]
    verbose: bool,
}

/// A case that was asked.
struct Asked<'a> {
    file: &'a Path,
    case: &'a Case,
    result: CaseResult,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let started = Instant::now();
    let files = arguments.case_files()?;
    let engine = DeveloperCache::engine().map_err(Failure::failed)?;
    let mut asked = Vec::new();
    for file in &files {
        let cases: Vec<&Case> = (file.cases.iter())
            .filter(|case| (arguments.filter.as_ref()).is_none_or(|part| case.name.contains(part)))
            .collect();
        if cases.is_empty() {
            continue;
        }
        let component = arguments.component_for(file)?;
        let run = Run { component, cases };
        let results = run_cases(&engine, &run);
        asked.extend(run.cases.iter().zip(results).map(|(case, result)| Asked {
            file: &file.path,
            case,
            result,
        }));
    }
    if asked.is_empty() {
        return Err(Failure::nothing_found("no case has that in its name"));
    }
    let failed = asked.iter().filter(|asked| !asked.result.passed()).count();
    if out.json() {
        out.document(&json!({
            "passed": asked.len() - failed,
            "failed": failed,
            "cases": asked.iter().map(Asked::json).collect::<Vec<_>>(),
        }))?;
    } else {
        for asked in &asked {
            if arguments.verbose || !asked.result.passed() {
                asked.show(out)?;
            }
        }
        let word = match failed {
            0 => out.toned(Tone::Good, "ok"),
            _ => out.toned(Tone::Bad, format_args!("{failed} FAILED")),
        };
        out.line(format_args!(
            "{word}: {} of {} cases passed ({:.1} s)",
            asked.len() - failed,
            asked.len(),
            started.elapsed().as_secs_f64()
        ))?;
    }
    Ok(if failed == 0 { Exit::Ok } else { Exit::Failed })
}

impl Arguments {
    fn case_files(&self) -> Result<Vec<CaseFile>, Failure> {
        let found;
        let paths = if self.files.is_empty() {
            found = Project::case_files(Path::new(""));
            &found
        } else {
            &self.files
        };
        if paths.is_empty() {
            return Err(Failure::usage(
                "there is no cases.yaml in this folder; name a file of cases",
            ));
        }
        let read = |path: &PathBuf| CaseFile::read(path).map_err(Failure::usage);
        paths.iter().map(read).collect()
    }

    fn component_for(&self, file: &CaseFile) -> Result<Component, Failure> {
        if let Some(path) = &self.component {
            return Ok(Component::Bytes(read_component(path)?.into()));
        }
        if let Some(rule) = &file.rule {
            let folder = file.path.parent().unwrap_or(Path::new(""));
            return named_component(Path::new(rule), folder);
        }
        let component = super::build::current_component(Path::new(""))?;
        Ok(Component::Bytes(component.into()))
    }
}

impl Asked<'_> {
    fn json(&self) -> Value {
        json!({
            "file": self.file.display().to_string(),
            "line": self.case.line,
            "name": self.case.name,
            "passed": self.result.passed(),
            "fuel": self.result.fuel,
            "differences": self.result.differences,
        })
    }

    fn show(&self, out: &mut Output) -> Result<(), Failure> {
        let word = match self.result.passed() {
            true => out.toned(Tone::Good, "ok  "),
            false => out.toned(Tone::Bad, "FAIL"),
        };
        let (file, line) = (self.file.display(), self.case.line);
        let name = harmless(&self.case.name);
        out.line(format_args!("{word} {file}:{line}: {name}"))?;
        for difference in &self.result.differences {
            out.line(format_args!("     {}", harmless(&difference.what)))?;
            for line in diff::compare(&difference.expected, &difference.found) {
                let (tone, sign, text) = match line {
                    Line::Same(text) => {
                        out.line(format_args!("         {}", harmless(&text)))?;
                        continue;
                    }
                    Line::Skipped => {
                        out.line(format_args!("         …"))?;
                        continue;
                    }
                    Line::Expected(text) => (Tone::Bad, "- expected", text),
                    Line::Found(text) => (Tone::Good, "+ found   ", text),
                };
                let line = out.toned(tone, format_args!("{sign} {}", harmless(&text)));
                out.line(format_args!("       {line}"))?;
            }
        }
        Ok(())
    }
}
