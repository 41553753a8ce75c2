//! What rules have done since the engine started, as numbers for whoever watches.
//!
//! Numbers belong to a rule's name, so they go on when a rule set is replaced by another. Counting takes
//! no lock: a handful of atomic additions for each evaluation.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::decision::Outcome;
use crate::verdict::VerdictKind;

/// All verdicts, each at the index that it has as a number.
const VERDICTS: [VerdictKind; 6] = [
    VerdictKind::Allow,
    VerdictKind::Advise,
    VerdictKind::Warn,
    VerdictKind::Redact,
    VerdictKind::Escalate,
    VerdictKind::Deny,
];

/// Upper bounds of the fuel histogram's buckets: three for every power of ten that matters.
const FUEL: [u64; 12] = [
    10_000,
    30_000,
    100_000,
    300_000,
    1_000_000,
    3_000_000,
    10_000_000,
    30_000_000,
    100_000_000,
    300_000_000,
    1_000_000_000,
    3_000_000_000,
];

/// Upper bounds of the time histogram's buckets, in nanoseconds: 10 us to 5 s.
const NANOS: [u64; 12] = [
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    5_000_000,
    20_000_000,
    100_000_000,
    1_000_000_000,
    5_000_000_000,
];

/// How many different codes of one rule are told apart; further ones are counted together.
const CODES: usize = 128;

/// The code under which findings are counted when a rule has more than 128 different codes.
pub const OTHER_CODES: &str = "(other)";

/// What one rule has done. Read while others count: each number is exact, but they are read one after
/// the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleMetrics {
    /// The rule's name in its rule set.
    pub name: String,
    /// How often it was asked, by the verdict that its answer, or its failure, meant.
    pub verdicts: BTreeMap<VerdictKind, u64>,
    /// What it saw, by the finding's code; [`OTHER_CODES`] when they are too many to tell apart.
    pub findings: BTreeMap<String, u64>,
    /// How often it failed, by [`RuleFailure::code`](crate::RuleFailure::code).
    pub failures: BTreeMap<String, u64>,
    /// Fuel of its evaluations.
    pub fuel: Histogram,
    /// Time of its evaluations in nanoseconds.
    pub nanos: Histogram,
}

impl RuleMetrics {
    /// How often the rule was asked.
    pub fn evaluations(&self) -> u64 {
        self.verdicts.values().sum()
    }
}

/// How often a value fell into which range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Histogram {
    /// For each bucket but the last its upper bound, included.
    pub bounds: &'static [u64],
    /// How many values fell into each bucket; the last is for those above all bounds.
    pub counts: Vec<u64>,
    /// All values together.
    pub sum: u64,
}

/// What is counted about an engine's rules, by their names.
#[derive(Default)]
pub(crate) struct Registry(Mutex<BTreeMap<String, Arc<Tally>>>);

impl Registry {
    /// What is counted under this name; from 0 if nothing was yet.
    pub(crate) fn tally(&self, name: &str) -> Arc<Tally> {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(rules.entry(name.to_owned()).or_default())
    }

    pub(crate) fn read(&self) -> Vec<RuleMetrics> {
        let rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rules.iter().map(|(name, tally)| tally.read(name)).collect()
    }
}

/// What is counted about one rule.
#[derive(Default)]
pub(crate) struct Tally {
    verdicts: [AtomicU64; VERDICTS.len()],
    findings: Codes,
    failures: Codes,
    fuel: Buckets<{ FUEL.len() }>,
    nanos: Buckets<{ NANOS.len() }>,
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tally")
    }
}

impl Tally {
    pub(crate) fn count(&self, outcome: &Outcome, took: Duration) {
        self.verdicts[outcome.verdict.kind() as usize].fetch_add(1, Relaxed);
        match &outcome.failure {
            Some(failure) => self.failures.count(failure.code()),
            None => outcome
                .findings
                .iter()
                .for_each(|finding| self.findings.count(&finding.code)),
        }
        self.fuel.count(&FUEL, outcome.fuel);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.count(&NANOS, nanos);
    }

