//! What is sealed of spans.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValueList};
use opentelemetry_proto::tonic::trace::v1::Status;
use prost::Message as _;
use serde_json::{Value as Json, json};

use crate::gateway::{Answer, Gateway, attribute, span, traces};

fn export(gateway: &Gateway, spans: Vec<opentelemetry_proto::tonic::trace::v1::Span>) -> Answer {
    gateway.post_protobuf("/v1/traces", &traces(spans).encode_to_vec())
}

/// What is sealed of an attribute, sent in OTLP/JSON.
fn sealed_json(value: &str) -> Json {
    let gateway = Gateway::start();
    let request = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"{}","spanId":"{}",
        "attributes":[{{"key":"gen_ai.x","value":{value}}}]}}]}}]}}]}}"#,
        "01".repeat(16),
        "01".repeat(8),
    );
    let answer = gateway.post("/v1/traces", "application/json", &[], request.as_bytes());
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    gateway.entries()[0].1["attributes"]["gen_ai.x"].clone()
}

/// The same of one in protobuf.
fn sealed_protobuf(value: Any) -> Json {
    let gateway = Gateway::start();
    let mut span = span(1);
    span.attributes = vec![attribute("gen_ai.x", value)];
    assert_eq!(export(&gateway, vec![span]).status, 200);
    gateway.entries()[0].1["attributes"]["gen_ai.x"].clone()
}

#[test]
fn a_span_is_sealed_with_the_seven_members_of_its_body() {
    let gateway = Gateway::start();
    let mut span = span(1);
    span.status = Some(Status {
        code: 2,
        message: "no model".to_owned(),
    });
    export(&gateway, vec![span]);
    assert_eq!(
        gateway.entries()[0].1,
        json!({
            "name": "chat 1", "kind": "CLIENT",
            "attributes": {"gen_ai.request.model": "stub-1", "gen_ai.prompt": "prompt 1"},
            "status_code": "ERROR", "status_description": "no model",
            "start_time_ns": "1700000000000000000", "end_time_ns": "1700000000500000000",
        })
    );
}

#[test]
fn spans_that_are_not_about_model_calls_are_acknowledged_and_not_sealed() {
    let gateway = Gateway::start();
    let mut database = span(1);
    database.attributes = vec![attribute(
        "db.system",
        Any::StringValue("sqlite".to_owned()),
    )];
    let mut tool = span(2);
    tool.attributes = vec![attribute(
        "bijotel.mcp.tool_name",
        Any::StringValue("ls".to_owned()),
    )];
    assert_eq!(export(&gateway, vec![database, tool, span(3)]).status, 200);
    assert_eq!(gateway.names(), ["chat 2", "chat 3"]);
}

#[test]
fn a_span_sent_again_is_acknowledged_and_not_sealed_twice() {
    let gateway = Gateway::start();
    for _ in 0..3 {
        let answer = export(&gateway, vec![span(1), span(2)]);
        assert_eq!(
            answer
                .protobuf::<ExportTraceServiceResponse>()
                .partial_success,
            None
        );
    }
    assert_eq!(gateway.names(), ["chat 1", "chat 2"]);
}

#[test]
fn a_span_with_the_same_ids_and_another_body_is_sealed_too() {
    let gateway = Gateway::start();
    export(&gateway, vec![span(1)]);
    let mut changed = span(1);
    changed.name = "changed".to_owned();
    export(&gateway, vec![changed]);
    assert_eq!(gateway.names(), ["chat 1", "changed"]);
}

#[test]
fn what_is_refused_is_named_and_the_rest_is_sealed() {
    let gateway = Gateway::start();
    let mut without_trace = span(2);
    without_trace.trace_id = vec![2; 3];
    let mut zero = span(3);
    zero.span_id = vec![0; 8];
    let mut far_future = span(4);
    far_future.end_time_unix_nano = u64::MAX;
    let answer = export(&gateway, vec![span(1), without_trace, zero, far_future]);
    assert_eq!(answer.status, 200);
    let partial = answer
        .protobuf::<ExportTraceServiceResponse>()
        .partial_success
        .unwrap();
    assert_eq!(partial.rejected_spans, 3);
    for part in [
        "span 0202020202020202: the trace id is not 16 bytes",
        "span 0000000000000000: the span id is not 8 bytes",
        "span 0404040404040404: end_time_ns 18446744073709551615 is after the year 2262",
    ] {
        assert!(
            partial.error_message.contains(part),
            "{}",
            partial.error_message
        );
    }
    assert_eq!(gateway.names(), ["chat 1"]);
}

#[test]
fn partial_success_counts_as_a_string_in_json() {
    let gateway = Gateway::start();
    let request = json!({"resourceSpans": [{"scopeSpans": [{"spans": [
        {"spanId": "0101010101010101", "attributes": [{"key": "gen_ai.x"}]}
    ]}]}]});
    let partial = gateway.post_json("/v1/traces", &request).json()["partialSuccess"].clone();
    assert_eq!(partial["rejectedSpans"], "1");
    assert!(
        partial["errorMessage"]
            .as_str()
            .unwrap()
            .contains("span 0101010101010101")
    );
}

