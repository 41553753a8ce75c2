//! Rows of the table `chain`, with what the host recorded beside them, as entries.

use std::borrow::Cow;

use bijotel_seal::check::{Broken, Fault};
use bijotel_seal::{Digest, Entry, SealedAt};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::schema::{has_column, table_exists};

/// The columns of an entry, in the order in which [`entry`] reads them, from the tables that a file
/// has: old files lack a column, files of the Python tool lack the host's records.
pub(crate) fn select(connection: &Connection) -> rusqlite::Result<String> {
    let semantic = if has_column(connection, "chain", "semantic_body_hash")? {
        "c.semantic_body_hash"
    } else {
        "NULL"
    };
    let (own, join) = if table_exists(connection, "bijotel_entries")? {
        (
            "e.sealed_at_ns, e.salt, e.decision, e.rule_set, e.leaf_hmac",
            "LEFT JOIN bijotel_entries e ON e.seq = c.seq",
        )
    } else {
        ("NULL, NULL, NULL, NULL, NULL", "")
    };
    Ok(format!(
        "SELECT c.seq, c.timestamp_ns, c.trace_id, c.span_id, c.span_name, c.span_kind,
                c.canonical_body, c.canonical_hash, c.prev_hash, c.hmac_hash, {semantic}, {own}
         FROM chain c {join}"
    ))
}

/// The entry in a row of [`select`], or which column is not what the format says.
pub(crate) fn entry(row: &Row<'_>) -> rusqlite::Result<Result<Entry<'static>, Broken>> {
    let seq = row.get(0)?;
    let reader = Columns { row, seq };
    reader.entry()
}

struct Columns<'r> {
    row: &'r Row<'r>,
    seq: i64,
}

/// A column that cannot be read, or one of another type: the second is a fault of the entry.
type Column<T> = rusqlite::Result<Result<T, Broken>>;

macro_rules! intact {
    ($column:expr) => {
        match $column? {
            Ok(value) => value,
            Err(broken) => return Ok(Err(broken)),
        }
    };
}

impl Columns<'_> {
    fn entry(&self) -> Column<Entry<'static>> {
        Ok(Ok(Entry {
            seq: self.seq,
            timestamp_ns: intact!(self.integer(1, "timestamp_ns")),
            trace_id: intact!(self.text(2, "trace_id")).into(),
            span_id: intact!(self.text(3, "span_id")).into(),
            span_name: intact!(self.text(4, "span_name")).into(),
            span_kind: intact!(self.optional_text(5, "span_kind")).map(Cow::Owned),
            canonical_body: intact!(self.blob(6, "canonical_body")).into(),
            canonical_hash: intact!(self.text(7, "canonical_hash")).into(),
            prev_hash: intact!(self.text(8, "prev_hash")).into(),
            hmac_hash: intact!(self.text(9, "hmac_hash")).into(),
            semantic_body_hash: intact!(self.optional_text(10, "semantic_body_hash"))
                .map(Cow::Owned),
            sealed: intact!(self.sealed()),
        }))
    }

    /// What the host recorded; `None` if it recorded nothing.
    fn sealed(&self) -> Column<Option<SealedAt>> {
        if matches!(self.row.get_ref(11)?, ValueRef::Null) {
            return Ok(Ok(None));
        }
        let salt = intact!(self.blob(12, "salt"));
        let Ok(salt) = salt.try_into() else {
            return Ok(Err(self.mistyped(
                "salt",
                "32 bytes",
                "bytes of another length",
            )));
        };
        Ok(Ok(Some(SealedAt {
            sealed_at_ns: intact!(self.integer(11, "sealed_at_ns")),
            salt,
            decision: intact!(self.optional_digest(13, "decision")),
            rule_set: intact!(self.optional_digest(14, "rule_set")),
            leaf_hmac: match intact!(self.optional_digest(15, "leaf_hmac")) {
                Some(digest) => digest,
                None => return Ok(Err(self.mistyped("leaf_hmac", "a digest", "NULL"))),
            },
        })))
    }

    fn integer(&self, at: usize, column: &'static str) -> Column<i64> {
        Ok(match self.row.get_ref(at)? {
            ValueRef::Integer(number) => Ok(number),
            other => Err(self.mistyped(column, "INTEGER", type_name(other))),
        })
    }

    fn blob(&self, at: usize, column: &'static str) -> Column<Vec<u8>> {
        Ok(match self.row.get_ref(at)? {
            ValueRef::Blob(bytes) => Ok(bytes.to_vec()),
            other => Err(self.mistyped(column, "BLOB", type_name(other))),
        })
    }

    fn text(&self, at: usize, column: &'static str) -> Column<String> {
        Ok(match self.row.get_ref(at)? {
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(text.to_owned()),
                Err(_) => Err(self.mistyped(column, "UTF-8 TEXT", "other bytes")),
            },
            other => Err(self.mistyped(column, "TEXT", type_name(other))),
        })
    }

    fn optional_text(&self, at: usize, column: &'static str) -> Column<Option<String>> {
        match self.row.get_ref(at)? {
            ValueRef::Null => Ok(Ok(None)),
            _ => Ok(self.text(at, column)?.map(Some)),
        }
    }

    fn optional_digest(&self, at: usize, column: &'static str) -> Column<Option<Digest>> {
        let Some(text) = intact!(self.optional_text(at, column)) else {
            return Ok(Ok(None));
        };
        Ok(match Digest::from_hex(&text) {
            Some(digest) => Ok(Some(digest)),
            None => Err(self.mistyped(column, "a digest", "another text")),
        })
    }

    fn mistyped(
        &self,
        column: &'static str,
        expected: &'static str,
        found: &'static str,
    ) -> Broken {
        let fault = Fault::ColumnType {
            column,
            expected,
            found,
        };
        Broken::compared(self.seq, fault, &expected, &found)
    }
}

fn type_name(value: ValueRef<'_>) -> &'static str {
    match value {
        ValueRef::Null => "NULL",
        ValueRef::Integer(_) => "INTEGER",
        ValueRef::Real(_) => "REAL",
        ValueRef::Text(_) => "TEXT",
        ValueRef::Blob(_) => "BLOB",
    }
}
