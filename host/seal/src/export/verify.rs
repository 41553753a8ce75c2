//! Verifies an export: one pass, one entry at a time.
//!
//! The head of the file claims a count, a last link and a signature over both; the entries prove or
//! disprove them. Members may stand in any order, so claims are compared when the file has ended.

use std::io::Read;

use serde_json::Value as Json;

use super::read::{
    ExportError, ExportReader, Item, RawEntry, SEQ_PLACE, Segment, SignatureBlock, read_entry,
};
use super::report::{ExportReport, Problem};
use super::verdict;
use crate::check::{check_body, check_columns};
use crate::digest::GENESIS_LINK;
use crate::entry::Entry;
use crate::link::ChainKey;
use crate::signature::ExportVerifyingKey;

/// What the verifier was given to check with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Credentials<'c> {
    /// The chain's secret: proves every entry, and could have forged every entry.
    pub key: Option<&'c ChainKey>,
    /// The operator's public key, from a source other than the file.
    pub public_key: Option<&'c ExportVerifyingKey>,
}

/// Verifies the export in `source`; `progress` is told how many bytes were read, now and then.
pub fn verify_export(
    source: impl Read,
    credentials: Credentials<'_>,
    mut progress: impl FnMut(u64),
) -> Result<ExportReport, ExportError> {
    let mut reader = ExportReader::new(source);
    let mut verifier = ExportVerifier::new(credentials);
    loop {
        match reader.next_item()? {
            Item::Member(name, value) => verifier.member(&name, value),
            Item::Entry(text) => {
                let checked = check_export_entry(text, credentials.key)?;
                verifier.entry(&checked);
            }
            Item::End => return Ok(verifier.finish()),
        }
        progress(reader.position());
    }
}

/// What the checks on one entry of an export found. Independent of all other entries.
#[derive(Debug, Clone)]
pub struct CheckedEntry {
    pub(super) seq: Option<i64>,
    pub(super) prev_hash: String,
    pub(super) hmac_hash: String,
    /// Missing members, base64, body digest or link: in the order in which they are reported.
    pub(super) problem: Option<Problem>,
    /// Columns that contradict the body; reported after the order of entries.
    pub(super) columns: Option<Problem>,
    pub(super) is_span: bool,
    pub(super) has_semantic: bool,
    pub(super) unknown_members: bool,
}

/// Reads and checks the JSON text of one entry.
pub fn check_export_entry(
    text: &[u8],
    key: Option<&ChainKey>,
) -> Result<CheckedEntry, ExportError> {
    Ok(match read_entry(text)? {
        RawEntry::Whole {
            entry,
            unknown_members,
        } => CheckedEntry {
            unknown_members,
            ..check_whole(&entry, key)
        },
        RawEntry::Defect { seq, reason } => CheckedEntry {
            seq,
            prev_hash: String::new(),
            hmac_hash: String::new(),
            problem: Some(Problem {
                seq,
                ..Problem::file(reason)
            }),
            columns: None,
            is_span: false,
            has_semantic: false,
            unknown_members: false,
        },
    })
}

fn check_whole(entry: &Entry<'_>, key: Option<&ChainKey>) -> CheckedEntry {
    let seq = Some(entry.seq);
    let body = check_body(entry).map(|broken| {
        let (claimed, digest) = (
            broken.expected.unwrap_or_default(),
            broken.found.unwrap_or_default(),
        );
        let reason = format!(
            "canonical_body tampered{SEQ_PLACE}: body hashes to {}... but canonical_hash claims \
             {}...",
            start(&digest),
            start(&claimed)
        );
        Problem {
            seq,
            ..Problem::member("canonical_body_b64", reason, &claimed, &digest)
        }
    });
    let link = || {
        let link = key?.link(&entry.prev_hash, &entry.canonical_hash);
        (!link.is_code(&entry.hmac_hash)).then(|| Problem {
            seq,
            field: Some("hmac_hash"),
            found: Some(entry.hmac_hash.clone().into_owned()),
            ..Problem::file(format!("hmac_hash mismatch{SEQ_PLACE}"))
        })
    };
    let (columns, is_span) = check_columns(entry);
    CheckedEntry {
        seq,
        prev_hash: entry.prev_hash.clone().into_owned(),
        hmac_hash: entry.hmac_hash.clone().into_owned(),
        problem: body.or_else(link),
        columns: columns.map(|broken| Problem {
            reason: format!("{}{SEQ_PLACE}", broken.fault),
            seq,
            position: None,
            field: broken.fault.column(),
            expected: broken.expected,
            found: broken.found,
        }),
        is_span,
        has_semantic: entry.semantic_body_hash.is_some(),
        unknown_members: false,
    }
}

/// Takes the parts of an export in the order of the file and gives the report at the end.
#[derive(Debug)]
pub struct ExportVerifier<'c> {
    pub(super) credentials: Credentials<'c>,
    pub(super) claims: Claims,
    pub(super) entries: Entries,
}

/// What the members beside `entries` say.
#[derive(Debug, Default)]
pub(super) struct Claims {
    pub(super) version: Option<Json>,
    pub(super) format: Option<Json>,
    pub(super) created_at: Option<Json>,
    pub(super) entries_count: Option<Json>,
    pub(super) head_hash: Option<Json>,
    pub(super) chain_signature: Option<Json>,
    pub(super) segment: Option<Result<Segment, String>>,
    pub(super) signature: Option<Result<SignatureBlock, String>>,
    /// Members that no release writes.
    pub(super) unknown: Vec<String>,
    /// A known member that came twice.
    pub(super) twice: Option<String>,
}

