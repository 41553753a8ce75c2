//! What the leaf of an entry covers: every stored column.
//!
//! The leaf data is the RFC 8785 text of an object with exactly the members below, and the leaf hash
//! is that of RFC 6962, section 2.1: `SHA-256(0x00 ++ leaf data)`. Leaves are meant to be published,
//! so bodies appear in them as salted commitments: erasing a salt makes even a short body unguessable,
//! and the leaf still verifies. `docs/formats/leaf.md` has the byte-by-byte description.

use crate::canonical::write_string;
use crate::digest::Digest;
use crate::entry::{Entry, SealedAt};
use crate::link::ChainKey;

/// The identity of a chain: 16 random bytes, given by its genesis or adoption entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainId(pub [u8; 16]);

impl ChainId {
    /// 32 lower-case hexadecimal digits.
    pub fn hex(self) -> String {
        crate::digest::hex_text(&self.0)
    }

    /// The identity that 32 lower-case hexadecimal digits stand for.
    pub fn from_hex(text: &str) -> Option<Self> {
        let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        let bytes = crate::digest::decode_hex(text).filter(|_| lower)?;
        Some(Self(bytes.try_into().ok()?))
    }
}

/// The leaf hash of an entry with what the host recorded about it. `leaf_hmac` is not covered.
pub fn leaf_hash(chain: ChainId, entry: &Entry<'_>, sealed: &SealedAt) -> Digest {
    Digest::of_parts(&[&[0], &leaf_data(chain, entry, sealed)])
}

/// The data that the leaf hash covers.
pub fn leaf_data(chain: ChainId, entry: &Entry<'_>, sealed: &SealedAt) -> Vec<u8> {
    let commit = |kind: &str, digest: &str| commitment(kind, &sealed.salt, digest).to_string();
    let optional_digest = |digest: &Option<Digest>| digest.map(|digest| digest.to_string());
    let mut out = Vec::with_capacity(900);
    // In canonical order; times and the sequence number are decimal strings, as in bodies.
    text(
        "{",
        "body",
        Some(&commit("body", &entry.canonical_hash)),
        &mut out,
    );
    text(",", "chain", Some(&chain.hex()), &mut out);
    text(
        ",",
        "decision",
        optional_digest(&sealed.decision).as_deref(),
        &mut out,
    );
    text(",", "hmac_hash", Some(&entry.hmac_hash), &mut out);
    text(",", "leaf", Some("bijotel-leaf-v1"), &mut out);
    text(",", "prev_hash", Some(&entry.prev_hash), &mut out);
    text(
        ",",
        "rule_set",
        optional_digest(&sealed.rule_set).as_deref(),
        &mut out,
    );
    text(
        ",",
        "sealed_at_ns",
        Some(&sealed.sealed_at_ns.to_string()),
        &mut out,
    );
    let semantic = entry
        .semantic_body_hash
        .as_deref()
        .map(|digest| commit("semantic", digest));
    text(",", "semantic_body", semantic.as_deref(), &mut out);
    text(",", "seq", Some(&entry.seq.to_string()), &mut out);
    text(",", "span_id", Some(&entry.span_id), &mut out);
    text(",", "span_kind", entry.span_kind.as_deref(), &mut out);
    text(",", "span_name", Some(&entry.span_name), &mut out);
    text(
        ",",
        "timestamp_ns",
        Some(&entry.timestamp_ns.to_string()),
        &mut out,
    );
    text(",", "trace_id", Some(&entry.trace_id), &mut out);
    out.push(b'}');
    out
}

/// The code that covers a leaf as long as there is no signed tree: whoever has the chain's secret can
/// check every column of an entry with it.
pub fn leaf_hmac(key: &ChainKey, leaf_hash: &Digest) -> Digest {
    key.mac(&[b"bijotel-leaf-v1:", &leaf_hash.hex()])
}

/// `SHA-256("bijotel-commit-v1:" ++ kind ++ ":" ++ salt ++ digest in hexadecimal)`.
fn commitment(kind: &str, salt: &[u8; 32], digest: &str) -> Digest {
    Digest::of_parts(&[
        b"bijotel-commit-v1:",
        kind.as_bytes(),
        b":",
        salt,
        digest.as_bytes(),
    ])
}

fn text(before: &str, name: &str, value: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(before.as_bytes());
    write_string(name, out);
    out.push(b':');
    match value {
        Some(value) => write_string(value, out),
        None => out.extend_from_slice(b"null"),
    }
}
