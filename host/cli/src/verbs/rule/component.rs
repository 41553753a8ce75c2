//! The rule that a verb works on.

use std::path::{Path, PathBuf};

use bijotel::policy::{Configuration, MAX_COMPONENT};
use bijotel::shipped_rules;
use bijotel_kit::cases::Component;
use clap::Args;

use crate::exit::Failure;
use crate::files::read_document;

/// A rule and its configuration, as the command line names them.
#[derive(Args)]
pub(super) struct RuleArgs {
    /// A component's file, or a shipped rule's id. Default: the project in this folder, built first if
    /// its sources changed
    #[arg(value_name = "RULE")]
    rule: Option<PathBuf>,
    /// The rule's configuration as JSON text
    #[arg(long, value_name = "JSON", default_value = "{}")]
    configuration: String,
}

impl RuleArgs {
    /// Whether the project in this folder is meant.
    pub(super) fn is_project(&self) -> bool {
        self.rule.is_none()
    }

    pub(super) fn component(&self) -> Result<Component, Failure> {
        match &self.rule {
            Some(rule) => named_component(rule, Path::new("")),
            None => {
                let component = super::build::current_component(Path::new(""))?;
                Ok(Component::Bytes(component.into()))
            }
        }
    }

    pub(super) fn configuration(&self) -> Result<Configuration, Failure> {
        Configuration::from_json(&self.configuration).map_err(Failure::usage)
    }
}

/// The shipped rule of this id, or the component at this path as seen from `folder`.
pub(super) fn named_component(rule: &Path, folder: &Path) -> Result<Component, Failure> {
    match shipped_rules().find(|(id, _)| Path::new(id) == rule) {
        Some((_, shipped)) => Ok(Component::Shipped(*shipped)),
        None => Ok(Component::Bytes(read_component(&folder.join(rule))?.into())),
    }
}

/// The bytes of a component file.
pub(super) fn read_component(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error| {
        Failure::not_found(format!(
            "cannot read the component {}: {error}",
            path.display()
        ))
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_COMPONENT as u64 {
        return Err(Failure::failed(format!(
            "{} has {size} bytes, more than the {MAX_COMPONENT} that a component may have",
            path.display()
        )));
    }
    std::fs::read(path).map_err(unreadable)
}

/// The text of a file.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    read_document(Some(path))
}
