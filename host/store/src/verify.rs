//! Verifies a chain: every entry, the way from one to the next, both ends, and the CAS.
//!
//! What an attacker who can write to the file, but has no secret, can still do unseen: remove the last
//! entries together with every trace of them in SQLite's own tables, or replace the whole file by an
//! older copy. A copy of the last link kept elsewhere shows both.

mod archive;
mod cas;
mod span;
mod walk;

use std::path::{Path, PathBuf};
use std::thread;

use bijotel_seal::ChainKey;
use bijotel_seal::check::{Broken, EntryChecker, Fault, Tally, Walk};
use bijotel_seal::export::Verdict;
use rusqlite::OptionalExtension;

use crate::error::StoreError;
use crate::read::ChainReader;

pub(crate) use span::Span;
pub(crate) use walk::{Stop, for_each_entry, walk_before};

use archive::verify_archive;
use walk::walk_entries;

/// What is verified, and with what.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// The chain's secret.
    pub key: ChainKey,
    /// Which entries.
    pub range: Range,
    /// Archives that hold what was trimmed from the chain's beginning, oldest first.
    pub archives: Vec<PathBuf>,
}

/// A part of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// All of it, with both ends and the CAS.
    All,
    /// From one sequence number to another, both included; the ends of the chain where left out.
    Seq {
        /// The first.
        from: Option<i64>,
        /// The last.
        to: Option<i64>,
    },
    /// The last entries.
    Last(u64),
    /// From the first to the last entry that claims a time in this interval, in nanoseconds since
    /// 1970-01-01 UTC; the end is not included.
    Time {
        /// From here.
        since_ns: i64,
        /// To before here.
        until_ns: i64,
    },
}

/// What the verification of a chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// [`Verdict::Valid`] or [`Verdict::Invalid`].
    pub verdict: Verdict,
    /// How many entries were verified.
    pub entries: u64,
    /// How many entries the chain has.
    pub total: u64,
    /// The first and the last sequence number that was verified.
    pub range: Option<(i64, i64)>,
    /// The link that the first verified entry continues, if it is not the very first.
    pub boundary: Option<String>,
    /// The first fault.
    pub broken: Option<Broken>,
    /// What nothing in the file vouches for, in sentences.
    pub not_authenticated: Vec<String>,
}

/// Verifies the chain in `path`; `progress` is told how many of how many entries are done.
pub fn verify(
    path: &Path,
    options: &VerifyOptions,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<ChainReport, StoreError> {
    let reader = ChainReader::open(path)?;
    reader.snapshot()?;
    let total = reader.stats()?.entries;
    let span = Span::of(&reader, options.range)?;
    let mut run = Run {
        reader: &reader,
        options,
        total,
        report: empty_report(total),
    };
    match span {
        None => {
            if options.range == Range::All {
                run.check_ends(None)?;
            }
        }
        Some(span) => run.check_span(&span, progress)?,
    }
    Ok(run.report)
}

struct Run<'r> {
    reader: &'r ChainReader,
    options: &'r VerifyOptions,
    total: u64,
    report: ChainReport,
}

