//! What the host asks of a store, whatever engine is behind it.

use bijotel_seal::leaf::ChainId;
use bijotel_seal::{Digest, Draft};

use crate::counter::{Claim, CounterKey, CounterWindow, Reservation, Shortage};
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
    /// What the call has used, counted in the same transaction whatever the limits. Nothing is counted
    /// for an entry that was sealed before.
    pub used: Vec<Claim>,
    /// What was reserved for the call, settled by `used`.
    pub settles: Option<Reservation>,
}

impl Seal {
    /// Seals one entry, whatever else is in the chain.
    pub fn entry(entry: Draft) -> Self {
        Self {
            entry,
            decision: None,
            once: false,
            used: Vec::new(),
            settles: None,
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

/// What became of claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// They are counted, and what was to be sealed with them is sealed.
    Granted(Reservation, Sealed),
    /// A counter has no room: nothing is counted, nothing is sealed.
    Short(Shortage),
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

    /// What counters stand at: what calls have used, and what is reserved for those under way, but for
    /// what is reserved under the name `without`.
    fn counted(
        &self,
        counters: &[(CounterKey, CounterWindow)],
        without: Option<&Reservation>,
    ) -> Result<Vec<u64>, StoreError>;

    /// Reserves all claims and seals, in one transaction, or does neither. Whatever other threads and
    /// processes do meanwhile, no counter passes its limit.
    fn reserve(&self, claims: Vec<Claim>, seal: Seal) -> Result<Reserved, StoreError>;

    /// Gives back what was reserved for a call that was not made. Does nothing the second time.
    fn refund(&self, reservation: Reservation) -> Result<(), StoreError>;

    /// Puts bytes into the CAS, where they are not yet. Durable when it returns.
    fn keep(&self, artefacts: Vec<Artefact>) -> Result<(), StoreError>;
}
