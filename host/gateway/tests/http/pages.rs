//! Web pages get nothing.

use bijotel::RulesConfig;
use bijotel_gateway::GatewayConfig;
use prost::Message as _;

use crate::gateway::{Gateway, head, span, traces};

fn post(gateway: &Gateway, headers: &[(&str, &str)]) -> crate::gateway::Answer {
    let body = traces(vec![span(1)]).encode_to_vec();
    gateway.post("/v1/traces", "application/x-protobuf", headers, &body)
}

#[test]
fn a_foreign_host_is_403_and_nothing_is_sealed() {
    let gateway = Gateway::start();
    let answer = post(&gateway, &[("host", "evil.example:4318")]);
    assert_eq!(answer.status, 403);
    assert!(
        answer.json()["detail"]
            .as_str()
            .unwrap()
            .contains("host name")
    );
    assert!(gateway.names().is_empty());
}

#[test]
fn every_path_is_guarded() {
    let gateway = Gateway::start();
    for path in ["/health", "/version", "/nowhere"] {
        let answer = gateway.send(&head("GET", path, &[("host", "evil.example")], None));
        assert_eq!(answer.status, 403, "{path}");
    }
}

#[test]
fn a_request_without_a_host_is_refused() {
    let gateway = Gateway::start();
    let answer = gateway.send(b"GET /health HTTP/1.0\r\n\r\n");
    assert_eq!(answer.status, 403);
}

#[test]
fn a_foreign_origin_is_403_and_nothing_is_sealed() {
    let gateway = Gateway::start();
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        assert_eq!(
            post(&gateway, &[("origin", origin)]).status,
            403,
            "{origin}"
        );
    }
    assert!(gateway.names().is_empty());
}

#[test]
fn the_gateways_own_origin_passes() {
    let gateway = Gateway::start();
    let host = gateway.address.to_string();
    let origin = format!("http://{host}");
    assert_eq!(
        post(&gateway, &[("host", &host), ("origin", &origin)]).status,
        200
    );
}

#[test]
fn allowed_names_and_origins_pass() {
    let config = GatewayConfig {
        allowed_hosts: vec!["audit.example".to_owned()],
        allowed_origins: vec!["https://console.example".to_owned()],
        ..GatewayConfig::default()
    };
    let gateway = Gateway::with(config, RulesConfig::none());
    let headers = [
        ("host", "audit.example:80"),
        ("origin", "https://console.example"),
    ];
    assert_eq!(post(&gateway, &headers).status, 200);
}

#[test]
fn no_answer_allows_another_origin_to_read_it() {
    let gateway = Gateway::start();
    let headers = [
        ("origin", "https://evil.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    let preflight = gateway.send(&head("OPTIONS", "/v1/traces", &headers, None));
    assert_eq!(preflight.status, 403);
    for answer in [preflight, gateway.get("/health")] {
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}
