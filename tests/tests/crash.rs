//! `kill -9` of the server under load: what was acknowledged is there, and the chain verifies.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use bijotel::{ChainKey, ChainReader, verify_chain};
use bijotel_tests::{SECRET_HEX, bijotel};

/// How often the server is killed.
const KILLS: u64 = 100;

/// How many clients send at the same time.
const CLIENTS: u64 = 8;

#[test]
fn every_acknowledged_entry_survives_a_hundred_kills() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("chain.db");
    std::fs::write(folder.path().join("bijotel.toml"), configuration()).unwrap();
    let numbers = AtomicU64::new(1);
    let acknowledged = Mutex::new(HashSet::new());
    for kill in 0..KILLS {
        let mut server = Server::start(folder.path());
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let number = numbers.fetch_add(1, Ordering::Relaxed);
                        if send(&server.address, number) != Some(true) {
                            // The server was killed in the middle of this one.
                            return;
                        }
                        acknowledged.lock().unwrap().insert(number);
                    }
                });
            }
            // Anything from the first moment on; the multiplier spreads the moments.
            thread::sleep(Duration::from_micros(500 + (kill * 7919) % 60_000));
            server.process.kill().unwrap();
            server.process.wait().unwrap();
            stop.store(true, Ordering::Relaxed);
        });
    }
    let key = ChainKey::from_hex(SECRET_HEX).unwrap();
    let report = verify_chain(&database, &key).unwrap();
    assert_eq!(report.broken, None);
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(
        acknowledged.len() > 500,
        "the load was real: {}",
        acknowledged.len()
    );
    let reader = ChainReader::open(&database).unwrap();
    let missing = acknowledged.iter().filter(|number| {
        reader
            .entry_of_id(&format!("{number:016x}"))
            .unwrap()
            .is_none()
    });
    assert_eq!(missing.count(), 0);
}

struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut process = Command::new(bijotel())
            .args([
                "serve",
                "--config",
                "bijotel.toml",
                "--host",
                "127.0.0.1",
                "--port",
                "0",
            ])
            .current_dir(folder)
            .env("BIJOTEL_HMAC_SECRET", SECRET_HEX)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("http://") {
            line.clear();
            if out.read_line(&mut line).unwrap() == 0 {
                let mut error = String::new();
                process
                    .stderr
                    .take()
                    .unwrap()
                    .read_to_string(&mut error)
                    .unwrap();
                panic!("the server did not start: {error}");
            }
        }
        // Whatever else it says must not block it.
        thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        let address = line.split("http://").nth(1).unwrap();
        let end = address.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
        Self {
            process,
            address: address[..end.unwrap_or(address.len())].to_owned(),
        }
    }
}

/// Sends one span; whether it was acknowledged, `None` if there was no answer.
fn send(address: &str, number: u64) -> Option<bool> {
    let body = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"{number:032x}",
        "spanId":"{number:016x}","name":"chat","kind":3,"startTimeUnixNano":"1800000000000000000",
        "endTimeUnixNano":"1800000000500000000","attributes":[
        {{"key":"gen_ai.request.model","value":{{"stringValue":"test-model"}}}},
        {{"key":"gen_ai.input.messages","value":{{"stringValue":"number {number}"}}}}]}}]}}]}}]}}"#
    );
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .ok()?;
    write!(
        stream,
        "POST /v1/traces HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?;
    assert_eq!(status, "200", "{answer}");
    Some(true)
}

fn configuration() -> &'static str {
    "[chain]\ndatabase = \"chain.db\"\n"
}
