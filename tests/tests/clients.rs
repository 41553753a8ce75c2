//! Unmodified OpenTelemetry clients export to the gateway, and what they sent is in the chain.
//!
//! The Rust SDK runs in this process. The Python clients are the scripts in `tests/clients`: the
//! official openai and anthropic packages, instrumented, talking to a model stub on loopback.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::JoinHandle;

use bijotel::{ChainKey, ChainReader, Host, HostOptions, RulesConfig, verify_chain};
use bijotel_gateway::{Drained, GatewayConfig, ServeError, serve};
use bijotel_tests::{SECRET_HEX, python};
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::trace::{Span as _, SpanKind, Tracer as _, TracerProvider as _};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_otlp::{
    Compression, LogExporter, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// A gateway in this process, with all shipped rules and a new chain.
struct Gateway {
    address: SocketAddr,
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<Result<Drained, ServeError>>>,
}

/// An entry, as far as these tests look at it.
struct Entry {
    name: String,
    kind: Option<String>,
    ids: (String, String),
    body: Json,
}

impl Gateway {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("chain.db");
        let options = HostOptions::new(&database, secret(), RulesConfig::shipped_defaults());
        let host = Host::open(options).unwrap();
        let (stop, stopped) = oneshot::channel();
        let (bound, address) = std::sync::mpsc::channel();
        let server = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                bound.send(listener.local_addr().unwrap()).unwrap();
                let shutdown = async { stopped.await.unwrap_or_default() };
                serve(GatewayConfig::default(), host, listener, shutdown).await
            })
        });
        let address = address.recv().unwrap();
        Self {
            address,
            folder,
            stop: Some(stop),
            server: Some(server),
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops the server, verifies the chain and reads it.
    fn into_entries(mut self) -> Vec<Entry> {
        drop(self.stop.take());
        let drained = self.server.take().unwrap().join().unwrap().unwrap();
        assert_eq!(drained, Drained::All);
        let database = self.folder.path().join("chain.db");
        assert_eq!(verify_chain(&database, &secret()).unwrap().broken, None);
        let mut entries = Vec::new();
        let keep = |entry: Result<bijotel::seal::Entry<'static>, _>| {
            let entry = entry.unwrap();
            entries.push(Entry {
                name: entry.span_name.into_owned(),
                kind: entry.span_kind.map(|kind| kind.into_owned()),
                ids: (entry.trace_id.into_owned(), entry.span_id.into_owned()),
                body: serde_json::from_slice(&entry.canonical_body).unwrap(),
            });
            true
        };
        ChainReader::open(&database)
            .unwrap()
            .in_order(1, i64::MAX, keep)
            .unwrap();
        entries
    }
}

fn secret() -> ChainKey {
    ChainKey::from_hex(SECRET_HEX).unwrap()
}

fn spans(entries: &[Entry]) -> Vec<&Entry> {
    entries
        .iter()
        .filter(|entry| entry.kind.is_some())
        .collect()
}

fn named<'e>(entries: &'e [Entry], name: &str) -> Vec<&'e Entry> {
    entries.iter().filter(|entry| entry.name == name).collect()
}

/// What a script printed of what it sent.
struct Sent {
    spans: Vec<Json>,
    logs: Vec<Json>,
}

