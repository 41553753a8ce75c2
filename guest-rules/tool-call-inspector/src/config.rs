//! The configuration of the rule.

use std::collections::BTreeMap;

use serde::Deserialize;

/// JSON Schema of [`Config`].
pub(crate) const SCHEMA: &str = include_str!("config.schema.json");

const MAX_TOOLS: usize = 1000;
const MAX_ARGUMENTS: usize = 64;

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The tools that may be called, by name. Default none.
    pub registry: BTreeMap<String, ToolConfig>,
    /// The highest tier that may be called. Default HIGH.
    pub max_allowed_tier: Tier,
    /// From this tier on a tool whose effect cannot be undone needs a person's consent. Default HIGH.
    pub escalate_at_tier: Tier,
    /// Whether tools of the tier CRITICAL may be called at all. Default false.
    pub allow_critical: bool,
    /// Whether tools that are not registered may be called. Default false.
    pub allow_unregistered: bool,
}

/// One tool.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ToolConfig {
    /// How much harm it can do. Default LOW.
    pub risk_tier: Tier,
    /// Whether its effect cannot be undone. Default false.
    pub irreversible: bool,
    /// Whether it can be tried without effect; said to the person who is asked. Default false.
    pub dryrun_supported: bool,
    /// What its arguments may be, by their names. Default anything.
    pub arguments: BTreeMap<String, ArgumentConfig>,
    /// Whether it may have no other arguments than those. Default false.
    pub only_listed_arguments: bool,
}

/// What an argument may be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArgumentConfig {
    /// What kind of thing it is.
    pub kind: Kind,
    /// The folders, hosts or texts that it may name.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// Of an address: the schemes. Default `https`.
    #[serde(default = "https")]
    pub schemes: Vec<String>,
}

/// What kind of thing an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Anything.
    Any,
    /// A path below one of the allowed folders.
    Path,
    /// An address at one of the allowed hosts.
    Url,
    /// A word or several that mean nothing special to a shell.
    Shell,
    /// One of the allowed texts.
    OneOf,
}

/// How much harm a tool can do. In a configuration in capitals or small letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Tier {
    /// Little.
    #[default]
    #[serde(rename = "LOW", alias = "low")]
    Low,
    /// Some.
    #[serde(rename = "MEDIUM", alias = "medium")]
    Medium,
    /// Much.
    #[serde(rename = "HIGH", alias = "high")]
    High,
    /// The worst.
    #[serde(rename = "CRITICAL", alias = "critical")]
    Critical,
}

impl Tier {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            registry: BTreeMap::new(),
            max_allowed_tier: Tier::High,
            escalate_at_tier: Tier::High,
            allow_critical: false,
            allow_unregistered: false,
        }
    }
}

impl Config {
    pub(crate) fn check_size(&self) -> Result<(), String> {
        if self.registry.len() > MAX_TOOLS || self.registry.contains_key("") {
            return Err(format!(
                "the configuration key `registry`: expected at most {MAX_TOOLS} tools with names"
            ));
        }
        let too_many = |tool: &&ToolConfig| tool.arguments.len() > MAX_ARGUMENTS;
        if self.registry.values().any(|tool| too_many(&tool)) {
            return Err(format!(
                "the configuration key `registry`: expected at most {MAX_ARGUMENTS} arguments of each tool"
            ));
        }
        Ok(())
    }
}

fn https() -> Vec<String> {
    vec!["https".to_owned()]
}
