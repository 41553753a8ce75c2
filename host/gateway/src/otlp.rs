//! OTLP 1.x over HTTP: what an export request holds, whichever encoding it came in.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp>

mod fields;
mod json;
mod protobuf;
mod reply;
mod weight;

#[cfg(test)]
mod agreement;

use std::sync::Arc;

use bijotel::seal::Value;
use bijotel::seal::span::JSON_ATTRIBUTES;

pub(crate) use reply::{Refusal, Rejected, Reply, success};
pub(crate) use weight::of_json;

/// How a request is encoded; its answer is encoded likewise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `application/x-protobuf`
    Protobuf,
    /// `application/json`, in the mapping of the OTLP specification
    Json,
}

/// Why a body is not an export request. Never holds any of the body's text.
#[derive(Debug, thiserror::Error)]
#[error("the body is not an OTLP export request: {0}")]
pub(crate) struct DecodeError(String);

/// The kind of telemetry that a request exports.
pub(crate) trait Signal: Sized + Send + 'static {
    /// What one of them is called in an answer.
    const ONE: &'static str;
    /// The member of a partial success that counts rejected ones, in JSON.
    const REJECTED: &'static str;

    /// How many bytes of memory decoding a body takes, estimated from above.
    fn weight(body: &[u8], encoding: Encoding) -> usize;

    /// How many more bytes it takes to read the JSON in their attributes, likewise.
    fn content_weight(items: &[Self]) -> usize;

    /// All of them in a request's body.
    fn decode(body: &[u8], encoding: Encoding) -> Result<Vec<Self>, DecodeError>;
}

/// Where telemetry comes from.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// `service.name` of the resource.
    pub(crate) service_name: Option<String>,
    /// The name of the instrumentation scope.
    pub(crate) scope_name: Option<String>,
}

/// A span as it was sent. Ids may have any length.
#[derive(Debug)]
pub(crate) struct OtlpSpan {
    pub(crate) source: Arc<Source>,
    pub(crate) trace_id: Vec<u8>,
    pub(crate) span_id: Vec<u8>,
    pub(crate) name: String,
    pub(crate) kind: i32,
    pub(crate) start_time_ns: u64,
    pub(crate) end_time_ns: u64,
    pub(crate) attributes: Vec<(String, Value)>,
    pub(crate) events: Vec<SpanEvent>,
    pub(crate) status_code: i32,
    pub(crate) status_message: String,
}

/// An event inside a span.
#[derive(Debug)]
pub(crate) struct SpanEvent {
    pub(crate) time_ns: u64,
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, Value)>,
}

/// A log record as it was sent. Ids may have any length.
#[derive(Debug)]
pub(crate) struct LogRecord {
    pub(crate) source: Arc<Source>,
    pub(crate) time_ns: u64,
    pub(crate) observed_time_ns: u64,
    pub(crate) severity_number: i32,
    pub(crate) severity_text: String,
    pub(crate) event_name: String,
    pub(crate) body: Value,
    pub(crate) attributes: Vec<(String, Value)>,
    pub(crate) trace_id: Vec<u8>,
    pub(crate) span_id: Vec<u8>,
}

impl Signal for OtlpSpan {
    const ONE: &'static str = "span";
    const REJECTED: &'static str = "rejectedSpans";

    fn weight(body: &[u8], encoding: Encoding) -> usize {
        weight::TRACES.weight(body, encoding)
    }

    fn content_weight(items: &[Self]) -> usize {
        let attributes = items.iter().flat_map(|span| &span.attributes);
        attributes
            .filter(|(key, _)| JSON_ATTRIBUTES.contains(&key.as_str()))
            .filter_map(|(_, value)| Some(of_json(value.as_str()?.as_bytes())))
            .fold(0, usize::saturating_add)
    }

    fn decode(body: &[u8], encoding: Encoding) -> Result<Vec<Self>, DecodeError> {
        match encoding {
            Encoding::Protobuf => protobuf::traces(body),
            Encoding::Json => json::traces(body),
        }
    }
}

impl Signal for LogRecord {
    const ONE: &'static str = "log record";
    const REJECTED: &'static str = "rejectedLogRecords";

    fn weight(body: &[u8], encoding: Encoding) -> usize {
        weight::LOGS.weight(body, encoding)
    }

    /// Their attributes are sealed as they are.
    fn content_weight(_: &[Self]) -> usize {
        0
    }

    fn decode(body: &[u8], encoding: Encoding) -> Result<Vec<Self>, DecodeError> {
        match encoding {
            Encoding::Protobuf => protobuf::logs(body),
            Encoding::Json => json::logs(body),
        }
    }
}

impl Source {
    fn new(resource: &[(String, Value)], scope_name: &str) -> Arc<Self> {
        let service_name = resource.iter().find(|(key, _)| key == "service.name");
        Arc::new(Self {
            service_name: service_name.and_then(|(_, name)| Some(name.as_str()?.to_owned())),
            scope_name: Some(scope_name.to_owned()).filter(|name| !name.is_empty()),
        })
    }
}

impl Encoding {
    /// The media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}
