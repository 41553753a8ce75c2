//! From OTLP to what is sealed.
//!
//! A span is sealed in the form that every bijotel chain has. What a span event or a log record says
//! about a model call is sealed as an event of its own, with one of these bodies in canonical JSON;
//! members that have nothing to say are `null`, times are decimal strings of nanoseconds since
//! 1970-01-01 UTC, ids lower-case hexadecimal.
//!
//! ```json
//! {"event": "otel.log", "version": 1,
//!  "event_name": "gen_ai.user.message", "severity_number": 9, "severity_text": "INFO",
//!  "time_unix_nano": "0", "observed_time_unix_nano": "1795244219732202659",
//!  "trace_id": "…", "span_id": "…", "service_name": "…", "scope_name": "…",
//!  "attributes": {"gen_ai.system": "openai"}, "body": {"content": "…"}, "copy": 0}
//!
//! {"event": "otel.span_event", "version": 1,
//!  "event_name": "gen_ai.content.prompt", "time_unix_nano": "…", "index": 0,
//!  "trace_id": "…", "span_id": "…", "service_name": "…", "scope_name": "…",
//!  "attributes": {"gen_ai.prompt": "…"}}
//! ```
//!
//! `index` is the event's place among the events of its span. `copy` counts the equal records before
//! it in the same request, so that two equal messages are two entries and a record sent again is not.
//! The entry is named as the event, and its time is the event's, or when it was observed.

use std::collections::HashMap;

use bijotel::seal::canonical::write_string;
use bijotel::seal::span::is_genai_key;
use bijotel::seal::{Digest, SpanKind, StatusCode, Value};
use bijotel::{Event, Span};

use crate::otlp::{LogRecord, OtlpSpan, Source, SpanEvent};

/// What a span becomes.
#[derive(Debug, PartialEq)]
pub(crate) struct SpanForms {
    /// The span itself, if it is about a model call.
    pub(crate) span: Option<Span>,
    /// Its events that are.
    pub(crate) events: Vec<Event>,
}

/// Whether there is anything to seal in a span.
pub(crate) fn is_ours(span: &OtlpSpan) -> bool {
    has_genai_key(&span.attributes) || span.events.iter().any(is_our_event)
}

/// What is sealed of a span; an error says why it cannot be.
pub(crate) fn span_forms(sent: OtlpSpan) -> Result<SpanForms, String> {
    let trace_id =
        exact_id(&sent.trace_id).ok_or("the trace id is not 16 bytes other than zero")?;
    let span_id = exact_id(&sent.span_id).ok_or("the span id is not 8 bytes other than zero")?;
    let mut events = Vec::new();
    for (index, event) in sent
        .events
        .iter()
        .enumerate()
        .filter(|(_, event)| is_our_event(event))
    {
        let time_ns = if event.time_ns == 0 {
            sent.end_time_ns
        } else {
            event.time_ns
        };
        events.push(Event {
            body: span_event_body(event, index, &sent),
            name: event_name(&event.name, "otel.span_event"),
            trace_id: Some(trace_id),
            span_id: Some(span_id),
            timestamp_ns: timestamp(time_ns)?,
        });
    }
    let span = has_genai_key(&sent.attributes).then(|| Span {
        trace_id,
        span_id,
        name: sent.name,
        kind: match sent.kind {
            2 => SpanKind::Server,
            3 => SpanKind::Client,
            4 => SpanKind::Producer,
            5 => SpanKind::Consumer,
            // OTLP: what does not say is internal.
            _ => SpanKind::Internal,
        },
        attributes: sent.attributes,
        status_code: match sent.status_code {
            1 => StatusCode::Ok,
            2 => StatusCode::Error,
            _ => StatusCode::Unset,
        },
        status_description: Some(sent.status_message).filter(|message| !message.is_empty()),
        start_time_ns: sent.start_time_ns,
        end_time_ns: sent.end_time_ns,
    });
    Ok(SpanForms { span, events })
}

fn span_event_body(event: &SpanEvent, index: usize, span: &OtlpSpan) -> Value {
    let mut members = vec![
        member("event", Value::string("otel.span_event")),
        member("version", Value::integer(1)),
        member("event_name", text(&event.name)),
        member("time_unix_nano", Value::string(event.time_ns.to_string())),
        member(
            "index",
            Value::integer(i64::try_from(index).unwrap_or(i64::MAX)),
        ),
        member(
            "attributes",
            Value::object(event.attributes.iter().cloned()),
        ),
    ];
    members.extend(origin(&span.trace_id, &span.span_id, &span.source));
    Value::object(members)
}

