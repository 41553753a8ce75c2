//! The checks on stored entries: each by itself, and the way from one to the next.
//!
//! [`EntryChecker`] needs nothing but the entry, so many entries can be checked side by side;
//! [`Walk`] then takes their results in order. Together they say what a chain is worth.

use std::fmt::Display;

use thiserror::Error;

use crate::digest::{Digest, GENESIS_LINK};
use crate::entry::{Entry, SpanShape};
use crate::leaf::{ChainId, leaf_hash, leaf_hmac};
use crate::link::ChainKey;
use crate::semantic::RELEASES;

/// Why an entry is not what was sealed. The first three texts are those of the Python tool.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// The body does not have the digest that stands beside it.
    #[error("canonical_hash mismatch (body mutated)")]
    Body,
    /// The entry does not continue the one before.
    #[error("prev_hash mismatch (chain broken)")]
    Prev,
    /// The link was not made with this secret from these digests.
    #[error("hmac_hash mismatch (secret wrong or hmac mutated)")]
    Link,
    /// A column is not of the type that the format gives it.
    #[error("{column} is stored as {found}, not as {expected}")]
    ColumnType {
        /// The column.
        column: &'static str,
        /// The type it should have.
        expected: &'static str,
        /// The type it has.
        found: &'static str,
    },
    /// Entries before the first one are missing.
    #[error("the chain starts at seq={first}: the entries before it are missing")]
    HeadMissing {
        /// The first sequence number that is there.
        first: i64,
    },
    /// Entries between two others are missing.
    #[error("seq {expected} to {last} are missing", last = found - 1)]
    Gap {
        /// The sequence number that should have come.
        expected: i64,
        /// The one that came.
        found: i64,
    },
    /// Entries after the last one are missing.
    #[error("the entries after seq={last} are missing: seq {known} was given out")]
    TailMissing {
        /// The last sequence number that is there.
        last: i64,
        /// The highest that SQLite knows to have been used.
        known: i64,
    },
    /// SQLite's own record of the highest sequence number is gone or too low.
    #[error("the record of the highest sequence number (sqlite_sequence) was removed or changed")]
    SequenceRecord,
    /// A column contradicts the body.
    #[error("{column} contradicts the body")]
    Column {
        /// The column.
        column: &'static str,
    },
    /// A column contradicts the leaf that the host sealed.
    #[error("the leaf code does not match: ids, times, names or digests beside the body mutated")]
    Leaf,
    /// The first entry does not follow from the archive that was given.
    #[error("the archive does not end where this chain starts")]
    Archive,
    /// The identity that leaves are bound to is not the one that was sealed.
    #[error("the chain's identity contradicts its sealed identity entry")]
    Identity,
    /// A body in the CAS does not have the digest that names it.
    #[error("cas body mutated: it does not have the digest {digest} that names it")]
    Cas {
        /// The digest that names the body.
        digest: String,
    },
}

impl Fault {
    /// The column that is wrong, where it is one.
    pub fn column(&self) -> Option<&'static str> {
        match self {
            Self::Body => Some("canonical_body"),
            Self::Prev | Self::Archive => Some("prev_hash"),
            Self::Link => Some("hmac_hash"),
            Self::ColumnType { column, .. } | Self::Column { column } => Some(column),
            Self::HeadMissing { .. } | Self::Gap { .. } | Self::TailMissing { .. } => Some("seq"),
            Self::Cas { .. } => Some("cas.body"),
            Self::SequenceRecord | Self::Leaf | Self::Identity => None,
        }
    }
}

/// A fault and what can be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The entry.
    pub seq: i64,
    /// What is wrong with it.
    pub fault: Fault,
    /// What the check expected to find, where it is a digest or another short value.
    pub expected: Option<String>,
    /// What it found.
    pub found: Option<String>,
}

impl Broken {
    /// A fault without values to compare.
    pub fn new(seq: i64, fault: Fault) -> Self {
        Self {
            seq,
            fault,
            expected: None,
            found: None,
        }
    }

