//! `bijotel append`: seals an event.

use std::path::PathBuf;

use bijotel::seal::canonical::{Value, read_json};
use bijotel::seal::event::{DEFAULT_EVENT_NAME, Event};
use bijotel::seal::{Digest, Draft};
use bijotel::store::{OpenOptions, Seal, SqliteStore, Store};
use clap::Args;
use serde_json::json;

use crate::config::ChainArgs;
use crate::credentials::SecretArgs;
use crate::exit::{Exit, Failure};
use crate::files::read_document;
use crate::output::Output;
use crate::times;

const EXAMPLES: &str = "\
Examples:
  bijotel append --json-text '{\"event\":\"deployed\",\"version\":\"1.4\"}'
  bijotel append --name release.approved approval.json
  date +'{\"at\":%s}' | bijotel append --db chain.db

The event is a JSON object. It is on the disk when the command ends.
Exit codes: 0 sealed, 1 not sealed, 2 no usable secret or wrong arguments";

/// Seal an event (a JSON object) in the chain
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A file with the event; standard input if left out or `-`
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The event itself
    #[arg(long, value_name = "JSON", conflicts_with = "file")]
    json_text: Option<String>,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    secret: SecretArgs,
    /// The entry's name
    #[arg(long, value_name = "NAME", default_value = DEFAULT_EVENT_NAME)]
    name: String,
    /// When it happened: nanoseconds since 1970 or RFC 3339. Default: now
    #[arg(long, value_name = "TIME")]
    timestamp: Option<String>,
    /// The trace it belongs to (32 hexadecimal digits)
    #[arg(long, value_name = "ID")]
    trace_id: Option<String>,
    /// The span it belongs to (16 hexadecimal digits)
    #[arg(long, value_name = "ID")]
    span_id: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let chain = arguments.chain.chain()?;
    let missing =
        "HMAC secret required. Provide via BIJOTEL_HMAC_SECRET env var or --secret-hex flag.";
    let key = arguments.secret.require(chain.config.as_ref(), missing)?;
    let draft = Draft::of_event(&arguments.event()?)
        .map_err(|error| Failure::failed(format!("cannot be sealed: {error}")))?;
    // Without a host: no rule is asked about an event, so none needs to be loaded.
    let store = SqliteStore::open(OpenOptions {
        path: chain.database,
        key,
        create: false,
    })?;
    let sealed = store.seal(vec![Seal::entry(draft)])?;
    let Some(sealed) = sealed.first() else {
        return Err(Failure::failed("the store gave no answer"));
    };
    show(sealed.seq, &sealed.canonical_hash, &sealed.hmac_hash, out)?;
    Ok(Exit::Ok)
}

impl Arguments {
    fn event(&self) -> Result<Event, Failure> {
        let text = match &self.json_text {
            Some(text) => text.clone(),
            None => read_document(self.file.as_deref())?,
        };
        let body = read_json(&text)
            .map_err(|error| Failure::failed(format!("the event is not JSON: {error}")))?;
        // The Python tool lists nothing else.
        if !matches!(body, Value::Object(_)) {
            return Err(Failure::failed("the event must be a JSON object"));
        }
        let timestamp_ns = match &self.timestamp {
            Some(text) => times::moment(text).ok_or_else(|| {
                Failure::usage(
                    "--timestamp must be nanoseconds since 1970 or RFC 3339, between 1677 and 2262",
                )
            })?,
            None => times::now_ns(),
        };
        let mut event = Event::new(&self.name, timestamp_ns, body);
        event.trace_id = parse_id("--trace-id", self.trace_id.as_deref())?;
        event.span_id = parse_id("--span-id", self.span_id.as_deref())?;
        Ok(event)
    }
}

fn parse_id<const N: usize>(
    argument: &str,
    text: Option<&str>,
) -> Result<Option<[u8; N]>, Failure> {
    let Some(text) = text else {
        return Ok(None);
    };
    bijotel::seal::digest::decode_hex(text)
        .and_then(|bytes| bytes.try_into().ok())
        .map(Some)
        .ok_or_else(|| Failure::usage(format!("{argument} must be {} hexadecimal digits", 2 * N)))
}

fn show(
    seq: i64,
    canonical_hash: &Digest,
    hmac_hash: &Digest,
    out: &mut Output,
) -> Result<(), Failure> {
    if out.json() {
        return out.document(&json!({
            "seq": seq,
            "canonical_hash": canonical_hash.to_string(),
            "hmac_hash": hmac_hash.to_string(),
        }));
    }
    out.line(format_args!("Sealed at seq={seq}"))?;
    out.line(format_args!("  canonical_hash: {canonical_hash}"))?;
    out.line(format_args!("  hmac_hash:      {hmac_hash}"))
}
