//! Exit codes, and what a person or a script is told when a verb cannot do its work.

use std::fmt::Display;
use std::io::ErrorKind;
use std::process::ExitCode;

use bijotel::{ExportFailure, ExportFileError, HostError, StoreError, Untrusted};
use bijotel_package::registry::RegistryError;
use bijotel_package::store::StoreError as PackageError;
use serde_json::json;

/// The exit codes of all verbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and nothing is wrong.
    Ok = 0,
    /// Not done: a file is missing or unreadable, nothing was found, or an export is not valid.
    Failed = 1,
    /// The command line, the configuration or a credential is missing or wrong.
    Usage = 2,
    /// The chain is broken.
    Broken = 3,
    /// What could be checked is intact, but the credentials do not reach the entries.
    Incomplete = 4,
    /// The rules deny the call, or want a person to decide.
    Denied = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a verb ended early.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// A stable name for machines.
    kind: &'static str,
    message: String,
    /// Whether the message stands alone, as an answer rather than an error.
    bare: bool,
}

impl Failure {
    /// A failure of a kind that nobody needs to tell from others.
    pub(crate) fn failed(message: impl Display) -> Self {
        Self::new(Exit::Failed, "failed", message)
    }

    /// The command line or the configuration is wrong.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    /// A secret or key is missing or unusable.
    pub(crate) fn credentials(message: impl Display) -> Self {
        Self::new(Exit::Usage, "credentials", message)
    }

    /// There is nothing of that name.
    pub(crate) fn not_found(message: impl Display) -> Self {
        Self::new(Exit::Failed, "not_found", message)
    }

    pub(crate) fn new(exit: Exit, kind: &'static str, message: impl Display) -> Self {
        Self {
            exit,
            kind,
            message: message.to_string(),
            bare: false,
        }
    }

    /// The answer that nothing fits a question.
    pub(crate) fn nothing_found(message: impl Display) -> Self {
        Self {
            bare: true,
            ..Self::not_found(message)
        }
    }

    /// The same failure with another exit code.
    pub(crate) fn with_exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// The line on standard error.
    pub(crate) fn line(&self) -> String {
        if self.bare {
            self.message.clone()
        } else {
            format!("ERROR: {}", self.message)
        }
    }

    /// What `--json` prints instead.
    pub(crate) fn json(&self) -> serde_json::Value {
        json!({"error": {
            "kind": self.kind,
            "message": self.message,
            "exit_code": self.exit as u8,
        }})
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NotFound { .. } => Self::not_found(error),
            StoreError::NotAChain { .. } => Self::new(Exit::Failed, "not_a_chain", error),
            StoreError::WrongSecret { .. } => Self::credentials(error),
            _ => Self::failed(error),
        }
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Store(error) => error.into(),
            HostError::UnknownRule { .. }
            | HostError::Package { .. }
            | HostError::Untrusted { .. }
            | HostError::Trust { .. }
            | HostError::Configuration { .. }
            | HostError::Load { .. }
            | HostError::RuleSet(_) => Self::usage(error),
            _ => Self::failed(error),
        }
    }
}

/// A rule's file, its signatures, or the rule store.
impl From<PackageError> for Failure {
    fn from(error: PackageError) -> Self {
        match &error {
            PackageError::Missing { .. } => Self::not_found(error),
            PackageError::Io { source, .. } if source.kind() == ErrorKind::NotFound => {
                Self::not_found(error)
            }
            _ => Self::failed(error),
        }
    }
}

impl From<Untrusted> for Failure {
    fn from(error: Untrusted) -> Self {
        Self::new(Exit::Failed, "not_trusted", error)
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        match &error {
            RegistryError::Reference(_)
            | RegistryError::NothingNamed
            | RegistryError::PushToDigest => Self::usage(error),
            RegistryError::Credentials(_) | RegistryError::Unauthorized { .. } => {
                Self::credentials(error)
            }
            RegistryError::NotFound { .. } => Self::not_found(error),
            _ => Self::failed(error),
        }
    }
}

/// Exports end with 2 where other verbs end with 1, as in the Python tool.
impl From<ExportFailure> for Failure {
    fn from(error: ExportFailure) -> Self {
        match error {
            ExportFailure::Broken(_) => Self::new(Exit::Broken, "broken", error),
            ExportFailure::Store(StoreError::NotFound { path }) => {
                Self::not_found(format!("chain DB not found: {}", path.display()))
                    .with_exit(Exit::Usage)
            }
            ExportFailure::Store(error) => {
                let message = format!("export failed: {error}");
                Self {
                    message,
                    ..Self::from(error)
                }
                .with_exit(Exit::Usage)
            }
        }
    }
}

impl From<ExportFileError> for Failure {
    fn from(error: ExportFileError) -> Self {
        let message = format!("cannot read export file: {error}");
        match error {
            ExportFileError::NotFound(_) => Self::not_found(message),
            ExportFileError::Io { .. } => Self::failed(message),
            ExportFileError::Export(_) => Self::new(Exit::Failed, "not_an_export", message),
        }
    }
}

/// A parser's words without the value that they quote: it may be a secret, or somebody's prompt.
pub(crate) fn without_values(error: &dyn Display) -> String {
    let words = error.to_string();
    let quotes = ["invalid type", "invalid value", "unknown variant"];
    if !quotes.iter().any(|quote| words.starts_with(quote)) {
        return words;
    }
    match words.rsplit_once(", expected ") {
        Some((_, expected)) => format!("a value has the wrong type or form, expected {expected}"),
        None => "a value has the wrong type or form".to_owned(),
    }
}
