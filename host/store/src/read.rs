//! Reading a chain: needs no secret and writes nothing.

use std::path::{Path, PathBuf};

use bijotel_seal::Entry;
use bijotel_seal::check::Broken;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::StoreError;
use crate::schema::{has_column, open_for_reading, table_exists};
use crate::seal::Tip;
use crate::{identity, row};

/// A chain or an archive, opened for reading. All that one reader sees is from one moment only within
/// one call, unless [`snapshot`](Self::snapshot) was called.
pub struct ChainReader {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    pub(crate) select: String,
}

/// Which entries a listing shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only entries with this claimed time or later, in nanoseconds since 1970-01-01 UTC.
    pub since_ns: Option<i64>,
    /// Only entries before this claimed time.
    pub until_ns: Option<i64>,
}

/// What is in a chain's file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Entries.
    pub entries: u64,
    /// Bodies in the CAS.
    pub cas_bodies: u64,
    /// The sum of their reference counts.
    pub cas_references: u64,
}

/// A body in the CAS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasEntry {
    /// The body's digest in hexadecimal.
    pub body_hash: String,
    /// When it was first sealed: the claimed time, in nanoseconds since 1970-01-01 UTC.
    pub first_seen_ns: i64,
    /// How many entries refer to it.
    pub ref_count: i64,
}

