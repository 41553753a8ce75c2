//! What can go wrong with a chain's file, and what to do about it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

/// Why the store could not do what it was asked.
#[derive(Debug, Clone, Error)]
pub enum StoreError {
    /// There is no such file.
    #[error("DB not found: {}", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The file is there, but is not a chain.
    #[error("{} is not a bijotel chain: {reason}", path.display())]
    NotAChain {
        /// The file.
        path: PathBuf,
        /// What is missing or different.
        reason: String,
    },
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: Arc<std::io::Error>,
    },
    /// SQLite refused.
    #[error("cannot {action} in {}: {source}{}", path.display(), hint(source))]
    Sqlite {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// SQLite's answer.
        source: Arc<rusqlite::Error>,
    },
    /// The secret is not the one that the chain was sealed with.
    #[error(
        "the secret does not fit the last entry (seq={seq}) of {}: with it the chain could not be \
         continued. Give the secret that sealed the chain, or run `bijotel verify` if it should fit",
        path.display()
    )]
    WrongSecret {
        /// The file.
        path: PathBuf,
        /// The last entry.
        seq: i64,
    },
    /// The writer thread has ended.
    #[error("the writer of {} has stopped; open the chain again", path.display())]
    WriterStopped {
        /// The file.
        path: PathBuf,
    },
    /// Used after a fork: SQLite connections and threads do not survive one.
    #[error(
        "the chain {} was opened by process {opened_by} and cannot be used by its child: open it \
         after the fork",
        path.display()
    )]
    Forked {
        /// The file.
        path: PathBuf,
        /// The process that opened it.
        opened_by: u32,
    },
    /// The export or backup could not be finished.
    #[error("{0}")]
    Output(String),
}

impl StoreError {
    pub(crate) fn sqlite(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(rusqlite::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => Self::NotAChain {
                path,
                reason: "it is not an SQLite database".to_owned(),
            },
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => Self::NotAChain {
                path,
                reason: "the SQLite file is damaged or was cut off".to_owned(),
            },
            _ => Self::Sqlite {
                action,
                path,
                source: Arc::new(source),
            },
        }
    }

    pub(crate) fn io(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source: Arc::new(source),
        }
    }
}

/// What a person can do about the commonest refusals.
fn hint(error: &rusqlite::Error) -> &'static str {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => ". The disk is full: make room, nothing acknowledged is lost",
        Some(ErrorCode::ReadOnly) => {
            ". The file or its folder cannot be written: check who owns it"
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            ". Check that the file's folder exists and who may write there"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            ". Another process holds the file for long: find it and try again"
        }
        _ => "",
    }
}