/// What the entries say.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) seen: u64,
    pub(super) spans: u64,
    pub(super) spans_without_semantic: u64,
    pub(super) first: Option<(Option<i64>, String)>,
    pub(super) last: Option<(Option<i64>, String)>,
    /// The first problem of an entry by itself.
    pub(super) problem: Option<Problem>,
    /// The first place where an entry does not continue the one before.
    pub(super) order: Option<Problem>,
    /// The first contradiction between a body and the members beside it.
    pub(super) columns: Option<Problem>,
    /// The first place where sequence numbers jump.
    pub(super) gap: Option<Problem>,
    /// Whether an entry has members that no release writes.
    pub(super) unknown_members: bool,
}

impl<'c> ExportVerifier<'c> {
    /// A verifier with these credentials. Without any, every export is incomplete or invalid.
    pub fn new(credentials: Credentials<'c>) -> Self {
        Self {
            credentials,
            claims: Claims::default(),
            entries: Entries::default(),
        }
    }

    /// Takes a member beside `entries`.
    pub fn member(&mut self, name: &str, value: Json) {
        let claims = &mut self.claims;
        let twice = match name {
            "version" => claims.version.replace(value).is_some(),
            "format" => claims.format.replace(value).is_some(),
            "created_at" => claims.created_at.replace(value).is_some(),
            "entries_count" => claims.entries_count.replace(value).is_some(),
            "head_hash" => claims.head_hash.replace(value).is_some(),
            "chain_signature" => claims.chain_signature.replace(value).is_some(),
            "segment" => {
                let segment = serde_json::from_value(value).map_err(|error| error.to_string());
                claims.segment.replace(segment).is_some()
            }
            "ed25519_signature" => {
                let block = serde_json::from_value(value).map_err(|error| error.to_string());
                claims.signature.replace(block).is_some()
            }
            _ => {
                claims.unknown.push(name.chars().take(64).collect());
                false
            }
        };
        if twice {
            claims.twice.get_or_insert_with(|| name.to_owned());
        }
    }

    /// What is wrong with the entry that comes next, by itself or after the one before it. A report
    /// names only the first such entry; ask this before [`entry`](Self::entry) to list them all.
    pub fn problem_of(&self, checked: &CheckedEntry) -> Option<Problem> {
        let order = || {
            let (_, previous) = self.entries.last.as_ref()?;
            (*previous != checked.prev_hash).then(|| order_problem(checked, previous))
        };
        let problem = checked.problem.clone().or_else(order);
        let problem = problem.or_else(|| checked.columns.clone())?;
        Some(placed(&problem, self.entries.seen + 1))
    }

    /// Takes the next entry.
    pub fn entry(&mut self, checked: &CheckedEntry) {
        let entries = &mut self.entries;
        entries.seen += 1;
        entries.spans += u64::from(checked.is_span);
        entries.unknown_members |= checked.unknown_members;
        entries.spans_without_semantic += u64::from(checked.is_span && !checked.has_semantic);
        let position = entries.seen;
        if entries.problem.is_none() && entries.order.is_none() {
            if let Some(problem) = &checked.problem {
                entries.problem = Some(placed(problem, position));
            } else if let Some((_, previous)) = &entries.last
                && *previous != checked.prev_hash
            {
                entries.order = Some(placed(&order_problem(checked, previous), position));
            }
        }
        if let (None, Some(problem)) = (&entries.columns, &checked.columns) {
            entries.columns = Some(placed(problem, position));
        }
        if let (None, Some((Some(last), _)), Some(seq)) = (&entries.gap, &entries.last, checked.seq)
            && last.checked_add(1) != Some(seq)
        {
            let reason = format!("seq jumps from {last} to {seq}");
            let gap = Problem::member("seq", reason, &last.saturating_add(1), &seq);
            entries.gap = Some(placed(&gap, position));
        }
        let links = |link: &str| Some((checked.seq, link.to_owned()));
        if position == 1 {
            entries.first = links(&checked.prev_hash);
        }
        entries.last = links(&checked.hmac_hash);
    }

    /// The report; call it when the file has ended.
    pub fn finish(self) -> ExportReport {
        verdict::report(&self)
    }

    /// The link that the first entry must continue; `None` if the segment that says so is malformed.
    pub(super) fn boundary(&self) -> Option<&str> {
        match &self.claims.segment {
            Some(Ok(segment)) => Some(&segment.boundary_prev_hash),
            Some(Err(_)) => None,
            None => Some(GENESIS_LINK),
        }
    }
}

fn order_problem(checked: &CheckedEntry, previous: &str) -> Problem {
    let reason = format!("prev_hash chain break{SEQ_PLACE}");
    let problem = Problem::member("prev_hash", reason, &previous, &checked.prev_hash);
    Problem {
        seq: checked.seq,
        ..problem
    }
}

/// A problem with its place in the file, also in the words of its reason.
fn placed(problem: &Problem, position: u64) -> Problem {
    let place = match problem.seq {
        Some(seq) => format!(" at seq={seq}"),
        None => format!(" at entry {position} of the file"),
    };
    Problem {
        reason: problem.reason.replace(SEQ_PLACE, &place),
        position: Some(position),
        ..problem.clone()
    }
}

fn start(digest: &str) -> String {
    digest.chars().take(16).collect()
}
