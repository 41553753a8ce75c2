//! What the host asks of a store, whatever engine is behind it.

use bijotel_seal::leaf::ChainId;
use bijotel_seal::{Digest, Draft};

use crate::error::StoreError;

/// One thing to seal: an entry, and the decision about it.
#[derive(Debug, Clone)]
pub struct Seal {
    /// The entry.
    pub entry: Draft,
    /// The decision about it, sealed as the next entry in the same transaction.
    pub decision: Option<Draft>,
    /// Whether an entry with the same ids and body digest is acknowledged instead of sealed again.
    pub once: bool,
}

impl Seal {
    /// Seals one entry, whatever else is in the chain.
    pub fn entry(entry: Draft) -> Self {
        Self {
            entry,
            decision: None,
            once: false,
        }
    }
}

/// Where an entry stands in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// Its sequence number.
    pub seq: i64,
    /// The digest of its body.
    pub canonical_hash: Digest,
    /// Its link.
    pub hmac_hash: Digest,
    /// Whether it was there before.
    pub already: bool,
}

/// Bytes that decisions refer to by digest: a rule's component, a configuration, a manifest.
#[derive(Debug, Clone)]
pub struct Artefact {
    /// The SHA-256 of `bytes`.
    pub digest: Digest,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A chain that can be written.
///
/// An implementation decides how bodies are laid out; what it must keep is the canonical bytes of
/// each, and what [`Sealed`] says of it.
pub trait Store: Send + Sync {
    /// The identity of the chain.
    fn chain_id(&self) -> ChainId;

    /// Seals all of `seals` in their order, or none. When it returns they survive power loss.
    fn seal(&self, seals: Vec<Seal>) -> Result<Vec<Sealed>, StoreError>;

    /// Puts bytes into the CAS, where they are not yet. Durable when it returns.
    fn keep(&self, artefacts: Vec<Artefact>) -> Result<(), StoreError>;
}
