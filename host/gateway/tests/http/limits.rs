//! Every limit, and what happens at it.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use bijotel::RulesConfig;
use bijotel_gateway::GatewayConfig;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use crate::export::gzip;
use crate::gateway::{Answer, Gateway, attribute, head, span, traces};

fn gateway(config: GatewayConfig) -> Gateway {
    Gateway::with(config, RulesConfig::none())
}

fn one_span() -> Vec<u8> {
    traces(vec![span(1)]).encode_to_vec()
}

#[test]
fn a_body_beyond_its_limit_is_413_and_the_client_gets_to_read_it() {
    let gateway = gateway(GatewayConfig {
        body_bytes: 1 << 20,
        ..GatewayConfig::default()
    });
    let answer = gateway.post_protobuf("/v1/traces", &vec![0; 3 << 20]);
    assert_eq!(answer.status, 413);
    assert_eq!(answer.header("retry-after"), None);
    assert_eq!(gateway.post_protobuf("/v1/traces", &one_span()).status, 200);
}

#[test]
fn a_chunked_body_beyond_its_limit_is_413() {
    let gateway = gateway(GatewayConfig {
        body_bytes: 1000,
        ..GatewayConfig::default()
    });
    let headers = [
        ("content-type", "application/json"),
        ("transfer-encoding", "chunked"),
    ];
    let mut request = head("POST", "/v1/traces", &headers, None);
    for _ in 0..3 {
        request.extend_from_slice(b"200\r\n");
        request.extend_from_slice(&[b' '; 0x200]);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(gateway.send(&request).status, 413);
}

#[test]
fn a_gzip_bomb_is_413_before_it_has_grown() {
    let gateway = gateway(GatewayConfig::default());
    // A gibibyte of zeros in a mebibyte; gzip members may follow each other.
    let bomb = gzip(&vec![0; 16 << 20]).repeat(64);
    let started = Instant::now();
    let headers = [("content-encoding", "gzip")];
    let answer = gateway.post("/v1/traces", "application/x-protobuf", &headers, &bomb);
    assert_eq!(answer.status, 413);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_ratio_that_no_telemetry_has_is_413_below_the_size_limit_too() {
    let gateway = gateway(GatewayConfig::default());
    let body = gzip(&vec![b' '; 8 << 20]);
    let headers = [("content-encoding", "gzip")];
    let answer = gateway.post("/v1/traces", "application/json", &headers, &body);
    assert_eq!(answer.status, 413);
}

#[test]
fn more_items_than_memory_would_hold_are_413_before_they_are_decoded() {
    let gateway = gateway(GatewayConfig::default());
    // Two bytes each on the wire.
    let spans = vec![Span::default(); 2_000_000];
    let answer = gateway.post_protobuf("/v1/traces", &traces(spans).encode_to_vec());
    assert_eq!(answer.status, 413);
    let events = vec!["{}"; 1_000_000].join(",");
    let json = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{events}]}}]}}]}}"#);
    let answer = gateway.post("/v1/logs", "application/json", &[], json.as_bytes());
    assert_eq!(answer.status, 413);
}

#[test]
fn more_values_in_messages_than_memory_would_hold_are_413() {
    let gateway = gateway(GatewayConfig::default());
    let numbers = format!("[{}]", vec!["1"; 2_000_000].join(","));
    let mut span = span(1);
    span.attributes = vec![attribute(
        "gen_ai.input.messages",
        Value::StringValue(numbers.clone()),
    )];
    let answer = gateway.post_protobuf("/v1/traces", &traces(vec![span]).encode_to_vec());
    assert_eq!(answer.status, 413);
    let body = format!(r#"{{"messages":[{{"content":{numbers}}}]}}"#);
    let answer = gateway.post("/policy/evaluate", "application/json", &[], body.as_bytes());
    assert_eq!(answer.status, 413);
}

#[test]
fn what_does_not_fit_into_memory_beside_others_is_503_with_retry_after() {
    let gateway = gateway(GatewayConfig {
        bytes_in_flight: 40_000,
        ..GatewayConfig::default()
    });
    let mut waiting = gateway.connect();
    let headers = [("content-type", "application/x-protobuf")];
    waiting
        .write_all(&head("POST", "/v1/traces", &headers, Some(35_500)))
        .unwrap();
    waiting.write_all(&[0; 35_000]).unwrap();
    let body = traces((1..10).map(span).collect()).encode_to_vec();
    assert!(body.len() > 1000);
    let answer = (0..100)
        .map(|_| gateway.post_protobuf("/v1/traces", &body))
        .find(|answer| answer.status != 200)
        .unwrap();
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("1"))
    );
    drop(waiting);
    let freed = (0..100).any(|_| gateway.post_protobuf("/v1/traces", &body).status == 200);
    assert!(
        freed,
        "the memory of a request that broke off is given back"
    );
}

#[test]
fn headers_beyond_their_limits_are_431() {
    let gateway = gateway(GatewayConfig::default());
    let long = "x".repeat(20 << 10);
    assert_eq!(
        gateway
            .send(&head("GET", "/health", &[("x-long", &long)], None))
            .status,
        431
    );
    let many = vec![("x-many", "1"); 100];
    assert_eq!(
        gateway.send(&head("GET", "/health", &many, None)).status,
        431
    );
}

#[test]
fn a_client_that_does_not_finish_its_headers_is_cut_off() {
    let header_timeout = Duration::from_millis(200);
    let gateway = gateway(GatewayConfig {
        header_timeout,
        ..GatewayConfig::default()
    });
    let mut stream = gateway.connect();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost:").unwrap();
    let mut rest = Vec::new();
    // Closed, with or without a word: the client's reading ends.
    let _ = stream.read_to_end(&mut rest);
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn a_request_that_takes_too_long_is_503() {
    let request_timeout = Duration::from_millis(200);
    let gateway = gateway(GatewayConfig {
        request_timeout,
        ..GatewayConfig::default()
    });
    let mut stream = gateway.connect();
    let headers = [("content-type", "application/x-protobuf")];
    stream
        .write_all(&head("POST", "/v1/traces", &headers, Some(10)))
        .unwrap();
    stream.write_all(b"12345").unwrap();
    let answer = Answer::read(&mut stream);
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("1"))
    );
}

#[test]
fn more_connections_than_allowed_wait_for_their_turn() {
    let config = GatewayConfig {
        connections: 1,
        header_timeout: Duration::from_millis(300),
        ..GatewayConfig::default()
    };
    let gateway = gateway(config);
    let _idle = gateway.connect();
    assert_eq!(
        gateway.get("/version").status,
        200,
        "once the idle connection timed out"
    );
}
