//! `kill -9` of the server under load: what was acknowledged is there, and the chain verifies.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use bijotel::{ChainKey, ChainReader, verify_chain};
use bijotel_tests::SECRET_HEX;

#[allow(dead_code, reason = "shared with the test of reloading")]
mod server;

use server::Server;

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
        let address = server.address.clone();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let number = numbers.fetch_add(1, Ordering::Relaxed);
                        if send(&address, number) != Some(true) {
                            // The server was killed in the middle of this one.
                            return;
                        }
                        acknowledged.lock().unwrap().insert(number);
                    }
                });
            }
            // Anything from the first moment on; the multiplier spreads the moments.
            thread::sleep(Duration::from_micros(500 + (kill * 7919) % 60_000));
            server.kill();
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
