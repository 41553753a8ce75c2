//! What a rule answers, and what a rule is: plain types with their JSON form.

use serde::{Deserialize, Serialize};

use crate::call::Stage;
use crate::counter::Charge;

/// A part of a text, or of the arguments of a tool call; the range 0 to 0 of a tool definition's place
/// means the definition as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByteRange {
    /// The place of the text.
    pub place: String,
    /// First byte, from 0.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// What a rule saw. Never the text itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Stable and machine readable, for example `pii.email`.
    pub code: String,
    /// One sentence for a person.
    pub reason: String,
    /// Where it was seen.
    #[serde(default)]
    pub ranges: Vec<ByteRange>,
}

/// Replace a part of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// What is replaced; an empty range inserts.
    pub range: ByteRange,
    /// What stands there afterwards.
    pub replacement: String,
}

/// What a rule wants done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Let it pass.
    Allow,
    /// Let it pass, and suggest this model.
    Advise {
        /// The model to route to.
        model: String,
    },
    /// Let it pass, and say so in the decision.
    Warn,
    /// Let it pass with these edits.
    Redact {
        /// In any order.
        edits: Vec<Edit>,
    },
    /// Hold it until a person has decided.
    Escalate,
    /// Stop it.
    Deny,
}

impl Verdict {
    /// The verdict without its edits or model.
    pub fn kind(&self) -> VerdictKind {
        match self {
            Self::Allow => VerdictKind::Allow,
            Self::Advise { .. } => VerdictKind::Advise,
            Self::Warn => VerdictKind::Warn,
            Self::Redact { .. } => VerdictKind::Redact,
            Self::Escalate => VerdictKind::Escalate,
            Self::Deny => VerdictKind::Deny,
        }
    }
}

/// The kinds of verdict, ordered: of several rules' verdicts the greatest is the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// Let it pass.
    Allow,
    /// Let it pass, and suggest a model.
    Advise,
    /// Let it pass, and say so.
    Warn,
    /// Let it pass with edits.
    Redact,
    /// Hold it until a person has decided.
    Escalate,
    /// Stop it.
    Deny,
}

impl VerdictKind {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Advise => "advise",
            Self::Warn => "warn",
            Self::Redact => "redact",
            Self::Escalate => "escalate",
            Self::Deny => "deny",
        }
    }

    /// Whether the call may go on without anybody being asked.
    pub fn passes(self) -> bool {
        self < Self::Escalate
    }
}

/// A rule's answer to one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// What it wants done.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What it saw.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// What the call adds to the rule's counters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<Charge>,
}

impl Evaluation {
    /// An answer that charges no counter.
    pub fn new(verdict: Verdict, findings: Vec<Finding>) -> Self {
        Self {
            verdict,
            findings,
            charges: Vec::new(),
        }
    }
}

/// What a rule says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Lower case, digits, `_` and `-`; 1 to 64 bytes.
    pub id: String,
    /// Semantic version of the rule.
    pub version: String,
    /// One sentence: what the rule is for.
    pub summary: String,
    /// Stages the rule serves; it is asked in no other.
    pub stages: Vec<Stage>,
    /// Keys of the facts it needs; it is handed these and no others.
    pub facts: Vec<String>,
    /// JSON Schema (draft 2020-12) of its configuration, as JSON text.
    pub configuration_schema: String,
    /// In a stream: how many bytes of earlier text it needs to see again.
    pub look_back: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deny_beats_escalate_beats_redact_beats_warn_beats_advise_beats_allow() {
        use VerdictKind::*;
        let ordered = [Deny, Escalate, Redact, Warn, Advise, Allow];
        assert!(ordered.is_sorted_by(|a, b| a > b));
    }

    #[test]
    fn an_evaluation_is_flat_json() {
        let evaluation = Evaluation::new(Verdict::Advise { model: "m".into() }, vec![]);
        let json = serde_json::to_value(&evaluation).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"verdict": "advise", "model": "m", "findings": []})
        );
        assert_eq!(
            serde_json::from_value::<Evaluation>(json).unwrap(),
            evaluation
        );
    }

    #[test]
    fn kind_names_are_their_json() {
        for kind in [
            VerdictKind::Allow,
            VerdictKind::Escalate,
            VerdictKind::Redact,
        ] {
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{}\"", kind.as_str()));
        }
    }
}
