//! OTLP's JSON encoding: the JSON mapping of Protocol Buffers, with ids in hexadecimal.
//!
//! Member names are lowerCamelCase only, unknown members are ignored, `null` is as good as nothing.
//! What the mapping lets an encoder choose is accepted either way: see [`super::fields`].
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

use std::sync::Arc;

use bijotel::seal::Value;
use opentelemetry_proto::tonic::logs::v1::SeverityNumber;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::fields::{Bytes, Double, Enumeration, Id, Signed, Text, Unsigned};
use super::{DecodeError, LogRecord, OtlpSpan, Source, SpanEvent};

/// The spans of an `ExportTraceServiceRequest`.
pub(super) fn traces(body: &[u8]) -> Result<Vec<OtlpSpan>, DecodeError> {
    let request: TracesRequest = read(body)?;
    let mut spans = Vec::new();
    for group in request.resource_spans.unwrap_or_default() {
        let resource = group.resource.unwrap_or_default().attributes.values();
        for group in group.scope_spans.unwrap_or_default() {
            let source = Source::new(&resource, &scope_name(group.scope));
            let group = group.spans.unwrap_or_default();
            spans.extend(group.into_iter().map(|span| span.otlp(&source)));
        }
    }
    Ok(spans)
}

/// The records of an `ExportLogsServiceRequest`.
pub(super) fn logs(body: &[u8]) -> Result<Vec<LogRecord>, DecodeError> {
    let request: LogsRequest = read(body)?;
    let mut records = Vec::new();
    for group in request.resource_logs.unwrap_or_default() {
        let resource = group.resource.unwrap_or_default().attributes.values();
        for group in group.scope_logs.unwrap_or_default() {
            let source = Source::new(&resource, &scope_name(group.scope));
            let group = group.log_records.unwrap_or_default();
            records.extend(group.into_iter().map(|log| log.otlp(&source)));
        }
    }
    Ok(records)
}

