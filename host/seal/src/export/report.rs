//! What a verification says: a verdict, its reason, and every check that led to it.

use std::fmt::Display;

use serde::Serialize;

/// The outcome of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Everything that the format lets one check with these credentials is intact.
    Valid,
    /// Something is not what was sealed.
    Invalid,
    /// What could be checked is intact, but these credentials do not reach the entries.
    Incomplete,
}

/// The outcome of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Checked, and intact.
    Passed,
    /// Checked, and broken.
    Failed,
    /// Not checked, because a credential is missing or an earlier failure makes it meaningless.
    NotChecked,
    /// The file has nothing to check here.
    NotPresent,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A stable name for machines.
    pub id: &'static str,
    /// What is checked, for a person.
    pub title: &'static str,
    /// The outcome.
    pub status: Status,
    /// What was found, in a sentence.
    pub detail: String,
}

/// The first thing that is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The sentence after `Export INVALID: `.
    pub reason: String,
    /// The entry's sequence number, as the file has it.
    pub seq: Option<i64>,
    /// The entry's place in the file, from 1.
    pub position: Option<u64>,
    /// The member or column that is wrong.
    pub field: Option<&'static str>,
    /// The value that would have been right. Never a link: a right link for altered content is a
    /// forgery.
    pub expected: Option<String>,
    /// The value that the file has.
    pub found: Option<String>,
}

/// The result of verifying an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    /// The outcome.
    pub verdict: Verdict,
    /// The outcome as a line of text, for example `Export VALID — HMAC chain verified.`
    pub headline: String,
    /// `format`, if the file has one.
    pub format: Option<String>,
    /// `entries_count`, if the file has one that is a whole number.
    pub entries_count: Option<u64>,
    /// How many entries there are.
    pub entries_seen: u64,
    /// `created_at`, if the file has one.
    pub created_at: Option<String>,
    /// The fingerprint of the key in the file's signature block. Not a credential.
    pub signed_by: Option<String>,
    /// Sequence numbers of the first and last entry.
    pub range: Option<(i64, i64)>,
    /// The first problem; present exactly if the verdict is [`Verdict::Invalid`].
    pub problem: Option<Problem>,
    /// Every check, in the order in which they decide.
    pub checks: Vec<Check>,
    /// What nothing in the file vouches for, in sentences.
    pub not_authenticated: Vec<String>,
}

impl Problem {
    pub(super) fn file(reason: impl Into<String>) -> Self {
        let (seq, position, field, expected, found) = (None, None, None, None, None);
        Self {
            reason: reason.into(),
            seq,
            position,
            field,
            expected,
            found,
        }
    }

    pub(super) fn member(
        field: &'static str,
        reason: impl Into<String>,
        expected: &dyn Display,
        found: &dyn Display,
    ) -> Self {
        Self {
            field: Some(field),
            expected: Some(expected.to_string()),
            found: Some(found.to_string()),
            ..Self::file(reason)
        }
    }
}
