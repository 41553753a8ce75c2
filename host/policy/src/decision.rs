//! What the rules of a stage decided together.
//!
//! # The sealed form
//!
//! [`Decision::to_sealed_json`] is the body of an event in the canonical form of RFC 8785. It has no
//! timings and no text of the call, so the same rule set on the same call gives the same bytes, and it
//! can be kept when the call's text must be erased.
//!
//! ```json
//! {"event": "bijotel.decision", "version": 1, "refused": null,
//!  "rule_set": "<SHA-256 of the rule set's manifest>",
//!  "stage": "admission", "verdict": "redact", "replayable": true,
//!  "reason": "…", "rule": "pii", "advice": null,
//!  "edits": [{"place": "/input/0", "start": 4, "end": 20}],
//!  "facts": [{"key": "owner", "value": "…"}],
//!  "rules": [{"name": "pii", "rule": "pii", "rule_version": "1.0.0",
//!             "component": "<SHA-256>", "configuration": "<SHA-256>", "shadow": false,
//!             "verdict": "redact", "advice": null, "edits": […], "failure": null,
//!             "charges": [{"counter": "calls", "amount": 1}],
//!             "findings": [{"code": "pii.email", "reason": "…",
//!                           "ranges": [{"place": "/input/0", "start": 4, "end": 20}]}]}]}
//! ```
//!
//! `edits` says where, not what: the replacements are in the sealed call itself. `facts` are those that
//! at least one rule was given. `failure` is `{"code", "reason", "replayable"}`; a rule that failed has
//! one finding, with the failure's code. What a rule with `shadow` answered has no part in the decision's
//! own verdict, reason, edits and advice. `replayable` is false
//! when a wall clock or the host's own state had a part in the decision. `refused` is
//! `{"rule", "counter", "amount", "used", "limit"}` if no rule stopped the call but a counter had no room
//! for what it charges; the verdict is then deny.

use std::time::{Duration, Instant};

use bijotel_seal::Digest;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::answer::Places;
use crate::call::{Fact, Stage};
use crate::counter::Charge;
use crate::edits;
use crate::entry::{Mode, RuleEntry};
use crate::failure::RuleFailure;
use crate::limits::OnFailure;
use crate::ruleset::canonical;
use crate::verdict::{Edit, Evaluation, Finding, Verdict, VerdictKind};

/// What the rules of a stage decided together.
///
/// Its serde form is for people and programs that asked: it has the replacements and the timings that
/// the sealed form leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The greatest verdict of all rules; allow if none was asked.
    pub verdict: VerdictKind,
    /// Why: from the first rule with that verdict. `None` when it is allow.
    pub reason: Option<String>,
    /// The name of that rule.
    pub rule: Option<String>,
    /// The edits of all rules, merged. Present whatever the verdict is, so that a denied call can be
    /// sealed redacted too.
    pub edits: Vec<Edit>,
    /// The model that the first advising rule named. Present whatever the verdict is.
    pub advice: Option<String>,
    /// The stage in which this was decided.
    pub stage: Stage,
    /// The rule set.
    #[serde(serialize_with = "hex")]
    pub rule_set: Digest,
    /// Whether the same rule set must decide the same again. False when a wall clock or the host's own
    /// state had a part.
    pub replayable: bool,
    /// The facts that at least one rule was given, ordered.
    pub facts: Vec<Fact>,
    /// The counter that had no room for the call, if one had not.
    pub refused: Option<Refusal>,
    /// What each rule that was asked answered, in the order of the rule set.
    #[serde(rename = "rules")]
    pub outcomes: Vec<Outcome>,
    /// How long it took, in microseconds.
    pub micros: u64,
}

/// A charge that a counter had no room for, so that the call was denied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The name of the rule that asked for the counter.
    pub rule: String,
    /// The counter's name.
    pub counter: String,
    /// What the call would have added.
    pub amount: u64,
    /// What the counter stood at: used, and reserved by calls under way.
    pub used: u64,
    /// The most it may reach.
    pub limit: u64,
}

/// What one rule answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Its name in the rule set.
    pub name: String,
    /// Its own id.
    pub rule: String,
    /// Its version.
    pub rule_version: String,
    /// SHA-256 of its component.
    #[serde(serialize_with = "hex")]
    pub component: Digest,
    /// SHA-256 of its configuration.
    #[serde(serialize_with = "hex")]
    pub configuration: Digest,
    /// Whether it was only tried ([`Mode::Shadow`](crate::Mode)): its answer has no part in the decision,
    /// and what it charges to its counters must refuse nothing.
    pub shadow: bool,
    /// What it wants done; if it failed, what its failure means.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What it saw; if it failed, the failure.
    pub findings: Vec<Finding>,
    /// What the call adds to the rule's counters.
    pub charges: Vec<Charge>,
    /// How it failed, if it did.
    #[serde(serialize_with = "failure_json")]
    pub failure: Option<RuleFailure>,
    /// Fuel it used.
    pub fuel: u64,
    /// How long it took, in microseconds.
    pub micros: u64,
}

