//! What a list shows of an entry, read from its sealed body.

use std::borrow::Cow;

use bijotel::seal::Entry;
use bijotel::{Stage, VerdictKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::prices::Cost;

/// The name under which the host seals its decisions.
const DECISION: &str = "bijotel.decision";

/// What the rules made of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    Allowed,
    Warn,
    Blocked,
}

/// What a list shows of an entry.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Summary {
    pub(crate) status: Status,
    /// The requested model.
    pub(crate) model: Option<String>,
    /// The rule that blocked or warned, as the entry's own members name it.
    pub(crate) rule: Option<String>,
    pub(crate) cost: Cost,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "ALLOWED",
            Self::Warn => "WARN",
            Self::Blocked => "BLOCKED",
        }
    }
}

impl Summary {
    /// The summary of an entry. Whatever its body is: what it does not say is left out.
    pub(crate) fn of(entry: &Entry<'_>) -> Self {
        let body: Body<'_> = serde_json::from_slice(&entry.canonical_body).unwrap_or_default();
        if entry.span_name == DECISION && body.event.as_deref() == Some(DECISION) {
            return Self {
                status: body
                    .verdict
                    .map_or(Status::Allowed, |verdict| status_of(verdict, body.stage)),
                model: None,
                rule: body.rule.map(Cow::into_owned),
                cost: Cost::NotCounted,
            };
        }
        let attributes = body.attributes.unwrap_or_default();
        let text = |value: &Option<Value>| {
            let text = value.as_ref()?.as_str()?;
            (!text.is_empty()).then(|| text.to_owned())
        };
        let model = text(&attributes.model);
        let number = |value: &Option<Value>| value.as_ref()?.as_f64();
        let tokens = number(&attributes.input_tokens).zip(number(&attributes.output_tokens));
        Self {
            status: match (&attributes.blocked, &attributes.warning) {
                (Some(Value::Bool(true)), _) => Status::Blocked,
                (_, Some(_)) => Status::Warn,
                _ => Status::Allowed,
            },
            rule: text(&attributes.rule).or_else(|| text(&attributes.warning)),
            cost: Cost::of(model.as_deref(), tokens),
            model,
        }
    }
}

fn status_of(verdict: VerdictKind, stage: Option<Stage>) -> Status {
    match verdict {
        VerdictKind::Allow | VerdictKind::Advise => Status::Allowed,
        VerdictKind::Warn | VerdictKind::Redact => Status::Warn,
        // What is judged when it is recorded has happened: nothing was blocked.
        VerdictKind::Escalate | VerdictKind::Deny if stage == Some(Stage::Record) => Status::Warn,
        VerdictKind::Escalate | VerdictKind::Deny => Status::Blocked,
    }
}

/// The members of a span body or a decision that count here.
#[derive(Default, Deserialize)]
struct Body<'b> {
    #[serde(default)]
    attributes: Option<Attributes>,
    #[serde(default, borrow)]
    event: Option<Cow<'b, str>>,
    #[serde(default)]
    verdict: Option<VerdictKind>,
    #[serde(default)]
    stage: Option<Stage>,
    #[serde(default, borrow)]
    rule: Option<Cow<'b, str>>,
}

#[derive(Default, Deserialize)]
struct Attributes {
    #[serde(rename = "bijotel.blocked", default)]
    blocked: Option<Value>,
    #[serde(rename = "bijotel.policy.rule", default)]
    rule: Option<Value>,
    #[serde(rename = "bijotel.policy.warning", default)]
    warning: Option<Value>,
    #[serde(rename = "gen_ai.request.model", default)]
    model: Option<Value>,
    #[serde(rename = "gen_ai.usage.input_tokens", default)]
    input_tokens: Option<Value>,
    #[serde(rename = "gen_ai.usage.output_tokens", default)]
    output_tokens: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(name: &str, body: &str) -> Summary {
        let entry = Entry {
            seq: 1,
            timestamp_ns: 0,
            trace_id: "".into(),
            span_id: "".into(),
            span_name: name.into(),
            span_kind: None,
            canonical_body: body.as_bytes().into(),
            canonical_hash: "".into(),
            prev_hash: "".into(),
            hmac_hash: "".into(),
            semantic_body_hash: None,
            sealed: None,
        };
        Summary::of(&entry)
    }

    #[test]
    fn a_blocked_call_is_one_whose_attribute_is_true_itself() {
        for (value, status) in [
            ("true", Status::Blocked),
            ("\"true\"", Status::Allowed),
            ("1", Status::Allowed),
        ] {
            let body = format!(r#"{{"attributes":{{"bijotel.blocked":{value}}}}}"#);
            assert_eq!(summary("x", &body).status, status, "{value}");
        }
    }

    #[test]
    fn our_own_decisions_count_by_their_verdict() {
        for (verdict, status) in [
            ("allow", Status::Allowed),
            ("redact", Status::Warn),
            ("escalate", Status::Blocked),
            ("deny", Status::Blocked),
        ] {
            let body =
                format!(r#"{{"event":"bijotel.decision","rule":"pii","verdict":"{verdict}"}}"#);
            let seen = summary("bijotel.decision", &body);
            assert_eq!((seen.status, seen.rule.as_deref()), (status, Some("pii")));
            assert_eq!(summary("other", &body).status, Status::Allowed);
        }
    }

    #[test]
    fn what_was_judged_when_it_was_recorded_was_not_blocked() {
        let body = r#"{"event":"bijotel.decision","stage":"record","verdict":"deny"}"#;
        assert_eq!(summary("bijotel.decision", body).status, Status::Warn);
    }

    #[test]
    fn a_body_of_any_shape_has_a_summary() {
        for body in [
            "",
            "5",
            "[1]",
            "\"x\"",
            "{\"attributes\":[1]}",
            "{\"verdict\":9}",
            "\u{0}",
        ] {
            let seen = summary("x", body);
            assert_eq!(
                (seen.status, seen.cost),
                (Status::Allowed, Cost::NotCounted)
            );
        }
    }
}
