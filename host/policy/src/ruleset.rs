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
//!             "on_failure": "deny", "stages": ["admission"]}]}
//! ```
//!
//! `rules` is in the order in which the rules are asked; `stages` is where this rule set asks a rule, in
//! the order of a call's life. Numbers beyond 2^53 are written as strings.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use bijotel_seal::Digest;
use serde_json::{Value, json};

use crate::answer::{self, Places};
use crate::call::{Call, Fact, Stage};
use crate::contract::{GivenFact, WitCall};
use crate::decision::{Decision, Outcome};
use crate::engine::{IDENTITY, MAX_MEMORY};
use crate::error::RuleSetError;
use crate::failure::RuleFailure;
use crate::inspect::CONTRACT;
use crate::limits::{Limits, OnFailure};
use crate::rule::Rule;
use crate::verdict::Evaluation;

/// A rule's place in a rule set.
#[derive(Clone, Debug)]
pub struct RuleEntry {
    /// What decisions call it. Unique in the set; usually the rule's id.
    pub name: String,
    /// The rule.
    pub rule: Rule,
    /// What one evaluation may use.
    pub limits: Limits,
    /// What its failure means.
    pub on_failure: OnFailure,
    /// Where it is asked, if not in all stages it serves.
    pub stages: Option<Vec<Stage>>,
}

impl RuleEntry {
    /// A rule under its own id, with default limits, in all stages it serves; its failure denies.
    pub fn new(rule: Rule) -> Self {
        Self {
            name: rule.description().id.clone(),
            rule,
            limits: Limits::default(),
            on_failure: OnFailure::default(),
            stages: None,
        }
    }

    /// The stages in which it is asked, in the order of a call's life.
    pub fn asked_in(&self) -> impl Iterator<Item = Stage> {
        let stages = match &self.stages {
            Some(stages) => stages,
            None => &self.rule.description().stages,
        };
        Stage::ALL
            .into_iter()
            .filter(|stage| stages.contains(stage))
    }

    fn check(&self) -> Result<(), RuleSetError> {
        if !answer::is_name(&self.name) {
            return Err(RuleSetError::Name(self.name.clone()));
        }
        let served = &self.rule.description().stages;
        if let Some(stage) = self.asked_in().find(|stage| !served.contains(stage)) {
            return Err(RuleSetError::Stage {
                rule: self.name.clone(),
                stage: stage.as_str(),
            });
        }
        let limits = &self.limits;
        let problem = if limits.fuel == 0 || limits.time_ms == 0 || limits.output_bytes == 0 {
            "a limit of 0 lets no call pass; leave the limit out for its default".to_owned()
        } else if limits.memory_bytes > MAX_MEMORY {
            format!("memory_bytes may be at most {MAX_MEMORY}")
        } else {
            return Ok(());
        };
        Err(RuleSetError::Limits {
            rule: self.name.clone(),
            problem,
        })
    }

    fn manifest(&self) -> Value {
        let limits = &self.limits;
        json!({
            "name": self.name,
            "rule": self.rule.description().id,
            "rule_version": self.rule.description().version,
            "component": self.rule.component_digest().to_string(),
            "configuration": self.rule.configuration().digest().to_string(),
            "limits": {
                "fuel": exact(limits.fuel),
                "time_ms": limits.time_ms,
                "memory_bytes": exact(limits.memory_bytes),
                "input_bytes": exact(limits.input_bytes),
                "output_bytes": limits.output_bytes,
            },
            "on_failure": self.on_failure,
            "stages": self.asked_in().collect::<Vec<_>>(),
        })
    }

    /// The host's key of the fact that says what a counter of this rule stands at. The rule itself sees
    /// it as `counter.NAME`.
    pub fn counter_fact(&self, counter: &str) -> String {
        format!("{COUNTER}{}.{counter}", self.name)
    }

    /// The facts it is handed, ordered by the keys that it sees.
    fn facts<'a>(&self, call: &'a Call, keys: &'a CounterKeys) -> Vec<GivenFact<'a>> {
        let wanted = &self.rule.description().facts;
        let mut facts: Vec<GivenFact<'a>> = call
            .facts
            .iter()
            .filter_map(|fact| {
                let own = keys.own.get(fact.key.as_str()).map(String::as_str);
                let key = own.or_else(|| wanted.contains(&fact.key).then_some(&fact.key))?;
                Some(GivenFact { key, fact })
            })
            .collect();
        facts.sort_by_key(|given| (given.key, given.fact.value.as_str()));
        facts
    }

