//! Cases: what a rule must answer to which call, written in YAML and judged in the real host.
//!
//! `docs/rule-kit.md` describes the form. [`CaseFile::read`] reads a file, [`run`] asks the rule.

mod call;
mod error;
mod expect_form;
mod expected;
mod form;
mod run;

use std::path::{Path, PathBuf};

use bijotel_policy::{Call, Configuration, Limits, OnFailure, Stage};

pub use error::CaseFileError;
pub use expected::{Difference, Expected, ExpectedFinding};
pub use run::{CaseResult, Component, Run, run};

/// The largest case file that is read, in bytes.
pub const MAX_CASE_FILE: u64 = 16 << 20;

/// A file of cases.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// Where it was read.
    pub path: PathBuf,
    /// The rule that the file names: the id of a shipped rule, or a component's path as seen from the
    /// file.
    pub rule: Option<String>,
    /// In the order of the file; never empty.
    pub cases: Vec<Case>,
}

/// One call, and what the rule must answer.
#[derive(Clone, Debug)]
pub struct Case {
    /// Unique in its file.
    pub name: String,
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Where the rule is asked. `None`: at admission, or where the rule does not serve that, at the
    /// first stage that it serves.
    pub stage: Option<Stage>,
    /// The call; its stage is only right once it is known where the rule is asked.
    pub call: Call,
    /// What the rule is configured with.
    pub configuration: Configuration,
    /// What the evaluation may use.
    pub limits: Limits,
    /// What the rule's failure means.
    pub on_failure: OnFailure,
    /// What must come of it.
    pub expected: Expected,
}

impl CaseFile {
    /// Read a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is too large, or is not in the form; line and column are named.
    pub fn read(path: &Path) -> Result<Self, CaseFileError> {
        let unreadable = |source| CaseFileError::Read {
            path: path.to_owned(),
            source,
        };
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_CASE_FILE {
            return Err(CaseFileError::TooLarge {
                path: path.to_owned(),
                size,
            });
        }
        Self::parse(path, &std::fs::read_to_string(path).map_err(unreadable)?)
    }

    /// Read cases from the text of a file; `path` is what errors and results call it.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub fn parse(path: &Path, text: &str) -> Result<Self, CaseFileError> {
        form::File::parse(path, text)?.cases(path)
    }
}

#[cfg(test)]
mod tests;
