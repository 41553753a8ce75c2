//! The way over the entries of a span, checked on all cores.

use bijotel_seal::Entry;
use bijotel_seal::check::{Broken, Checked, EntryChecker, Walk};
use rusqlite::OptionalExtension;

use super::span::Span;
use crate::error::StoreError;
use crate::pipeline;
use crate::read::ChainReader;

/// How many bytes of bodies go to a worker at a time.
pub(super) const BATCH_BYTES: usize = 256 * 1024;

/// Walks over the entries of a span; the first fault, if there is one.
pub(super) fn walk_entries(
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
