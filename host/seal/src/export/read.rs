//! Reads an export as a stream of items, in whatever order its members stand.

use std::borrow::Cow;
use std::io::{self, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value as Json;
use thiserror::Error;

use super::columns::Columns;
use super::frame::{FrameError, Frames};
use crate::entry::Entry;

/// The longest entry that is read, in bytes of its JSON text.
pub const MAX_ENTRY_BYTES: usize = 256 * 1024 * 1024;

/// The longest member beside `entries`.
const MAX_MEMBER_BYTES: usize = 64 * 1024;

/// The most members beside `entries`, so that a hostile file cannot fill the memory.
const MAX_MEMBERS: usize = 64;

/// Why a file cannot be read as an export.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The file itself could not be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Not JSON, or cut off.
    #[error("JSON parse error: {0}")]
    Json(String),
    /// JSON, but not an export.
    #[error("{0}")]
    Shape(String),
}

/// One part of an export.
#[derive(Debug)]
pub enum Item<'a> {
    /// A member beside `entries`.
    Member(String, Json),
    /// The JSON text of an entry, not yet read.
    Entry(&'a [u8]),
    /// The whole file was read.
    End,
}

/// `segment`: what range of the chain an export holds, as the file claims.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Segment {
    /// Sequence number of the first entry.
    pub first_seq: i64,
    /// Sequence number of the last entry.
    pub last_seq: i64,
    /// How many entries the export has.
    pub total_in_segment: u64,
    /// How many entries the chain had.
    pub total_in_full_chain: u64,
    /// The link before the first entry.
    pub boundary_prev_hash: String,
    /// Whether the export has the whole chain.
    pub is_complete_chain: bool,
}

/// `ed25519_signature`: base64 texts as the file has them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SignatureBlock {
    /// The key that the file claims to be signed with. Not a credential.
    pub public_key: String,
    /// The signature.
    pub signature: String,
    /// Must be `chain_signature`.
    pub signed_over: String,
    /// Must be `Ed25519`.
    pub algorithm: String,
}

/// Reads an export item by item, holding one at a time.
pub struct ExportReader<R> {
    frames: Frames<R>,
    place: Place,
    members: usize,
    entries_seen: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Start,
    Members { first: bool },
    Entries { first: bool },
    Done,
}

impl<R: Read> ExportReader<R> {
    /// A reader of the JSON text in `source`. Buffers by itself.
    pub fn new(source: R) -> Self {
        let frames = Frames::new(source);
        Self {
            frames,
            place: Place::Start,
            members: 0,
            entries_seen: false,
        }
    }

    /// How many bytes were taken so far.
    pub fn position(&self) -> u64 {
        self.frames.position()
    }

