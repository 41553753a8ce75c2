//! The configuration of the rule.

use std::collections::BTreeMap;

use bijotel_rule_sdk::{Action, Origin};
use serde::Deserialize;

use crate::check::{Check, Severity};
use crate::snippet::{Language, Trust};

/// JSON Schema of [`Config`].
pub(crate) const SCHEMA: &str = include_str!("config.schema.json");

/// What to do about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckAction {
    /// Do not report it.
    Off,
    /// Report it and let the call pass.
    Warn,
    /// Stop the call.
    Deny,
}

/// Whether findings may stop a call at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Every finding is at most a warning.
    Warn,
    /// What the other keys say.
    Deny,
}

/// A part of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What goes to the model.
    Input,
    /// What the model answers.
    Output,
    /// Arguments of tool calls.
    ToolArguments,
}

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether findings may stop a call. Default `deny`.
    pub mode: Mode,
    /// The languages that are looked for. Default: all.
    pub languages: Vec<Language>,
    /// What to do about a critical finding. Default `deny`.
    pub critical: CheckAction,
    /// What to do about a warning. Default `warn`.
    pub warning: CheckAction,
    /// Exceptions from both, by check.
    pub checks: BTreeMap<Check, CheckAction>,
    /// The most that is done about code in the middle of a sentence or between single backticks,
    /// which may only be talked about. Default `off`.
    pub prose: CheckAction,
    /// The parts of a call that are looked at. Default: all.
    pub parts: Vec<Part>,
    /// Longer pieces of code are not parsed and reported as `ast.too_large`, in bytes. Default
    /// 256 KiB.
    pub max_code_bytes: usize,
    /// What is in a call beyond so much code is reported as `ast.too_large`, in bytes. Default 512 KiB.
    pub max_total_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::Deny,
            languages: vec![
                Language::Python,
                Language::Shell,
                Language::JavaScript,
                Language::Sql,
            ],
            critical: CheckAction::Deny,
            warning: CheckAction::Warn,
            checks: BTreeMap::new(),
            prose: CheckAction::Off,
            parts: vec![Part::Input, Part::Output, Part::ToolArguments],
            max_code_bytes: 256 << 10,
            max_total_bytes: 512 << 10,
        }
    }
}

impl Config {
    /// What to do about a finding of a check; nothing if it is off.
    pub(crate) fn action(&self, check: Check, trust: Trust) -> Option<Action> {
        if check
            .language()
            .is_some_and(|language| !self.looks_for(language))
        {
            return None;
        }
        let by_severity = match check.severity() {
            Severity::Critical => self.critical,
            Severity::Warning => self.warning,
            Severity::Notice => CheckAction::Off,
        };
        let action = self.checks.get(&check).copied().unwrap_or(by_severity);
        let most = if trust == Trust::Prose {
            self.prose
        } else {
            CheckAction::Deny
        };
        match (action, most) {
            (CheckAction::Off, _) | (_, CheckAction::Off) => None,
            (CheckAction::Deny, CheckAction::Deny) if self.mode == Mode::Deny => Some(Action::Deny),
            _ => Some(Action::Warn),
        }
    }

    pub(crate) fn looks_for(&self, language: Language) -> bool {
        language == Language::Unknown || self.languages.contains(&language)
    }

    pub(crate) fn looks_at(&self, origin: Origin<'_>) -> bool {
        let part = match origin {
            Origin::Input(_) => Part::Input,
            Origin::Output(_) => Part::Output,
            Origin::Arguments(_) => Part::ToolArguments,
        };
        self.parts.contains(&part)
    }
}
