//! `bijotel inspect`: one entry, with its body as it was sealed.

use bijotel::seal::{Entry, SealedAt};
use bijotel::store::CasEntry;
use bijotel::{ChainReader, StoreError};
use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::config::ChainArgs;
use crate::exit::{Exit, Failure};
use crate::indent::indent;
use crate::output::{Output, Tone, harmless};
use crate::summary::{Status, Summary};
use crate::times;

const EXAMPLES: &str = "\
Examples:
  bijotel inspect --db chain.db 42
  bijotel inspect --db chain.db 8284bc1dd1b79c87
  bijotel inspect --db chain.db 42 --json | jq .body.attributes

Nothing is verified: `bijotel verify` does that.
Exit codes: 0 shown, 1 no such entry or file";

/// Show one entry: its columns, what it cost, and its body
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    chain: ChainArgs,
    /// The entry's seq, or the id of its span (16 hexadecimal digits) or trace (32): the first entry of
    /// that id
    #[arg(allow_hyphen_values = true)]
    id: String,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let reader = ChainReader::open(&arguments.chain.chain()?.database)?;
    let Some(entry) = find(&reader, &arguments.id)? else {
        return Err(Failure::nothing_found(format!(
            "No span found for: {}",
            harmless(&arguments.id)
        )));
    };
    let cas = match &entry.semantic_body_hash {
        Some(hash) => reader.cas_entry(hash)?,
        None => None,
    };
    if out.json() {
        out.document(&entry_json(&entry, cas.as_ref()))?;
    } else {
        show(&entry, cas.as_ref(), out)?;
    }
    Ok(Exit::Ok)
}

fn find(reader: &ChainReader, id: &str) -> Result<Option<Entry<'static>>, StoreError> {
    if let Ok(seq) = id.parse()
        && let Some(entry) = reader.entry(seq)?
    {
        return Ok(Some(entry));
    }
    match id.len() {
        16 | 32 => reader.entry_of_id(id),
        _ => Ok(None),
    }
}

fn show(entry: &Entry<'_>, cas: Option<&CasEntry>, out: &mut Output) -> Result<(), Failure> {
    out.line(format_args!("=== Span Metadata ==="))?;
    let none = |text: &Option<std::borrow::Cow<'_, str>>, word: &str| {
        text.as_deref().unwrap_or(word).to_owned()
    };
    for (label, value) in [
        ("seq", entry.seq.to_string()),
        ("timestamp", times::second(entry.timestamp_ns)),
        ("trace_id", entry.trace_id.to_string()),
        ("span_id", entry.span_id.to_string()),
        ("span_name", entry.span_name.to_string()),
        ("span_kind", none(&entry.span_kind, "None")),
        ("canonical_hash", entry.canonical_hash.to_string()),
        (
            "semantic_body_hash",
            none(&entry.semantic_body_hash, "(none)"),
        ),
        ("prev_hash", entry.prev_hash.to_string()),
        ("hmac_hash", entry.hmac_hash.to_string()),
    ] {
        field(label, &value, out)?;
    }
    let summary = Summary::of(entry);
    let status = out.toned(tone(summary.status), summary.status.as_str());
    out.line(format_args!("\n=== Status: {status} ==="))?;
    let cost = harmless(&summary.cost.to_string());
    out.line(format_args!("Cost (real): {cost}"))?;
    out.line(format_args!("\n=== Canonical Body (decoded) ==="))?;
    let body = indent(&entry.canonical_body, out.terminal())
        .unwrap_or_else(|| not_json(&entry.canonical_body));
    out.line(format_args!("{body}"))?;
    if let Some(cas) = cas {
        out.line(format_args!("\n=== CAS Entry ==="))?;
        out.line(format_args!("body_hash:     {}", harmless(&cas.body_hash)))?;
        out.line(format_args!(
            "first_seen:    {}",
            times::second(cas.first_seen_ns)
        ))?;
        out.line(format_args!("ref_count:     {}", cas.ref_count))?;
    }
    match &entry.sealed {
        Some(sealed) => show_sealed(sealed, out),
        None => Ok(()),
    }
}

