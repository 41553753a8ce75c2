//! What the author of a rule needs: the parts behind `bijotel rule`.
//!
//! - [`bench`]: what an evaluation costs
//! - [`cases`]: what a rule must answer, written in YAML and judged in the real host
//! - [`diff`]: how two texts differ, for people
//! - [`create_project`], [`Project`]: new projects, and building them
//! - [`lint`]: what makes a valid rule a bad one
//! - [`ConfigurationSchema`], [`TomlPlaces`]: a configuration against the rule's own schema
//! - [`Inspection`]: what can be seen of a component, also of one that the host refuses

pub mod bench;
pub mod cases;
mod developer_cache;
pub mod diff;
mod empty_rule;
mod inspection;
pub mod lint;
mod project;
mod schema;
mod template;
mod toml_places;

pub use developer_cache::DeveloperCache;
pub use inspection::{Inspection, Producer};
pub use project::{BuildError, Built, Language, Project, ToolError, componentize};
pub use schema::{ConfigurationProblem, ConfigurationSchema, SchemaError};
pub use template::{CONTRACT_WIT, TemplateError, create as create_project};
pub use toml_places::TomlPlaces;
