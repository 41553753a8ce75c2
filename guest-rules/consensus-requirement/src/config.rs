//! The configuration of the rule.

use bijotel_rule_sdk::{Mode, Role};
use serde::Deserialize;

/// JSON Schema of [`Config`].
pub(crate) const SCHEMA: &str = include_str!("config.schema.json");

const MAX_KEYWORDS: usize = 1000;
const MAX_KEYWORD_BYTES: usize = 400;

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which calls need more than one model. Default those with a keyword.
    pub stakes_threshold: Stakes,
    /// Words and phrases that make the stakes high. Default: those shipped with the rule.
    pub keywords: Option<Vec<String>>,
    /// Whose texts are searched. Default those that do not come from the application or the model.
    pub roles: Vec<Author>,
    /// How many models must have been asked. Default 2.
    pub min_votes: u64,
    /// The agreement that their answers need, from 0 to 1. Default 0.7.
    pub threshold: f64,
    /// What to do about a call without them. Default escalate.
    pub mode: Mode,
}

/// From which stakes on a call needs more than one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stakes {
    /// Only calls that have a keyword.
    High,
    /// Every call.
    Low,
}

/// Who wrote a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// The operator's instructions.
    System,
    /// Instructions of the application.
    Developer,
    /// A person.
    User,
    /// The model, in an earlier turn.
    Assistant,
    /// A tool's result.
    Tool,
    /// Anybody else.
    Other,
}

impl From<Author> for Role {
    fn from(author: Author) -> Self {
        match author {
            Author::System => Self::System,
            Author::Developer => Self::Developer,
            Author::User => Self::User,
            Author::Assistant => Self::Assistant,
            Author::Tool => Self::Tool,
            Author::Other => Self::Other,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            stakes_threshold: Stakes::High,
            keywords: None,
            roles: vec![Author::User, Author::Tool, Author::Other],
            min_votes: 2,
            threshold: 0.7,
            mode: Mode::Escalate,
        }
    }
}

impl Config {
    /// Checks what the types do not say.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(keywords) = &self.keywords {
            let is_usable = |word: &String| {
                word.len() <= MAX_KEYWORD_BYTES && word.contains(char::is_alphanumeric)
            };
            if keywords.is_empty()
                || keywords.len() > MAX_KEYWORDS
                || !keywords.iter().all(is_usable)
            {
                return Err(format!(
                    "the configuration key `keywords`: expected 1 to {MAX_KEYWORDS} words or phrases of at most {MAX_KEYWORD_BYTES} bytes"
                ));
            }
        }
        if self.roles.is_empty() {
            return Err("the configuration key `roles`: expected at least one role".to_owned());
        }
        if self.min_votes < 2 {
            return Err("the configuration key `min_votes`: expected at least 2".to_owned());
        }
        if !(0.0..=1.0).contains(&self.threshold) {
            return Err(
                "the configuration key `threshold`: expected a number from 0 to 1".to_owned(),
            );
        }
        Ok(())
    }
}