/// serde's own words quote the value that does not fit, so only the place is told.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = T::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Eof => "the JSON ends too early",
            serde_json::error::Category::Data => "a value has the wrong type or form",
            _ => "it is not JSON, or nested too deeply",
        };
        DecodeError(format!(
            "{what}, at line {} column {}",
            error.line(),
            error.column()
        ))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TracesRequest {
    resource_spans: Option<Vec<ResourceSpans>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans {
    resource: Option<Resource>,
    scope_spans: Option<Vec<ScopeSpans>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeSpans {
    scope: Option<Scope>,
    spans: Option<Vec<Span>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogsRequest {
    resource_logs: Option<Vec<ResourceLogs>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs {
    resource: Option<Resource>,
    scope_logs: Option<Vec<ScopeLogs>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogs {
    scope: Option<Scope>,
    log_records: Option<Vec<Log>>,
}

#[derive(Deserialize, Default)]
struct Resource {
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Scope {
    name: Option<String>,
}

fn scope_name(scope: Option<Scope>) -> String {
    scope.and_then(|scope| scope.name).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    trace_id: Option<Id>,
    span_id: Option<Id>,
    name: Option<String>,
    kind: Option<Enumeration<SpanKind>>,
    start_time_unix_nano: Option<Unsigned>,
    end_time_unix_nano: Option<Unsigned>,
    #[serde(default)]
    attributes: Attributes,
    events: Option<Vec<Event>>,
    status: Option<Status>,
}

impl Span {
    fn otlp(self, source: &Arc<Source>) -> OtlpSpan {
        let status = self.status.unwrap_or_default();
        OtlpSpan {
            source: Arc::clone(source),
            trace_id: self.trace_id.unwrap_or_default().0,
            span_id: self.span_id.unwrap_or_default().0,
            name: self.name.unwrap_or_default(),
            kind: self.kind.map_or(0, |kind| kind.number),
            start_time_ns: self.start_time_unix_nano.unwrap_or_default().0,
            end_time_ns: self.end_time_unix_nano.unwrap_or_default().0,
            attributes: self.attributes.values(),
            events: self
                .events
                .unwrap_or_default()
                .into_iter()
                .map(Event::otlp)
                .collect(),
            status_code: status.code.map_or(0, |code| code.number),
            status_message: status.message.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    time_unix_nano: Option<Unsigned>,
    name: Option<String>,
    #[serde(default)]
    attributes: Attributes,
}

impl Event {
    fn otlp(self) -> SpanEvent {
        SpanEvent {
            time_ns: self.time_unix_nano.unwrap_or_default().0,
            name: self.name.unwrap_or_default(),
            attributes: self.attributes.values(),
        }
    }
}

#[derive(Deserialize, Default)]
struct Status {
    code: Option<Enumeration<StatusCode>>,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    time_unix_nano: Option<Unsigned>,
    observed_time_unix_nano: Option<Unsigned>,
    severity_number: Option<Enumeration<SeverityNumber>>,
    severity_text: Option<String>,
    event_name: Option<String>,
    body: Option<AnyValue>,
    #[serde(default)]
    attributes: Attributes,
    trace_id: Option<Id>,
    span_id: Option<Id>,
}

impl Log {
    fn otlp(self, source: &Arc<Source>) -> LogRecord {
        LogRecord {
            source: Arc::clone(source),
            time_ns: self.time_unix_nano.unwrap_or_default().0,
            observed_time_ns: self.observed_time_unix_nano.unwrap_or_default().0,
            severity_number: self.severity_number.map_or(0, |severity| severity.number),
            severity_text: self.severity_text.unwrap_or_default(),
            event_name: self.event_name.unwrap_or_default(),
            body: self.body.map_or(Value::Null, |body| body.0),
            attributes: self.attributes.values(),
            trace_id: self.trace_id.unwrap_or_default().0,
            span_id: self.span_id.unwrap_or_default().0,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(transparent)]
struct Attributes(Option<Vec<KeyValue>>);

impl Attributes {
    fn values(self) -> Vec<(String, Value)> {
        let pairs = self.0.unwrap_or_default().into_iter();
        pairs
            .map(|pair| {
                let value = pair.value.map_or(Value::Null, |value| value.0);
                (pair.key.unwrap_or_default(), value)
            })
            .collect()
    }
}

#[derive(Deserialize)]
struct KeyValue {
    key: Option<String>,
    value: Option<AnyValue>,
}

/// An `AnyValue`. Recursion ends: serde_json reads at most 128 levels.
#[derive(Deserialize)]
#[serde(try_from = "AnyValueMembers")]
struct AnyValue(Value);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyValueMembers {
    string_value: Option<Text>,
    bool_value: Option<bool>,
    int_value: Option<Signed>,
    double_value: Option<Double>,
    array_value: Option<ArrayValue>,
    kvlist_value: Option<KeyValueList>,
    bytes_value: Option<Bytes>,
}

#[derive(Deserialize)]
struct ArrayValue {
    values: Option<Vec<AnyValue>>,
}

#[derive(Deserialize)]
struct KeyValueList {
    #[serde(default)]
    values: Attributes,
}

impl TryFrom<AnyValueMembers> for AnyValue {
    type Error = &'static str;

    fn try_from(members: AnyValueMembers) -> Result<Self, Self::Error> {
        let AnyValueMembers {
            string_value,
            bool_value,
            int_value,
            double_value,
            array_value,
            kvlist_value,
            bytes_value,
        } = members;
        let array = |array: ArrayValue| array.values.unwrap_or_default().into_iter().map(|v| v.0);
        let mut present = [
            string_value.map(|text| text.0),
            bool_value.map(Value::Bool),
            int_value.map(|number| Value::integer(number.0)),
            double_value.map(|number| Value::float(number.0)),
            array_value.map(|values| Value::Array(array(values).collect())),
            kvlist_value.map(|list| Value::object(list.values.values())),
            bytes_value.map(|bytes| Value::bytes(&bytes.0)),
        ]
        .into_iter()
        .flatten();
        let value = present.next().unwrap_or(Value::Null);
        match present.next() {
            None => Ok(Self(value)),
            Some(_) => Err("an AnyValue with more than one value"),
        }
    }
}
