//! The built `bijotel serve` as a process of its own, ended with the test.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use bijotel_tests::{SECRET_HEX, bijotel};

/// A running server.
pub(crate) struct Server {
    process: Child,
    /// Where it listens: `127.0.0.1:PORT`.
    pub(crate) address: String,
    /// What it says on standard error.
    complaints: Receiver<String>,
}

impl Server {
    /// Starts a server with `bijotel.toml` of this folder on a free port, and waits until it listens.
    pub(crate) fn start(folder: &Path) -> Self {
        let arguments = "serve --config bijotel.toml --host 127.0.0.1 --port 0";
        let mut process = Command::new(bijotel())
            .args(arguments.split(' '))
            .current_dir(folder)
            .env("BIJOTEL_HMAC_SECRET", SECRET_HEX)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut error = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("http://") {
            line.clear();
            if out.read_line(&mut line).unwrap() == 0 {
                let mut said = String::new();
                error.read_to_string(&mut said).unwrap();
                panic!("the server did not start: {said}");
            }
        }
        // Whatever else it says must not block it.
        thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        let (say, complaints) = channel();
        thread::spawn(move || {
            for line in error.lines().map_while(Result::ok) {
                let _ = say.send(line);
            }
        });
        let address = line.split("http://").nth(1).unwrap();
        let end = address.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
        Self {
            process,
            address: address[..end.unwrap_or(address.len())].to_owned(),
            complaints,
        }
    }

    /// Ends it without a warning, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Sends it a signal by its name, for example `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.args([&format!("-{name}"), &self.process.id().to_string()]);
        assert!(kill.status().unwrap().success());
    }

    /// The next line on its standard error.
    pub(crate) fn complaint(&self) -> String {
        (self.complaints.recv_timeout(Duration::from_secs(120)))
            .expect("the server says something on standard error")
    }

    /// Waits for its end; the exit code.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
