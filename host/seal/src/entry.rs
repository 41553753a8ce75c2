//! Entries: what is about to be sealed, and what is stored afterwards.

use std::borrow::Cow;

use thiserror::Error;

use crate::canonical::Value;
use crate::digest::{Digest, hex_text};
use crate::event::{Event, NO_SPAN_ID, NO_TRACE_ID};
use crate::span::Span;

mod shape;

pub use shape::SpanShape;

/// Everything of an entry that is known before it has a place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The time that the caller claims, in nanoseconds since 1970-01-01 UTC: a span's end.
    pub timestamp_ns: i64,
    /// 32 lower-case hexadecimal digits.
    pub trace_id: String,
    /// 16 lower-case hexadecimal digits.
    pub span_id: String,
    /// The span's or event's name.
    pub span_name: String,
    /// The span's kind; `None` for events.
    pub span_kind: Option<String>,
    /// The body that is sealed.
    pub canonical_body: Vec<u8>,
    /// The digest of `canonical_body`.
    pub canonical_hash: Digest,
    /// Digest and bytes of the semantic body; `None` for events.
    pub semantic: Option<(Digest, Vec<u8>)>,
    /// The body digest of the decision about this entry.
    pub decision: Option<Digest>,
    /// The digest of the rule set that decided.
    pub rule_set: Option<Digest>,
}

/// Why something cannot become an entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DraftError {
    /// A time that SQLite's 64-bit integers cannot hold (after the year 2262).
    #[error("end_time_ns {0} is after the year 2262 and cannot be stored")]
    TimeOutOfRange(u64),
    /// An event whose body looks like a span's must agree with it in name and time.
    #[error(
        "the body has exactly the seven members of a span, so the entry's {field} must be the \
         body's: leave it out, or give the body another member"
    )]
    ContradictsSpanBody {
        /// The column that differs.
        field: &'static str,
    },
}

impl Draft {
    /// A draft of a span.
    pub fn of_span(span: &Span) -> Result<Self, DraftError> {
        let timestamp_ns = i64::try_from(span.end_time_ns)
            .map_err(|_| DraftError::TimeOutOfRange(span.end_time_ns))?;
        let bodies = span.bodies();
        Ok(Self {
            timestamp_ns,
            trace_id: hex_text(&span.trace_id),
            span_id: hex_text(&span.span_id),
            span_name: span.name.clone(),
            span_kind: Some(span.kind.as_str().to_owned()),
            canonical_hash: Digest::of(&bodies.canonical),
            canonical_body: bodies.canonical,
            semantic: Some((Digest::of(&bodies.semantic), bodies.semantic)),
            decision: None,
            rule_set: None,
        })
    }

    /// A draft of an event.
    ///
    /// A body with exactly the members of a span is sealed as one: its columns must follow from it,
    /// because a verifier checks that they do.
    pub fn of_event(event: &Event) -> Result<Self, DraftError> {
        let canonical_body = event.body.to_canonical();
        let mut draft = Self {
            timestamp_ns: event.timestamp_ns,
            trace_id: event
                .trace_id
                .map_or_else(|| NO_TRACE_ID.to_owned(), |id| hex_text(&id)),
            span_id: event
                .span_id
                .map_or_else(|| NO_SPAN_ID.to_owned(), |id| hex_text(&id)),
            span_name: event.name.clone(),
            span_kind: None,
            canonical_hash: Digest::of(&canonical_body),
            canonical_body,
            semantic: None,
            decision: None,
            rule_set: None,
        };
        if let Some(shape) = SpanShape::of(&draft.canonical_body) {
            if shape.end_time_ns != event.timestamp_ns {
                return Err(DraftError::ContradictsSpanBody { field: "timestamp" });
            }
            if shape.name != event.name {
                return Err(DraftError::ContradictsSpanBody { field: "name" });
            }
            let semantic = shape.semantic_body(crate::semantic::NEWEST);
            draft.span_kind = Some(shape.kind.into_owned());
            draft.semantic = Some((Digest::of(&semantic), semantic));
        }
        Ok(draft)
    }
}

/// One stored entry, as the columns of its row hold it. Nothing in it is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// The time that the caller claimed, in nanoseconds since 1970-01-01 UTC.
    pub timestamp_ns: i64,
    /// Trace id.
    pub trace_id: Cow<'a, str>,
    /// Span id.
    pub span_id: Cow<'a, str>,
    /// Name of the span or event.
    pub span_name: Cow<'a, str>,
    /// Kind of the span.
    pub span_kind: Option<Cow<'a, str>>,
    /// The sealed body.
    pub canonical_body: Cow<'a, [u8]>,
    /// Digest of the body, in hexadecimal.
    pub canonical_hash: Cow<'a, str>,
    /// Link of the entry before, in hexadecimal.
    pub prev_hash: Cow<'a, str>,
    /// This entry's link, in hexadecimal.
    pub hmac_hash: Cow<'a, str>,
    /// Digest of the semantic body, in hexadecimal.
    pub semantic_body_hash: Option<Cow<'a, str>>,
    /// What the host recorded when it sealed; `None` for entries that the Python tool wrote.
    pub sealed: Option<SealedAt>,
}

/// What the host records beside an entry that it seals; all of it is covered by the leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedAt {
    /// The host's clock when it sealed, in nanoseconds since 1970-01-01 UTC.
    pub sealed_at_ns: i64,
    /// Random bytes that keep a short body from being guessed from its commitment.
    pub salt: [u8; 32],
    /// The body digest of the decision about this entry.
    pub decision: Option<Digest>,
    /// The digest of the rule set that decided.
    pub rule_set: Option<Digest>,
    /// `HMAC-SHA256(key, "bijotel-leaf-v1:" ++ leaf hash in hexadecimal)`.
    pub leaf_hmac: Digest,
}

impl Entry<'_> {
    /// The body as a value with its marked forms, if it is JSON text.
    pub fn body_value(&self) -> Option<Value> {
        let text = std::str::from_utf8(&self.canonical_body).ok()?;
        crate::canonical::read_sealed(text).ok()
    }

    /// A copy that borrows nothing.
    pub fn into_owned(self) -> Entry<'static> {
        fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
            Cow::Owned(text.into_owned())
        }
        Entry {
            seq: self.seq,
            timestamp_ns: self.timestamp_ns,
            trace_id: owned(self.trace_id),
            span_id: owned(self.span_id),
            span_name: owned(self.span_name),
            span_kind: self.span_kind.map(owned),
            canonical_body: Cow::Owned(self.canonical_body.into_owned()),
            canonical_hash: owned(self.canonical_hash),
            prev_hash: owned(self.prev_hash),
            hmac_hash: owned(self.hmac_hash),
            semantic_body_hash: self.semantic_body_hash.map(owned),
            sealed: self.sealed,
        }
    }
}
