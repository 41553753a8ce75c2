//! Writes a large export of made-up spans to standard output, for the browser tests and for timing.
//!
//! `make_export ENTRIES SECRET_HEX`: each body has about 1.1 KB.

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, BufWriter, Write};

use bijotel_seal::digest::GENESIS_LINK;
use bijotel_seal::export::{ExportHeader, ExportWriter};
use bijotel_seal::{ChainKey, Draft, Entry, Span, SpanKind, StatusCode, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, count, secret] = &arguments[..] else {
        return Err("usage: make_export ENTRIES SECRET_HEX".into());
    };
    let count: i64 = count.parse()?;
    let key = ChainKey::from_hex(secret)?;
    // The head stands before the entries, so they are made twice and never held.
    let mut head_hash = GENESIS_LINK.to_owned();
    for seq in 1..=count {
        head_hash = entry(seq, head_hash, &key)?.hmac_hash.into_owned();
    }
    let header = ExportHeader {
        created_at: "2026-01-01T00:00:00.000000+00:00".to_owned(),
        entries_count: count.unsigned_abs(),
        head_hash,
    };
    let out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut writer = ExportWriter::start(out, &header, &key, None)?;
    let mut previous = GENESIS_LINK.to_owned();
    for seq in 1..=count {
        let entry = entry(seq, previous, &key)?;
        writer.entry(&entry)?;
        previous = entry.hmac_hash.into_owned();
    }
    writer.finish(None)?.flush()?;
    Ok(())
}

fn entry(seq: i64, previous: String, key: &ChainKey) -> Result<Entry<'static>, Box<dyn Error>> {
    let draft = Draft::of_span(&span(seq.unsigned_abs()))?;
    let canonical_hash = draft.canonical_hash.to_string();
    let link = key.link(&previous, &canonical_hash);
    Ok(Entry {
        seq,
        timestamp_ns: draft.timestamp_ns,
        trace_id: draft.trace_id.into(),
        span_id: draft.span_id.into(),
        span_name: draft.span_name.into(),
        span_kind: draft.span_kind.map(Cow::Owned),
        canonical_body: draft.canonical_body.into(),
        canonical_hash: canonical_hash.into(),
        prev_hash: previous.into(),
        hmac_hash: link.to_string().into(),
        semantic_body_hash: draft.semantic.map(|(digest, _)| digest.to_string().into()),
        sealed: None,
    })
}

fn span(number: u64) -> Span {
    let text = |text: &str| Value::string(text);
    let question = format!(
        "Question {number}: {}",
        "which clauses of the contract end first, and on what notice? ".repeat(6)
    );
    let answer = format!(
        "Answer {number}: {}",
        "clause 4 ends with the year. ".repeat(5)
    );
    let message = |role: &str, text: &str| format!(r#"[{{"content":"{text}","role":"{role}"}}]"#);
    let start_time_ns = 1_767_225_600_000_000_000 + number * 1_000_000;
    Span {
        trace_id: (u128::from(number) << 64 | 0x0123_4567_89ab_cdef).to_be_bytes(),
        span_id: number.to_be_bytes(),
        name: "chat example-model".to_owned(),
        kind: SpanKind::Client,
        attributes: vec![
            ("gen_ai.operation.name".to_owned(), text("chat")),
            ("gen_ai.provider.name".to_owned(), text("example")),
            ("gen_ai.request.model".to_owned(), text("example-model")),
            ("gen_ai.request.max_tokens".to_owned(), Value::integer(256)),
            (
                "gen_ai.response.id".to_owned(),
                text(&format!("resp_{number}")),
            ),
            ("gen_ai.response.model".to_owned(), text("example-model-1")),
            ("gen_ai.usage.input_tokens".to_owned(), Value::integer(64)),
            ("gen_ai.usage.output_tokens".to_owned(), Value::integer(32)),
            (
                "gen_ai.input.messages".to_owned(),
                text(&message("user", &question)),
            ),
            (
                "gen_ai.output.messages".to_owned(),
                text(&message("assistant", &answer)),
            ),
            (
                "app.session".to_owned(),
                text(&format!("session-{}", number / 40)),
            ),
        ],
        status_code: StatusCode::Unset,
        status_description: None,
        start_time_ns,
        end_time_ns: start_time_ns + 700_000,
    }
}
