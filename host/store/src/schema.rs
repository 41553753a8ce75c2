//! Opens database files and makes their tables.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;

/// How long one process waits for another's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// SQLite's page cache, in KiB (written as a negative number). The indexes on ids and digests are hit
/// at random; pages that fall out of the cache are written to the log and read back.
const CACHE_SIZE: i64 = -32 * 1024;

/// How many pages the log may have before it is copied into the database: 16 MiB. A page that changed
/// many times meanwhile is copied once, so many callers at a time gain from a longer log; but a log that
/// still grows makes each flush slower, and copying a long one keeps a caller waiting.
const CHECKPOINT_PAGES: i64 = 4096;

/// Tables of the Python tool, as it makes them.
const CHAIN_TABLES: &str = "
CREATE TABLE IF NOT EXISTS chain (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp_ns INTEGER NOT NULL,
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    span_name TEXT NOT NULL,
    span_kind TEXT,
    canonical_body BLOB NOT NULL,
    canonical_hash TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hmac_hash TEXT NOT NULL,
    semantic_body_hash TEXT
);
CREATE TABLE IF NOT EXISTS cas (
    body_hash TEXT PRIMARY KEY,
    body BLOB NOT NULL,
    first_seen_ns INTEGER NOT NULL,
    ref_count INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS dag_nodes (
    content_hash TEXT PRIMARY KEY,
    refs_json TEXT NOT NULL,
    created_ns INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS dag_refs (
    from_hash TEXT NOT NULL,
    to_hash TEXT NOT NULL,
    PRIMARY KEY (from_hash, to_hash)
);";

const CHAIN_INDEXES: &str = "
CREATE INDEX IF NOT EXISTS idx_chain_trace ON chain(trace_id);
CREATE INDEX IF NOT EXISTS idx_chain_semhash ON chain(semantic_body_hash);
CREATE INDEX IF NOT EXISTS idx_dag_refs_to ON dag_refs(to_hash);";

/// What this host records beside the Python tool's tables.
const OWN_TABLES: &str = "
CREATE TABLE IF NOT EXISTS bijotel_meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS bijotel_entries (
    seq INTEGER PRIMARY KEY,
    sealed_at_ns INTEGER NOT NULL,
    salt BLOB NOT NULL,
    decision TEXT,
    rule_set TEXT,
    leaf_hmac TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS bijotel_artefacts (
    digest TEXT PRIMARY KEY,
    kept_at_ns INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS bijotel_counters (
    rule TEXT NOT NULL,
    counter TEXT NOT NULL,
    scope TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (rule, counter, scope, bucket)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bijotel_reservations (
    reservation TEXT NOT NULL,
    rule TEXT NOT NULL,
    counter TEXT NOT NULL,
    scope TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (reservation, rule, counter, scope)
) WITHOUT ROWID;";

/// Opens a chain for writing, without writing anything yet; makes an empty file if `create` and it is
/// not there.
pub(crate) fn open_for_writing(path: &Path, create: bool) -> Result<Connection, StoreError> {
    if !path.exists() {
        if !create {
            return Err(StoreError::NotFound {
                path: path.to_owned(),
            });
        }
        create_private(path)?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sqlite = |action| StoreError::sqlite(action, path);
    let connection = Connection::open_with_flags(path, flags).map_err(sqlite("open the chain"))?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(sqlite("open the chain"))?;
    refuse_foreign(&connection, path)?;
    Ok(connection)
}

/// Makes the tables that are missing, and everything that is written durable.
pub(crate) fn prepare_for_writing(
    connection: &mut Connection,
    path: &Path,
) -> Result<(), StoreError> {
    let sqlite = |action| StoreError::sqlite(action, path);
    set_durable(connection, path)?;
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(sqlite("make the tables"))?;
    transaction
        .execute_batch(CHAIN_TABLES)
        .map_err(sqlite("make the tables"))?;
    if !has_column(&transaction, "chain", "semantic_body_hash")
        .map_err(sqlite("read the schema"))?
    {
        // A file from before release 0.3. Old rows stay NULL.
        transaction
            .execute_batch("ALTER TABLE chain ADD COLUMN semantic_body_hash TEXT")
            .map_err(sqlite("add the column semantic_body_hash"))?;
    }
    transaction
        .execute_batch(CHAIN_INDEXES)
        .map_err(sqlite("make the indexes"))?;
    transaction
        .execute_batch(OWN_TABLES)
        .map_err(sqlite("make the tables"))?;
    transaction.commit().map_err(sqlite("make the tables"))?;
    Ok(())
}

/// Opens a chain or an archive for reading only.
pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::NotFound {
            path: path.to_owned(),
        });
    }
    // Opened first as any file, for the system's own words when that is refused.
    std::fs::File::open(path).map_err(StoreError::io("open", path))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let sqlite = |action| StoreError::sqlite(action, path);
    let connection = match Connection::open_with_flags(path, flags) {
        Ok(connection) => connection,
        Err(error) => return Err(sqlite("open the chain")(error)),
    };
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(sqlite("open the chain"))?;
    if !table_exists(&connection, "chain").map_err(sqlite("read the schema"))? {
        return Err(not_a_chain(path, "it has no table named chain"));
    }
    for column in [
        "seq",
        "canonical_body",
        "canonical_hash",
        "prev_hash",
        "hmac_hash",
    ] {
        if !has_column(&connection, "chain", column).map_err(sqlite("read the schema"))? {
            return Err(not_a_chain(
                path,
                &format!("its table chain has no column {column}"),
            ));
        }
    }
    Ok(connection)
}

/// Whether a table of this name is there.
pub(crate) fn table_exists(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    connection.table_exists(Some("main"), table)
}

/// Whether a table has a column of this name.
pub(crate) fn has_column(
    connection: &Connection,
    table: &str,
    column: &str,
) -> rusqlite::Result<bool> {
    connection.column_exists(Some("main"), table, column)
}

/// Durable when acknowledged: a commit returns after the write-ahead log was flushed to the disk.
/// `synchronous=NORMAL` would be faster and may lose the last commits on power loss.
fn set_durable(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let sqlite = |action| StoreError::sqlite(action, path);
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(sqlite("switch to WAL"))?;
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(sqlite("set durability"))?;
    for (name, value) in [
        ("cache_size", CACHE_SIZE),
        ("wal_autocheckpoint", CHECKPOINT_PAGES),
    ] {
        connection
            .pragma_update(None, name, value)
            .map_err(sqlite("set the cache and log sizes"))?;
    }
    Ok(())
}

/// Refuses a database that is somebody else's, before anything is written to it.
fn refuse_foreign(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let sqlite = |action| StoreError::sqlite(action, path);
    let tables: i64 = connection
        .query_row(
            "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
            [],
            |row| row.get(0),
        )
        .map_err(sqlite("read the schema"))?;
    if tables > 0 && !table_exists(connection, "chain").map_err(sqlite("read the schema"))? {
        return Err(not_a_chain(path, "it has tables, but none named chain"));
    }
    if table_exists(connection, "archive_meta").map_err(sqlite("read the schema"))? {
        return Err(not_a_chain(
            path,
            "it is an archive, which is never continued",
        ));
    }
    Ok(())
}

/// An empty file that only its owner may read. SQLite gives its log and shared memory the same mode.
pub(crate) fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        // Another process was first: it is as good as ours.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::io("create", path)(error)),
    }
}

fn not_a_chain(path: &Path, reason: &str) -> StoreError {
    StoreError::NotAChain {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}
