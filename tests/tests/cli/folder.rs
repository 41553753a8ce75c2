//! The built command line, run in a folder of its own.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bijotel_tests::{SECRET_HEX, bijotel, vectors};
use tempfile::TempDir;

/// A working folder with copies of the vectors' chains, exports and keys.
pub(crate) struct Folder {
    folder: TempDir,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A folder with a copy of a vector under its own name.
    pub(crate) fn with(vector: &str) -> Self {
        let folder = Self::new();
        folder.copy(vector);
        folder
    }

    /// Copies a vector into the folder; its path there.
    pub(crate) fn copy(&self, vector: &str) -> PathBuf {
        let from = vectors().join(vector);
        let to = self.path(from.file_name().unwrap());
        std::fs::copy(&from, &to).unwrap();
        to
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// A command in this folder, without any secret or configuration of the caller's.
    pub(crate) fn command<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = Command::new(bijotel());
        command.args(arguments).current_dir(self.folder.path());
        for variable in ["BIJOTEL_HMAC_SECRET", "BIJOTEL_CONFIG", "BIJOTEL_DB_PATH"] {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command line with the vectors' secret; arguments are parted by spaces.
    pub(crate) fn run(&self, line: &str) -> Ran {
        let mut command = self.command(line.split_whitespace());
        ran(command.env("BIJOTEL_HMAC_SECRET", SECRET_HEX))
    }

    /// Runs a command line without a secret.
    pub(crate) fn run_without_secret(&self, line: &str) -> Ran {
        ran(&mut self.command(line.split_whitespace()))
    }

    /// Runs a command line with the vectors' secret and something on standard input.
    pub(crate) fn run_with_input(&self, line: &str, input: &str) -> Ran {
        let mut command = self.command(line.split_whitespace());
        command
            .env("BIJOTEL_HMAC_SECRET", SECRET_HEX)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }
}

/// Runs a command and takes what it printed.
pub(crate) fn ran(command: &mut Command) -> Ran {
    Ran::of(command.output().unwrap())
}

impl Ran {
    fn of(output: std::process::Output) -> Self {
        Self {
            exit: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The JSON document that was printed.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
