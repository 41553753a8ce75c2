//! Spans: what is sealed of a model call, in the form that the Python tool gave it.

use crate::canonical::{Object, ReadError, Value, read_json, write_string};
use crate::semantic::NEWEST;

/// Attributes whose string values are embedded parsed if they are JSON.
pub const JSON_ATTRIBUTES: [&str; 3] = [
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.tool.definitions",
];

/// A finished OpenTelemetry span.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// W3C trace id.
    pub trace_id: [u8; 16],
    /// W3C span id.
    pub span_id: [u8; 8],
    /// The span's name.
    pub name: String,
    /// The span's kind.
    pub kind: SpanKind,
    /// Attributes as the client sent them.
    pub attributes: Vec<(String, Value)>,
    /// The status code.
    pub status_code: StatusCode,
    /// The status message; `None` if there is none.
    pub status_description: Option<String>,
    /// When the span began, in nanoseconds since 1970-01-01 UTC, as the client claims.
    pub start_time_ns: u64,
    /// When the span ended, likewise.
    pub end_time_ns: u64,
}

/// OpenTelemetry span kinds, in the spelling that is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// `INTERNAL`
    Internal,
    /// `SERVER`
    Server,
    /// `CLIENT`
    Client,
    /// `PRODUCER`
    Producer,
    /// `CONSUMER`
    Consumer,
}

/// OpenTelemetry status codes, in the spelling that is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusCode {
    /// `UNSET`
    Unset,
    /// `OK`
    Ok,
    /// `ERROR`
    Error,
}

/// The two canonical texts of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanBodies {
    /// The body that is sealed.
    pub canonical: Vec<u8>,
    /// The body without what differs between two runs of the same request.
    pub semantic: Vec<u8>,
}

impl Span {
    /// Whether the span is about a model call: an attribute key starts with `gen_ai.` or
    /// `bijotel.mcp.`.
    pub fn is_genai(&self) -> bool {
        self.attributes.iter().any(|(key, _)| is_genai_key(key))
    }

    /// The canonical and the semantic body.
    pub fn bodies(&self) -> SpanBodies {
        let attributes = Value::object(
            self.attributes
                .iter()
                .map(|(key, value)| (key.clone(), embedded(key, value))),
        );
        let attributes = match &attributes {
            Value::Object(object) => object,
            _ => &Object::default(),
        };
        let mut canonical = Vec::with_capacity(1024);
        let mut semantic = Vec::with_capacity(1024);
        canonical.extend_from_slice(b"{\"attributes\":{");
        semantic.extend_from_slice(b"{\"attributes\":{");
        for (key, value) in attributes.iter() {
            let from = canonical.len();
            write_string(key, &mut canonical);
            canonical.push(b':');
            value.write_canonical(&mut canonical);
            if !NEWEST.contains(key) {
                semantic.extend_from_slice(&canonical[from..]);
                semantic.push(b',');
            }
            canonical.push(b',');
        }
        close_members(&mut canonical);
        close_members(&mut semantic);
        write_member("end_time_ns", &self.end_time_ns.to_string(), &mut canonical);
        for (member, text) in [("kind", self.kind.as_str()), ("name", &self.name)] {
            write_member(member, text, &mut canonical);
            write_member(member, text, &mut semantic);
        }
        write_member(
            "start_time_ns",
            &self.start_time_ns.to_string(),
            &mut canonical,
        );
        write_member("status_code", self.status_code.as_str(), &mut canonical);
        match &self.status_description {
            Some(text) => write_member("status_description", text, &mut canonical),
            None => canonical.extend_from_slice(b",\"status_description\":null"),
        }
        canonical.push(b'}');
        semantic.push(b'}');
        SpanBodies {
            canonical,
            semantic,
        }
    }
}

impl SpanKind {
    /// The sealed spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "INTERNAL",
            Self::Server => "SERVER",
            Self::Client => "CLIENT",
            Self::Producer => "PRODUCER",
            Self::Consumer => "CONSUMER",
        }
    }
}

impl StatusCode {
    /// The sealed spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "UNSET",
            Self::Ok => "OK",
            Self::Error => "ERROR",
        }
    }
}

/// Whether an attribute of this name makes its span one to seal.
pub fn is_genai_key(key: &str) -> bool {
    key.starts_with("gen_ai.") || key.starts_with("bijotel.mcp.")
}

/// An attribute's value as it is sealed: message texts that are JSON are embedded parsed.
fn embedded(key: &str, value: &Value) -> Value {
    match value {
        Value::String(text) if JSON_ATTRIBUTES.contains(&key) => match read_json(text) {
            Ok(parsed) => parsed,
            Err(ReadError::TooDeep { .. }) => Value::json_text(text),
            Err(ReadError::Expected { .. }) => value.clone(),
        },
        _ => value.clone(),
    }
}

fn close_members(out: &mut Vec<u8>) {
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(b'}');
}

fn write_member(name: &str, text: &str, out: &mut Vec<u8>) {
    out.push(b',');
    write_string(name, out);
    out.push(b':');
    write_string(text, out);
}
