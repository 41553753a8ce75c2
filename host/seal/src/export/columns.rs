//! The members of an exported entry, read without copying what can be borrowed.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

/// The members as the file has them. A member that comes twice is an error, because two readers could
/// take different ones; one that no release writes is noted.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    pub(super) seq: i64,
    pub(super) timestamp_ns: i64,
    pub(super) trace_id: Cow<'a, str>,
    pub(super) span_id: Cow<'a, str>,
    pub(super) span_name: Cow<'a, str>,
    pub(super) span_kind: Option<Cow<'a, str>>,
    pub(super) canonical_body_b64: Cow<'a, str>,
    pub(super) canonical_hash: Cow<'a, str>,
    pub(super) semantic_body_hash: Option<Cow<'a, str>>,
    pub(super) prev_hash: Cow<'a, str>,
    pub(super) hmac_hash: Cow<'a, str>,
    pub(super) unknown_members: bool,
}

#[derive(Deserialize, Clone, Copy)]
#[expect(
    clippy::enum_variant_names,
    reason = "the variants are the file's member names"
)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Name {
    Seq,
    TimestampNs,
    TraceId,
    SpanId,
    SpanName,
    SpanKind,
    CanonicalBodyB64,
    CanonicalHash,
    SemanticBodyHash,
    PrevHash,
    HmacHash,
    #[serde(other)]
    Unknown,
}

/// A string, borrowed where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Columns<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Columns<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry (a JSON object)")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut seq, mut timestamp_ns) = (None, None);
        // In the order of `Name`, from `TraceId` on.
        let mut texts: [Option<Option<Cow<'de, str>>>; 9] = Default::default();
        let mut unknown_members = false;
        while let Some(name) = map.next_key::<Name>()? {
            match name {
                Name::Seq => once(&mut seq, "seq", map.next_value()?)?,
                Name::TimestampNs => once(&mut timestamp_ns, "timestamp_ns", map.next_value()?)?,
                Name::SpanKind | Name::SemanticBodyHash => {
                    let text: Option<Text<'de>> = map.next_value()?;
                    let (at, label) = place(name);
                    once(&mut texts[at], label, text.map(|text| text.0))?;
                }
                Name::Unknown => {
                    unknown_members = true;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    let text: Text<'de> = map.next_value()?;
                    let (at, label) = place(name);
                    once(&mut texts[at], label, Some(text.0))?;
                }
            }
        }
        // Exports of old chains may leave the semantic digest out.
        let semantic_body_hash = texts[place(Name::SemanticBodyHash).0].take().flatten();
        let span_kind = texts[place(Name::SpanKind).0]
            .take()
            .ok_or_else(|| missing("span_kind"))?;
        let mut text = |name| {
            let (at, label) = place(name);
            texts[at]
                .take()
                .flatten()
                .ok_or_else(|| M::Error::missing_field(label))
        };
        Ok(Columns {
            seq: seq.ok_or_else(|| missing("seq"))?,
            timestamp_ns: timestamp_ns.ok_or_else(|| missing("timestamp_ns"))?,
            trace_id: text(Name::TraceId)?,
            span_id: text(Name::SpanId)?,
            span_name: text(Name::SpanName)?,
            span_kind,
            canonical_body_b64: text(Name::CanonicalBodyB64)?,
            canonical_hash: text(Name::CanonicalHash)?,
            semantic_body_hash,
            prev_hash: text(Name::PrevHash)?,
            hmac_hash: text(Name::HmacHash)?,
            unknown_members,
        })
    }
}

fn missing<E: Error>(name: &'static str) -> E {
    E::missing_field(name)
}

fn once<T, E: Error>(slot: &mut Option<T>, name: &'static str, value: T) -> Result<(), E> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::duplicate_field(name)),
    }
}

/// Where a text member is kept, and its name in the file.
fn place(name: Name) -> (usize, &'static str) {
    match name {
        Name::TraceId => (0, "trace_id"),
        Name::SpanId => (1, "span_id"),
        Name::SpanName => (2, "span_name"),
        Name::SpanKind => (3, "span_kind"),
        Name::CanonicalBodyB64 => (4, "canonical_body_b64"),
        Name::CanonicalHash => (5, "canonical_hash"),
        Name::SemanticBodyHash => (6, "semantic_body_hash"),
        Name::PrevHash => (7, "prev_hash"),
        Name::HmacHash | Name::Seq | Name::TimestampNs | Name::Unknown => (8, "hmac_hash"),
    }
}
