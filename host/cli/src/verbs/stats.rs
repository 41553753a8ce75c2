//! `bijotel stats`: how much is in a chain.

use bijotel::ChainReader;
use clap::Args;
use serde_json::json;

use crate::config::ChainArgs;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::summary::{Status, Summary};

const EXAMPLES: &str = "\
Examples:
  bijotel stats --db chain.db
  bijotel stats --db chain.db --json | jq .blocked

Exit codes: 0 shown, 1 no such file or not a chain";

/// Count entries by what the rules made of them, and bodies in the CAS
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    chain: ChainArgs,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let reader = ChainReader::open(&arguments.chain.chain()?.database)?;
    reader.snapshot()?;
    let stats = reader.stats()?;
    let has_cas = reader.has_cas()?;
    let (mut allowed, mut warned, mut blocked) = (0_u64, 0_u64, 0_u64);
    reader.in_order(i64::MIN, i64::MAX, |entry| {
        // A row that is no entry says nothing of its status; `verify` says what is wrong with it.
        let status = entry.map_or(Status::Allowed, |entry| Summary::of(&entry).status);
        match status {
            Status::Allowed => allowed += 1,
            Status::Warn => warned += 1,
            Status::Blocked => blocked += 1,
        }
        true
    })?;
    let dedup_factor = match stats.cas_bodies {
        0 => 0.0,
        bodies => stats.cas_references as f64 / bodies as f64,
    };
    if out.json() {
        let cas = has_cas.then(|| {
            json!({
                "bodies": stats.cas_bodies,
                "references": stats.cas_references,
                "dedup_factor": dedup_factor,
            })
        });
        out.document(&json!({
            "entries": stats.entries,
            "allowed": allowed,
            "warn": warned,
            "blocked": blocked,
            "cas": cas,
        }))?;
        return Ok(Exit::Ok);
    }
    out.line(format_args!(
        "=== Chain ===\nTotal spans:    {}",
        stats.entries
    ))?;
    out.line(format_args!("  ALLOWED:      {allowed}"))?;
    out.line(format_args!("  WARN:         {warned}"))?;
    out.line(format_args!("  BLOCKED:      {blocked}\n"))?;
    if has_cas {
        out.line(format_args!(
            "=== CAS ===\nUnique bodies:  {}",
            stats.cas_bodies
        ))?;
        out.line(format_args!("Total refs:     {}", stats.cas_references))?;
        out.line(format_args!("Dedup factor:   {dedup_factor:.2}x"))?;
    } else {
        out.line(format_args!("=== CAS: table not present ==="))?;
    }
    Ok(Exit::Ok)
}
