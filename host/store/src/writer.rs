//! The writer: one thread, one connection, one transaction for all who wait.
//!
//! A durable write costs one flush of the log, however many entries are in it. Callers hand their
//! drafts to the thread and wait; it takes all that have come in meanwhile into one transaction.
//!
//! The order of a durable write: `BEGIN IMMEDIATE` (no other process can write from here on), read the
//! last entry, insert, `COMMIT` (SQLite appends to the log and flushes it), answer. Nothing is
//! acknowledged before the flush; what was not acknowledged may or may not be there after a crash, and
//! the chain is intact either way.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use bijotel_seal::ChainKey;
use bijotel_seal::leaf::ChainId;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::error::StoreError;
use crate::seal::{Sealer, Tip, now_ns};
use crate::store::{Artefact, Seal, Sealed, Store};
use crate::{identity, schema};

/// How many callers may wait; the next one blocks before it waits.
const QUEUE: usize = 1024;

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

/// A chain in an SQLite file, opened for writing. Cheap to clone; the last clone ends the writer.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    chain: ChainId,
    opened_by: u32,
    /// `None` only while dropping.
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

type Answer<T> = SyncSender<Result<T, StoreError>>;

#[derive(Debug)]
enum Job {
    Seal(Vec<Seal>, Answer<Vec<Sealed>>),
    Keep(Vec<Artefact>, Answer<()>),
}

impl SqliteStore {
    /// Opens a chain, makes its tables and its identity where they are missing, and starts the
    /// writer. Refuses a secret that does not fit the last entry.
    pub fn open(options: OpenOptions) -> Result<Self, StoreError> {
        let OpenOptions { path, key, create } = options;
        let mut connection = schema::open_for_writing(&path, create)?;
        // Before anything is written: a file is not changed under a secret that is not its own.
        identity::refuse_wrong_secret(&connection, &key, &path)?;
        schema::prepare_for_writing(&mut connection, &path)?;
        let chain = identity::ensure(&mut connection, &key, &path)?;
        let (jobs, queue) = sync_channel(QUEUE);
        let writer = Writer {
            connection,
            key,
            chain,
            path: path.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("bijotel-writer".to_owned())
            .spawn(move || writer.run(&queue))
            .map_err(StoreError::io("start the writer of", &path))?;
        let opened_by = std::process::id();
        let shared = Shared {
            path,
            chain,
            opened_by,
            jobs: Some(jobs),
            thread: Some(thread),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, StoreError> {
        let shared = &self.shared;
        let opened_by = shared.opened_by;
        if std::process::id() != opened_by {
            return Err(StoreError::Forked {
                path: shared.path.clone(),
                opened_by,
            });
        }
        let stopped = || StoreError::WriterStopped {
            path: shared.path.clone(),
        };
        let (answer, wait) = sync_channel(1);
        let jobs = shared.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(job(answer)).map_err(|_| stopped())?;
        wait.recv().map_err(|_| stopped())?
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
        self.ask(|answer| Job::Seal(seals, answer))
    }

    fn keep(&self, artefacts: Vec<Artefact>) -> Result<(), StoreError> {
        self.ask(|answer| Job::Keep(artefacts, answer))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Closing the channel ends the thread once it has answered everybody.
        self.jobs = None;
        if std::process::id() == self.opened_by
            && let Some(thread) = self.thread.take()
        {
            // It ends without a result; a panic in it was answered with `WriterStopped`.
            let _ = thread.join();
        }
    }
}

struct Writer {
    connection: Connection,
    key: ChainKey,
    chain: ChainId,
    path: PathBuf,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Job>) {
        while let Ok(first) = queue.recv() {
            let mut entries = first.entries();
            let mut jobs = vec![first];
            while entries < BATCH_ENTRIES
                && let Ok(job) = queue.try_recv()
            {
                entries += job.entries();
                jobs.push(job);
            }
            self.commit(jobs);
        }
    }

    /// Does all jobs in one transaction and answers each.
    fn commit(&mut self, jobs: Vec<Job>) {
        match self.write(&jobs) {
            Ok(answers) => {
                for (job, sealed) in jobs.into_iter().zip(answers) {
                    job.answer(Ok(sealed));
                }
            }
            Err(error) => {
                for job in jobs {
                    job.answer(Err(error.clone()));
                }
            }
        }
    }

    fn write(&mut self, jobs: &[Job]) -> Result<Vec<Vec<Sealed>>, StoreError> {
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
            let mut sealed = Vec::new();
            match job {
                Job::Seal(seals, _) => {
                    for seal in seals {
                        sealed
                            .push(write_seal(&mut sealer, seal).map_err(sqlite("seal an entry"))?);
                    }
                }
                Job::Keep(artefacts, _) => {
                    for artefact in artefacts {
                        keep(&transaction, artefact).map_err(sqlite("keep a rule"))?;
                    }
                }
            }
            answers.push(sealed);
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
    fn entries(&self) -> usize {
        match self {
            Self::Seal(seals, _) => seals.len() * 2,
            Self::Keep(..) => 1,
        }
    }

    /// A caller that no longer waits needs no answer.
    fn answer(self, result: Result<Vec<Sealed>, StoreError>) {
        match self {
            Self::Seal(_, answer) => drop(answer.send(result)),
            Self::Keep(_, answer) => drop(answer.send(result.map(drop))),
        }
    }
}