    /// Ask the rule. Facts are those it is handed.
    fn judge(
        &self,
        call: &Call,
        wit: &WitCall<'_>,
        places: &Result<Places<'_>, RuleFailure>,
        facts: &[GivenFact<'_>],
    ) -> (Result<Evaluation, RuleFailure>, u64) {
        let size = call.size();
        if size > self.limits.input_bytes {
            let limit = self.limits.input_bytes;
            return (Err(RuleFailure::InputTooLarge { size, limit }), 0);
        }
        let places = match places {
            Ok(places) => places,
            Err(failure) => return (Err(failure.clone()), 0),
        };
        let (answer, fuel) = self.rule.judge(wit, facts, &self.limits);
        let checked = answer.and_then(|evaluation| {
            answer::check(&evaluation, places, self.rule.counters(), call.stage)?;
            Ok(evaluation)
        });
        (checked, fuel)
    }
}

/// How keys of facts about counters begin.
const COUNTER: &str = "counter.";

/// Of one entry: the rule's own keys of its counters, by the host's.
#[derive(Debug)]
struct CounterKeys {
    own: HashMap<String, String>,
}

impl CounterKeys {
    fn of(entry: &RuleEntry) -> Self {
        let counters = entry.rule.counters().iter();
        let own = counters.map(|counter| {
            let own = format!("{COUNTER}{}", counter.name);
            (entry.counter_fact(&counter.name), own)
        });
        Self { own: own.collect() }
    }
}

/// Rules in the order in which they are asked. Cheap to share behind an `Arc`; evaluates from many
/// threads at once.
#[derive(Debug)]
pub struct RuleSet {
    entries: Vec<RuleEntry>,
    /// Of each entry.
    counters: Vec<CounterKeys>,
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
            digest: Digest::of(manifest.as_bytes()),
            manifest,
            counters: entries.iter().map(CounterKeys::of).collect(),
            entries,
        })
    }

    /// SHA-256 of the manifest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Everything that can change a decision, as canonical JSON.
    pub fn manifest_json(&self) -> &str {
        &self.manifest
    }

    /// The rules, in order.
    pub fn entries(&self) -> &[RuleEntry] {
        &self.entries
    }

    /// Everything that a later replay needs, by digest: the manifest, and each rule's component and
    /// configuration.
    pub fn artefacts(&self) -> impl Iterator<Item = (Digest, &[u8])> {
        let rules = self.entries.iter().flat_map(|entry| {
            let configuration = entry.rule.configuration();
            [
                (entry.rule.component_digest(), &**entry.rule.component()),
                (configuration.digest(), configuration.as_bytes()),
            ]
        });
        std::iter::once((self.digest, self.manifest.as_bytes())).chain(rules)
    }

    /// Ask every rule of the call's stage, and combine their verdicts.
    ///
    /// Every rule sees the original call and a fresh instance. A rule that fails denies, unless its
    /// entry says otherwise. Can be called from many threads at once; waits when more evaluations run
    /// than [`EngineOptions::concurrency`](crate::EngineOptions) allows.
    pub fn evaluate(&self, call: &Call) -> Decision {
        let started = Instant::now();
        let wit = WitCall::new(call);
        let places = Places::new(call);
        let mut outcomes = Vec::new();
        let mut given: Vec<Fact> = Vec::new();
        for (entry, keys) in self.entries.iter().zip(&self.counters) {
            if !entry.asked_in().any(|stage| stage == call.stage) {
                continue;
            }
            let asked = Instant::now();
            let facts = entry.facts(call, keys);
            given.extend(facts.iter().map(|given| given.fact.clone()));
            let (answer, fuel) = entry.judge(call, &wit, &places, &facts);
            outcomes.push(Outcome::new(entry, answer, fuel, asked.elapsed()));
        }
        given.sort();
        given.dedup();
        Decision::combine(self.digest, call.stage, given, outcomes, &places, started)
    }
}

/// A whole number that JSON can carry exactly, or its decimal digits.
fn exact(number: u64) -> Value {
    if number <= 1 << 53 {
        number.into()
    } else {
        number.to_string().into()
    }
}

/// The canonical form (RFC 8785) of JSON that this crate has built.
pub(crate) fn canonical(value: &Value) -> String {
    // INVARIANT: the canonical form fails only for values that are not JSON or for numbers that are
    // not finite; a `Value` has neither.
    #[allow(clippy::expect_used, reason = "see the invariant")]
    serde_json_canonicalizer::to_string(value).expect("a JSON value has a canonical form")
}
