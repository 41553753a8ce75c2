//! `cargo xtask quality`: measure, print, and write `docs/quality.md`.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use xtask::quality::{self, Half, Source, Subject};

use crate::rules;
use crate::workspace::{Workspace, root};

/// The command line.
struct Options {
    halves: Vec<Half>,
    subjects: Vec<Subject>,
    misses: bool,
    corpus: Option<PathBuf>,
}

/// Build the rules, and measure them.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    rules::run()?;
    let source = Source {
        corpus: options
            .corpus
            .clone()
            .unwrap_or_else(|| root().join("tests/corpus")),
        rules: Workspace::load()?.rules_folder(),
    };
    let mut measurements = Vec::new();
    for &subject in &options.subjects {
        for &half in &options.halves {
            let Some(measurement) = quality::measure(&source, subject, half)? else {
                let (folder, half) = (subject.folder(), half.as_str());
                eprintln!(
                    "quality: no {half} half of {folder} in {}",
                    source.corpus.display()
                );
                continue;
            };
            let mut text = quality::print(&measurement);
            if options.misses {
                text += &quality::print_misses(&measurement);
            }
            writeln!(io::stdout(), "{text}").context("cannot write to standard output")?;
            measurements.push(measurement);
        }
    }
    ensure!(!measurements.is_empty(), "nothing was measured");
    if options.is_everything() {
        let page = root().join("docs/quality.md");
        fs::write(&page, quality::page(&measurements))
            .with_context(|| format!("cannot write {}", page.display()))?;
        eprintln!("\nquality: wrote {}", page.display());
    }
    Ok(())
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            halves: vec![Half::Tuning, Half::Test],
            subjects: Subject::ALL.to_vec(),
            misses: false,
            corpus: None,
        };
        let mut rest = arguments.iter().map(String::as_str);
        while let Some(argument) = rest.next() {
            let mut value = || {
                rest.next()
                    .with_context(|| format!("{argument} needs a value"))
            };
            match argument {
                "--misses" => options.misses = true,
                "--corpus" => options.corpus = Some(value()?.into()),
                "--half" => {
                    options.halves = match value()? {
                        "tuning" => vec![Half::Tuning],
                        "test" => vec![Half::Test],
                        "both" => vec![Half::Tuning, Half::Test],
                        other => bail!("--half is tuning, test or both, not {other}"),
                    }
                }
                "--rule" => {
                    let name = value()?;
                    let subject = Subject::ALL
                        .into_iter()
                        .find(|subject| [subject.rule(), subject.folder()].contains(&name))
                        .with_context(|| format!("there is no corpus for a rule {name}"))?;
                    options.subjects = vec![subject];
                }
                other => bail!(
                    "{other} is no option; there are --half tuning|test|both, --rule ID, --misses, --corpus DIR"
                ),
            }
        }
        Ok(options)
    }

    /// Only then the page is whole.
    fn is_everything(&self) -> bool {
        self.corpus.is_none() && self.halves.len() == 2 && self.subjects.len() == Subject::ALL.len()
    }
}