fn run(gateway: &Gateway, script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Sent {
    let script: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("clients")
        .join(script);
    let output = Command::new(python("clients"))
        .arg(script)
        .arg(gateway.url())
        .args(arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // A proxy of the machine has no part in this.
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(!errors.contains("Failed to export"), "{errors}");
    let sent: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(sent["flushed"], true, "{errors}");
    let list = |name: &str| sent[name].as_array().unwrap().clone();
    Sent {
        spans: list("spans"),
        logs: list("logs"),
    }
}

/// Every span that tells of a model call is sealed once, with a decision about it, and no other is.
fn assert_sealed(sent: &Sent, entries: &[Entry]) {
    let is_ours = |span: &&Json| {
        let keys = span["attributes"].as_array().unwrap();
        keys.iter()
            .any(|key| key.as_str().unwrap().starts_with("gen_ai."))
    };
    let names = |entries: Vec<(String, Json, Json)>| {
        let mut names = entries;
        names.sort_by_key(|name| format!("{name:?}"));
        names
    };
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let wanted = sent.spans.iter().filter(is_ours);
    let wanted = wanted.map(|span| {
        (
            text(&span["name"]),
            span["trace_id"].clone(),
            span["span_id"].clone(),
        )
    });
    let wanted = names(wanted.collect());
    let sealed = spans(entries).into_iter();
    let sealed = sealed.map(|e| (e.name.clone(), json!(e.ids.0), json!(e.ids.1)));
    assert!(!wanted.is_empty());
    assert_eq!(names(sealed.collect()), wanted);
    assert_eq!(named(entries, "bijotel.decision").len(), wanted.len());

    let count = |names: &mut dyn Iterator<Item = String>| {
        names.fold(BTreeMap::new(), |mut counts, name| {
            *counts.entry(name).or_insert(0) += 1;
            counts
        })
    };
    let logs = entries
        .iter()
        .filter(|entry| entry.body["event"] == "otel.log");
    assert_eq!(
        count(&mut logs.map(|entry| entry.name.clone())),
        count(&mut sent.logs.iter().map(|log| text(&log["event_name"]))),
    );
}

/// The attribute `key` of the spans that have it.
fn attributes<'e>(entries: &'e [Entry], key: &str) -> Vec<&'e Json> {
    spans(entries)
        .into_iter()
        .filter_map(|span| span.body["attributes"].get(key))
        .collect()
}

#[test]
fn openai_with_opentelemetrys_own_instrumentation_in_the_latest_conventions() {
    let gateway = Gateway::start();
    let environment = [
        (
            "OTEL_SEMCONV_STABILITY_OPT_IN",
            "gen_ai_latest_experimental",
        ),
        (
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
            "SPAN_AND_EVENT",
        ),
        ("OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT", "true"),
    ];
    let sent = run(&gateway, "openai_client.py", &["v2", "gzip"], &environment);
    let entries = gateway.into_entries();
    assert_sealed(&sent, &entries);
    assert_eq!(spans(&entries).len(), 5);
    let asked = attributes(&entries, "gen_ai.input.messages");
    assert_eq!(asked[0][1]["parts"][0]["content"], "Say hello.");
    let answered = attributes(&entries, "gen_ai.output.messages");
    assert_eq!(
        answered[0][0]["parts"][0]["content"],
        "Hello from the stub."
    );
    assert_eq!(
        named(&entries, "gen_ai.client.inference.operation.details").len(),
        5
    );
}

#[test]
fn openai_with_opentelemetrys_own_instrumentation_in_its_older_conventions() {
    let gateway = Gateway::start();
    let environment = [("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")];
    let sent = run(&gateway, "openai_client.py", &["v2", "none"], &environment);
    let entries = gateway.into_entries();
    assert_sealed(&sent, &entries);
    assert_eq!(spans(&entries).len(), 5);
    let messages = named(&entries, "gen_ai.user.message");
    assert_eq!(messages[0].body["body"], json!({"content": "Say hello."}));
    let span_ids: Vec<_> = spans(&entries)
        .iter()
        .map(|span| span.ids.clone())
        .collect();
    assert!(
        messages
            .iter()
            .all(|message| span_ids.contains(&message.ids))
    );
}

#[test]
fn openai_with_openllmetrys_instrumentation() {
    let gateway = Gateway::start();
    let sent = run(&gateway, "openai_client.py", &["openllmetry", "none"], &[]);
    let entries = gateway.into_entries();
    assert_sealed(&sent, &entries);
    assert_eq!(spans(&entries).len(), 5);
    let asked = attributes(&entries, "gen_ai.input.messages");
    assert_eq!(asked[0][1]["parts"][0]["content"], "Say hello.");
}

