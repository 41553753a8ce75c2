//! Servers that want our memory, or our password.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use bijotel_package::registry::{Credentials, RegistryError, Secret};

use crate::pull;

/// A server on this machine; it lives as long as the test's process.
struct Hostile {
    address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Hostile {
    /// Answers each request, known by its first line, with what `answer` writes.
    fn start(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let head = BufReader::new(stream.try_clone().unwrap())
                    .lines()
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .collect::<Vec<_>>()
                    .join("\n");
                log.lock().unwrap().push(head.clone());
                answer(head.lines().next().unwrap_or_default(), &mut stream);
            }
        });
        Self { address, seen }
    }

    fn pull(&self, credentials: Credentials) -> RegistryError {
        let reference = format!("oci://{}/a:1", self.address);
        pull(&reference, credentials).unwrap_err()
    }

    fn seen(&self) -> String {
        self.seen.lock().unwrap().join("\n\n").to_lowercase()
    }
}

fn say(stream: &mut TcpStream, text: &str) {
    // Who is answered may have gone away, which is then the point of the test.
    let _ = stream.write_all(text.as_bytes());
}

fn ann() -> Credentials {
    Credentials::Basic {
        user: "ann".into(),
        password: Secret::new("geheim".into()),
    }
}

#[test]
fn a_manifest_without_end_is_not_read_to_its_end() {
    let server = Hostile::start(|_, stream| {
        say(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        while stream.write_all(&[b' '; 4096]).is_ok() {}
    });
    let error = server.pull(Credentials::Anonymous);
    assert!(matches!(error, RegistryError::TooLarge { .. }), "{error}");
}

#[test]
fn an_answer_that_breaks_off_is_no_manifest() {
    let server = Hostile::start(|_, stream| {
        say(stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");
    });
    let error = server.pull(Credentials::Anonymous);
    assert!(matches!(error, RegistryError::BrokenOff { .. }), "{error}");
}

#[test]
fn redirections_without_end_are_not_followed_to_their_end() {
    let server = Hostile::start(|_, stream| {
        say(
            stream,
            "HTTP/1.1 307 Go\r\nlocation: /v2/a/manifests/1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
    });
    let error = server.pull(Credentials::Anonymous);
    assert!(matches!(error, RegistryError::Redirect { .. }), "{error}");
}

#[test]
fn a_redirection_to_a_place_without_tls_is_not_followed() {
    let server = Hostile::start(|_, stream| {
        say(
            stream,
            "HTTP/1.1 302 Go\r\nlocation: http://registry.example.org/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
    });
    let error = server.pull(Credentials::Anonymous);
    assert!(matches!(error, RegistryError::Redirect { .. }), "{error}");
}

#[test]
fn a_password_does_not_follow_a_redirection() {
    let elsewhere = Hostile::start(|_, stream| {
        say(
            stream,
            "HTTP/1.1 404 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
    });
    let to = elsewhere.address.clone();
    let server = Hostile::start(move |_, stream| {
        say(
            stream,
            &format!(
                "HTTP/1.1 302 Go\r\nlocation: http://{to}/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            ),
        );
    });
    let token = Credentials::Token(Secret::new("geheim".into()));
    let error = server.pull(token);
    assert!(matches!(error, RegistryError::NotFound { .. }), "{error}");
    assert!(elsewhere.seen().contains("get /x"), "{}", elsewhere.seen());
    assert!(
        !elsewhere.seen().contains("authorization"),
        "{}",
        elsewhere.seen()
    );
}

#[test]
fn a_token_service_without_tls_is_told_no_password() {
    let server = Hostile::start(|_, stream| {
        say(
            stream,
            "HTTP/1.1 401 Who\r\nwww-authenticate: Bearer realm=\"http://tokens.example.org/\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
    });
    let error = server.pull(ann());
    assert!(matches!(error, RegistryError::Challenge { .. }), "{error}");
    assert!(
        !server.seen().contains("authorization"),
        "{}",
        server.seen()
    );
}

#[test]
fn a_token_is_got_with_the_password_and_used_without_it() {
    let tokens = Hostile::start(|_, stream| {
        let token = r#"{"token": "of-this-test"}"#;
        let length = token.len();
        say(
            stream,
            &format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{token}"
            ),
        );
    });
    let realm = tokens.address.clone();
    let server = Hostile::start(move |_, stream| {
        say(
            stream,
            &format!(
                "HTTP/1.1 401 Who\r\nwww-authenticate: Bearer realm=\"http://{realm}/token\",service=\"s\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            ),
        );
    });
    let error = server.pull(ann());
    assert!(
        matches!(error, RegistryError::Unauthorized { .. }),
        "{error}"
    );
    assert!(
        tokens
            .seen()
            .contains("get /token?scope=repository%3aa%3apull&service=s"),
        "{}",
        tokens.seen()
    );
    assert!(
        tokens.seen().contains("authorization: basic"),
        "{}",
        tokens.seen()
    );
    assert!(
        server.seen().contains("authorization: bearer of-this-test"),
        "{}",
        server.seen()
    );
    assert!(!server.seen().contains("basic"), "{}", server.seen());
}

#[test]
fn a_token_that_would_forge_a_header_is_not_sent() {
    let server = Hostile::start(|line, stream| {
        if line.contains("/token") {
            let token = r#"{"token": "a\r\nhost: b"}"#;
            let length = token.len();
            say(
                stream,
                &format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{token}"
                ),
            );
        } else {
            let here = stream.local_addr().unwrap();
            say(
                stream,
                &format!(
                    "HTTP/1.1 401 Who\r\nwww-authenticate: Bearer realm=\"http://{here}/token\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                ),
            );
        }
    });
    let error = server.pull(Credentials::Anonymous);
    assert!(matches!(error, RegistryError::Credentials(_)), "{error}");
}

#[test]
fn of_an_error_only_codes_are_shown() {
    let server = Hostile::start(|_, stream| {
        let body = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"\u001b[2J geheim"},{"code":"a b"}]}"#;
        let length = body.len();
        say(
            stream,
            &format!(
                "HTTP/1.1 429 Slow\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            ),
        );
    });
    let error = server.pull(Credentials::Anonymous).to_string();
    assert!(error.contains("429 (TOOMANYREQUESTS)"), "{error}");
    assert!(!error.contains("geheim"), "{error}");
}
