//! The chain in SQLite: one writer at a time with group commit, many processes, many readers.
//!
//! The tables of the Python tool stay exactly as that tool makes them, so both can read and continue
//! the same file; what this host records beside them stands in tables of its own.
//! `docs/formats/database.md` describes all of them.
//!
//! Trust: whoever can write to this file can replace or delete every row. They cannot make links or
//! leaf codes without the chain's secret, which is never stored here; [`verify`] says what that
//! leaves them.

mod counter;
mod draft_file;
mod error;
mod identity;
mod read;
mod row;
mod schema;
mod seal;
mod store;
mod turns;
mod writer;

pub mod backup;
pub mod export;
pub mod pipeline;
pub mod verify;

pub use counter::{Claim, CounterKey, CounterWindow, Reservation, Shortage};
pub use error::StoreError;
pub use read::{CasEntry, ChainReader, Filter, Stats};
pub use store::{Artefact, Reserved, Seal, Sealed, Store};
pub use writer::{OpenOptions, SqliteStore};
