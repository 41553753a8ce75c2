//! New rules for a host that is running.
//!
//! The new set is loaded and checked completely beside the one that runs, its components and
//! configurations are kept in the CAS, the change is sealed, and then one handle is exchanged. A decision
//! that has begun is finished by the set it began with. `docs/formats/rules.md` documents what is sealed.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use bijotel_policy::{RuleMetrics, RuleSet};
use bijotel_seal::canonical::{Value, read_json};
use bijotel_seal::event::Event;
use bijotel_seal::{Digest, Draft};
use bijotel_store::{Seal, Sealed, Store};
use serde_json::json;
use thiserror::Error;

use crate::error::HostError;
use crate::host::{Host, keep_artefacts, now_ns};
use crate::rules::RulesConfig;

/// The name under which changes of the rules are sealed.
const RULES: &str = "bijotel.rules";

/// The longest cause that is sealed, in bytes.
pub const MAX_CAUSE: usize = 200;

/// What a reload did.
#[derive(Debug, Clone)]
pub struct ReloadReport {
    /// The digest of the rule set until now.
    pub old: Digest,
    /// The digest of the rule set from now on; equal to `old` if nothing that can change a decision is
    /// different.
    pub new: Digest,
    /// Where the change is sealed; `None` if there was none.
    pub sealed: Option<Sealed>,
    /// The names of the rules, in their order.
    pub rules: Vec<String>,
    /// How long it took. Decisions did not wait for it.
    pub took: Duration,
}

/// Why the rules are the old ones still.
#[derive(Debug, Error)]
#[error("the new rules are not used, the old ones go on: {reason}{}", unsealed(.sealed))]
pub struct ReloadError {
    /// What is wrong with the new ones, or why the change could not be sealed.
    #[source]
    pub reason: Box<HostError>,
    /// Where the attempt is sealed, or why it is not.
    pub sealed: Result<Sealed, Box<HostError>>,
}

fn unsealed(sealed: &Result<Sealed, Box<HostError>>) -> String {
    match sealed {
        Ok(_) => String::new(),
        Err(error) => format!("; the attempt could not be sealed either: {error}"),
    }
}

impl Host {
    /// Uses these rules from now on, if they are good.
    ///
    /// Loads and checks all of them in this thread's time while decisions go on; rules that run already
    /// with the same component and configuration are not loaded again. Then seals `bijotel.rules` with
    /// both digests, the time and the cause, and exchanges the sets. No decision carries the new digest
    /// before that entry; those that were under way carry the old one and may be sealed just after it.
    ///
    /// `cause` says why, for whoever reads the chain: one line of at most [`MAX_CAUSE`] bytes; what is
    /// more, and control characters, are left out.
    ///
    /// # Errors
    ///
    /// When any rule cannot be loaded, or the change cannot be sealed. The old rules then go on, and the
    /// attempt is sealed with what kind of problem it was, without its words.
    pub fn reload(&self, rules: &RulesConfig, cause: &str) -> Result<ReloadReport, ReloadError> {
        let started = Instant::now();
        let _one_at_a_time = (self.shared.reloading.lock()).unwrap_or_else(PoisonError::into_inner);
        let cause = one_line(cause);
        let running = self.rules();
        let change = || {
            let loaded = rules.load_beside(&self.shared.engine, Some(&running))?;
            if loaded.digest() == running.digest() {
                return Ok((loaded, None));
            }
            keep_artefacts(&self.shared.store, &loaded)?;
            let sealed = self.seal_rules(&loaded_event(&running, &loaded, &cause), &loaded)?;
            Ok((loaded, Some(sealed)))
        };
        let (loaded, sealed) = change().map_err(|reason| {
            let event = refused_event(&running, &reason, &cause);
            let sealed = self.seal_rules(&event, &running).map_err(Box::new);
            ReloadError {
                reason: Box::new(reason),
                sealed,
            }
        })?;
        let report = ReloadReport {
            old: running.digest(),
            new: loaded.digest(),
            sealed,
            rules: names(&loaded),
            took: started.elapsed(),
        };
        *(self.shared.rules.write()).unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(report)
    }

    /// The rules at this moment. A handle: it stays what it is when the rules are reloaded.
    pub fn rules(&self) -> RuleSet {
        (self.shared.rules.read())
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What the rules have done since the host was opened, by their names, reloads included.
    pub fn metrics(&self) -> Vec<RuleMetrics> {
        self.shared.engine.metrics()
    }

    fn seal_rules(&self, event: &serde_json::Value, rules: &RuleSet) -> Result<Sealed, HostError> {
        let body: Value = read_json(&event.to_string())
            .map_err(|error| HostError::Decision(error.to_string()))?;
        let mut draft = Draft::of_event(&Event::new(RULES, now_ns(), body))?;
        draft.rule_set = Some(rules.digest());
        let sealed = self.shared.store.seal(vec![Seal::entry(draft)])?;
        sealed
            .into_iter()
            .next()
            .ok_or_else(|| HostError::Decision("the store gave no answer".to_owned()))
    }
}

fn loaded_event(old: &RuleSet, new: &RuleSet, cause: &str) -> serde_json::Value {
    json!({
        "event": RULES,
        "version": 1,
        "outcome": "loaded",
        "old": old.digest().to_string(),
        "new": new.digest().to_string(),
        "rules": names(new),
        "cause": cause,
        "problem": null,
    })
}

fn refused_event(old: &RuleSet, reason: &HostError, cause: &str) -> serde_json::Value {
    let (code, rule) = problem(reason);
    json!({
        "event": RULES,
        "version": 1,
        "outcome": "refused",
        "old": old.digest().to_string(),
        "new": null,
        "rules": names(old),
        "cause": cause,
        "problem": {"code": code, "rule": rule},
    })
}

/// What kind of problem it is, and with which rule. The words are left to the operator: they name files,
/// and may quote a configuration.
fn problem(reason: &HostError) -> (&'static str, Option<&str>) {
    match reason {
        HostError::UnknownRule { name, .. } => ("unknown_rule", Some(name)),
        HostError::Package { rule, .. } => ("unreadable", Some(rule)),
        HostError::Untrusted { rule, .. } => ("untrusted", Some(rule)),
        HostError::Trust { .. } => ("trust", None),
        HostError::Configuration { rule, .. } => ("configuration", Some(rule)),
        HostError::Load { rule, source } => match source {
            bijotel_policy::LoadError::Configuration { .. } => ("configuration", Some(rule)),
            _ => ("rule", Some(rule)),
        },
        HostError::RuleSet(_) => ("rule_set", None),
        _ => ("host", None),
    }
}

fn names(rules: &RuleSet) -> Vec<String> {
    let entries = rules.entries().iter();
    entries.map(|entry| entry.name.clone()).collect()
}

fn one_line(cause: &str) -> String {
    let mut line: String = cause.chars().filter(|c| !c.is_control()).collect();
    line.truncate(line.floor_char_boundary(MAX_CAUSE));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_one_short_line() {
        assert_eq!(one_line("a\nb\u{1b}[0m"), "ab[0m");
        assert_eq!(one_line(&"ä".repeat(150)).len(), MAX_CAUSE);
    }
}
