//! The configuration of the rule.

use std::collections::BTreeMap;

use bijotel_rule_sdk::{Action, Origin};
use serde::Deserialize;

use crate::kind::Kind;

/// JSON Schema of [`Config`].
pub(crate) const SCHEMA: &str = include_str!("config.schema.json");

/// What to do about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KindAction {
    /// Do not report it.
    Off,
    /// Report it and let the call pass.
    Warn,
    /// Replace it by `[REDACTED:kind]`.
    Redact,
    /// Stop the call. `block` says the same.
    #[serde(alias = "block")]
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
    /// What to do about a finding, unless its kind says otherwise. Default `warn`: whether personal
    /// data may go to a model is for the operator to say, and denying by default would stop most
    /// mail. `mode` says the same.
    #[serde(alias = "mode")]
    pub action: KindAction,
    /// Exceptions from `action`, by kind.
    pub kinds: BTreeMap<Kind, KindAction>,
    /// The parts of a call that are looked at. Default: all.
    pub parts: Vec<Part>,
    /// Texts that are no finding, such as an address of the operator's own. Compared without regard
    /// to ASCII case.
    pub allow: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            action: KindAction::Warn,
            kinds: BTreeMap::new(),
            parts: vec![Part::Input, Part::Output, Part::ToolArguments],
            allow: Vec::new(),
        }
    }
}

impl Config {
    /// What to do about a kind; nothing if it is off.
    pub(crate) fn action(&self, kind: Kind) -> Option<Action> {
        match self.kinds.get(&kind).copied().unwrap_or(self.action) {
            KindAction::Off => None,
            KindAction::Warn => Some(Action::Warn),
            KindAction::Redact => Some(Action::Redact),
            KindAction::Deny => Some(Action::Deny),
        }
    }

    pub(crate) fn looks_at(&self, origin: Origin<'_>) -> bool {
        let part = match origin {
            Origin::Input(_) => Part::Input,
            Origin::Output(_) => Part::Output,
            Origin::Arguments(_) => Part::ToolArguments,
        };
        self.parts.contains(&part)
    }

    pub(crate) fn allows(&self, text: &str) -> bool {
        self.allow
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(text))
    }
}
