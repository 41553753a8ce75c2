//! A gateway on a port of its own, and a client that sends exactly the bytes it is given.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::thread::JoinHandle;

use bijotel::{ChainKey, ChainReader, Host, HostOptions, RulesConfig};
use bijotel_gateway::{Drained, GatewayConfig, ServeError, serve};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::sync::oneshot;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A running gateway with a chain in a folder of its own.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<Result<Drained, ServeError>>>,
}

impl Gateway {
    /// One that judges nothing.
    pub(crate) fn start() -> Self {
        Self::with(GatewayConfig::default(), RulesConfig::none())
    }

    pub(crate) fn with(config: GatewayConfig, rules: RulesConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = HostOptions::new(&folder.path().join("chain.db"), key(), rules);
        let host = Host::open(options).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let shutdown = async { stopped.await.unwrap_or_default() };
                serve(config, host, listener, shutdown).await
            })
        });
        Self {
            address,
            folder,
            stop: Some(stop),
            server: Some(server),
        }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("chain.db")
    }

    /// Sends a request on a connection of its own, exactly as it stands, and reads the answer.
    pub(crate) fn send(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that refuses early may stop reading before all is written.
        let _ = stream.write_all(request);
        Answer::read(&mut stream)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(std::time::Duration::from_secs(20)))
            .unwrap();
        stream
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(&head("GET", path, &[], None))
    }

    /// Posts a body with a content type and further headers.
    pub(crate) fn post(
        &self,
        path: &str,
        content_type: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut all = vec![("content-type", content_type)];
        all.extend(headers);
        let mut request = head("POST", path, &all, Some(body.len()));
        request.extend_from_slice(body);
        self.send(&request)
    }

    pub(crate) fn post_json(&self, path: &str, body: &Json) -> Answer {
        self.post(path, "application/json", &[], body.to_string().as_bytes())
    }

    pub(crate) fn post_protobuf(&self, path: &str, body: &[u8]) -> Answer {
        self.post(path, "application/x-protobuf", &[], body)
    }

    /// All entries but the chain's first, which tells its identity: name and body. The chain is
    /// verified on the way.
    pub(crate) fn entries(&self) -> Vec<(String, Json)> {
        let report = bijotel::verify_chain(&self.database(), &key()).unwrap();
        assert_eq!(report.broken, None);
        let reader = ChainReader::open(&self.database()).unwrap();
        let mut entries = Vec::new();
        reader
            .in_order(2, i64::MAX, |entry| {
                let entry = entry.unwrap();
                let body = serde_json::from_slice(&entry.canonical_body).unwrap();
                entries.push((entry.span_name.into_owned(), body));
                true
            })
            .unwrap();
        entries
    }

    /// The names of all entries.
    pub(crate) fn names(&self) -> Vec<String> {
        self.entries().into_iter().map(|(name, _)| name).collect()
    }

    /// Tells the server to stop, as a signal would.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Stops it and waits for its end.
    pub(crate) fn end(&mut self) -> Drained {
        self.stop();
        self.server.take().unwrap().join().unwrap().unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stop();
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
    }
}

pub(crate) fn key() -> ChainKey {
    ChainKey::from_hex(KEY).unwrap()
}

/// The head of a request that wants the connection closed after the answer.
pub(crate) fn head(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    length: Option<usize>,
) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        head.push_str("host: localhost\r\n");
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(length) = length {
        head.push_str(&format!("content-length: {length}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads until the server closes the connection.
    pub(crate) fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer ({read:?}): {} bytes", bytes.len()));
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.lines();
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        Self {
            status,
            headers: headers.collect(),
            body: bytes[end + 4..].to_vec(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Json {
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn protobuf<M: prost::Message + Default>(&self) -> M {
        assert_eq!(self.header("content-type"), Some("application/x-protobuf"));
        M::decode(self.body.as_slice()).unwrap()
    }
}

/// A request with these spans.
pub(crate) fn traces(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let service_name = attribute(
        "service.name",
        any_value::Value::StringValue("shop".to_owned()),
    );
    let scope = InstrumentationScope {
        name: "by.hand".to_owned(),
        ..Default::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![service_name],
                ..Default::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(scope),
                spans,
                ..Default::default()
            }],
            ..Default::default()
        }],
    }
}

/// A span about a model call; `number` makes its ids and its prompt.
pub(crate) fn span(number: u8) -> Span {
    let text = |text: &str| any_value::Value::StringValue(text.to_owned());
    Span {
        trace_id: vec![number; 16],
        span_id: vec![number; 8],
        name: format!("chat {number}"),
        kind: 3,
        start_time_unix_nano: 1_700_000_000_000_000_000,
        end_time_unix_nano: 1_700_000_000_500_000_000,
        attributes: vec![
            attribute("gen_ai.request.model", text("stub-1")),
            attribute("gen_ai.prompt", text(&format!("prompt {number}"))),
        ],
        ..Default::default()
    }
}

pub(crate) fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue {
        key: key.to_owned(),
        value,
        ..Default::default()
    }
}