impl Run<'_> {
    fn check_span(
        &mut self,
        span: &Span,
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<(), StoreError> {
        let mut walk = self.start(span)?;
        if self.report.broken.is_some() {
            return Ok(());
        }
        self.report.range = Some((span.first, span.last));
        let checker = EntryChecker::new(self.options.key.clone(), self.reader.chain_id()?);
        let path = &self.reader.path;
        let whole = self.options.range == Range::All;
        let (broken, false_digest) = thread::scope(|scope| {
            let cas = whole.then(|| scope.spawn(|| cas::false_digest(path)));
            let broken =
                walk_entries(self.reader, span, &checker, &mut walk, self.total, progress)?;
            let false_digest = match cas.map(|cas| cas.join()) {
                Some(Ok(digest)) => digest?,
                Some(Err(panic)) => std::panic::resume_unwind(panic),
                None => None,
            };
            Ok::<_, StoreError>((broken, false_digest))
        })?;
        let tally = walk.tally();
        self.report.entries = tally.entries;
        self.report.not_authenticated = not_authenticated(&tally, self.reader)?;
        match broken {
            Some(broken) => self.broken(broken),
            None if whole => {
                self.check_ends(Some(span.last))?;
                self.check_identity()?;
                if let Some(digest) = false_digest {
                    self.false_cas_body(digest)?;
                }
            }
            None => {}
        }
        Ok(())
    }

    /// Where the walk begins: at the genesis, after the archives, or after the entry before a range.
    fn start(&mut self, span: &Span) -> Result<Walk, StoreError> {
        let mut archived: Option<(i64, String)> = None;
        for archive in &self.options.archives {
            match verify_archive(archive, &self.options.key, archived.take())? {
                Ok(end) => archived = Some(end),
                Err(broken) => self.broken(broken),
            }
        }
        if let Some((seq, link)) = archived
            && (span.from_start || span.first == seq + 1)
        {
            if span.first != seq + 1 {
                let fault = Fault::Archive;
                self.broken(Broken::compared(span.first, fault, &(seq + 1), &span.first));
            }
            self.report.boundary = Some(link.clone());
            return Ok(Walk::after(seq, &link));
        }
        let walk = walk_before(self.reader, Some(span))?;
        if !span.from_start {
            self.report.boundary = Some(walk.head().to_owned());
        }
        Ok(walk)
    }

    /// SQLite knows the highest number that it gave out, and so does the host's own table.
    fn check_ends(&mut self, last: Option<i64>) -> Result<(), StoreError> {
        let last = last.unwrap_or(0);
        let known = self.highest_known()?;
        let Some(known) = known else {
            if last > 0 && self.has_sequence()? {
                self.broken(Broken::new(last, Fault::SequenceRecord));
            }
            return Ok(());
        };
        if known > last {
            let fault = Fault::TailMissing { last, known };
            self.broken(Broken::compared(last, fault, &known, &last));
        } else if known < last {
            self.broken(Broken::compared(last, Fault::SequenceRecord, &last, &known));
        }
        Ok(())
    }

    fn highest_known(&self) -> Result<Option<i64>, StoreError> {
        let number = |query: &str| {
            self.reader
                .connection
                .query_row(query, [], |row| row.get::<_, Option<i64>>(0))
                .optional()
                .map(Option::flatten)
                .map_err(self.reader.failed("read the highest sequence number"))
        };
        let mut known = None;
        if self.has_sequence()? {
            known = number("SELECT seq FROM sqlite_sequence WHERE name = 'chain'")?;
        }
        if self.reader.has_table("bijotel_entries")? {
            known = known.max(number("SELECT max(seq) FROM bijotel_entries")?);
        }
        if self.reader.has_table("archive_meta")? {
            known =
                number("SELECT CAST(value AS INTEGER) FROM archive_meta WHERE key = 'last_seq'")?;
        }
        Ok(known)
    }

    /// Archives number their rows without AUTOINCREMENT and have no such table.
    fn has_sequence(&self) -> Result<bool, StoreError> {
        self.reader.has_table("sqlite_sequence")
    }

    /// Leaves are bound to an identity; a sealed entry must name the same.
    fn check_identity(&mut self) -> Result<(), StoreError> {
        let (Some(chain), Some(seq)) = (self.reader.chain_id()?, self.reader.identity_seq()?)
        else {
            return Ok(());
        };
        let named = self
            .reader
            .entry(seq)?
            .and_then(|entry| entry.body_value())
            .is_some_and(|body| {
                body.as_object()
                    .and_then(|body| body.get("chain_id"))
                    .and_then(|id| id.as_str())
                    .is_some_and(|id| id == chain.hex())
            });
        // A trimmed chain's identity entry may stand in the archive.
        if !named && seq >= self.report.range.map_or(0, |(first, _)| first) {
            self.broken(Broken::new(seq, Fault::Identity));
        }
        Ok(())
    }

    /// Names the first entry that refers to a body that is not what its digest says.
    fn false_cas_body(&mut self, digest: String) -> Result<(), StoreError> {
        let seq: Option<i64> = if self.reader.has_semantic()? {
            self.reader
                .connection
                .query_row(
                    "SELECT min(seq) FROM chain WHERE semantic_body_hash = ?1",
                    [&digest],
                    |row| row.get(0),
                )
                .map_err(self.reader.failed("read the CAS"))?
        } else {
            None
        };
        self.broken(Broken::new(seq.unwrap_or(0), Fault::Cas { digest }));
        Ok(())
    }

    fn broken(&mut self, broken: Broken) {
        self.report.verdict = Verdict::Invalid;
        self.report.broken.get_or_insert(broken);
    }
}

fn not_authenticated(tally: &Tally, reader: &ChainReader) -> Result<Vec<String>, StoreError> {
    let mut list = Vec::new();
    let without = tally.entries - tally.with_leaf;
    if without > 0 {
        list.push(format!(
            "trace_id and span_id of entries that bijotel did not seal itself: {without}"
        ));
    }
    if tally.uncovered_events > 0 {
        let count = tally.uncovered_events;
        list.push(format!(
            "timestamp_ns, span_name, span_kind and semantic_body_hash of entries that are not spans \
             and that bijotel did not seal itself: {count}"
        ));
    }
    if reader.has_table("cas")? {
        list.push("reference counts and times of the CAS".to_owned());
    }
    Ok(list)
}

fn empty_report(total: u64) -> ChainReport {
    ChainReport {
        verdict: Verdict::Valid,
        entries: 0,
        total,
        range: None,
        boundary: None,
        broken: None,
        not_authenticated: Vec::new(),
    }
}
