//! What makes a rule bad though it is valid.
//!
//! The host refuses what breaks the contract. This looks for what an operator would regret later: a
//! schema that accepts misspelt keys, findings that quote the call, time that grows faster than the
//! text, failures on calls that nobody tried.

mod description;
mod hostile;
mod probes;

use bijotel_policy::{
    Call, Configuration, Engine, LoadError, Rule, RuleEntry, RuleSet, Stage, inspect,
};
use serde::Serialize;

use crate::cases::Component;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look.
    Warning,
    /// The rule must not be used so.
    Error,
}

/// Something that makes the rule bad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name, such as `schema.open`; docs/rule-kit.md lists them.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl Complaint {
    fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
        }
    }

    fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }
}

/// Look a rule over. `examples` are calls that the rule reacts to, such as those of its cases: what
/// no probe triggers cannot be judged.
pub fn lint(engine: &Engine, component: &Component, examples: &[Call]) -> Vec<Complaint> {
    let bytes = component.bytes();
    if let Err(error) = inspect(bytes) {
        return vec![Complaint::error("refused", error.to_string())];
    }
    let mut complaints = Vec::new();
    let rule = match component.load(engine, &Configuration::default()) {
        Ok(rule) => rule,
        Err(LoadError::Configuration { problem }) => {
            let message = format!(
                "`configure` refuses `{{}}` (\"{problem}\"): give every key a default, so that the rule can be tried"
            );
            complaints.push(Complaint::error("configure.defaults", message));
            if let Ok(description) = engine.describe(bytes) {
                description::check(&description, &mut complaints);
            }
            return complaints;
        }
        Err(error) => return vec![Complaint::error("load", error.to_string())],
    };
    description::check(rule.description(), &mut complaints);
    check_unknown_key(engine, component, &mut complaints);
    let preparation = rule.preparation();
    if !preparation.snapshot {
        let why = preparation.snapshot_problem.as_deref();
        let message = format!(
            "the configured rule cannot be snapshotted ({}): every call configures it anew, which is slow",
            why.unwrap_or("for a reason found earlier")
        );
        complaints.push(Complaint::warning("snapshot", message));
    }
    let Some(asked) = Asked::new(rule) else {
        return complaints;
    };
    probes::check(&asked, examples, &mut complaints);
    hostile::check(&asked, &mut complaints);
    complaints
}

/// The rule under its default limits, alone.
struct Asked {
    rule: Rule,
    rules: RuleSet,
}

impl Asked {
    fn new(rule: Rule) -> Option<Self> {
        let rules = RuleSet::new(vec![RuleEntry::new(rule.clone())]).ok()?;
        Some(Self { rule, rules })
    }

    fn stages(&self) -> &[Stage] {
        &self.rule.description().stages
    }
}

fn check_unknown_key(engine: &Engine, component: &Component, complaints: &mut Vec<Complaint>) {
    let unknown = serde_json::json!({"bijotel_lint_unknown_key": true});
    let Ok(configuration) = Configuration::from_value(&unknown) else {
        return;
    };
    if component.load(engine, &configuration).is_ok() {
        complaints.push(Complaint::error(
            "configure.unknown_key",
            "`configure` accepts a key that the rule does not know: an operator's misspelt key would be ignored",
        ));
    }
}
