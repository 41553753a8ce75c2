//! One operation, many times: `cargo xtask bench instructions` counts its instructions.

use std::borrow::Cow;
use std::hint::black_box;

use bijotel_seal::check::EntryChecker;
use bijotel_seal::digest::GENESIS_LINK;
use bijotel_seal::export::{Credentials, ExportHeader, ExportWriter, verify_export};
use bijotel_seal::{ChainKey, Draft, Entry, Span, SpanKind, StatusCode, Value};

const TIMES: u64 = 500;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("bodies") => (0..TIMES).for_each(|n| {
            black_box(span(n).bodies());
        }),
        Some("check") => {
            let (key, entries) = chain();
            let checker = EntryChecker::new(key, None);
            for entry in &entries {
                black_box(checker.check(entry));
            }
        }
        Some("verify-export") => {
            let (key, entries) = chain();
            let file = export(&key, &entries);
            let credentials = Credentials {
                key: Some(&key),
                public_key: None,
            };
            black_box(verify_export(&file[..], credentials, |_| {}).expect("an export"));
        }
        // What the others do first, to be subtracted.
        Some("chain") => {
            black_box(chain());
        }
        _ => eprintln!("usage: instructions bodies|chain|check|verify-export"),
    }
}

fn chain() -> (ChainKey, Vec<Entry<'static>>) {
    let key = ChainKey::from_bytes(&[3; 32]).expect("long enough");
    let mut entries: Vec<Entry<'static>> = Vec::new();
    let mut prev = GENESIS_LINK.to_owned();
    for (number, seq) in (0..TIMES).zip(1..) {
        let draft = Draft::of_span(&span(number)).expect("a time that fits");
        let canonical_hash = draft.canonical_hash.to_string();
        let link = key.link(&prev, &canonical_hash).to_string();
        entries.push(Entry {
            seq,
            timestamp_ns: draft.timestamp_ns,
            trace_id: Cow::Owned(draft.trace_id),
            span_id: Cow::Owned(draft.span_id),
            span_name: Cow::Owned(draft.span_name),
            span_kind: draft.span_kind.map(Cow::Owned),
            canonical_body: Cow::Owned(draft.canonical_body),
            canonical_hash: Cow::Owned(canonical_hash),
            prev_hash: Cow::Owned(prev),
            hmac_hash: Cow::Owned(link.clone()),
            semantic_body_hash: draft
                .semantic
                .map(|(digest, _)| Cow::Owned(digest.to_string())),
            sealed: None,
        });
        prev = link;
    }
    (key, entries)
}

fn export(key: &ChainKey, entries: &[Entry<'_>]) -> Vec<u8> {
    let header = ExportHeader {
        created_at: "2026-01-01T00:00:00.000000+00:00".to_owned(),
        entries_count: entries.len() as u64,
        head_hash: entries
            .last()
            .map_or(GENESIS_LINK, |entry| &entry.hmac_hash)
            .to_owned(),
    };
    let mut writer = ExportWriter::start(Vec::new(), &header, key, None).expect("in memory");
    for entry in entries {
        writer.entry(entry).expect("in memory");
    }
    writer.finish(None).expect("in memory")
}

fn span(number: u64) -> Span {
    let text = |key: &str, value: &str| (key.to_owned(), Value::string(value));
    let prompt = "please summarise the minutes of the last meeting in three sentences. ".repeat(6);
    Span {
        trace_id: u128::from(number).to_be_bytes(),
        span_id: number.to_be_bytes(),
        name: "chat".to_owned(),
        kind: SpanKind::Client,
        attributes: vec![
            text("gen_ai.request.model", "gpt-4o-mini"),
            text(
                "gen_ai.input.messages",
                &format!(r#"[{{"role":"user","content":"{prompt}"}}]"#),
            ),
            text("gen_ai.response.id", &format!("chatcmpl-{number:012}")),
            ("gen_ai.usage.input_tokens".to_owned(), Value::integer(120)),
        ],
        status_code: StatusCode::Unset,
        status_description: None,
        start_time_ns: 1_800_000_000_000_000_000 + number,
        end_time_ns: 1_800_000_000_500_000_000 + number,
    }
}