fn show_sealed(sealed: &SealedAt, out: &mut Output) -> Result<(), Failure> {
    out.line(format_args!("\n=== Sealed by this host ==="))?;
    field("sealed_at", &times::second(sealed.sealed_at_ns), out)?;
    for (label, digest) in [("decision", sealed.decision), ("rule_set", sealed.rule_set)] {
        if let Some(digest) = digest {
            field(label, &digest.to_string(), out)?;
        }
    }
    Ok(())
}

fn field(label: &str, value: &str, out: &mut Output) -> Result<(), Failure> {
    let label = format!("{label}:");
    out.line(format_args!("{label:<21}{}", harmless(value)))
}

fn tone(status: Status) -> Tone {
    match status {
        Status::Allowed => Tone::Good,
        Status::Warn => Tone::Doubtful,
        Status::Blocked => Tone::Bad,
    }
}

/// A body that is not JSON is shown in hexadecimal digits, for it is what was sealed.
fn not_json(body: &[u8]) -> String {
    const SHOWN: usize = 1024;
    let digits: String = body
        .iter()
        .take(SHOWN)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let more = if body.len() > SHOWN { "..." } else { "" };
    format!("(not JSON: {} bytes) {digits}{more}", body.len())
}

/// The JSON document. The body is in it byte for byte, so that no number loses digits.
#[derive(Serialize)]
struct EntryJson<'e> {
    seq: i64,
    timestamp_ns: i64,
    timestamp: String,
    trace_id: &'e str,
    span_id: &'e str,
    span_name: &'e str,
    span_kind: Option<&'e str>,
    canonical_hash: &'e str,
    semantic_body_hash: Option<&'e str>,
    prev_hash: &'e str,
    hmac_hash: &'e str,
    status: Status,
    model: Option<String>,
    rule: Option<String>,
    cost: String,
    cost_usd: Option<f64>,
    /// `None` if the body is not JSON.
    body: Option<&'e RawValue>,
    /// The bytes of a body that is not JSON.
    body_hex: Option<String>,
    cas: Option<Value>,
    sealed: Option<Value>,
}

fn entry_json<'e>(entry: &'e Entry<'_>, cas: Option<&CasEntry>) -> EntryJson<'e> {
    let summary = Summary::of(entry);
    let body: Option<&RawValue> = serde_json::from_slice(&entry.canonical_body).ok();
    let hex = || {
        entry
            .canonical_body
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    EntryJson {
        seq: entry.seq,
        timestamp_ns: entry.timestamp_ns,
        timestamp: times::second(entry.timestamp_ns),
        trace_id: &entry.trace_id,
        span_id: &entry.span_id,
        span_name: &entry.span_name,
        span_kind: entry.span_kind.as_deref(),
        canonical_hash: &entry.canonical_hash,
        semantic_body_hash: entry.semantic_body_hash.as_deref(),
        prev_hash: &entry.prev_hash,
        hmac_hash: &entry.hmac_hash,
        status: summary.status,
        model: summary.model,
        rule: summary.rule,
        cost: summary.cost.to_string(),
        cost_usd: summary.cost.usd(),
        body,
        body_hex: body.is_none().then(hex),
        cas: cas.map(|cas| {
            json!({
                "body_hash": cas.body_hash,
                "first_seen_ns": cas.first_seen_ns,
                "ref_count": cas.ref_count,
            })
        }),
        sealed: entry.sealed.as_ref().map(|sealed| {
            json!({
                "sealed_at_ns": sealed.sealed_at_ns,
                "decision": sealed.decision.map(|digest| digest.to_string()),
                "rule_set": sealed.rule_set.map(|digest| digest.to_string()),
            })
        }),
    }
}