    /// A fault with the values that differ.
    pub fn compared(seq: i64, fault: Fault, expected: &dyn Display, found: &dyn Display) -> Self {
        Self {
            seq,
            fault,
            expected: Some(expected.to_string()),
            found: Some(found.to_string()),
        }
    }
}

/// Checks entries one by one. Holds no state of the chain.
#[derive(Debug, Clone)]
pub struct EntryChecker {
    key: ChainKey,
    chain: Option<ChainId>,
}

/// What the checks on one entry alone found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The entry's sequence number.
    pub seq: i64,
    /// Its previous link, as stored.
    pub prev_hash: String,
    /// Its own link, as stored.
    pub hmac_hash: String,
    /// Whether the body hashes to its digest.
    pub body: Option<Broken>,
    /// Whether the link follows from the digests.
    pub link: Option<Broken>,
    /// Whether the other columns follow from body and leaf.
    pub columns: Option<Broken>,
    /// Whether the host's leaf code covers all columns.
    pub has_leaf: bool,
    /// Whether the columns name, kind, time and semantic digest follow from the body.
    pub is_span: bool,
}

impl EntryChecker {
    /// A checker under the chain's secret; `chain` is the identity that leaves are bound to.
    pub fn new(key: ChainKey, chain: Option<ChainId>) -> Self {
        Self { key, chain }
    }

    /// All checks that need nothing but the entry.
    pub fn check(&self, entry: &Entry<'_>) -> Checked {
        let (columns, is_span) = check_columns(entry);
        let leaf = self.check_leaf(entry);
        Checked {
            seq: entry.seq,
            prev_hash: entry.prev_hash.clone().into_owned(),
            hmac_hash: entry.hmac_hash.clone().into_owned(),
            body: check_body(entry),
            link: self.check_link(entry),
            columns: columns.or(leaf),
            has_leaf: entry.sealed.is_some(),
            is_span,
        }
    }

    fn check_link(&self, entry: &Entry<'_>) -> Option<Broken> {
        let link = self.key.link(&entry.prev_hash, &entry.canonical_hash);
        // The right link is not shown: with it, whoever may read a report could mend a forgery.
        (!link.is_code(&entry.hmac_hash)).then(|| Broken::new(entry.seq, Fault::Link))
    }

    fn check_leaf(&self, entry: &Entry<'_>) -> Option<Broken> {
        let sealed = entry.sealed.as_ref()?;
        let intact = self.chain.is_some_and(|chain| {
            let expected = leaf_hmac(&self.key, &leaf_hash(chain, entry, sealed));
            expected.ct_eq(&sealed.leaf_hmac)
        });
        (!intact).then(|| Broken::new(entry.seq, Fault::Leaf))
    }
}

/// Whether the body has the digest that stands beside it; needs no secret.
pub fn check_body(entry: &Entry<'_>) -> Option<Broken> {
    let digest = Digest::of(&entry.canonical_body);
    (!digest.is_hex(&entry.canonical_hash))
        .then(|| Broken::compared(entry.seq, Fault::Body, &entry.canonical_hash, &digest))
}

/// Whether the columns that a span body decides follow from it, and whether it is a span body at
/// all; needs no secret.
pub fn check_columns(entry: &Entry<'_>) -> (Option<Broken>, bool) {
    let Some(shape) = SpanShape::of(&entry.canonical_body) else {
        return (None, false);
    };
    let broken = |column, expected: &str, found: &str| {
        Some(Broken::compared(
            entry.seq,
            Fault::Column { column },
            &expected,
            &found,
        ))
    };
    let fault = if shape.end_time_ns != entry.timestamp_ns {
        broken(
            "timestamp_ns",
            &shape.end_time_ns.to_string(),
            &entry.timestamp_ns.to_string(),
        )
    } else if shape.name != entry.span_name {
        broken("span_name", &shape.name, &entry.span_name)
    } else if Some(&*shape.kind) != entry.span_kind.as_deref() {
        broken(
            "span_kind",
            &shape.kind,
            entry.span_kind.as_deref().unwrap_or("null"),
        )
    } else {
        check_semantic(entry, &shape)
    };
    // Only a body in canonical form is a span that some release sealed; what merely looks like one
    // decides nothing. Asked last, because it is rarely needed and costs a full reading.
    match fault {
        Some(_) if !is_canonical(&entry.canonical_body) => (None, false),
        fault => (fault, true),
    }
}