#[test]
fn anthropic_with_openllmetrys_instrumentation() {
    let gateway = Gateway::start();
    let sent = run(&gateway, "anthropic_client.py", &["gzip"], &[]);
    let entries = gateway.into_entries();
    assert_sealed(&sent, &entries);
    assert_eq!(named(&entries, "anthropic.chat").len(), 5);
    let answered = attributes(&entries, "gen_ai.output.messages");
    let call = answered.iter().map(|message| &message[0]["parts"][0]);
    let call = call
        .into_iter()
        .find(|part| part["type"] == "tool_call")
        .unwrap();
    assert_eq!(call["arguments"], json!({"city": "Berlin"}));
}

#[test]
fn the_rust_sdk_in_protobuf() {
    let nan = json!({"$bijotel": "number", "text": "NaN"});
    rust_sdk(Protocol::HttpBinary, Some(Compression::Gzip), &nan);
}

#[test]
fn the_rust_sdk_in_json() {
    // This SDK writes NaN as null, which in this mapping is a value that was not set.
    rust_sdk(Protocol::HttpJson, None, &Json::Null);
}

fn rust_sdk(protocol: Protocol, compression: Option<Compression>, nan: &Json) {
    let gateway = Gateway::start();
    let mut traces = SpanExporter::builder().with_http().with_protocol(protocol);
    let mut logs = LogExporter::builder().with_http().with_protocol(protocol);
    traces = traces.with_endpoint(format!("{}/v1/traces", gateway.url()));
    logs = logs.with_endpoint(format!("{}/v1/logs", gateway.url()));
    if let Some(compression) = compression {
        traces = traces.with_compression(compression);
        logs = logs.with_compression(compression);
    }
    let traces = SdkTracerProvider::builder()
        .with_batch_exporter(traces.build().unwrap())
        .build();
    let logs = SdkLoggerProvider::builder()
        .with_batch_exporter(logs.build().unwrap())
        .build();

    let tracer = traces.tracer("shop");
    let mut span = tracer
        .span_builder("chat stub-1")
        .with_kind(SpanKind::Client)
        .start(&tracer);
    span.set_attribute(KeyValue::new("gen_ai.request.model", "stub-1"));
    span.set_attribute(KeyValue::new("gen_ai.usage.input_tokens", i64::MAX));
    span.set_attribute(KeyValue::new("gen_ai.request.temperature", f64::NAN));
    let reasons = Array::String(vec![StringValue::from("stop")]);
    span.set_attribute(KeyValue::new(
        "gen_ai.response.finish_reasons",
        Value::Array(reasons),
    ));
    let messages = r#"[{"role":"user","parts":[{"type":"text","content":"Say hello."}]}]"#;
    span.set_attribute(KeyValue::new("gen_ai.input.messages", messages));
    let context = span.span_context().clone();
    span.end();
    tracer.start("not about a model").end();

    let logger = logs.logger("shop");
    let mut record = logger.create_log_record();
    record.set_event_name("gen_ai.user.message");
    record.set_trace_context(context.trace_id(), context.span_id(), None);
    record.set_body(AnyValue::Bytes(Box::new(vec![0, 255])));
    logger.emit(record);

    traces.shutdown().unwrap();
    logs.shutdown().unwrap();

    let ids = (
        context.trace_id().to_string(),
        context.span_id().to_string(),
    );
    let entries = gateway.into_entries();
    let [span] = spans(&entries)[..] else {
        panic!("{} spans", spans(&entries).len())
    };
    assert_eq!((span.name.as_str(), &span.ids), ("chat stub-1", &ids));
    assert_eq!(span.kind.as_deref(), Some("CLIENT"));
    assert_eq!(
        span.body["attributes"],
        json!({
            "gen_ai.request.model": "stub-1",
            "gen_ai.usage.input_tokens": {"$bijotel": "integer", "text": i64::MAX.to_string()},
            "gen_ai.request.temperature": nan,
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.input.messages": serde_json::from_str::<Json>(messages).unwrap(),
        })
    );
    let [record] = named(&entries, "gen_ai.user.message")[..] else {
        panic!("no log record")
    };
    assert_eq!(record.ids, ids);
    assert_eq!(
        record.body["body"],
        json!({"$bijotel": "bytes", "base64": "AP8="})
    );
}
