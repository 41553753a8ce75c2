//! OTLP's binary encoding.

use std::sync::Arc;

use bijotel::seal::Value;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1 as logs;
use opentelemetry_proto::tonic::trace::v1 as trace;
use prost::Message;

use super::{DecodeError, LogRecord, OtlpSpan, Source, SpanEvent};

/// The spans of an `ExportTraceServiceRequest`.
pub(super) fn traces(body: &[u8]) -> Result<Vec<OtlpSpan>, DecodeError> {
    let request = ExportTraceServiceRequest::decode(body).map_err(|error| malformed(&error))?;
    let mut spans = Vec::new();
    for group in request.resource_spans {
        let resource = attributes(group.resource.unwrap_or_default().attributes);
        for group in group.scope_spans {
            let source = Source::new(&resource, &group.scope.unwrap_or_default().name);
            spans.extend(group.spans.into_iter().map(|span| otlp_span(span, &source)));
        }
    }
    Ok(spans)
}

/// The records of an `ExportLogsServiceRequest`.
pub(super) fn logs(body: &[u8]) -> Result<Vec<LogRecord>, DecodeError> {
    let request = ExportLogsServiceRequest::decode(body).map_err(|error| malformed(&error))?;
    let mut records = Vec::new();
    for group in request.resource_logs {
        let resource = attributes(group.resource.unwrap_or_default().attributes);
        for group in group.scope_logs {
            let source = Source::new(&resource, &group.scope.unwrap_or_default().name);
            records.extend(
                group
                    .log_records
                    .into_iter()
                    .map(|log| log_record(log, &source)),
            );
        }
    }
    Ok(records)
}

/// prost names the field and what is wrong with it, never the value.
fn malformed(error: &prost::DecodeError) -> DecodeError {
    DecodeError(error.to_string())
}

fn otlp_span(span: trace::Span, source: &Arc<Source>) -> OtlpSpan {
    let status = span.status.unwrap_or_default();
    OtlpSpan {
        source: Arc::clone(source),
        trace_id: span.trace_id,
        span_id: span.span_id,
        name: span.name,
        kind: span.kind,
        start_time_ns: span.start_time_unix_nano,
        end_time_ns: span.end_time_unix_nano,
        attributes: attributes(span.attributes),
        events: span
            .events
            .into_iter()
            .map(|event| SpanEvent {
                time_ns: event.time_unix_nano,
                name: event.name,
                attributes: attributes(event.attributes),
            })
            .collect(),
        status_code: status.code,
        status_message: status.message,
    }
}

fn log_record(log: logs::LogRecord, source: &Arc<Source>) -> LogRecord {
    LogRecord {
        source: Arc::clone(source),
        time_ns: log.time_unix_nano,
        observed_time_ns: log.observed_time_unix_nano,
        severity_number: log.severity_number,
        severity_text: log.severity_text,
        event_name: log.event_name,
        body: any_value(log.body),
        attributes: attributes(log.attributes),
        trace_id: log.trace_id,
        span_id: log.span_id,
    }
}

fn attributes(pairs: Vec<KeyValue>) -> Vec<(String, Value)> {
    pairs
        .into_iter()
        .map(|pair| (pair.key, any_value(pair.value)))
        .collect()
}

/// Recursion ends: prost decodes at most 100 messages inside each other.
fn any_value(value: Option<AnyValue>) -> Value {
    use any_value::Value as Any;
    match value.and_then(|value| value.value) {
        None => Value::Null,
        Some(Any::StringValue(text)) => Value::String(text),
        Some(Any::BoolValue(value)) => Value::Bool(value),
        Some(Any::IntValue(number)) => Value::integer(number),
        Some(Any::DoubleValue(number)) => Value::float(number),
        Some(Any::ArrayValue(array)) => Value::Array(
            array
                .values
                .into_iter()
                .map(|value| any_value(Some(value)))
                .collect(),
        ),
        Some(Any::KvlistValue(list)) => Value::object(attributes(list.values)),
        Some(Any::BytesValue(bytes)) => Value::bytes(&bytes),
        // An index into a table that only profiles have.
        Some(Any::StringValueStrindex(index)) => Value::integer(index.into()),
    }
}
