//! `bijotel verify-export`: is an exported file what was sealed?

use std::path::PathBuf;

use bijotel::seal::export::{Credentials, ExportReport, FORMAT_V1, Status, Verdict};
use bijotel::{VerifiedFile, verify_export_file};
use clap::Args;
use serde_json::json;

use super::export::thousands;
use crate::config::Config;
use crate::credentials::{SecretArgs, read_public_key};
use crate::exit::{Exit, Failure};
use crate::output::{Output, Tone, complain, harmless, toned_error};
use crate::progress::Progress;

const EXAMPLES: &str = "\
Examples:
  bijotel verify-export export.json
  bijotel verify-export export.json --public-key keys/bijotel_public.pem --details
  bijotel verify-export export.json --json | jq .verdict

The secret proves every entry. The public key alone proves only who signed: formats v1 and v2 do not
tie that signature to the entries.
Exit codes: 0 VALID, 1 INVALID or unreadable, 2 no usable credential, 4 INCOMPLETE";

/// Verify an exported file
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The exported file
    #[arg(value_name = "FILE")]
    path: PathBuf,
    #[command(flatten)]
    secret: SecretArgs,
    /// The operator's Ed25519 public key (PEM), got from the operator and not with the file
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// A configuration that names the secret's file
    #[arg(long, value_name = "FILE", env = "BIJOTEL_CONFIG")]
    config: Option<PathBuf>,
    /// Show every check, and what nothing in the file vouches for (always shown on a terminal)
    #[arg(long)]
    details: bool,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let config = arguments.config.as_deref().map(Config::read).transpose()?;
    let key = arguments.secret.find(config.as_ref())?;
    let public_key = arguments
        .public_key
        .as_deref()
        .map(read_public_key)
        .transpose()?;
    if key.is_none() && public_key.is_none() {
        return Err(Failure::credentials(
            "HMAC secret required (--secret-hex or BIJOTEL_HMAC_SECRET) OR --public-key for auditor \
             mode against a v2 export — at least one is required.",
        ));
    }
    let credentials = Credentials {
        key: key.as_ref(),
        public_key: public_key.as_ref(),
    };
    let mut progress = Progress::new("Verifying", "bytes");
    let verified = verify_export_file(&arguments.path, credentials, &mut |done, total| {
        progress.update(done, total);
    })?;
    drop(progress);
    let report = &verified.report;
    if out.json() {
        let file = arguments.path.display().to_string();
        let bytes = verified.bytes;
        out.document(&json!({"file": file, "bytes": bytes, "report": report}))?;
    } else {
        header(arguments, &verified, out)?;
        if arguments.details || out.terminal() {
            details(report, out)?;
        }
        if report.verdict == Verdict::Valid {
            let headline = paint(report, |word| out.toned(Tone::Good, word));
            out.line(format_args!("{headline}"))?;
        }
        out.flush()?;
    }
    if report.verdict != Verdict::Valid {
        complain_of(report, key.is_none());
    }
    Ok(match report.verdict {
        Verdict::Valid => Exit::Ok,
        Verdict::Invalid => Exit::Failed,
        Verdict::Incomplete => Exit::Incomplete,
    })
}

fn header(arguments: &Arguments, verified: &VerifiedFile, out: &mut Output) -> Result<(), Failure> {
    let report = &verified.report;
    let format = report.format.as_deref().map_or("?".to_owned(), harmless);
    let count = report
        .entries_count
        .map_or("?".to_owned(), |count| count.to_string());
    out.line(format_args!("File:          {}", arguments.path.display()))?;
    out.line(format_args!("  format:        {format}"))?;
    out.line(format_args!("  entries_count: {count}"))?;
    out.line(format_args!(
        "  size:          {} bytes",
        thousands(verified.bytes)
    ))?;
    if let Some(fingerprint) = &report.signed_by {
        out.line(format_args!("  signed by:     {fingerprint} (Ed25519)"))?;
    }
    out.line(format_args!(""))
}

fn details(report: &ExportReport, out: &mut Output) -> Result<(), Failure> {
    for check in &report.checks {
        let status = match check.status {
            Status::Passed => out.toned(Tone::Good, format_args!("{:<12}", "passed")),
            Status::Failed => out.toned(Tone::Bad, format_args!("{:<12}", "FAILED")),
            Status::NotChecked => out.toned(Tone::Doubtful, format_args!("{:<12}", "not checked")),
            Status::NotPresent => format!("{:<12}", "not present"),
        };
        let detail = harmless(&check.detail);
        out.line(format_args!("  {status} {}: {detail}", check.title))?;
    }
    if !report.not_authenticated.is_empty() {
        out.line(format_args!("\nNot authenticated by anything in the file:"))?;
        for what in &report.not_authenticated {
            out.line(format_args!("  {}", harmless(what)))?;
        }
    }
    out.line(format_args!(""))
}

fn complain_of(report: &ExportReport, without_secret: bool) {
    // The file may be perfect: it is the credential that does not fit its format.
    if let Some(problem) = &report.problem
        && problem.field == Some("ed25519_signature")
        && without_secret
        && report.format.as_deref() == Some(FORMAT_V1)
    {
        return complain(format_args!("ERROR: {}", problem.reason));
    }
    let tone = match report.verdict {
        Verdict::Incomplete => Tone::Doubtful,
        _ => Tone::Bad,
    };
    complain(harmless(&report.headline).replacen(
        verdict_word(report),
        &toned_error(tone, verdict_word(report)),
        1,
    ));
    if let Some(problem) = &report.problem
        && let (Some(expected), Some(found)) = (&problem.expected, &problem.found)
    {
        let (expected, found) = (harmless(expected), harmless(found));
        complain(format_args!("  expected: {expected}\n  found:    {found}"));
    }
}

fn paint(report: &ExportReport, paint: impl Fn(&str) -> String) -> String {
    let word = verdict_word(report);
    report.headline.replacen(word, &paint(word), 1)
}

fn verdict_word(report: &ExportReport) -> &'static str {
    match report.verdict {
        Verdict::Valid => "VALID",
        Verdict::Invalid => "INVALID",
        Verdict::Incomplete => "INCOMPLETE",
    }
}
