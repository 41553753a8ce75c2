//! Which sequence numbers a range comes to.

use rusqlite::{OptionalExtension, params};

use super::Range;
use crate::error::StoreError;
use crate::read::ChainReader;

/// The sequence numbers that a range comes to.
pub(crate) struct Span {
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// Whether the range begins with the chain.
    pub(super) from_start: bool,
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
