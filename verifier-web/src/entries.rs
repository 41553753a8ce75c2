//! Entries as a person looks at them: read leniently, so that a broken one can be looked at too.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bijotel_seal::Digest;
use bijotel_seal::export::Problem;
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;

use crate::indent::indent;

/// The longest text of a body that is shown, in bytes. The whole body can be saved.
const SHOWN_BYTES: usize = 256 * 1024;

/// Bodies above this size are not searched for their model when entries are listed.
const LISTED_BODY_BYTES: usize = 1024 * 1024;

/// What the last verification says about one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Body, link and order were checked and are right.
    Intact,
    /// Something about it is not what was sealed.
    Broken,
    /// The body has its digest; without the secret its link was not checked.
    BodyOnly,
}

/// One row of the list of entries. Texts are as the file has them; what is absent was not readable.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The place in the file, from 1.
    pub position: u64,
    /// What the verification says.
    pub seen: Seen,
    /// Sequence number, as text: it may exceed what a JavaScript number holds.
    pub seq: Option<String>,
    /// The claimed time in nanoseconds since 1970-01-01 UTC, as text.
    pub timestamp_ns: Option<String>,
    /// Name of the span or event.
    pub name: Option<String>,
    /// Kind of the span.
    pub kind: Option<String>,
    /// The requested model, from the body.
    pub model: Option<String>,
    /// The span's status (`OK`, `ERROR`, `UNSET`) or `BLOCKED`, from the body.
    pub status: Option<String>,
    /// Digest of the body.
    pub canonical_hash: Option<String>,
    /// The entry's link.
    pub hmac_hash: Option<String>,
}

/// Everything about one entry.
#[derive(Debug, Serialize)]
pub struct Detail {
    /// The place in the file, from 1.
    pub position: u64,
    /// What the verification says.
    pub seen: Seen,
    /// Why it is broken, where that was kept.
    pub problem: Option<Problem>,
    /// The members beside the body, in the order of the file, each as text.
    pub members: Vec<(String, String)>,
    /// The SHA-256 digest of the body, computed here.
    pub body_digest: Option<String>,
    /// How many bytes the body has.
    pub body_bytes: usize,
    /// What the body is.
    pub body_form: BodyForm,
    /// The body for reading: JSON with line breaks and indents added and nothing else changed.
    pub body_text: String,
    /// Whether `body_text` ends before the body does.
    pub body_cut: bool,
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyForm {
    /// JSON text.
    Json,
    /// Other text.
    Text,
    /// Other bytes, shown in hexadecimal.
    Bytes,
    /// No readable base64.
    Missing,
}

/// The members of an entry, whatever they are, in the order of the file.
pub(crate) struct Exported(Vec<(String, Json)>);

impl Exported {
    pub(crate) fn read(text: &[u8]) -> Self {
        Self(serde_json::from_slice(text).map_or_else(|_| Vec::new(), |Members(list)| list))
    }

    pub(crate) fn seq(&self) -> Option<i64> {
        self.get("seq")?.as_i64()
    }

    pub(crate) fn body(&self) -> Option<Vec<u8>> {
        let text = self.get("canonical_body_b64")?.as_str()?;
        STANDARD.decode(text).ok()
    }

    /// A member; of those that come twice the last, as most readers take it.
    fn get(&self, name: &str) -> Option<&Json> {
        let last = self.0.iter().rfind(|(other, _)| other == name);
        last.map(|(_, value)| value)
    }

    pub(crate) fn summary(&self, position: u64, seen: Seen) -> Summary {
        let body = self.body().filter(|body| body.len() <= LISTED_BODY_BYTES);
        let body: Json = body
            .and_then(|body| serde_json::from_slice(&body).ok())
            .unwrap_or_default();
        let attribute = |name: &str| body.get("attributes")?.get(name);
        let model = attribute("gen_ai.request.model").or(attribute("gen_ai.response.model"));
        let blocked = attribute("bijotel.blocked").and_then(Json::as_bool) == Some(true);
        let status = if blocked {
            Some("BLOCKED".to_owned())
        } else {
            body.get("status_code").map(shown)
        };
        let text = |name: &str| self.get(name).filter(|value| !value.is_null()).map(shown);
        Summary {
            position,
            seen,
            seq: text("seq"),
            timestamp_ns: text("timestamp_ns"),
            name: text("span_name"),
            kind: text("span_kind"),
            model: model.map(shown),
            status,
            canonical_hash: text("canonical_hash"),
            hmac_hash: text("hmac_hash"),
        }
    }

    pub(crate) fn detail(&self, position: u64, seen: Seen, problem: Option<Problem>) -> Detail {
        let body = self.body();
        let (body_form, (body_text, body_cut)) = match body.as_deref() {
            None => (BodyForm::Missing, (String::new(), false)),
            Some(body) => read_body(body),
        };
        Detail {
            position,
            seen,
            problem,
            members: self
                .0
                .iter()
                .filter(|(name, _)| *name != "canonical_body_b64")
                .map(|(name, value)| (name.clone(), cut(&shown(value), SHOWN_BYTES).0))
                .collect(),
            body_digest: body.as_deref().map(|body| Digest::of(body).to_string()),
            body_bytes: body.as_ref().map_or(0, Vec::len),
            body_form,
            body_text,
            body_cut,
        }
    }
}

fn read_body(body: &[u8]) -> (BodyForm, (String, bool)) {
    match std::str::from_utf8(body) {
        Ok(text) => match indent(text, SHOWN_BYTES) {
            Some(indented) => (BodyForm::Json, indented),
            None => (BodyForm::Text, cut(text, SHOWN_BYTES)),
        },
        Err(_) => {
            let head = &body[..body.len().min(SHOWN_BYTES / 4)];
            let lines: Vec<String> = head
                .chunks(16)
                .map(|line| line.iter().map(|byte| format!("{byte:02x} ")).collect())
                .collect();
            let is_cut = head.len() < body.len();
            (BodyForm::Bytes, (lines.join("\n"), is_cut))
        }
    }
}

/// An object's members in their order; a map would lose those that come twice.
struct Members(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members, M::Error> {
                let mut list = Vec::with_capacity(12);
                while let Some(member) = map.next_entry()? {
                    list.push(member);
                }
                Ok(Members(list))
            }
        }
        deserializer.deserialize_map(List)
    }
}

/// A text without its quotes, anything else as JSON.
fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn cut(text: &str, limit: usize) -> (String, bool) {
    let end = text.floor_char_boundary(limit);
    (text[..end].to_owned(), end < text.len())
}
