//! `bijotel export`: a chain, or a part of it, as one JSON file.

use std::path::PathBuf;

use bijotel::{ExportOptions, ExportSummary, export_chain};
use clap::Args;
use serde_json::json;

use crate::config::ChainArgs;
use crate::credentials::{SecretArgs, read_signer};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::progress::Progress;
use crate::range::RangeArgs;
use crate::times;

const EXAMPLES: &str = "\
Examples:
  bijotel export --db chain.db -o export.json
  bijotel export --db chain.db -o export.json --sign-key keys/bijotel_private.pem
  bijotel export --db chain.db -o december.json --since 2026-12-01 --until 2026-12-31

Every entry is verified on the way: a broken chain is not exported.
Exit codes: 0 exported, 2 not exported, 3 the chain is BROKEN";

/// Export a chain to a JSON file that others can verify
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    chain: ChainArgs,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    secret: SecretArgs,
    /// An Ed25519 private key (PEM) that signs the export, which makes it a v2; `bijotel keygen` makes
    /// one
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
    #[command(flatten)]
    range: RangeArgs,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let chain = arguments.chain.chain()?;
    let range = arguments.range.range(Exit::Usage)?;
    let missing = "HMAC secret required (--secret-hex or BIJOTEL_HMAC_SECRET).";
    let key = arguments.secret.require(chain.config.as_ref(), missing)?;
    let signer = arguments.sign_key.as_deref().map(read_signer).transpose()?;
    let options = ExportOptions {
        key,
        signer: signer.as_ref(),
        range,
        created_at: times::now_for_export(),
    };
    let mut progress = Progress::new("Exporting", "entries");
    let summary = export_chain(
        &chain.database,
        &options,
        &arguments.output,
        &mut |done, total| progress.update(done, total),
    )?;
    drop(progress);
    let signed_by = signer.map(|signer| signer.public().fingerprint());
    show(&summary, signed_by.as_deref(), arguments, out)?;
    Ok(Exit::Ok)
}

fn show(
    summary: &ExportSummary,
    signed_by: Option<&str>,
    arguments: &Arguments,
    out: &mut Output,
) -> Result<(), Failure> {
    let file = arguments.output.display();
    if out.json() {
        let segment = summary.segment.as_ref().map(|segment| {
            json!({
                "first_seq": segment.first_seq,
                "last_seq": segment.last_seq,
                "total_in_full_chain": segment.total_in_full_chain,
            })
        });
        return out.document(&json!({
            "file": file.to_string(),
            "format": summary.format,
            "entries_count": summary.entries,
            "head_hash": summary.head_hash,
            "bytes": summary.bytes,
            "signed_by": signed_by,
            "segment": segment,
        }));
    }
    let head: String = summary.head_hash.chars().take(16).collect();
    out.line(format_args!("Exported chain to {file}"))?;
    out.line(format_args!("  format:        {}", summary.format))?;
    out.line(format_args!("  entries_count: {}", summary.entries))?;
    out.line(format_args!("  head_hash:     {head}..."))?;
    out.line(format_args!(
        "  size:          {} bytes",
        thousands(summary.bytes)
    ))?;
    match signed_by {
        Some(fingerprint) => out.line(format_args!("  signed by:     {fingerprint} (Ed25519)")),
        None => Ok(()),
    }
}

/// A number with commas between its thousands.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn thousands_are_parted_by_commas() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(thousands(number), text);
        }
    }
}