/// Makes events of the log records of one request.
#[derive(Debug, Default)]
pub(crate) struct LogForms {
    seen: HashMap<Digest, i64>,
}

impl LogForms {
    /// What is sealed of a record: nothing, if it is not about a model call. An error says why it
    /// cannot be sealed.
    pub(crate) fn form(&mut self, sent: LogRecord) -> Result<Option<Event>, String> {
        let from_attribute = || {
            let name = sent.attributes.iter().find(|(key, _)| key == "event.name");
            Some(name?.1.as_str()?.to_owned())
        };
        let name = if sent.event_name.is_empty() {
            from_attribute().unwrap_or_default()
        } else {
            sent.event_name.clone()
        };
        if !name.starts_with("gen_ai.") && !has_genai_key(&sent.attributes) {
            return Ok(None);
        }
        let trace_id = optional_id(&sent.trace_id).ok_or("the trace id is not 16 bytes")?;
        let span_id = optional_id(&sent.span_id).ok_or("the span id is not 8 bytes")?;
        let time_ns = if sent.time_ns == 0 {
            sent.observed_time_ns
        } else {
            sent.time_ns
        };
        let timestamp_ns = timestamp(time_ns)?;
        let body = self.numbered(log_members(sent));
        let name = event_name(&name, "otel.log");
        Ok(Some(Event {
            body,
            name,
            trace_id,
            span_id,
            timestamp_ns,
        }))
    }

    /// The body of a record, with the number of equal ones before it.
    fn numbered(&mut self, mut members: Vec<(String, Value)>) -> Value {
        let seen = self.seen.entry(digest(&members)).or_default();
        members.push(member("copy", Value::integer(*seen)));
        *seen += 1;
        Value::object(members)
    }
}

fn digest(members: &[(String, Value)]) -> Digest {
    let mut bytes = Vec::new();
    for (name, value) in members {
        write_string(name, &mut bytes);
        value.write_canonical(&mut bytes);
    }
    Digest::of(&bytes)
}

fn log_members(sent: LogRecord) -> Vec<(String, Value)> {
    let mut members = vec![
        member("event", Value::string("otel.log")),
        member("version", Value::integer(1)),
        member("event_name", text(&sent.event_name)),
        member(
            "severity_number",
            Value::integer(sent.severity_number.into()),
        ),
        member("severity_text", text(&sent.severity_text)),
        member("time_unix_nano", Value::string(sent.time_ns.to_string())),
        member(
            "observed_time_unix_nano",
            Value::string(sent.observed_time_ns.to_string()),
        ),
    ];
    members.extend(origin(&sent.trace_id, &sent.span_id, &sent.source));
    members.push(member("attributes", Value::object(sent.attributes)));
    members.push(member("body", sent.body));
    members
}

fn origin(trace_id: &[u8], span_id: &[u8], source: &Source) -> [(String, Value); 4] {
    [
        member("trace_id", text(&hex(trace_id))),
        member("span_id", text(&hex(span_id))),
        member(
            "service_name",
            text(source.service_name.as_deref().unwrap_or_default()),
        ),
        member(
            "scope_name",
            text(source.scope_name.as_deref().unwrap_or_default()),
        ),
    ]
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn member(name: &str, value: Value) -> (String, Value) {
    (name.to_owned(), value)
}

fn text(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        Value::string(text)
    }
}

fn event_name(name: &str, otherwise: &str) -> String {
    if name.is_empty() { otherwise } else { name }.to_owned()
}

fn is_our_event(event: &SpanEvent) -> bool {
    event.name.starts_with("gen_ai.") || has_genai_key(&event.attributes)
}

fn has_genai_key(attributes: &[(String, Value)]) -> bool {
    attributes.iter().any(|(key, _)| is_genai_key(key))
}

/// An id of the right length that is not all zeros, which W3C trace context calls invalid.
fn exact_id<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes
        .try_into()
        .ok()
        .filter(|id: &[u8; N]| id.iter().any(|byte| *byte != 0))
}

/// An id that may be missing: empty, or all zeros.
fn optional_id<const N: usize>(bytes: &[u8]) -> Option<Option<[u8; N]>> {
    (bytes.is_empty() || bytes.len() == N).then(|| exact_id(bytes))
}

fn timestamp(time_ns: u64) -> Result<i64, String> {
    i64::try_from(time_ns).map_err(|_| format!("the time {time_ns} ns is after the year 2262"))
}