fn check_semantic(entry: &Entry<'_>, shape: &SpanShape<'_>) -> Option<Broken> {
    // NULL in rows from before the column: nothing to compare, and reported as not authenticated.
    let stored = entry.semantic_body_hash.as_deref()?;
    let follows = |list| Digest::of(&shape.semantic_body(list)).is_hex(stored);
    if RELEASES.into_iter().any(follows) {
        return None;
    }
    let expected = Digest::of(&shape.semantic_body(crate::semantic::NEWEST));
    let fault = Fault::Column {
        column: "semantic_body_hash",
    };
    Some(Broken::compared(entry.seq, fault, &expected, &stored))
}

fn is_canonical(body: &[u8]) -> bool {
    std::str::from_utf8(body)
        .ok()
        .and_then(|text| crate::canonical::read_sealed(text).ok())
        .is_some_and(|value| value.to_canonical() == body)
}

/// Goes from entry to entry and finds the first one that does not fit.
#[derive(Debug, Clone)]
pub struct Walk {
    /// The sequence number and link that must come next; `None` at the start of a range.
    next: Option<(i64, String)>,
    last_seq: Option<i64>,
    tally: Tally,
}

/// What a walk counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Entries that were checked.
    pub entries: u64,
    /// Entries whose ids, times and names are covered by the host's leaf code.
    pub with_leaf: u64,
    /// Entries whose time, name, kind and semantic digest follow from the body.
    pub spans: u64,
    /// Entries whose time and name neither a body nor a leaf code covers.
    pub uncovered_events: u64,
}

impl Walk {
    /// A walk from the very first entry.
    pub fn from_genesis() -> Self {
        Self::after(0, GENESIS_LINK)
    }

    /// A walk that continues after the entry `seq` with the link `hmac_hash`.
    pub fn after(seq: i64, hmac_hash: &str) -> Self {
        Self {
            next: Some((seq + 1, hmac_hash.to_owned())),
            last_seq: None,
            tally: Tally::default(),
        }
    }

    /// Takes the next entry's result; the error is what is broken about it.
    pub fn step(&mut self, checked: &Checked) -> Result<(), Broken> {
        let seq = checked.seq;
        if let Some((expected, _)) = &self.next
            && *expected == 1
            && seq > 1
        {
            return Err(Broken::compared(
                seq,
                Fault::HeadMissing { first: seq },
                &1,
                &seq,
            ));
        }
        if let Some(broken) = &checked.body {
            return Err(broken.clone());
        }
        if let Some((expected, prev)) = &self.next {
            if *prev != checked.prev_hash {
                return Err(Broken::compared(seq, Fault::Prev, prev, &checked.prev_hash));
            }
            if *expected != seq {
                let fault = Fault::Gap {
                    expected: *expected,
                    found: seq,
                };
                return Err(Broken::compared(seq, fault, expected, &seq));
            }
        }
        if let Some(broken) = checked.link.as_ref().or(checked.columns.as_ref()) {
            return Err(broken.clone());
        }
        self.tally.entries += 1;
        self.tally.with_leaf += u64::from(checked.has_leaf);
        self.tally.spans += u64::from(checked.is_span);
        self.tally.uncovered_events += u64::from(!checked.is_span && !checked.has_leaf);
        self.next = Some((seq + 1, checked.hmac_hash.clone()));
        self.last_seq = Some(seq);
        Ok(())
    }

    /// The last entry's sequence number.
    pub fn last_seq(&self) -> Option<i64> {
        self.last_seq
    }

    /// The link that the next entry must continue.
    pub fn head(&self) -> &str {
        self.next.as_ref().map_or(GENESIS_LINK, |(_, link)| link)
    }

    /// What was counted so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}
