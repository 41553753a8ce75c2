//! The HTTP client, and whom it trusts.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::RegistryError;

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(60);
const STALLED: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_secs(30 * 60);

/// An HTTP client that follows no redirection by itself and takes every status for an answer. On this
/// machine it needs no TLS and takes no detour over a proxy.
pub(super) fn agent(loopback: bool) -> Result<Agent, RegistryError> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("bijotel/", env!("CARGO_PKG_VERSION")))
        .timeout_global(Some(WHOLE))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_per_read(Some(STALLED))
        .timeout_per_write(Some(STALLED));
    let config = if loopback {
        config.proxy(None)
    } else {
        config.https_only(true).tls_config(tls()?)
    };
    Ok(config.build().new_agent())
}

/// TLS by rustls with ring, and the certificates that this machine trusts.
fn tls() -> Result<TlsConfig, RegistryError> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let problems: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(RegistryError::NoRoots(problems.join("; ")));
    }
    let roots: Vec<_> = found
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build())
}
