//! Case files that cannot be used.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::MAX_CASE_FILE;

/// A case file that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CaseFileError {
    /// It cannot be read.
    #[error("cannot read the cases {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is too large.
    #[error("the cases {path} have {size} bytes, more than the limit of {MAX_CASE_FILE}; write more than one file",
            path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
    },
    /// It is not YAML, or not in the form of cases.
    #[error("{path}:{line}:{column}: {problem}", path = path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
        /// What is wrong there.
        problem: String,
    },
}

impl CaseFileError {
    pub(super) fn at(path: &Path, place: serde_saphyr::Location, problem: String) -> Self {
        Self::Form {
            path: path.to_owned(),
            line: place.line().max(1),
            column: place.column().max(1),
            problem,
        }
    }
}
