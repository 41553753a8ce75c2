//! Writes an export as a stream, byte for byte as Python's `json.dumps(indent=2)` would.

use std::fmt::Display;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::read::Segment;
use super::{FORMAT_V1, FORMAT_V2, VERSION, chain_signature};
use crate::entry::Entry;
use crate::link::ChainKey;
use crate::signature::ExportSigner;

/// What stands before the entries. All of it must be known before the first entry is written.
#[derive(Debug, Clone)]
pub struct ExportHeader {
    /// When the export was made: RFC 3339 with microseconds and `+00:00`.
    pub created_at: String,
    /// How many entries follow.
    pub entries_count: u64,
    /// The link of the last entry, or [`GENESIS_LINK`](crate::digest::GENESIS_LINK).
    pub head_hash: String,
}

/// Writes one export to `out`.
pub struct ExportWriter<'s, W> {
    out: W,
    signature: String,
    signer: Option<&'s ExportSigner>,
    left: u64,
    first: bool,
    line: Vec<u8>,
}

impl<'s, W: Write> ExportWriter<'s, W> {
    /// Writes what stands before the entries. With a signer it is a v2 export, else v1.
    pub fn start(
        mut out: W,
        header: &ExportHeader,
        key: &ChainKey,
        signer: Option<&'s ExportSigner>,
    ) -> io::Result<Self> {
        let signature = chain_signature(key, &header.head_hash, header.entries_count).to_string();
        let format = if signer.is_some() {
            FORMAT_V2
        } else {
            FORMAT_V1
        };
        let mut line = Vec::new();
        line.extend_from_slice(b"{\n");
        for (name, text) in [
            ("version", VERSION),
            ("format", format),
            ("created_at", &header.created_at),
        ] {
            text_member(2, name, Some(text), true, &mut line);
        }
        number_member(2, "entries_count", &header.entries_count, true, &mut line);
        text_member(2, "head_hash", Some(&header.head_hash), true, &mut line);
        text_member(2, "chain_signature", Some(&signature), true, &mut line);
        line.extend_from_slice(b"  \"entries\": [");
        out.write_all(&line)?;
        Ok(Self {
            out,
            signature,
            signer,
            left: header.entries_count,
            first: true,
            line,
        })
    }

    /// Writes the next entry.
    pub fn entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| count_error("more"))?;
        let line = &mut self.line;
        line.clear();
        line.extend_from_slice(if self.first {
            b"\n    {\n"
        } else {
            b",\n    {\n"
        });
        self.first = false;
        number_member(6, "seq", &entry.seq, true, line);
        number_member(6, "timestamp_ns", &entry.timestamp_ns, true, line);
        text_member(6, "trace_id", Some(&entry.trace_id), true, line);
        text_member(6, "span_id", Some(&entry.span_id), true, line);
        text_member(6, "span_name", Some(&entry.span_name), true, line);
        text_member(6, "span_kind", entry.span_kind.as_deref(), true, line);
        line.extend_from_slice(b"      \"canonical_body_b64\": \"");
        push_base64(&entry.canonical_body, line);
        line.extend_from_slice(b"\",\n");
        text_member(6, "canonical_hash", Some(&entry.canonical_hash), true, line);
        text_member(
            6,
            "semantic_body_hash",
            entry.semantic_body_hash.as_deref(),
            true,
            line,
        );
        text_member(6, "prev_hash", Some(&entry.prev_hash), true, line);
        text_member(6, "hmac_hash", Some(&entry.hmac_hash), false, line);
        line.extend_from_slice(b"    }");
        self.out.write_all(line)
    }

    /// Writes what stands after the entries and gives the output back.
    pub fn finish(mut self, segment: Option<&Segment>) -> io::Result<W> {
        if self.left > 0 {
            return Err(count_error("fewer"));
        }
        let line = &mut self.line;
        line.clear();
        line.extend_from_slice(if self.first { b"]" } else { b"\n  ]" });
        if let Some(segment) = segment {
            line.extend_from_slice(b",\n  \"segment\": {\n");
            number_member(4, "first_seq", &segment.first_seq, true, line);
            number_member(4, "last_seq", &segment.last_seq, true, line);
            number_member(4, "total_in_segment", &segment.total_in_segment, true, line);
            number_member(
                4,
                "total_in_full_chain",
                &segment.total_in_full_chain,
                true,
                line,
            );
            let boundary = Some(&*segment.boundary_prev_hash);
            text_member(4, "boundary_prev_hash", boundary, true, line);
            number_member(
                4,
                "is_complete_chain",
                &segment.is_complete_chain,
                false,
                line,
            );
            line.extend_from_slice(b"  }");
        }
        if let Some(signer) = self.signer {
            let signature = signer.sign(self.signature.as_bytes());
            line.extend_from_slice(b",\n  \"ed25519_signature\": {\n");
            let public_key = STANDARD.encode(signer.public().to_bytes());
            text_member(4, "public_key", Some(&public_key), true, line);
            text_member(
                4,
                "signature",
                Some(&STANDARD.encode(signature)),
                true,
                line,
            );
            text_member(4, "signed_over", Some("chain_signature"), true, line);
            text_member(4, "algorithm", Some("Ed25519"), false, line);
            line.extend_from_slice(b"  }");
        }
        line.extend_from_slice(b"\n}");
        self.out.write_all(line)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn count_error(word: &str) -> io::Error {
    io::Error::other(format!("{word} entries than the export's header says"))
}

fn text_member(indent: usize, name: &str, value: Option<&str>, more: bool, out: &mut Vec<u8>) {
    start_member(indent, name, out);
    match value {
        Some(text) => push_ascii_string(text, out),
        None => out.extend_from_slice(b"null"),
    }
    end_member(more, out);
}

fn number_member(indent: usize, name: &str, value: &dyn Display, more: bool, out: &mut Vec<u8>) {
    start_member(indent, name, out);
    out.extend_from_slice(value.to_string().as_bytes());
    end_member(more, out);
}

fn start_member(indent: usize, name: &str, out: &mut Vec<u8>) {
    out.extend(std::iter::repeat_n(b' ', indent));
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\": ");
}

fn end_member(more: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if more { b",\n" } else { b"\n" });
}

/// A string as `json.dumps` writes it: all but printable ASCII escaped, in UTF-16 code units.
fn push_ascii_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for char in text.chars() {
        match char {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            ' '..='~' => out.push(char as u8),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
            }
        }
    }
    out.push(b'"');
}

fn push_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let from = out.len();
    out.resize(from + bytes.len().div_ceil(3) * 4, 0);
    // The slice is exactly as long as the encoded text, so this cannot fail.
    if STANDARD.encode_slice(bytes, &mut out[from..]).is_err() {
        out.truncate(from);
        out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
    }
}
