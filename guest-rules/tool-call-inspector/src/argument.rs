//! What one argument of a tool may be.

use bijotel_rule_sdk::{Folders, Hosts, Url};

use crate::config::{ArgumentConfig, Kind};

/// A check of one argument.
#[derive(Debug)]
pub(crate) enum ArgumentCheck {
    Any,
    Path(Folders),
    Url { hosts: Hosts, schemes: Vec<String> },
    Shell,
    OneOf(Vec<String>),
}

impl ArgumentCheck {
    pub(crate) fn new(config: &ArgumentConfig) -> Result<Self, String> {
        let needs_list = matches!(config.kind, Kind::Path | Kind::Url | Kind::OneOf);
        if needs_list && config.allowed.is_empty() {
            return Err("expected `allowed` to name at least one".to_owned());
        }
        let allowed = config.allowed.as_slice();
        Ok(match config.kind {
            Kind::Any => Self::Any,
            Kind::Path => Self::Path(
                Folders::new(allowed).map_err(|bad| format!("`{bad}` is no plain folder"))?,
            ),
            Kind::Url => Self::Url {
                hosts: Hosts::new(allowed).map_err(|bad| format!("`{bad}` is no host"))?,
                schemes: config.schemes.clone(),
            },
            Kind::Shell => Self::Shell,
            Kind::OneOf => Self::OneOf(allowed.to_vec()),
        })
    }

    pub(crate) fn allows(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Path(folders) => folders.contain(text),
            Self::Url { hosts, schemes } => Url::parse(text)
                .is_some_and(|url| schemes.contains(&url.scheme) && hosts.contain(&url)),
            Self::Shell => is_plain_for_shells(text),
            Self::OneOf(texts) => texts.iter().any(|allowed| allowed == text),
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Path(_) => "tool_call_inspector.path",
            Self::Url { .. } => "tool_call_inspector.url",
            Self::Shell => "tool_call_inspector.shell",
            Self::Any | Self::OneOf(_) => "tool_call_inspector.value",
        }
    }

    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Path(_) => "An argument is no plain path in one of the folders allowed for it",
            Self::Url { .. } => {
                "An argument is no plain address at one of the hosts allowed for it"
            }
            Self::Shell => {
                "An argument has characters that mean something to a shell, or reads as an option"
            }
            Self::Any | Self::OneOf(_) => "An argument is none of the values allowed for it",
        }
    }
}

/// Whether no shell sees more in a text than words: letters, digits and a few signs; no word begins like
/// an option.
fn is_plain_for_shells(text: &str) -> bool {
    let is_plain = |character: char| {
        character.is_alphanumeric()
            || matches!(
                character,
                ' ' | '_' | '-' | '.' | ',' | '/' | ':' | '@' | '+' | '='
            )
    };
    text.chars().all(is_plain) && !text.split(' ').any(|word| word.starts_with('-'))
}
