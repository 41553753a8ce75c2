//! The writer: one connection, one transaction for all who wait.
//!
//! A durable write costs one flush of the log, however many entries are in it. Callers take turns:
//! whoever finds nobody writing writes for all who have come by then.
//!
//! The order of a durable write: `BEGIN IMMEDIATE` (no other process can write from here on), read the
//! last entry, insert, `COMMIT` (SQLite appends to the log and flushes it), answer. Nothing is
//! acknowledged before the flush; what was not acknowledged may or may not be there after a crash, and
//! the chain is intact either way.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bijotel_seal::ChainKey;
use bijotel_seal::leaf::ChainId;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::counter::{self, Claim, CounterKey, CounterWindow, Reservation};
use crate::error::StoreError;
use crate::seal::{Sealer, Tip, now_ns};
use crate::store::{Artefact, Reserved, Seal, Sealed, Store};
use crate::turns::Turns;
use crate::{identity, schema};

/// How many entries one transaction takes at most, so that the first caller does not wait for long.
const BATCH_ENTRIES: usize = 1024;

/// How a chain is opened.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// The SQLite file.
    pub path: PathBuf,
    /// The chain's secret.
    pub key: ChainKey,
    /// Whether a missing file is made.
    pub create: bool,
}

/// A chain in an SQLite file, opened for writing. Cheap to clone.
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    chain: ChainId,
    opened_by: u32,
    turns: Turns<Job, Result<Answer, StoreError>, Writer>,
    /// Reads counters beside the writer.
    reader: Mutex<Connection>,
}

enum Job {
    Seal(Vec<Seal>),
    Reserve(Vec<Claim>, Box<Seal>),
    Refund(Reservation),
    Keep(Vec<Artefact>),
}

enum Answer {
    Sealed(Vec<Sealed>),
    Reserved(Reserved),
    Done,
}

