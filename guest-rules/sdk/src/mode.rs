//! What a rule does about a call that it objects to as a whole.

use serde::Deserialize;

use crate::Action;

/// What a rule does about a call that it objects to. In a configuration: `"warn"`, `"escalate"` or
/// `"deny"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Let it pass and say so.
    Warn,
    /// Hold it until a person has decided.
    Escalate,
    /// Stop it.
    Deny,
}

impl From<Mode> for Action {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Warn => Self::Warn,
            Mode::Escalate => Self::Escalate,
            Mode::Deny => Self::Deny,
        }
    }
}