    fn read(&self, name: &str) -> RuleMetrics {
        let verdicts = VERDICTS.iter().zip(&self.verdicts);
        RuleMetrics {
            name: name.to_owned(),
            verdicts: verdicts
                .map(|(kind, count)| (*kind, count.load(Relaxed)))
                .collect(),
            findings: self.findings.read(),
            failures: self.failures.read(),
            fuel: self.fuel.read(&FUEL),
            nanos: self.nanos.read(&NANOS),
        }
    }
}

/// Counters by code: a list that only grows, searched from its start. Rules have few codes.
struct Codes {
    counted: [OnceLock<(Box<str>, AtomicU64)>; CODES],
    others: AtomicU64,
}

impl Default for Codes {
    fn default() -> Self {
        Self {
            counted: [const { OnceLock::new() }; CODES],
            others: AtomicU64::new(0),
        }
    }
}

impl Codes {
    fn count(&self, code: &str) {
        let count = self.counted.iter().find_map(|slot| {
            // Another thread may take an empty slot for another code: then the next one is looked at.
            let (taken_by, count) = slot.get_or_init(|| (code.into(), AtomicU64::new(0)));
            (**taken_by == *code).then_some(count)
        });
        count.unwrap_or(&self.others).fetch_add(1, Relaxed);
    }

    fn read(&self) -> BTreeMap<String, u64> {
        let counted = self.counted.iter().map_while(OnceLock::get);
        let others = self.others.load(Relaxed);
        counted
            .map(|(code, count)| (code.to_string(), count.load(Relaxed)))
            .chain((others > 0).then(|| (OTHER_CODES.to_owned(), others)))
            .collect()
    }
}

struct Buckets<const N: usize> {
    counts: [AtomicU64; N],
    above: AtomicU64,
    sum: AtomicU64,
}

impl<const N: usize> Default for Buckets<N> {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; N],
            above: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }
}

impl<const N: usize> Buckets<N> {
    fn count(&self, bounds: &[u64; N], value: u64) {
        let bucket = bounds.partition_point(|bound| *bound < value);
        let count = self.counts.get(bucket).unwrap_or(&self.above);
        count.fetch_add(1, Relaxed);
        self.sum.fetch_add(value, Relaxed);
    }

    fn read(&self, bounds: &'static [u64; N]) -> Histogram {
        let counts = self.counts.iter().chain([&self.above]);
        Histogram {
            bounds,
            counts: counts.map(|count| count.load(Relaxed)).collect(),
            sum: self.sum.load(Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket_and_what_is_above_all_to_the_last() {
        let buckets = Buckets::<12>::default();
        for value in [0, 10_000, 10_001, 3_000_000_000, 3_000_000_001] {
            buckets.count(&FUEL, value);
        }
        let histogram = buckets.read(&FUEL);
        assert_eq!(
            histogram.counts,
            [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
            "{histogram:?}"
        );
        assert_eq!(histogram.sum, 6_000_020_002);
    }

    #[test]
    fn a_verdict_has_the_index_of_its_number() {
        for (index, verdict) in VERDICTS.into_iter().enumerate() {
            assert_eq!(verdict as usize, index);
        }
    }

    #[test]
    fn codes_beyond_the_limit_are_counted_together() {
        let codes = Codes::default();
        for number in 0..CODES + 3 {
            codes.count(&format!("code.{number}"));
            codes.count("code.0");
        }
        let read = codes.read();
        assert_eq!(read["code.0"], 132);
        assert_eq!(read["code.127"], 1);
        assert_eq!(read[OTHER_CODES], 3);
        assert_eq!(read.len(), CODES + 1);
    }

    #[test]
    fn threads_that_count_new_codes_at_once_lose_none() {
        let codes = Codes::default();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let codes = &codes;
                scope.spawn(move || {
                    for number in 0..50 {
                        codes.count(&format!("code.{}", (number + thread) % 50));
                    }
                });
            }
        });
        let read = codes.read();
        assert_eq!(read.len(), 50);
        assert!(read.values().all(|count| *count == 8), "{read:?}");
    }
}
