//! Keeps web pages out.
//!
//! A page in a browser on this machine can send requests to loopback. Three things tell its requests
//! from those of a program: a Host header with a name that the page's owner can point anywhere (DNS
//! rebinding), an Origin that is not the gateway's own, and Sec-Fetch-Site. No request is answered with
//! CORS headers. That content types must be exact (see [`crate::body`]) is the fourth hurdle: a page
//! cannot send them without asking first.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::body::only_value;
use crate::config::GatewayConfig;
use crate::otlp::Refusal;

/// The address of this side of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalAddress(pub(crate) IpAddr);

/// Lets a request pass, or refuses it with 403.
pub(crate) async fn guard(
    State(app): State<Arc<App>>,
    Extension(local): Extension<LocalAddress>,
    request: Request,
    next: Next,
) -> Response {
    match check(request.uri(), request.headers(), local, &app.config) {
        Ok(()) => next.run(request).await,
        Err(reason) => Refusal::wrong(StatusCode::FORBIDDEN, reason).rest(),
    }
}

fn check(
    uri: &Uri,
    headers: &HeaderMap,
    local: LocalAddress,
    config: &GatewayConfig,
) -> Result<(), &'static str> {
    let host = only_value(headers, &header::HOST).ok_or("the request must have one Host header")?;
    let parsed: Authority = host
        .parse()
        .map_err(|_| "the Host header is not a host name")?;
    let known = |authority: &Authority| is_known_host(authority, local, config);
    if !known(&parsed) || uri.authority().is_some_and(|authority| !known(authority)) {
        return Err(
            "this host name is not one that the gateway answers to; use localhost or its \
                    address, or add the name to the allowed hosts",
        );
    }
    if headers.contains_key(header::ORIGIN) {
        let origin = only_value(headers, &header::ORIGIN).unwrap_or("null");
        let own = origin.strip_prefix("http://") == Some(host);
        if !own
            && !config
                .allowed_origins
                .iter()
                .any(|allowed| allowed == origin)
        {
            return Err(
                "requests from other web pages are refused; if you trust this one, add its \
                        origin to the allowed origins",
            );
        }
    } else if headers.contains_key("sec-fetch-site") {
        let site = only_value(headers, &header::HeaderName::from_static("sec-fetch-site"));
        if !matches!(site, Some("same-origin" | "none")) {
            return Err("requests from other web pages are refused");
        }
    }
    Ok(())
}

fn is_known_host(authority: &Authority, local: LocalAddress, config: &GatewayConfig) -> bool {
    if authority.as_str().contains('@') {
        return false;
    }
    let host = authority.host();
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || address == local.0.to_canonical(),
        Err(_) => {
            let named = |name: &str| host.eq_ignore_ascii_case(name);
            named("localhost") || config.allowed_hosts.iter().any(|name| named(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: LocalAddress = LocalAddress(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7)));

    fn refused(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        let config = GatewayConfig {
            allowed_hosts: vec!["audit.example".to_owned()],
            allowed_origins: vec!["https://console.example".to_owned()],
            ..GatewayConfig::default()
        };
        check(&Uri::from_static("/health"), &headers, LOCAL, &config).is_err()
    }

    #[test]
    fn loopback_names_the_connections_own_address_and_allowed_names_pass() {
        for host in [
            "localhost",
            "LOCALHOST:4318",
            "127.0.0.1:1",
            "[::1]:4318",
            "192.0.2.7",
            "audit.example",
        ] {
            assert!(!refused(&[("host", host)]), "{host}");
        }
    }

    #[test]
    fn other_names_and_addresses_are_refused() {
        for host in [
            "evil.example",
            "localhost.evil.example",
            "192.0.2.8",
            "x@localhost",
            "",
            "localhost.",
        ] {
            assert!(refused(&[("host", host)]), "{host}");
        }
        assert!(refused(&[]));
        assert!(refused(&[("host", "localhost"), ("host", "localhost")]));
    }

    #[test]
    fn a_foreign_host_in_the_request_line_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert("host", "localhost".parse().unwrap());
        let uri = Uri::from_static("http://evil.example/health");
        assert!(check(&uri, &headers, LOCAL, &GatewayConfig::default()).is_err());
    }

    #[test]
    fn only_the_gateways_own_origin_and_allowed_ones_pass() {
        let with = |origin| refused(&[("host", "localhost:4318"), ("origin", origin)]);
        assert!(!with("http://localhost:4318"));
        assert!(!with("https://console.example"));
        for origin in [
            "null",
            "http://localhost",
            "https://localhost:4318",
            "http://evil.example",
        ] {
            assert!(with(origin), "{origin}");
        }
    }

    #[test]
    fn a_page_that_sends_no_origin_is_known_by_sec_fetch_site() {
        let with = |site| refused(&[("host", "localhost"), ("sec-fetch-site", site)]);
        assert!(with("cross-site"));
        assert!(with("same-site"));
        assert!(!with("none"));
        assert!(!with("same-origin"));
    }
}
