//! A rule's place in a rule set: what it is called there, what it may use, and what its answer means.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::{self, Places};
use crate::call::{Call, Stage};
use crate::contract::{GivenFact, WitCall};
use crate::engine::MAX_MEMORY;
use crate::error::RuleSetError;
use crate::failure::RuleFailure;
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
    /// Whether its answer counts.
    pub mode: Mode,
}

/// Whether a rule's answer counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It does.
    #[default]
    Enforce,
    /// The rule is asked and what it answers, or how it fails, is sealed, marked as `shadow`. The
    /// decision is the same as without it. To try a rule, or a new configuration, on real calls.
    Shadow,
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
            mode: Mode::default(),
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

    pub(crate) fn check(&self) -> Result<(), RuleSetError> {
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

    pub(crate) fn manifest(&self) -> Value {
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
            "mode": self.mode,
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
    pub(crate) fn facts<'a>(&self, call: &'a Call, keys: &'a CounterKeys) -> Vec<GivenFact<'a>> {
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
    pub(crate) fn judge(
        &self,
        wit: &WitCall<'_>,
        size: u64,
        places: &Result<Places<'_>, RuleFailure>,
        facts: &[GivenFact<'_>],
    ) -> (Result<Evaluation, RuleFailure>, u64) {
        let limit = self.limits.input_bytes;
        if size > limit {
            return (Err(RuleFailure::InputTooLarge { size, limit }), 0);
        }
        let places = match places {
            Ok(places) => places,
            Err(failure) => return (Err(failure.clone()), 0),
        };
        let (answer, fuel) = self.rule.judge(wit, facts, &self.limits);
        let checked = answer.and_then(|evaluation| {
            answer::check(&evaluation, places, self.rule.counters(), wit.stage())?;
            Ok(evaluation)
        });
        (checked, fuel)
    }
}

/// How keys of facts about counters begin.
const COUNTER: &str = "counter.";

/// Of one entry: the rule's own keys of its counters, by the host's.
#[derive(Debug)]
pub(crate) struct CounterKeys {
    own: HashMap<String, String>,
}

impl CounterKeys {
    pub(crate) fn of(entry: &RuleEntry) -> Self {
        let counters = entry.rule.counters().iter();
        let own = counters.map(|counter| {
            let own = format!("{COUNTER}{}", counter.name);
            (entry.counter_fact(&counter.name), own)
        });
        Self { own: own.collect() }
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
