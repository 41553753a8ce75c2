//! Rule `owner_required`: whether somebody answers for the call.
//!
//! `docs/rules/owner_required.md` says what it catches and what it cannot.

use bijotel_rule_sdk::{
    Action, Call, Description, Evaluation, Mode, Report, Rule, Stage, export_rule,
};
use serde::Deserialize;

/// The fact that says on whose behalf the call is made.
pub const OWNER: &str = "owner";

/// The fact that says how the host knows.
pub const OWNER_SOURCE: &str = "owner.source";

/// Owners that are none: what a host or a gateway before it writes when it does not know.
const NOBODY: [&str; 4] = [
    "unresolved",
    "unattributed",
    "policy:unattributed",
    "unknown",
];

const MAX_OWNER: usize = 256;

const SCHEMA: &str = include_str!("config.schema.json");

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether a call without an owner is stopped; with false there is only a warning. Default true.
    pub require_owner: bool,
    /// What to do about a call without an owner, if one is required. Default deny.
    pub mode: Mode,
    /// What to do about an owner whom the caller only claims. Default warn.
    pub asserted: Asserted,
    /// Ways of knowing that prove nothing, beside not saying how. Default `asserted`.
    pub asserted_sources: Vec<String>,
    /// What owners must begin with, before a colon, such as `human`. Default anything.
    pub kinds: Vec<String>,
}

/// What to do about an owner whom the caller only claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asserted {
    /// Nothing.
    Allow,
    /// Let it pass and say so.
    Warn,
    /// Hold it until a person has decided.
    Escalate,
    /// Stop it.
    Deny,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            require_owner: true,
            mode: Mode::Deny,
            asserted: Asserted::Warn,
            asserted_sources: vec!["asserted".to_owned()],
            kinds: Vec::new(),
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct OwnerRequired {
    config: Config,
    without_owner: Action,
}

impl Rule for OwnerRequired {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            facts: vec![OWNER.to_owned(), OWNER_SOURCE.to_owned()],
            ..bijotel_rule_sdk::description(
                "owner_required",
                env!("CARGO_PKG_VERSION"),
                "Refuses calls for which nobody answers.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        for (key, texts) in [
            ("asserted_sources", &config.asserted_sources),
            ("kinds", &config.kinds),
        ] {
            if texts.len() > 64 || texts.iter().any(String::is_empty) {
                return Err(format!(
                    "the configuration key `{key}`: expected at most 64 texts that are not empty"
                ));
            }
        }
        let without_owner = if config.require_owner {
            config.mode.into()
        } else {
            Action::Warn
        };
        Ok(Self {
            config,
            without_owner,
        })
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        let owner = call.fact(OWNER).unwrap_or_default();
        let mut find = |action, code, reason| report.find_in_call(action, code, reason);
        if is_nobody(owner) {
            let reason = "The host does not say on whose behalf the call is made";
            find(self.without_owner, "owner_required.missing", reason);
        } else if !self.is_well_formed(owner) {
            let reason = "The owner is too long, has control characters, or is of none of the kinds that may own calls";
            find(self.without_owner, "owner_required.malformed", reason);
        } else if self.is_asserted(call) {
            let action = match self.config.asserted {
                Asserted::Allow => return report.finish(),
                Asserted::Warn => Action::Warn,
                Asserted::Escalate => Action::Escalate,
                Asserted::Deny => Action::Deny,
            };
            let reason = "The caller says who owns the call, and nothing proves it";
            find(action, "owner_required.asserted", reason);
        }
        report.finish()
    }
}

impl OwnerRequired {
    fn is_well_formed(&self, owner: &str) -> bool {
        let kinds = &self.config.kinds;
        let is_of = |kind: &String| {
            let name = owner
                .strip_prefix(kind.as_str())
                .and_then(|rest| rest.strip_prefix(':'));
            name.is_some_and(|name| !name.trim().is_empty())
        };
        owner.len() <= MAX_OWNER
            && !owner.contains(char::is_control)
            && (kinds.is_empty() || kinds.iter().any(is_of))
    }

