//! The protocol: encodings, compression, answers.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use serde_json::json;

use crate::gateway::{Gateway, span, traces};

/// `google.rpc.Status`, as a client decodes it.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn protobuf_is_sealed_and_answered_in_protobuf() {
    let gateway = Gateway::start();
    let answer = gateway.post_protobuf("/v1/traces", &traces(vec![span(1)]).encode_to_vec());
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer
            .protobuf::<ExportTraceServiceResponse>()
            .partial_success,
        None
    );
    assert_eq!(gateway.names(), ["chat 1"]);
}

#[test]
fn json_is_sealed_and_answered_in_json() {
    let gateway = Gateway::start();
    let request = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{
        "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174",
        "name": "chat", "kind": 3, "startTimeUnixNano": "1", "endTimeUnixNano": "2",
        "attributes": [{"key": "gen_ai.request.model", "value": {"stringValue": "m"}}],
    }]}]}]});
    let answer = gateway.post_json("/v1/traces", &request);
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    assert_eq!(gateway.names(), ["chat"]);
}

#[test]
fn both_encodings_of_a_span_are_sealed_as_the_same_entry() {
    let gateway = Gateway::start();
    gateway.post_protobuf("/v1/traces", &traces(vec![span(1)]).encode_to_vec());
    let text = |key: &str, text: &str| json!({"key": key, "value": {"stringValue": text}});
    let request = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{
        "traceId": "01".repeat(16), "spanId": "01".repeat(8), "name": "chat 1",
        "kind": "SPAN_KIND_CLIENT", "startTimeUnixNano": 1_700_000_000_000_000_000_u64,
        "endTimeUnixNano": "1700000000500000000", "status": null, "traceState": "ignored",
        "attributes": [text("gen_ai.request.model", "stub-1"), text("gen_ai.prompt", "prompt 1")],
    }]}]}]});
    assert_eq!(gateway.post_json("/v1/traces", &request).status, 200);
    assert_eq!(
        gateway.names(),
        ["chat 1"],
        "the second is the first, sent again"
    );
}

#[test]
fn gzip_is_taken_in_both_encodings() {
    let gateway = Gateway::start();
    let body = gzip(&traces(vec![span(1)]).encode_to_vec());
    let headers = [("content-encoding", "gzip")];
    let answer = gateway.post("/v1/traces", "application/x-protobuf", &headers, &body);
    assert_eq!(answer.status, 200);
    let body = gzip(b"{}");
    let answer = gateway.post("/v1/logs", "application/json", &headers, &body);
    assert_eq!(answer.status, 200);
    assert_eq!(gateway.names(), ["chat 1"]);
}

#[test]
fn a_chunked_body_is_taken() {
    let gateway = Gateway::start();
    let body = traces(vec![span(1)]).encode_to_vec();
    let mut request = b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
        content-type: application/x-protobuf\r\ntransfer-encoding: chunked\r\n\r\n"
        .to_vec();
    for chunk in body.chunks(10) {
        write!(request, "{:x}\r\n", chunk.len()).unwrap();
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(gateway.send(&request).status, 200);
    assert_eq!(gateway.names(), ["chat 1"]);
}

#[test]
fn malformed_protobuf_is_400_with_a_status_in_protobuf() {
    let gateway = Gateway::start();
    let answer = gateway.post_protobuf("/v1/traces", b"\x0a\xff\xff\xff");
    assert_eq!(answer.status, 400);
    let status: RpcStatus = answer.protobuf();
    assert_eq!(status.code, 3, "INVALID_ARGUMENT");
    assert!(
        status.message.contains("not an OTLP export request"),
        "{}",
        status.message
    );
    assert_eq!(answer.header("retry-after"), None);
}

#[test]
fn malformed_json_is_400_with_a_status_in_json() {
    let gateway = Gateway::start();
    for body in ["", "{", "[]", "{\"resourceSpans\": 5}", "{} {}"] {
        let answer = gateway.post("/v1/traces", "application/json", &[], body.as_bytes());
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["code"], 3);
    }
}

#[test]
fn an_error_never_quotes_the_body() {
    let gateway = Gateway::start();
    let secret = "sk-verysecretprompt";
    for value in [
        json!({"stringValue": [secret]}),
        json!({"intValue": secret}),
        json!(secret),
    ] {
        let request = json!({"resourceSpans": [{"scopeSpans": [{"spans": [
            {"attributes": [{"key": "gen_ai.prompt", "value": value}]}
        ]}]}]});
        let answer = gateway.post_json("/v1/traces", &request);
        assert_eq!(answer.status, 400);
        assert!(!String::from_utf8_lossy(&answer.body).contains(secret));
    }
}

#[test]
fn what_is_not_gzip_is_400() {
    let gateway = Gateway::start();
    let headers = [("content-encoding", "gzip")];
    for body in [&b"no gzip"[..], &gzip(b"{}")[..12]] {
        let answer = gateway.post("/v1/traces", "application/json", &headers, body);
        assert_eq!(answer.status, 400);
    }
}

#[test]
fn another_content_type_or_encoding_is_415() {
    let gateway = Gateway::start();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/grpc",
    ] {
        assert_eq!(
            gateway.post("/v1/traces", content_type, &[], b"{}").status,
            415
        );
    }
    let headers = [("content-encoding", "br")];
    assert_eq!(
        gateway
            .post("/v1/traces", "application/json", &headers, b"{}")
            .status,
        415
    );
}

#[test]
fn an_empty_export_is_acknowledged() {
    let gateway = Gateway::start();
    assert_eq!(gateway.post_protobuf("/v1/traces", b"").status, 200);
    assert_eq!(gateway.post_json("/v1/logs", &json!({})).status, 200);
    assert!(gateway.names().is_empty());
}
