//! `bijotel verify`: is the chain what was sealed?

use std::path::PathBuf;

use bijotel::seal::check::{Broken, Fault};
use bijotel::seal::export::Verdict;
use bijotel::{ChainReader, ChainReport, Range, VerifyOptions, verify_chain_with};
use clap::Args;
use serde_json::{Value, json};

use crate::config::ChainArgs;
use crate::credentials::SecretArgs;
use crate::exit::{Exit, Failure};
use crate::output::{Output, Tone, complain, toned_error};
use crate::progress::Progress;
use crate::range::RangeArgs;

const EXAMPLES: &str = "\
Examples:
  bijotel verify --db chain.db
  bijotel verify --db chain.db --range 100:200 --json
  bijotel verify --db live.db --archive 2025.db --archive 2026.db

Exit codes: 0 VALID, 1 no such file or not a chain, 2 no usable secret, 3 BROKEN";

/// Verify a chain: every entry, every link, both ends, and the CAS
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    range: RangeArgs,
    /// An archive that holds what was trimmed from the chain's beginning; give several oldest first
    #[arg(long, value_name = "FILE")]
    archive: Vec<PathBuf>,
    /// Say also what nothing in the file vouches for (always said on a terminal)
    #[arg(long)]
    details: bool,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let chain = arguments.chain.chain()?;
    let range = arguments.range.range(Exit::Failed)?;
    let missing =
        "HMAC secret required. Provide via BIJOTEL_HMAC_SECRET env var or --secret-hex flag.";
    let options = VerifyOptions {
        key: arguments.secret.require(chain.config.as_ref(), missing)?,
        range,
        archives: arguments.archive.clone(),
    };
    let mut progress = Progress::new("Verifying", "entries");
    let report = verify_chain_with(&chain.database, &options, &mut |done, total| {
        progress.update(done, total);
    })?;
    drop(progress);
    let is_valid = report.verdict == Verdict::Valid;
    if out.json() {
        out.document(&report_json(&report))?;
    }
    if let Some(broken) = &report.broken {
        complain_of(broken, &report);
    } else if !out.json() {
        let predecessor = predecessor(&chain.database, &report)?;
        valid_lines(&report, range, predecessor, out)?;
        if arguments.details || out.terminal() {
            details(&report, out)?;
        }
    }
    Ok(if is_valid { Exit::Ok } else { Exit::Broken })
}

fn valid_lines(
    report: &ChainReport,
    range: Range,
    predecessor: &str,
    out: &mut Output,
) -> Result<(), Failure> {
    let valid = out.toned(Tone::Good, "VALID");
    let (entries, total) = (report.entries, report.total);
    if range == Range::All {
        return out.line(format_args!("Chain {valid} ({entries} entries)."));
    }
    let seq = match report.range {
        Some((first, last)) => format!("{first}-{last}"),
        None => "None-None".to_owned(),
    };
    out.line(format_args!(
        "Chain segment {valid}: seq {seq} ({entries} entries of {total} total)."
    ))?;
    if let (Some(link), Some((first, _))) = (&report.boundary, report.range) {
        let link: String = link.chars().take(16).collect();
        out.line(format_args!(
            "Boundary: prev_hash at seq={first} = {link}... (matches {predecessor})"
        ))?;
    }
    Ok(())
}

/// Where the entry stands that the first verified one continues.
fn predecessor(database: &std::path::Path, report: &ChainReport) -> Result<&'static str, Failure> {
    let in_file = match report.range {
        Some((first, _)) => ChainReader::open(database)?.entry(first - 1)?.is_some(),
        None => false,
    };
    Ok(if in_file {
        "predecessor in same DB"
    } else {
        "the end of the archive"
    })
}

fn details(report: &ChainReport, out: &mut Output) -> Result<(), Failure> {
    if report.not_authenticated.is_empty() {
        return Ok(());
    }
    out.line(format_args!("Not authenticated by anything in the file:"))?;
    for what in &report.not_authenticated {
        out.line(format_args!("  {what}"))?;
    }
    Ok(())
}

fn complain_of(broken: &Broken, report: &ChainReport) {
    let word = toned_error(Tone::Bad, "BROKEN");
    complain(format_args!(
        "Chain {word} at seq={}: {}",
        broken.seq, broken.fault
    ));
    if let (Some(expected), Some(found)) = (&broken.expected, &broken.found) {
        complain(format_args!("  expected: {expected}\n  found:    {found}"));
    }
    let hint = match broken.fault {
        Fault::Link if report.entries == 0 => {
            "no entry fits this secret: is it the secret of this chain?"
        }
        Fault::HeadMissing { .. } => {
            "if they were archived, give the archives with --archive, oldest first"
        }
        _ => return,
    };
    complain(format_args!("  hint:     {hint}"));
}

fn report_json(report: &ChainReport) -> Value {
    let broken = report.broken.as_ref().map(|broken| {
        json!({
            "seq": broken.seq,
            "reason": broken.fault.to_string(),
            "column": broken.fault.column(),
            "expected": broken.expected,
            "found": broken.found,
        })
    });
    json!({
        "verdict": if report.verdict == Verdict::Valid { "VALID" } else { "BROKEN" },
        "entries": report.entries,
        "total": report.total,
        "range": report.range.map(|(first, last)| json!({"first": first, "last": last})),
        "boundary": report.boundary,
        "broken": broken,
        "not_authenticated": report.not_authenticated,
    })
}
