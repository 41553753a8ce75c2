//! `serve`: starts, says where, and stops when it is told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::folder::Folder;

/// A server that is stopped when the test ends.
struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    fn start(folder: &Folder, line: &str) -> Self {
        let mut command = folder.command(line.split_whitespace());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap();
        let address = first
            .trim_end()
            .strip_prefix("Listening on http://")
            .unwrap_or_else(|| panic!("{first:?}"))
            .to_owned();
        Self {
            child,
            stdout,
            address,
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[cfg(unix)]
    fn signal(&mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args(["-s", signal, &id])
            .status()
            .unwrap();
        assert!(sent.success());
        let exit = self.child.wait().unwrap().code();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (exit, rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
#[test]
fn it_serves_until_it_is_told_to_stop() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        folder.run_without_secret("init");
        let mut server = Server::start(&folder, "serve --port 0");
        let health = server.get("/health");
        assert!(health.starts_with("HTTP/1.1 200 "), "{health}");
        let (exit, said) = server.signal(signal);
        assert_eq!(exit, Some(0), "{signal}");
        assert!(
            said.contains("prompt_pattern_deny") && said.contains("/v1/traces"),
            "{said}"
        );
        assert_eq!(folder.run_without_secret("verify").exit, Some(0));
    }
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let folder = Folder::new();
    folder.run_without_secret("init");
    let server = Server::start(&folder, "serve --port 0");
    let (_, port) = server.address.rsplit_once(':').unwrap();
    let ran = folder.run_without_secret(&format!("serve --port {port}"));
    assert_eq!(ran.exit, Some(1));
    assert!(
        ran.stderr.contains("cannot listen on 127.0.0.1:"),
        "{ran:?}"
    );
}