impl SqliteStore {
    /// Opens a chain, and makes its tables and its identity where they are missing. Refuses a secret that does not fit the last entry.
    pub fn open(options: OpenOptions) -> Result<Self, StoreError> {
        let OpenOptions { path, key, create } = options;
        let mut connection = schema::open_for_writing(&path, create)?;
        // Before anything is written: a file is not changed under a secret that is not its own.
        identity::refuse_wrong_secret(&connection, &key, &path)?;
        schema::prepare_for_writing(&mut connection, &path)?;
        let chain = identity::ensure(&mut connection, &key, &path)?;
        let writer = Writer {
            connection,
            key,
            chain,
            path: path.clone(),
        };
        let opened_by = std::process::id();
        let turns = Turns::new(writer, BATCH_ENTRIES, Job::entries);
        let reader = Mutex::new(schema::open_for_reading(&path)?);
        let shared = Shared {
            path,
            chain,
            opened_by,
            turns,
            reader,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    fn ask(&self, job: Job) -> Result<Answer, StoreError> {
        self.refuse_fork()?;
        let answer = self.shared.turns.take(job, Writer::commit);
        answer.ok_or_else(|| self.stopped())?
    }

    fn refuse_fork(&self) -> Result<(), StoreError> {
        let opened_by = self.shared.opened_by;
        if std::process::id() == opened_by {
            return Ok(());
        }
        Err(StoreError::Forked {
            path: self.shared.path.clone(),
            opened_by,
        })
    }

    fn stopped(&self) -> StoreError {
        StoreError::WriterStopped {
            path: self.shared.path.clone(),
        }
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SqliteStore({})", self.shared.path.display())
    }
}

impl Store for SqliteStore {
    fn chain_id(&self) -> ChainId {
        self.shared.chain
    }

    fn seal(&self, seals: Vec<Seal>) -> Result<Vec<Sealed>, StoreError> {
        if seals.is_empty() {
            return Ok(Vec::new());
        }
        match self.ask(Job::Seal(seals))? {
            Answer::Sealed(sealed) => Ok(sealed),
            _ => Err(self.stopped()),
        }
    }

    fn counted(
        &self,
        counters: &[(CounterKey, CounterWindow)],
        without: Option<&Reservation>,
    ) -> Result<Vec<u64>, StoreError> {
        self.refuse_fork()?;
        // Nothing is left half done by a panic: each statement only reads.
        let reader = self.shared.reader.lock();
        let reader = reader.unwrap_or_else(PoisonError::into_inner);
        let now = counter::now_seconds();
        counters
            .iter()
            .map(|(key, window)| {
                let used = counter::used(&reader, key, *window, now)?;
                let reserved = match without {
                    Some(reservation) => counter::reserved(&reader, reservation, key)?,
                    None => 0,
                };
                Ok(used.saturating_sub(reserved))
            })
            .collect::<rusqlite::Result<_>>()
            .map_err(StoreError::sqlite("read the counters", &self.shared.path))
    }

    fn reserve(&self, claims: Vec<Claim>, seal: Seal) -> Result<Reserved, StoreError> {
        match self.ask(Job::Reserve(claims, Box::new(seal)))? {
            Answer::Reserved(reserved) => Ok(reserved),
            _ => Err(self.stopped()),
        }
    }

    fn refund(&self, reservation: Reservation) -> Result<(), StoreError> {
        self.ask(Job::Refund(reservation)).map(drop)
    }

    fn keep(&self, artefacts: Vec<Artefact>) -> Result<(), StoreError> {
        self.ask(Job::Keep(artefacts)).map(drop)
    }
}

struct Writer {
    connection: Connection,
    key: ChainKey,
    chain: ChainId,
    path: PathBuf,
}

impl Writer {
    /// Does all jobs in one transaction, or none of them.
    fn commit(&mut self, jobs: &[Job]) -> Vec<Result<Answer, StoreError>> {
        match self.write(jobs) {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(error) => jobs.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    fn write(&mut self, jobs: &[Job]) -> Result<Vec<Answer>, StoreError> {
        let path = self.path.clone();
        let sqlite = |action| StoreError::sqlite(action, &path);
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(sqlite("begin to write"))?;
        let tip = Tip::read(&transaction).map_err(sqlite("read the last entry"))?;
        let mut sealer = Sealer::new(&transaction, &self.key, self.chain, tip)
            .map_err(StoreError::io("draw random bytes for", &path))?;
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            answers.push(match job {
                Job::Seal(seals) => {
                    let sealed = seals.iter().map(|seal| write_seal(&mut sealer, seal));
                    let sealed = sealed.collect::<rusqlite::Result<_>>();
                    Answer::Sealed(sealed.map_err(sqlite("seal an entry"))?)
                }
                Job::Reserve(claims, seal) => {
                    let reservation = Reservation::new()
                        .map_err(StoreError::io("draw random bytes for", &path))?;
                    let short = counter::reserve(&transaction, claims, &reservation)
                        .map_err(sqlite("reserve"))?;
                    Answer::Reserved(match short {
                        Some(shortage) => Reserved::Short(shortage),
                        None => {
                            let sealed = write_seal(&mut sealer, seal);
                            Reserved::Granted(reservation, sealed.map_err(sqlite("seal an entry"))?)
                        }
                    })
                }
                Job::Refund(reservation) => {
                    counter::refund(&transaction, reservation).map_err(sqlite("refund"))?;
                    Answer::Done
                }
                Job::Keep(artefacts) => {
                    for artefact in artefacts {
                        keep(&transaction, artefact).map_err(sqlite("keep a rule"))?;
                    }
                    Answer::Done
                }
            });
        }
        transaction.commit().map_err(sqlite("commit"))?;
        Ok(answers)
    }
}

fn write_seal(sealer: &mut Sealer<'_>, seal: &Seal) -> rusqlite::Result<Sealed> {
    if seal.once
        && let Some(there) = sealer.find(&seal.entry)?
    {
        return Ok(there);
    }
    let sealed = sealer.seal(&seal.entry)?;
    counter::settle(sealer.connection(), seal.settles.as_ref(), &seal.used)?;
    if let Some(decision) = &seal.decision {
        sealer.seal(decision)?;
    }
    Ok(sealed)
}

/// Rules and configurations stand in the CAS beside bodies; the second table tells them apart.
fn keep(connection: &Connection, artefact: &Artefact) -> rusqlite::Result<()> {
    let digest = artefact.digest.to_string();
    let new = connection
        .prepare_cached(
            "INSERT INTO cas (body_hash, body, first_seen_ns, ref_count) VALUES (?1, ?2, ?3, 1)
             ON CONFLICT (body_hash) DO NOTHING",
        )?
        .execute(params![digest, artefact.bytes, now_ns()])?;
    if new > 0 {
        connection
            .prepare_cached("INSERT INTO bijotel_artefacts (digest, kept_at_ns) VALUES (?1, ?2)")?
            .execute(params![digest, now_ns()])?;
    }
    Ok(())
}

impl Job {
    /// How many entries it comes to, decisions included.
    fn entries(&self) -> usize {
        match self {
            Self::Seal(seals) => seals.len() * 2,
            Self::Reserve(..) => 2,
            Self::Refund(_) | Self::Keep(_) => 1,
        }
    }
}
