//! What a gateway accepts, and how much of it.

use std::time::Duration;

/// The limits of a gateway and the names it answers to. The defaults suit one machine on loopback.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Host names, without a port, under which requests are accepted besides `localhost`, loopback
    /// addresses and the address that the connection came in on. Default: none. Every name that a
    /// browser can be made to resolve to this machine must stay out of this list.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages, as in `https://example.org`, whose requests are accepted besides the
    /// gateway's own. Default: none.
    pub allowed_origins: Vec<String>,
    /// The greatest body of a request as it is sent, in bytes. Default: 16 MiB.
    pub body_bytes: usize,
    /// The greatest body of a request once it is decompressed, in bytes. Default: 64 MiB.
    pub decompressed_bytes: usize,
    /// How many times its compressed size a body may grow, once it has grown beyond a mebibyte.
    /// Default: 200; telemetry compresses 5 to 50 times, a bomb 1000 times.
    pub compression_ratio: usize,
    /// The most memory that one request may take while it is decoded, in bytes, estimated from the
    /// number of its items before it is. Default: 128 MiB, enough for some 20,000 spans of usual size.
    pub decoded_bytes: usize,
    /// How many bytes all requests together may take, as sent, decompressed and decoded; what does not
    /// fit is answered 503 with Retry-After. Must be more than the three limits above together, or the
    /// greatest request never fits. Default: 256 MiB.
    pub bytes_in_flight: usize,
    /// How many requests are decoded, judged and sealed at once; the others wait. Each takes a thread,
    /// and those that wait for the disk are written in one transaction. Default: 64.
    pub sealing_at_once: usize,
    /// How many connections are open at once; further ones wait to be accepted. Default: 256.
    pub connections: usize,
    /// How many headers a request may have. Default: 64.
    pub headers: usize,
    /// The greatest size of a request's line and headers together, in bytes; at least 8192.
    /// Default: 16 KiB.
    pub header_bytes: usize,
    /// How long a client may take to send its headers, and how long a connection may be idle.
    /// Default: 30 s.
    pub header_timeout: Duration,
    /// How long a request may take from its headers to its answer. Default: 30 s. What it was about to
    /// seal may be sealed after that; sent again, it is acknowledged.
    pub request_timeout: Duration,
    /// How long requests that have begun may go on after the server was told to stop. Default: 10 s.
    pub drain_timeout: Duration,
    /// What clients are told to wait before they send again, in whole seconds. Default: 1.
    pub retry_after_seconds: u64,
    /// Where the operator is told what a client is not, such as why the chain cannot be written.
    /// Default: a line on standard error. Never given any text of a call.
    pub report: fn(&str),
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            body_bytes: 16 << 20,
            decompressed_bytes: 64 << 20,
            compression_ratio: 200,
            decoded_bytes: 128 << 20,
            bytes_in_flight: 256 << 20,
            sealing_at_once: 64,
            connections: 256,
            headers: 64,
            header_bytes: 16 << 10,
            header_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
            retry_after_seconds: 1,
            report: |line| eprintln!("bijotel-gateway: {line}"),
        }
    }
}
