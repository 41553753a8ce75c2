//! Recognises a span body among all bodies, without copying it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::canonical::write_string;
use crate::semantic::ExcludedAttributes;

/// A body that is an object with exactly the seven members of a span.
///
/// Its texts are slices of the body: for a body in canonical form, what it writes is canonical too.
#[derive(Debug)]
pub struct SpanShape<'b> {
    /// `name`
    pub name: Cow<'b, str>,
    /// `kind`
    pub kind: Cow<'b, str>,
    /// `end_time_ns`, as the number that it spells.
    pub end_time_ns: i64,
    attributes: Attributes<'b>,
}

impl<'b> SpanShape<'b> {
    /// The shape of `body`; `None` if it is any other body.
    pub fn of(body: &'b [u8]) -> Option<Self> {
        // All other bodies but the rarest are told apart by their first bytes.
        if !body.starts_with(b"{\"attributes\":{") {
            return None;
        }
        let members: Members<'b> = serde_json::from_slice(body).ok()?;
        Some(Self {
            name: members.name.0,
            kind: members.kind.0,
            end_time_ns: members.end_time_ns.0.parse().ok()?,
            attributes: members.attributes,
        })
    }

    /// The semantic body that leaves out the attributes of one release's list.
    pub fn semantic_body(&self, excluded: ExcludedAttributes) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(b"{\"attributes\":{");
        let kept = self
            .attributes
            .0
            .iter()
            .filter(|(key, _)| !excluded.contains(key));
        for (at, (key, value)) in kept.enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_string(key, &mut out);
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
        }
        out.extend_from_slice(b"},\"kind\":");
        write_string(&self.kind, &mut out);
        out.extend_from_slice(b",\"name\":");
        write_string(&self.name, &mut out);
        out.push(b'}');
        out
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members<'b> {
    #[serde(borrow)]
    attributes: Attributes<'b>,
    end_time_ns: Text<'b>,
    kind: Text<'b>,
    name: Text<'b>,
    #[serde(rename = "start_time_ns")]
    _start_time_ns: Text<'b>,
    #[serde(rename = "status_code")]
    _status_code: Text<'b>,
    // Present, but possibly null: an absent member would be another shape.
    #[serde(rename = "status_description", deserialize_with = "present")]
    _status_description: Option<Text<'b>>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text<'de>>, D::Error> {
    Option::deserialize(deserializer)
}

/// A string, borrowed where it has no escapes.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Text<'b>(#[serde(borrow)] Cow<'b, str>);

#[derive(Debug)]
struct Attributes<'b>(Vec<(Cow<'b, str>, &'b RawValue)>);

impl<'de: 'b, 'b> Deserialize<'de> for Attributes<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Attributes<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of attributes")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::with_capacity(16);
                while let Some((Text(key), value)) = map.next_entry()? {
                    pairs.push((key, value));
                }
                Ok(Attributes(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