    /// The next item; [`Item::End`] once and for all at the end.
    pub fn next_item(&mut self) -> Result<Item<'_>, ExportError> {
        loop {
            match self.place {
                Place::Start => self.start()?,
                Place::Members { first } => {
                    if self.closes(b'}', first)? {
                        self.place = Place::Done;
                        self.end_of_file()?;
                        return Ok(Item::End);
                    }
                    if let Some((name, value)) = self.member()? {
                        return Ok(Item::Member(name, value));
                    }
                }
                Place::Entries { first } => {
                    if self.closes(b']', first)? {
                        self.place = Place::Members { first: false };
                        continue;
                    }
                    self.place = Place::Entries { first: false };
                    let entry = self.frames.value(MAX_ENTRY_BYTES).map_err(frame_error)?;
                    return Ok(Item::Entry(entry));
                }
                Place::Done => return Ok(Item::End),
            }
        }
    }

    fn start(&mut self) -> Result<(), ExportError> {
        match self.peek()? {
            Some(b'{') => self.frames.skip(),
            Some(0xEF) => return Err(json_error("Unexpected UTF-8 byte order mark at byte 0")),
            Some(b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                let text = "not an export: the top level of the file is not a JSON object";
                return Err(ExportError::Shape(text.to_owned()));
            }
            Some(_) => return Err(json_error("the file does not start with '{'")),
            None => return Err(json_error("the file is empty")),
        }
        self.place = Place::Members { first: true };
        Ok(())
    }

    /// Reads a member; `None` if it was the start of the entries.
    fn member(&mut self) -> Result<Option<(String, Json)>, ExportError> {
        let at = self.position();
        let name = self.frames.value(MAX_MEMBER_BYTES).map_err(frame_error)?;
        let name: String = serde_json::from_slice(name)
            .map_err(|_| json_error(&format!("expected a member name at byte {at}")))?;
        if self.peek()? != Some(b':') {
            return Err(json_error(&format!(
                "expected ':' at byte {}",
                self.position()
            )));
        }
        self.frames.skip();
        if name == "entries" {
            if self.peek()? != Some(b'[') {
                return Err(ExportError::Shape("entries is not a list".to_owned()));
            }
            if std::mem::replace(&mut self.entries_seen, true) {
                return Err(ExportError::Shape("entries comes twice".to_owned()));
            }
            self.frames.skip();
            self.place = Place::Entries { first: true };
            return Ok(None);
        }
        self.members += 1;
        if self.members > MAX_MEMBERS {
            let text = format!("more than {MAX_MEMBERS} members beside entries");
            return Err(ExportError::Shape(text));
        }
        self.place = Place::Members { first: false };
        let at = self.position();
        let value = self.frames.value(MAX_MEMBER_BYTES).map_err(frame_error)?;
        let value = serde_json::from_slice(value)
            .map_err(|error| json_error(&format!("in {name} at byte {at}: {error}")))?;
        Ok(Some((name, value)))
    }

    /// Takes the closing bracket or the comma before the next value.
    fn closes(&mut self, bracket: u8, first: bool) -> Result<bool, ExportError> {
        let next = self.peek()?;
        if next == Some(bracket) {
            self.frames.skip();
            return Ok(true);
        }
        match next {
            None => return Err(frame_error(FrameError::Truncated(self.position()))),
            Some(b',') if !first => {
                self.frames.skip();
                if self.peek()? == Some(bracket) {
                    let text = format!("a value is missing at byte {}", self.position());
                    return Err(json_error(&text));
                }
            }
            Some(_) if first => {}
            Some(_) => {
                let bracket = char::from(bracket);
                let text = format!("expected ',' or '{bracket}' at byte {}", self.position());
                return Err(json_error(&text));
            }
        }
        Ok(false)
    }

    fn end_of_file(&mut self) -> Result<(), ExportError> {
        match self.peek()? {
            None => Ok(()),
            Some(_) => {
                let text = format!(
                    "text after the end of the export, at byte {}",
                    self.position()
                );
                Err(json_error(&text))
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, ExportError> {
        self.frames.peek().map_err(frame_error)
    }
}

/// What reading one entry's JSON text gave.
pub(super) enum RawEntry<'a> {
    /// All members are there and of the right type.
    Whole {
        /// The entry.
        entry: Box<Entry<'a>>,
        /// Whether it has members that no release writes.
        unknown_members: bool,
    },
    /// Something is missing or of another type.
    Defect {
        /// The sequence number, if that much can be read.
        seq: Option<i64>,
        /// What is wrong, in the words of a report, with the place left out.
        reason: String,
    },
}

/// Reads the JSON text of one entry. A member that comes twice is a defect: two readers could take
/// different ones.
pub(super) fn read_entry(text: &[u8]) -> Result<RawEntry<'_>, ExportError> {
    let columns: Columns<'_> = match serde_json::from_slice(text) {
        Ok(columns) => columns,
        Err(error) if error.is_data() => return Ok(defect(text, &error)),
        Err(error) => return Err(json_error(&format!("in an entry: {error}"))),
    };
    let body = match STANDARD.decode(columns.canonical_body_b64.as_bytes()) {
        Ok(body) => body,
        Err(error) => {
            return Ok(RawEntry::Defect {
                seq: Some(columns.seq),
                reason: format!("canonical_body_b64 not decodable{SEQ_PLACE}: {error}"),
            });
        }
    };
    let entry = Box::new(Entry {
        seq: columns.seq,
        timestamp_ns: columns.timestamp_ns,
        trace_id: columns.trace_id,
        span_id: columns.span_id,
        span_name: columns.span_name,
        span_kind: columns.span_kind,
        canonical_body: Cow::Owned(body),
        canonical_hash: columns.canonical_hash,
        prev_hash: columns.prev_hash,
        hmac_hash: columns.hmac_hash,
        semantic_body_hash: columns.semantic_body_hash,
        sealed: None,
    });
    Ok(RawEntry::Whole {
        entry,
        unknown_members: columns.unknown_members,
    })
}

/// Where the place of an entry goes in a reason.
pub(super) const SEQ_PLACE: &str = "{place}";

fn defect<'a>(text: &[u8], error: &serde_json::Error) -> RawEntry<'a> {
    let Ok(json) = serde_json::from_slice::<Json>(text) else {
        return RawEntry::Defect {
            seq: None,
            reason: format!("entry not readable: {error}"),
        };
    };
    let Some(members) = json.as_object() else {
        return RawEntry::Defect {
            seq: None,
            reason: format!("entry is not a JSON object{SEQ_PLACE}"),
        };
    };
    let seq = members.get("seq").and_then(Json::as_i64);
    let reason = if members.get("canonical_body_b64").is_none_or(Json::is_null) {
        format!("missing canonical_body_b64{SEQ_PLACE}")
    } else {
        // serde names the member: `missing field ...`, `duplicate field ...`, `invalid type ...`.
        let text = error.to_string();
        let text = text.split(" at line ").next().unwrap_or_default();
        format!("entry malformed{SEQ_PLACE}: {text}")
    };
    RawEntry::Defect { seq, reason }
}

fn json_error(text: &str) -> ExportError {
    ExportError::Json(text.to_owned())
}

fn frame_error(error: FrameError) -> ExportError {
    match error {
        FrameError::Io(error) => ExportError::Io(error),
        FrameError::Truncated(_) => json_error(&error.to_string()),
        FrameError::TooLong { .. } => ExportError::Shape(error.to_string()),
    }
}