impl ChainReader {
    /// Opens a chain or an archive.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = open_for_reading(path)?;
        let select =
            row::select(&connection).map_err(StoreError::sqlite("read the schema", path))?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            select,
        })
    }

    /// From here on everything is read as of this moment, whatever others write meanwhile.
    pub fn snapshot(&self) -> Result<(), StoreError> {
        self.connection
            .execute_batch("BEGIN; SELECT count(*) FROM sqlite_master;")
            .map_err(self.failed("begin to read"))
    }

    /// The last entry's sequence number and link; `None` for an empty chain.
    pub fn tip(&self) -> Result<Option<(i64, String)>, StoreError> {
        let tip = Tip::read(&self.connection).map_err(self.failed("read the last entry"))?;
        Ok((tip.seq > 0).then_some((tip.seq, tip.link)))
    }

    /// The entry with this sequence number.
    pub fn entry(&self, seq: i64) -> Result<Option<Entry<'static>>, StoreError> {
        let query = format!("{} WHERE c.seq = ?1", self.select);
        self.one(&query, params![seq])
    }

    /// The first entry of a trace, or of a span.
    pub fn entry_of_id(&self, id: &str) -> Result<Option<Entry<'static>>, StoreError> {
        let query = format!(
            "{} WHERE c.trace_id = ?1 OR c.span_id = ?1 ORDER BY c.seq LIMIT 1",
            self.select
        );
        self.one(&query, params![id])
    }

    /// Goes through entries from the last to the first, until `visit` returns false.
    pub fn newest_first(
        &self,
        filter: &Filter,
        mut visit: impl FnMut(Entry<'static>) -> bool,
    ) -> Result<(), StoreError> {
        let query = format!(
            "{} WHERE c.timestamp_ns >= ?1 AND c.timestamp_ns < ?2 ORDER BY c.seq DESC",
            self.select
        );
        let since = filter.since_ns.unwrap_or(i64::MIN);
        let until = filter.until_ns.unwrap_or(i64::MAX);
        self.each(&query, params![since, until], |entry| {
            Ok(visit(self.intact(entry)?))
        })
    }

    /// Goes through entries from `first` to `last`, until `visit` returns false. A row that is not an
    /// entry comes as what is wrong with it.
    pub fn in_order(
        &self,
        first: i64,
        last: i64,
        mut visit: impl FnMut(Result<Entry<'static>, Broken>) -> bool,
    ) -> Result<(), StoreError> {
        let query = format!(
            "{} WHERE c.seq >= ?1 AND c.seq <= ?2 ORDER BY c.seq",
            self.select
        );
        self.each(&query, params![first, last], |entry| Ok(visit(entry)))
    }

    /// Whether the file has a CAS: archives and the oldest chains have none.
    pub fn has_cas(&self) -> Result<bool, StoreError> {
        self.has_table("cas")
    }

    /// A body of the CAS, without its bytes.
    pub fn cas_entry(&self, body_hash: &str) -> Result<Option<CasEntry>, StoreError> {
        if !self.has_table("cas")? {
            return Ok(None);
        }
        self.connection
            .query_row(
                "SELECT first_seen_ns, ref_count FROM cas WHERE body_hash = ?1",
                [body_hash],
                |row| {
                    Ok(CasEntry {
                        body_hash: body_hash.to_owned(),
                        first_seen_ns: row.get(0)?,
                        ref_count: row.get(1)?,
                    })
                },
            )
            .optional()
            .map_err(self.failed("read the CAS"))
    }

    /// The bytes of a body in the CAS.
    pub fn cas_body(&self, body_hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if !self.has_table("cas")? {
            return Ok(None);
        }
        self.connection
            .query_row(
                "SELECT body FROM cas WHERE body_hash = ?1",
                [body_hash],
                |row| row.get(0),
            )
            .optional()
            .map_err(self.failed("read the CAS"))
    }

    /// Counts what is in the file.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let count = |query: &str| {
            self.connection
                .query_row(query, [], |row| row.get::<_, i64>(0))
                .map(|count| u64::try_from(count).unwrap_or(0))
                .map_err(self.failed("count the entries"))
        };
        let mut stats = Stats {
            entries: count("SELECT count(*) FROM chain")?,
            ..Stats::default()
        };
        if self.has_table("cas")? {
            // Rules and configurations stand in the CAS as well; only what entries refer to counts.
            let bodies = if self.has_table("bijotel_artefacts")? {
                "FROM cas WHERE body_hash NOT IN (SELECT digest FROM bijotel_artefacts)"
            } else {
                "FROM cas"
            };
            stats.cas_bodies = count(&format!("SELECT count(*) {bodies}"))?;
            stats.cas_references = count(&format!("SELECT coalesce(sum(ref_count), 0) {bodies}"))?;
        }
        Ok(stats)
    }

    /// The chain's identity, as the host's own table has it.
    pub fn chain_id(&self) -> Result<Option<bijotel_seal::leaf::ChainId>, StoreError> {
        if !self.has_table("bijotel_meta")? {
            return Ok(None);
        }
        identity::stored(&self.connection).map_err(self.failed("read the chain's identity"))
    }

    /// The sequence number of the identity entry, as the host's own table has it.
    pub(crate) fn identity_seq(&self) -> Result<Option<i64>, StoreError> {
        if !self.has_table("bijotel_meta")? {
            return Ok(None);
        }
        identity::stored_seq(&self.connection).map_err(self.failed("read the chain's identity"))
    }

    pub(crate) fn has_table(&self, table: &str) -> Result<bool, StoreError> {
        table_exists(&self.connection, table).map_err(self.failed("read the schema"))
    }

    pub(crate) fn has_semantic(&self) -> Result<bool, StoreError> {
        has_column(&self.connection, "chain", "semantic_body_hash")
            .map_err(self.failed("read the schema"))
    }

    pub(crate) fn failed(
        &self,
        action: &'static str,
    ) -> impl FnOnce(rusqlite::Error) -> StoreError + use<> {
        StoreError::sqlite(action, &self.path)
    }

    fn one(
        &self,
        query: &str,
        params: impl rusqlite::Params,
    ) -> Result<Option<Entry<'static>>, StoreError> {
        let mut found = None;
        self.each(query, params, |entry| {
            found = Some(self.intact(entry)?);
            Ok(false)
        })?;
        Ok(found)
    }

    fn each(
        &self,
        query: &str,
        params: impl rusqlite::Params,
        mut visit: impl FnMut(Result<Entry<'static>, Broken>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(query)
            .map_err(self.failed("read entries"))?;
        let mut rows = statement
            .query(params)
            .map_err(self.failed("read entries"))?;
        while let Some(row) = rows.next().map_err(self.failed("read entries"))? {
            if !visit(row::entry(row).map_err(self.failed("read entries"))?)? {
                break;
            }
        }
        Ok(())
    }

    fn intact(&self, entry: Result<Entry<'static>, Broken>) -> Result<Entry<'static>, StoreError> {
        entry.map_err(|broken| StoreError::NotAChain {
            path: self.path.clone(),
            reason: format!("seq={}: {}", broken.seq, broken.fault),
        })
    }
}
