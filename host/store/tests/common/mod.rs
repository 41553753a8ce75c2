//! What the tests of the store share.

use std::path::{Path, PathBuf};

use bijotel_seal::{ChainKey, Draft, Span, SpanKind, StatusCode, Value};
use bijotel_store::{OpenOptions, SqliteStore};
use tempfile::TempDir;

#[allow(dead_code, reason = "each test file uses its own part of this module")]
pub(crate) fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/bijotel")
}

#[allow(dead_code, reason = "each test file uses its own part of this module")]
pub(crate) fn manifest() -> serde_json::Value {
    let text = std::fs::read_to_string(vectors().join("manifest.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn secret() -> ChainKey {
    ChainKey::from_hex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff").unwrap()
}

/// A copy of a vector in a folder of its own: opening a database may write beside it.
#[allow(dead_code, reason = "each test file uses its own part of this module")]
pub(crate) fn copied(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(Path::new(name).file_name().unwrap());
    std::fs::copy(vectors().join(name), &path).unwrap();
    (folder, path)
}

#[allow(dead_code, reason = "each test file uses its own part of this module")]
pub(crate) fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(OpenOptions {
        path: path.to_owned(),
        key: secret(),
        create: true,
    })
    .unwrap()
}

/// A span that differs from all others by its number.
#[allow(dead_code, reason = "each test file uses its own part of this module")]
pub(crate) fn draft(number: u64) -> Draft {
    let mut trace_id = [7; 16];
    trace_id[8..].copy_from_slice(&number.to_be_bytes());
    let text = |key: &str, value: &str| (key.to_owned(), Value::string(value));
    let span = Span {
        trace_id,
        span_id: number.to_be_bytes(),
        name: "chat".to_owned(),
        kind: SpanKind::Client,
        attributes: vec![
            text("gen_ai.request.model", "test-model"),
            text(
                "gen_ai.input.messages",
                &format!("[{{\"role\":\"user\",\"content\":\"{number}\"}}]"),
            ),
        ],
        status_code: StatusCode::Unset,
        status_description: None,
        start_time_ns: 1_800_000_000_000_000_000 + number,
        end_time_ns: 1_800_000_000_000_000_100 + number,
    };
    Draft::of_span(&span).unwrap()
}
