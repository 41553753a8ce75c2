//! What is sealed of log records and of events in spans.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use prost::Message as _;
use serde_json::{Value as Json, json};

use crate::gateway::{Gateway, attribute, span, traces};

fn logs(records: &Json) -> Json {
    json!({"resourceLogs": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeLogs": [{"scope": {"name": "by.hand"}, "logRecords": records}],
    }]})
}

fn user_message(text: &str) -> Json {
    json!({
        "timeUnixNano": "0", "observedTimeUnixNano": "1700000000000000000",
        "severityNumber": "SEVERITY_NUMBER_INFO", "severityText": "INFO",
        "eventName": "gen_ai.user.message",
        "traceId": "0a".repeat(16), "spanId": "0b".repeat(8),
        "attributes": [{"key": "gen_ai.system", "value": {"stringValue": "openai"}}],
        "body": {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": text}}]}},
    })
}

#[test]
fn a_record_is_sealed_in_the_documented_form() {
    let gateway = Gateway::start();
    let answer = gateway.post_json("/v1/logs", &logs(&json!([user_message("Hi")])));
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    let (name, body) = &gateway.entries()[0];
    assert_eq!(name, "gen_ai.user.message");
    assert_eq!(
        body,
        &json!({
            "event": "otel.log", "version": 1, "event_name": "gen_ai.user.message",
            "severity_number": 9, "severity_text": "INFO",
            "time_unix_nano": "0", "observed_time_unix_nano": "1700000000000000000",
            "trace_id": "0a".repeat(16), "span_id": "0b".repeat(8),
            "service_name": "shop", "scope_name": "by.hand",
            "attributes": {"gen_ai.system": "openai"}, "body": {"content": "Hi"}, "copy": 0,
        })
    );
}

#[test]
fn an_entry_has_the_ids_and_the_time_of_its_record() {
    let gateway = Gateway::start();
    gateway.post_json("/v1/logs", &logs(&json!([user_message("Hi")])));
    let reader = bijotel::ChainReader::open(&gateway.database()).unwrap();
    let entry = reader.entry(2).unwrap().unwrap();
    assert_eq!(entry.trace_id, "0a".repeat(16));
    assert_eq!(entry.span_id, "0b".repeat(8));
    assert_eq!(entry.timestamp_ns, 1_700_000_000_000_000_000);
}

#[test]
fn equal_records_of_one_request_are_all_sealed_and_only_once() {
    let gateway = Gateway::start();
    let request = logs(&json!([
        user_message("yes"),
        user_message("no"),
        user_message("yes")
    ]));
    for _ in 0..2 {
        assert_eq!(gateway.post_json("/v1/logs", &request).status, 200);
    }
    let contents: Vec<_> = gateway
        .entries()
        .into_iter()
        .map(|(_, body)| body["body"]["content"].clone())
        .collect();
    assert_eq!(contents, ["yes", "no", "yes"]);
}

#[test]
fn records_that_are_not_about_model_calls_are_acknowledged_and_not_sealed() {
    let gateway = Gateway::start();
    let other = json!({"body": {"stringValue": "started"}, "eventName": "process.start"});
    let by_attribute =
        json!({"attributes": [{"key": "gen_ai.system", "value": {"stringValue": "x"}}]});
    let by_older_name =
        json!({"attributes": [{"key": "event.name", "value": {"stringValue": "gen_ai.choice"}}]});
    let request = logs(&json!([other, by_attribute, by_older_name]));
    assert_eq!(gateway.post_json("/v1/logs", &request).status, 200);
    assert_eq!(gateway.names(), ["otel.log", "gen_ai.choice"]);
}

#[test]
fn a_record_that_is_refused_is_named() {
    let gateway = Gateway::start();
    let mut broken = user_message("Hi");
    broken["traceId"] = json!("0a");
    let answer = gateway.post_json("/v1/logs", &logs(&json!([user_message("Hi"), broken])));
    let partial = &answer.json()["partialSuccess"];
    assert_eq!(partial["rejectedLogRecords"], "1");
    assert_eq!(
        partial["errorMessage"],
        "log record 1 of the request: the trace id is not 16 bytes"
    );
    assert_eq!(gateway.entries().len(), 1);
}

#[test]
fn records_of_the_python_client_are_sealed() {
    let gateway = Gateway::start();
    let request = include_bytes!("../../../../tests/vectors/otlp/openai-logs.pb");
    for _ in 0..2 {
        let answer = gateway.post_protobuf("/v1/logs", request);
        assert_eq!(
            answer
                .protobuf::<ExportLogsServiceResponse>()
                .partial_success,
            None
        );
    }
    let names = gateway.names();
    assert_eq!(names.len(), 14);
    assert_eq!(
        names
            .iter()
            .filter(|name| *name == "gen_ai.user.message")
            .count(),
        5
    );
}

#[test]
fn an_event_in_a_span_is_sealed_beside_the_span() {
    let gateway = Gateway::start();
    let mut span = span(1);
    let prompt = attribute("gen_ai.prompt", Any::StringValue("Hi".to_owned()));
    let event = |name: &str, attributes| Event {
        time_unix_nano: 1_700_000_000_100_000_000,
        name: name.to_owned(),
        attributes,
        ..Default::default()
    };
    span.events = vec![
        event("exception", vec![]),
        event("gen_ai.content.prompt", vec![prompt]),
    ];
    let request = traces(vec![span]).encode_to_vec();
    for _ in 0..2 {
        assert_eq!(gateway.post_protobuf("/v1/traces", &request).status, 200);
    }
    assert_eq!(gateway.names(), ["gen_ai.content.prompt", "chat 1"]);
    assert_eq!(
        gateway.entries()[0].1,
        json!({
            "event": "otel.span_event", "version": 1, "event_name": "gen_ai.content.prompt",
            "time_unix_nano": "1700000000100000000", "index": 1,
            "trace_id": "01".repeat(16), "span_id": "01".repeat(8),
            "service_name": "shop", "scope_name": "by.hand",
            "attributes": {"gen_ai.prompt": "Hi"},
        })
    );
}

#[test]
fn a_span_with_content_only_in_its_events_has_those_sealed() {
    let gateway = Gateway::start();
    let mut span = span(1);
    span.attributes.clear();
    span.events = vec![Event {
        name: "gen_ai.choice".to_owned(),
        ..Default::default()
    }];
    gateway.post_protobuf("/v1/traces", &traces(vec![span]).encode_to_vec());
    assert_eq!(gateway.names(), ["gen_ai.choice"]);
}
