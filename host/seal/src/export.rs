//! Exports v1 and v2: a chain, or a range of it, as one JSON file.
//!
//! `docs/formats/export.md` describes the files. Both directions stream: what is held at any time is
//! one entry.

mod columns;
mod frame;
mod read;
mod report;
mod verdict;
mod verify;
mod write;

pub use read::{ExportError, ExportReader, Item, MAX_ENTRY_BYTES, Segment, SignatureBlock};
pub use report::{Check, ExportReport, Problem, Status, Verdict};
pub use verify::{CheckedEntry, Credentials, ExportVerifier, check_export_entry, verify_export};
pub use write::{ExportHeader, ExportWriter};

use crate::digest::Digest;
use crate::link::ChainKey;

/// The `format` of exports without a signature.
pub const FORMAT_V1: &str = "bijotel-chain-v1";

/// The `format` of exports with an Ed25519 signature.
pub const FORMAT_V2: &str = "bijotel-chain-v2";

/// The only `version` that there is.
pub const VERSION: &str = "1.0";

/// `HMAC-SHA256(key, "chain:" ++ head_hash ++ ":" ++ count)`: what binds an export's end and length.
pub fn chain_signature(key: &ChainKey, head_hash: &str, count: u64) -> Digest {
    key.mac(&[
        b"chain:",
        head_hash.as_bytes(),
        b":",
        count.to_string().as_bytes(),
    ])
}