    fn is_asserted(&self, call: &Call) -> bool {
        let source = call.fact(OWNER_SOURCE).unwrap_or_default();
        source.is_empty()
            || self
                .config
                .asserted_sources
                .iter()
                .any(|weak| weak == source)
    }
}

fn is_nobody(owner: &str) -> bool {
    let owner = owner.trim();
    owner.is_empty()
        || NOBODY
            .iter()
            .any(|nobody| owner.eq_ignore_ascii_case(nobody))
}

export_rule!(OwnerRequired);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{Verdict, testing};

    fn call(owner: &str, source: &str) -> Call {
        Call::of_text("hi")
            .with_fact(OWNER, owner)
            .with_fact(OWNER_SOURCE, source)
    }

    fn ask(configuration: &str, call: &Call) -> (Verdict, Vec<String>) {
        let verdict = testing::ask::<OwnerRequired>(configuration, call)
            .unwrap()
            .verdict;
        (
            verdict,
            testing::codes::<OwnerRequired>(configuration, call),
        )
    }

    #[test]
    fn an_owner_whom_the_host_knows_passes() {
        assert_eq!(ask("{}", &call("human:alice", "key")).0, Verdict::Allow);
    }

    #[test]
    fn a_call_without_an_owner_is_denied() {
        for owner in ["", "  ", "unresolved", "policy:Unattributed"] {
            let (verdict, codes) = ask("{}", &call(owner, "key"));
            assert_eq!(verdict, Verdict::Deny, "{owner:?}");
            assert_eq!(codes, ["owner_required.missing"]);
        }
        assert_eq!(ask("{}", &Call::of_text("hi")).0, Verdict::Deny);
    }

    #[test]
    fn the_operator_chooses_what_is_done_without_an_owner() {
        let call = Call::of_text("hi");
        assert_eq!(ask(r#"{"mode":"escalate"}"#, &call).0, Verdict::Escalate);
        assert_eq!(ask(r#"{"require_owner":false}"#, &call).0, Verdict::Warn);
    }

    #[test]
    fn an_owner_whom_nothing_proves_is_reported() {
        for call in [
            call("human:alice", "asserted"),
            call("human:alice", ""),
            Call::of_text("hi").with_fact(OWNER, "human:alice"),
        ] {
            let (verdict, codes) = ask("{}", &call);
            assert_eq!(verdict, Verdict::Warn);
            assert_eq!(codes, ["owner_required.asserted"]);
        }
    }

    #[test]
    fn the_operator_chooses_what_is_done_about_claims() {
        let claimed = call("human:alice", "header");
        assert_eq!(ask("{}", &claimed).0, Verdict::Allow);
        for (asserted, expected) in [
            ("allow", Verdict::Allow),
            ("escalate", Verdict::Escalate),
            ("deny", Verdict::Deny),
        ] {
            let configuration =
                format!(r#"{{"asserted":"{asserted}","asserted_sources":["header"]}}"#);
            assert_eq!(ask(&configuration, &claimed).0, expected);
        }
    }

    #[test]
    fn owners_can_be_held_to_kinds() {
        let humans = r#"{"kinds":["human"]}"#;
        assert_eq!(ask(humans, &call("human:alice", "key")).0, Verdict::Allow);
        for owner in [
            "agent:nightly",
            "HUMAN:alice",
            "human",
            "human: ",
            "humanalice",
        ] {
            let codes = ask(humans, &call(owner, "key")).1;
            assert_eq!(codes, ["owner_required.malformed"], "{owner}");
        }
    }

    #[test]
    fn owners_that_would_forge_log_lines_are_refused() {
        for owner in ["human:a\nb", &"a".repeat(MAX_OWNER + 1)] {
            assert_eq!(
                ask("{}", &call(owner, "key")).1,
                ["owner_required.malformed"]
            );
        }
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<OwnerRequired>().unwrap();
    }
}
