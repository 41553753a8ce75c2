//! Verifies a chain: every entry, the way from one to the next, both ends, and the CAS.
//!
//! What an attacker who can write to the file, but has no secret, can still do unseen: remove the last
//! entries together with every trace of them in SQLite's own tables, or replace the whole file by an
//! older copy. A copy of the last link kept elsewhere shows both.

use std::path::{Path, PathBuf};

use bijotel_seal::check::{Broken, Checked, EntryChecker, Fault, Tally, Walk};
use bijotel_seal::export::Verdict;
use bijotel_seal::{ChainKey, Digest, Entry};
use rusqlite::{OptionalExtension, params};

use crate::error::StoreError;
use crate::pipeline;
use crate::read::ChainReader;

/// How many bytes of bodies go to a worker at a time.
const BATCH_BYTES: usize = 256 * 1024;

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

/// The sequence numbers that a range comes to.
pub(crate) struct Span {
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// Whether the range begins with the chain.
    from_start: bool,
}

impl Span {
    pub(crate) fn of(reader: &ChainReader, range: Range) -> Result<Option<Self>, StoreError> {
        let ends = |condition: &str, from: i64, to: i64| {
            let query = format!("SELECT min(seq), max(seq) FROM chain WHERE {condition}");
            reader
                .connection
                .query_row(&query, params![from, to], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .map_err(reader.failed("read the range"))
        };
        let all: (Option<i64>, Option<i64>) = ends("seq >= ?1 AND seq <= ?2", i64::MIN, i64::MAX)?;
        let (first, last) = match range {
            Range::All => all,
            Range::Seq { from, to } => ends(
                "seq >= ?1 AND seq <= ?2",
                from.unwrap_or(i64::MIN),
                to.unwrap_or(i64::MAX),
            )?,
            Range::Last(count) => {
                let skip = i64::try_from(count)
                    .unwrap_or(i64::MAX)
                    .saturating_sub(1)
                    .max(0);
                let first = reader
                    .connection
                    .query_row(
                        "SELECT seq FROM chain ORDER BY seq DESC LIMIT 1 OFFSET ?1",
                        [skip],
                        |row| row.get(0),
                    )
                    .optional()
                    .map_err(reader.failed("read the range"))?;
                if count == 0 {
                    (None, None)
                } else {
                    (first.or(all.0), all.1)
                }
            }
            Range::Time { since_ns, until_ns } => ends(
                "timestamp_ns >= ?1 AND timestamp_ns < ?2",
                since_ns,
                until_ns,
            )?,
        };
        let from_start = match range {
            Range::All => true,
            // Who asks for the chain from its first entry on wants that entry.
            Range::Seq { from, .. } => from.is_none_or(|from| from <= 1),
            Range::Last(_) | Range::Time { .. } => first == Some(1),
        };
        Ok(first.zip(last).map(|(first, last)| Self {
            first,
            last,
            from_start,
        }))
    }

    /// How many entries it has.
    pub(crate) fn count(&self, reader: &ChainReader) -> Result<u64, StoreError> {
        reader
            .connection
            .query_row(
                "SELECT count(*) FROM chain WHERE seq >= ?1 AND seq <= ?2",
                [self.first, self.last],
                |row| row.get::<_, i64>(0),
            )
            .map(|count| u64::try_from(count).unwrap_or(0))
            .map_err(reader.failed("count the entries"))
    }

    /// The last entry's link.
    pub(crate) fn head(&self, reader: &ChainReader) -> Result<String, StoreError> {
        reader
            .connection
            .query_row(
                "SELECT hmac_hash FROM chain WHERE seq = ?1",
                [self.last],
                |row| row.get(0),
            )
            .map_err(reader.failed("read the last entry"))
    }
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
        let broken = walk_entries(self.reader, span, &checker, &mut walk, self.total, progress)?;
        let tally = walk.tally();
        self.report.entries = tally.entries;
        self.report.not_authenticated = not_authenticated(&tally, self.reader)?;
        match broken {
            Some(broken) => self.broken(broken),
            None if self.options.range == Range::All => {
                self.check_ends(Some(span.last))?;
                self.check_identity()?;
                self.check_cas()?;
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

    /// Every body in the CAS must have the digest that names it.
    fn check_cas(&mut self) -> Result<(), StoreError> {
        if self.report.broken.is_some() || !self.reader.has_table("cas")? {
            return Ok(());
        }
        let Some(digest) = first_false_digest(self.reader)? else {
            return Ok(());
        };
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

/// Walks over the entries of a span; the first fault, if there is one.
fn walk_entries(
    reader: &ChainReader,
    span: &Span,
    checker: &EntryChecker,
    walk: &mut Walk,
    total: u64,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Option<Broken>, StoreError> {
    let mut step = |checked: Checked| {
        walk.step(&checked)?;
        progress(walk.tally().entries, total);
        Ok(())
    };
    match for_each_entry(reader, span, |entry| checker.check(&entry), &mut step) {
        Ok(()) => Ok(None),
        Err(Stop::Broken(broken)) => Ok(Some(*broken)),
        Err(Stop::Store(error)) => Err(error),
    }
}

/// Reads the entries of a span, works on them on all cores, and takes the results in order.
pub(crate) fn for_each_entry<O: Send>(
    reader: &ChainReader,
    span: &Span,
    work: impl Fn(Entry<'static>) -> O + Sync,
    take: &mut (dyn FnMut(O) -> Result<(), Stop> + Send),
) -> Result<(), Stop> {
    type Batch = Vec<Result<Entry<'static>, Broken>>;
    pipeline::run(
        |sink| {
            let mut batch = Batch::new();
            let mut bytes = 0;
            let mut wanted = true;
            reader.in_order(span.first, span.last, |entry| {
                bytes += 512 + entry.as_ref().map_or(0, |entry| entry.canonical_body.len());
                batch.push(entry);
                if bytes >= BATCH_BYTES {
                    bytes = 0;
                    wanted = sink.put(std::mem::take(&mut batch));
                }
                wanted
            })?;
            if wanted && !batch.is_empty() {
                sink.put(batch);
            }
            Ok(())
        },
        |batch: Batch| {
            batch
                .into_iter()
                .map(|entry| entry.map(&work))
                .collect::<Vec<Result<O, Broken>>>()
        },
        |results| {
            for result in results.flatten() {
                take(result?)?;
            }
            Ok(())
        },
    )
}

/// What ends a walk early.
pub(crate) enum Stop {
    Broken(Box<Broken>),
    Store(StoreError),
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Broken(Box::new(broken))
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A walk that expects the first entry of a span next: after the entry before it in the same file.
pub(crate) fn walk_before(reader: &ChainReader, span: Option<&Span>) -> Result<Walk, StoreError> {
    let Some(span) = span.filter(|span| !span.from_start) else {
        return Ok(Walk::from_genesis());
    };
    let before: Option<(i64, String)> = reader
        .connection
        .query_row(
            "SELECT seq, hmac_hash FROM chain WHERE seq < ?1 ORDER BY seq DESC LIMIT 1",
            [span.first],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(reader.failed("read the entry before the range"))?;
    Ok(before.map_or_else(Walk::from_genesis, |(seq, link)| Walk::after(seq, &link)))
}

/// Verifies an archive after what came before it; its last sequence number and link.
fn verify_archive(
    path: &Path,
    key: &ChainKey,
    before: Option<(i64, String)>,
) -> Result<Result<(i64, String), Broken>, StoreError> {
    let reader = ChainReader::open(path)?;
    reader.snapshot()?;
    let Some(span) = Span::of(&reader, Range::All)? else {
        return Ok(Err(Broken::new(0, Fault::Archive)));
    };
    let mut walk = match before {
        Some((seq, link)) => Walk::after(seq, &link),
        None => Walk::from_genesis(),
    };
    let checker = EntryChecker::new(key.clone(), reader.chain_id()?);
    let total = reader.stats()?.entries;
    if let Some(broken) = walk_entries(&reader, &span, &checker, &mut walk, total, &mut |_, _| {})?
    {
        return Ok(Err(broken));
    }
    Ok(Ok((span.last, walk.head().to_owned())))
}

/// The first digest in the CAS that does not name its body.
fn first_false_digest(reader: &ChainReader) -> Result<Option<String>, StoreError> {
    type Batch = Vec<(String, Vec<u8>)>;
    pipeline::run(
        |sink| {
            let mut statement = reader
                .connection
                .prepare("SELECT body_hash, CAST(body AS BLOB) FROM cas")
                .map_err(reader.failed("read the CAS"))?;
            let mut rows = statement.query([]).map_err(reader.failed("read the CAS"))?;
            let mut batch = Batch::new();
            let mut bytes = 0;
            while let Some(row) = rows.next().map_err(reader.failed("read the CAS"))? {
                let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
                let (digest, body): (String, Vec<u8>) =
                    read(row).map_err(reader.failed("read the CAS"))?;
                bytes += 128 + body.len();
                batch.push((digest, body));
                if bytes >= BATCH_BYTES {
                    bytes = 0;
                    if !sink.put(std::mem::take(&mut batch)) {
                        return Ok(());
                    }
                }
            }
            sink.put(batch);
            Ok(())
        },
        |batch: Batch| {
            batch
                .into_iter()
                .find(|(digest, body)| !Digest::of(body).is_hex(digest))
        },
        |results| Ok(results.flatten().next().map(|(digest, _)| digest)),
    )
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
