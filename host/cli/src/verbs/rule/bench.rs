//! `bijotel rule bench`: what an evaluation costs.

use std::path::{Path, PathBuf};

use bijotel_kit::DeveloperCache;
use bijotel_kit::bench::{Bench, Figures, SIZES, sample_text};
use clap::Args;
use serde_json::json;

use super::component::{RuleArgs, read_text};
use crate::exit::{Exit, Failure};
use crate::output::{Output, harmless};
use crate::verbs::export::thousands;

const EXAMPLES: &str = "\
Examples:
  bijotel rule bench
  bijotel rule bench pii_detection --json
  bijotel rule bench no_shouting.wasm --text letter.txt --configuration '{\"marks\": 1}'

Every evaluation starts from a fresh instance of the configured rule, on one thread. \"host\" is what a
rule that does nothing takes for the same call. Fuel is always the same; times are those of this machine.
Exit codes: 0 measured; 1 no such file, or the rule cannot be loaded; 2 wrong configuration";

/// Measure time, fuel and memory of the rule for texts of 56 bytes to 100 KB
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    rule: RuleArgs,
    /// Measure with this text instead; may be given more than once
    #[arg(long, value_name = "FILE")]
    text: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let texts: Vec<String> = match arguments.text.as_slice() {
        [] => SIZES.into_iter().map(sample_text).collect(),
        files => {
            let read = |file: &PathBuf| read_text(Path::new(file));
            files.iter().map(read).collect::<Result<_, _>>()?
        }
    };
    let engine = DeveloperCache::engine().map_err(Failure::failed)?;
    let component = arguments.rule.component()?;
    let configuration = arguments.rule.configuration()?;
    let bench = Bench::new(&engine, &component, &configuration).map_err(Failure::failed)?;
    let figures: Vec<Figures> = texts.iter().map(|text| bench.measure(text)).collect();
    let description = bench.rule().description();
    let snapshot = bench.rule().preparation().snapshot;
    if out.json() {
        out.document(&json!({
            "rule": description.id,
            "version": description.version,
            "component": bench.rule().component_digest().to_string(),
            "stage": bench.stage(),
            "snapshot": snapshot,
            "texts": figures,
        }))?;
        return Ok(Exit::Ok);
    }
    out.line(format_args!(
        "{} {}, {}, {}\n",
        harmless(&description.id),
        harmless(&description.version),
        bench.stage().as_str(),
        match snapshot {
            true => "from its snapshot",
            false => "configured for every call (it cannot be snapshotted)",
        }
    ))?;
    out.line(format_args!(
        "{:>9} {:>11} {:>11} {:>11} {:>13} {:>14} {:>12} {:>10}",
        "bytes", "p50 us", "p99 us", "host us", "rule us/KB", "fuel", "fuel/KB", "memory KiB"
    ))?;
    for figures in &figures {
        show(figures, out)?;
    }
    Ok(Exit::Ok)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "fuel is positive and far below 2^63"
)]
fn show(figures: &Figures, out: &mut Output) -> Result<(), Failure> {
    out.line(format_args!(
        "{:>9} {:>11.1} {:>11.1} {:>11.1} {:>13.1} {:>14} {:>12} {:>10}",
        figures.bytes,
        figures.p50_us,
        figures.p99_us,
        figures.host_p50_us,
        figures.rule_us_per_kb(),
        thousands(figures.fuel),
        thousands(figures.fuel_per_kb() as u64),
        figures.memory_bytes >> 10,
    ))?;
    match &figures.failure {
        Some(failure) => out.line(format_args!("          failed: it {}", harmless(failure))),
        None => Ok(()),
    }
}
