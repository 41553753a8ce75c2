//! Rules in an order, as one thing with one digest.
//!
//! # The manifest
//!
//! A rule set's digest is the SHA-256 of its manifest: a JSON object in the canonical form of RFC 8785
//! with everything that can change a decision, and nothing else.
//!
//! ```json
//! {"contract": "bijotel:policy/rule@1.0.0-rc.1",
//!  "engine": {"runtime": "wasmtime", "version": "…", …},
//!  "manifest": "bijotel.rule-set", "version": 1,
//!  "rules": [{"name": "pii", "rule": "pii", "rule_version": "1.0.0",
//!             "component": "<SHA-256>", "configuration": "<SHA-256>",
//!             "limits": {"fuel": …, "time_ms": …, "memory_bytes": …, "input_bytes": …, "output_bytes": …},
//!             "mode": "enforce", "on_failure": "deny", "stages": ["admission"]}]}
//! ```
//!
//! `rules` is in the order in which the rules are asked; `stages` is where this rule set asks a rule, in
//! the order of a call's life. Numbers beyond 2^53 are written as strings.

use std::collections::HashSet;
use std::sync::Arc;

use bijotel_seal::Digest;
use serde_json::{Value, json};

use crate::engine::IDENTITY;
use crate::entry::{CounterKeys, RuleEntry};
use crate::error::RuleSetError;
use crate::inspect::CONTRACT;
use crate::metrics::Tally;

/// Rules in the order in which they are asked. Cheap to clone; evaluates from many threads at once.
#[derive(Clone, Debug)]
pub struct RuleSet {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    entries: Vec<RuleEntry>,
    /// Of each entry.
    counters: Vec<CounterKeys>,
    /// Of each entry.
    tallies: Vec<Arc<Tally>>,
    manifest: String,
    digest: Digest,
}

impl RuleSet {
    /// Put rules together, in the order in which they are asked. The order decides nothing but whose
    /// reason is given and whose replacement wins where edits overlap.
    ///
    /// # Errors
    ///
    /// When two entries have one name, or an entry has a name, limit or stage that it cannot have.
    pub fn new(entries: Vec<RuleEntry>) -> Result<Self, RuleSetError> {
        let mut names = HashSet::new();
        for entry in &entries {
            entry.check()?;
            if !names.insert(entry.name.as_str()) {
                return Err(RuleSetError::DuplicateName(entry.name.clone()));
            }
        }
        let manifest = canonical(&json!({
            "manifest": "bijotel.rule-set",
            "version": 1,
            "contract": CONTRACT,
            "engine": IDENTITY,
            "rules": entries.iter().map(RuleEntry::manifest).collect::<Vec<_>>(),
        }));
        Ok(Self {
            inner: Arc::new(Inner {
                digest: Digest::of(manifest.as_bytes()),
                manifest,
                counters: entries.iter().map(CounterKeys::of).collect(),
                tallies: entries
                    .iter()
                    .map(|entry| entry.rule.engine().inner.metrics.tally(&entry.name))
                    .collect(),
                entries,
            }),
        })
    }

    /// SHA-256 of the manifest.
    pub fn digest(&self) -> Digest {
        self.inner.digest
    }

    /// Everything that can change a decision, as canonical JSON.
    pub fn manifest_json(&self) -> &str {
        &self.inner.manifest
    }

    /// The rules, in order.
    pub fn entries(&self) -> &[RuleEntry] {
        &self.inner.entries
    }

    /// An entry by its index, the keys of its counters, and what is counted about it.
    pub(crate) fn part(&self, at: usize) -> (&RuleEntry, &CounterKeys, &Tally) {
        let inner = &self.inner;
        (&inner.entries[at], &inner.counters[at], &inner.tallies[at])
    }

    /// Everything that a later replay needs, by digest: the manifest, and each rule's component and
    /// configuration.
    pub fn artefacts(&self) -> impl Iterator<Item = (Digest, &[u8])> {
        let rules = self.entries().iter().flat_map(|entry| {
            let configuration = entry.rule.configuration();
            [
                (entry.rule.component_digest(), &**entry.rule.component()),
                (configuration.digest(), configuration.as_bytes()),
            ]
        });
        std::iter::once((self.digest(), self.manifest_json().as_bytes())).chain(rules)
    }
}

/// The canonical form (RFC 8785) of JSON that this crate has built.
pub(crate) fn canonical(value: &Value) -> String {
    // INVARIANT: the canonical form fails only for values that are not JSON or for numbers that are
    // not finite; a `Value` has neither.
    #[allow(clippy::expect_used, reason = "see the invariant")]
    serde_json_canonicalizer::to_string(value).expect("a JSON value has a canonical form")
}