impl Outcome {
    pub(crate) fn new(
        entry: &RuleEntry,
        answer: Result<Evaluation, RuleFailure>,
        fuel: u64,
        took: Duration,
    ) -> Self {
        let (verdict, findings, charges, failure) = match answer {
            Ok(evaluation) => (
                evaluation.verdict,
                evaluation.findings,
                evaluation.charges,
                None,
            ),
            Err(failure) => {
                let verdict = match entry.on_failure {
                    OnFailure::Deny => Verdict::Deny,
                    OnFailure::Warn => Verdict::Warn,
                };
                let finding = Finding {
                    code: failure.code().to_owned(),
                    reason: format!("The rule {} {failure}.", entry.name),
                    ranges: Vec::new(),
                };
                (verdict, vec![finding], Vec::new(), Some(failure))
            }
        };
        let description = entry.rule.description();
        Self {
            name: entry.name.clone(),
            rule: description.id.clone(),
            rule_version: description.version.clone(),
            component: entry.rule.component_digest(),
            configuration: entry.rule.configuration_digest(),
            shadow: entry.mode == Mode::Shadow,
            verdict,
            findings,
            charges,
            failure,
            fuel,
            micros: micros(took),
        }
    }

    /// One sentence: why this rule answered as it did.
    fn reason(&self) -> String {
        match (self.findings.first(), &self.verdict) {
            (_, Verdict::Advise { model }) => {
                format!("The rule {} advises the model {model}.", self.name)
            }
            (Some(finding), _) => finding.reason.clone(),
            (None, verdict) => {
                format!("The rule {} says {}.", self.name, verdict.kind().as_str())
            }
        }
    }

    fn sealed(&self) -> Value {
        json!({
            "name": self.name,
            "rule": self.rule,
            "rule_version": self.rule_version,
            "component": self.component.to_string(),
            "configuration": self.configuration.to_string(),
            "shadow": self.shadow,
            "verdict": self.verdict.kind(),
            "advice": match &self.verdict {
                Verdict::Advise { model } => Some(model),
                _ => None,
            },
            "edits": match &self.verdict {
                Verdict::Redact { edits } => edits.iter().map(|edit| &edit.range).collect(),
                _ => Vec::new(),
            },
            "findings": self.findings,
            "charges": self.charges,
            "failure": self.failure.as_ref().map(sealed_failure),
        })
    }
}

impl Decision {
    pub(crate) fn combine(
        rule_set: Digest,
        stage: Stage,
        facts: Vec<Fact>,
        outcomes: Vec<Outcome>,
        places: &Result<Places<'_>, RuleFailure>,
        started: Instant,
    ) -> Self {
        let counting = || outcomes.iter().filter(|outcome| !outcome.shadow);
        let verdict = counting()
            .map(|outcome| outcome.verdict.kind())
            .max()
            .unwrap_or(VerdictKind::Allow);
        let decisive = counting()
            .find(|outcome| verdict != VerdictKind::Allow && outcome.verdict.kind() == verdict);
        let edits = edits::merge(counting().filter_map(|outcome| match &outcome.verdict {
            Verdict::Redact { edits } => Some(edits.as_slice()),
            _ => None,
        }));
        let advice = counting().find_map(|outcome| match &outcome.verdict {
            Verdict::Advise { model } => Some(model.clone()),
            _ => None,
        });
        let mut decision = Self {
            verdict,
            reason: decisive.map(Outcome::reason),
            rule: decisive.map(|outcome| outcome.name.clone()),
            edits,
            advice,
            stage,
            rule_set,
            replayable: (outcomes.iter())
                .filter_map(|outcome| outcome.failure.as_ref())
                .all(RuleFailure::replayable),
            facts,
            refused: None,
            outcomes,
            micros: 0,
        };
        // Each rule's own edits keep arguments valid, but where edits of two rules overlap the result
        // is neither's. It cannot be sent on then.
        if let Ok(places) = places
            && let Err(error) = edits::check_arguments(&decision.edits, places)
            && decision.verdict != VerdictKind::Deny
        {
            decision.verdict = VerdictKind::Deny;
            decision.rule = None;
            decision.reason = Some(format!(
                "Edits of several rules do not fit together: {error}."
            ));
        }
        decision.micros = micros(started.elapsed());
        decision
    }

    /// Deny a call that the rules would let pass, because a counter has no room for what it charges.
    pub fn refuse(&mut self, refusal: Refusal) {
        self.verdict = VerdictKind::Deny;
        self.reason = Some(format!(
            "The counter {} of the rule {} stands at {} and may reach {}; the call would add {}.",
            refusal.counter, refusal.rule, refusal.used, refusal.limit, refusal.amount
        ));
        self.rule = Some(refusal.rule.clone());
        self.refused = Some(refusal);
    }

    /// The body of the event that is sealed: canonical JSON without timings and without any text of
    /// the call. See the [module](self) for its form.
    pub fn to_sealed_json(&self) -> String {
        canonical(&json!({
            "event": "bijotel.decision",
            "version": 1,
            "rule_set": self.rule_set.to_string(),
            "stage": self.stage,
            "verdict": self.verdict,
            "replayable": self.replayable,
            "reason": self.reason,
            "rule": self.rule,
            "advice": self.advice,
            "edits": self.edits.iter().map(|edit| &edit.range).collect::<Vec<_>>(),
            "facts": self.facts,
            "refused": self.refused,
            "rules": self.outcomes.iter().map(Outcome::sealed).collect::<Vec<_>>(),
        }))
    }
}

fn sealed_failure(failure: &RuleFailure) -> Value {
    json!({
        "code": failure.code(),
        "reason": failure.to_string(),
        "replayable": failure.replayable(),
    })
}

fn failure_json<S: Serializer>(
    failure: &Option<RuleFailure>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    failure.as_ref().map(sealed_failure).serialize(serializer)
}

fn hex<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(digest)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