#[test]
fn no_kind_of_value_is_lost_from_protobuf() {
    assert_eq!(sealed_protobuf(Any::IntValue(-3)), json!(-3));
    assert_eq!(
        sealed_protobuf(Any::IntValue(i64::MAX)),
        json!({"$bijotel": "integer", "text": "9223372036854775807"})
    );
    assert_eq!(sealed_protobuf(Any::DoubleValue(0.25)), json!(0.25));
    assert_eq!(
        sealed_protobuf(Any::DoubleValue(f64::NAN)),
        json!({"$bijotel": "number", "text": "NaN"})
    );
    assert_eq!(
        sealed_protobuf(Any::BytesValue(vec![0, 255])),
        json!({"$bijotel": "bytes", "base64": "AP8="})
    );
    let list = KeyValueList {
        values: vec![attribute("k", Any::BoolValue(true))],
    };
    let array = ArrayValue {
        values: vec![
            AnyValue {
                value: Some(Any::KvlistValue(list)),
            },
            AnyValue { value: None },
        ],
    };
    assert_eq!(
        sealed_protobuf(Any::ArrayValue(array)),
        json!([{"k": true}, null])
    );
}

#[test]
fn no_kind_of_value_is_lost_from_json() {
    for (sent, sealed) in [
        (r#"{"intValue":"-3"}"#, json!(-3)),
        (r#"{"intValue":-3}"#, json!(-3)),
        (
            r#"{"intValue":"9223372036854775807"}"#,
            json!({"$bijotel": "integer", "text": "9223372036854775807"}),
        ),
        (r#"{"doubleValue":0.25}"#, json!(0.25)),
        (
            r#"{"doubleValue":"NaN"}"#,
            json!({"$bijotel": "number", "text": "NaN"}),
        ),
        (r#"{"boolValue":false}"#, json!(false)),
        (
            r#"{"bytesValue":"AP8="}"#,
            json!({"$bijotel": "bytes", "base64": "AP8="}),
        ),
        (
            r#"{"stringValue":"\ud800"}"#,
            json!({"$bijotel": "string", "escaped": "\\ud800"}),
        ),
        (r#"{"stringValue":""}"#, json!("")),
        (r#"{"arrayValue":{}}"#, json!([])),
        (
            r#"{"kvlistValue":{"values":[{"key":"k","value":{"arrayValue":{"values":[{},null]}}}]}}"#,
            json!({"k": [null, null]}),
        ),
        (r#"{"future":{"x":1}}"#, json!(null)),
        ("null", json!(null)),
    ] {
        // An item of a list cannot be null in this mapping.
        let sent = sent.replace(",null]", ",{}]");
        assert_eq!(sealed_json(&sent), sealed, "{sent}");
    }
}

#[test]
fn an_attribute_that_comes_twice_keeps_both_values() {
    let gateway = Gateway::start();
    let mut span = span(1);
    let text = |text: &str| attribute("gen_ai.x", Any::StringValue(text.to_owned()));
    span.attributes = vec![text("one"), text("two")];
    export(&gateway, vec![span]);
    assert_eq!(
        gateway.entries()[0].1["attributes"]["gen_ai.x"],
        json!({"$bijotel": "duplicates", "values": ["one", "two"]})
    );
}

#[test]
fn message_attributes_are_embedded_parsed() {
    let gateway = Gateway::start();
    let mut span = span(1);
    let messages = r#"[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]"#;
    span.attributes = vec![attribute(
        "gen_ai.input.messages",
        Any::StringValue(messages.to_owned()),
    )];
    export(&gateway, vec![span]);
    let sealed = &gateway.entries()[0].1["attributes"]["gen_ai.input.messages"];
    assert_eq!(sealed, &serde_json::from_str::<Json>(messages).unwrap());
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    let gateway = Gateway::start();
    let mut value = Any::BoolValue(true);
    for _ in 0..2000 {
        value = Any::ArrayValue(ArrayValue {
            values: vec![AnyValue { value: Some(value) }],
        });
    }
    let mut deep = span(1);
    deep.attributes = vec![attribute("gen_ai.x", value)];
    assert_eq!(export(&gateway, vec![deep]).status, 400);
    let json = r#"{"arrayValue":{"values":["#.repeat(5000);
    let json = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"attributes":[{{"value":{json}"#
    );
    let answer = gateway.post("/v1/traces", "application/json", &[], json.as_bytes());
    assert_eq!(answer.status, 400);
    assert_eq!(export(&gateway, vec![span(1)]).status, 200);
}

#[test]
fn spans_of_python_clients_are_sealed() {
    for (file, sealed) in [
        (
            &include_bytes!("../../../../tests/vectors/otlp/openai-traces.pb")[..],
            5,
        ),
        (
            &include_bytes!("../../../../tests/vectors/otlp/anthropic-traces.pb")[..],
            10,
        ),
    ] {
        let gateway = Gateway::start();
        assert_eq!(gateway.post_protobuf("/v1/traces", file).status, 200);
        assert_eq!(gateway.entries().len(), sealed);
        assert_eq!(gateway.post_protobuf("/v1/traces", file).status, 200);
        assert_eq!(gateway.entries().len(), sealed, "sent again, acknowledged");
    }
}
