//! Which rules a host asks: the configuration, and the rules that are shipped with it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::thread;

use bijotel_policy::{
    Component, Configuration, Engine, EngineOptions, Limits, Mode, OnFailure, Rule, RuleCache,
    RuleEntry, RuleSet, ShippedRule, Stage,
};
use bijotel_seal::ChainKey;
use serde::{Deserialize, Serialize};

use crate::error::HostError;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The rules that are asked unless a configuration says otherwise, in this order. It decides whose
/// reason is given when several rules want the same. Every other shipped rule is asked only where a
/// configuration names it: what it should allow or limit is for the operator to say.
const DEFAULTS: [&str; 5] = [
    "prompt_pattern_deny",
    "pii_detection",
    "ast_safety",
    "output_length_limit",
    "routing",
];

/// The rules that are built into this program, by their ids.
pub fn shipped_rules() -> impl Iterator<Item = (&'static str, &'static ShippedRule)> {
    EMBEDDED.iter().map(|(id, rule)| (*id, rule))
}

/// An engine for rules. What it compiles it keeps in the folder `cache`, authenticated with a key
/// derived from the chain's secret.
pub fn rule_engine(cache: Option<(&Path, &ChainKey)>) -> Result<Engine, HostError> {
    let cache = cache
        .map(|(folder, key)| RuleCache::new(folder, &key.mac(&[b"bijotel-rule-cache-v1"]).0))
        .transpose()?;
    Ok(Engine::new(EngineOptions {
        cache,
        ..EngineOptions::default()
    })?)
}

/// The rules of a host, in the order in which they are asked.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesConfig {
    /// One `[[rule]]` each.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleConfig>,
    /// `shadow`: all of them are only tried, whatever their own mode is. The gate watches and stops
    /// nothing.
    #[serde(default)]
    pub mode: Mode,
}

/// One rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleConfig {
    /// What decisions call it; without `component`, also which shipped rule it is.
    pub name: String,
    /// A component file. Left out: the shipped rule of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<PathBuf>,
    /// Whether its answer counts: `enforce` (the default), or `shadow` to try it.
    #[serde(default)]
    pub mode: Mode,
    /// What it means when the rule fails: `deny` (the default) or `warn`.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// Stages in which it is asked, if not in all that it serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stages: Option<Vec<Stage>>,
    /// What one evaluation may use.
    #[serde(default)]
    pub limits: Limits,
    /// The rule's own configuration; the rule documents it.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub configuration: serde_json::Map<String, serde_json::Value>,
}

impl RulesConfig {
    /// No rules: everything is sealed, nothing is judged.
    pub fn none() -> Self {
        Self::default()
    }

    /// The rules that judge unless a configuration says otherwise, with their default configurations.
    pub fn shipped_defaults() -> Self {
        Self {
            rules: DEFAULTS.into_iter().map(RuleConfig::shipped).collect(),
            mode: Mode::Enforce,
        }
    }

    /// Gets all rules ready. Those that must be compiled take seconds each and are done side by side.
    ///
    /// A [`Host`](crate::Host) does this itself; alone it is for asking the rules without a chain, with
    /// the engine of [`rule_engine`].
    pub fn load(&self, engine: &Engine) -> Result<RuleSet, HostError> {
        self.load_beside(engine, None)
    }

    /// The same where rules run already: one that is there with the same component and configuration is
    /// used again.
    pub(crate) fn load_beside(
        &self,
        engine: &Engine,
        running: Option<&RuleSet>,
    ) -> Result<RuleSet, HostError> {
        let components = self.components()?;
        let load = |rule: &RuleConfig| rule.load(engine, &components, running, self.mode);
        let load = &load;
        let loaded: Vec<Result<RuleEntry, HostError>> = thread::scope(|scope| {
            let loading: Vec<_> = (self.rules.iter())
                .map(|rule| scope.spawn(move || load(rule)))
                .collect();
            loading
                .into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect()
        });
        Ok(RuleSet::new(loaded.into_iter().collect::<Result<_, _>>()?)?)
    }

    /// The component files, each read and hashed once however many rules are made of it.
    fn components(&self) -> Result<HashMap<&Path, Component>, HostError> {
        let mut components = HashMap::new();
        for rule in &self.rules {
            let Some(path) = rule.component.as_deref() else {
                continue;
            };
            if let Entry::Vacant(vacant) = components.entry(path) {
                let bytes = std::fs::read(path).map_err(|source| HostError::Component {
                    rule: rule.name.clone(),
                    path: path.to_owned(),
                    source,
                })?;
                vacant.insert(Component::from(bytes));
            }
        }
        Ok(components)
    }
}

impl From<Vec<RuleConfig>> for RulesConfig {
    fn from(rules: Vec<RuleConfig>) -> Self {
        Self {
            rules,
            ..Self::none()
        }
    }
}

impl RuleConfig {
    /// A shipped rule with its default configuration.
    pub fn shipped(id: &str) -> Self {
        Self {
            name: id.to_owned(),
            component: None,
            mode: Mode::default(),
            on_failure: OnFailure::default(),
            stages: None,
            limits: Limits::default(),
            configuration: serde_json::Map::new(),
        }
    }

    fn load(
        &self,
        engine: &Engine,
        components: &HashMap<&Path, Component>,
        running: Option<&RuleSet>,
        mode: Mode,
    ) -> Result<RuleEntry, HostError> {
        let rule = self.name.clone();
        let value = serde_json::Value::Object(self.configuration.clone());
        let configuration = Configuration::from_value(&value)
            .map_err(|source| HostError::Configuration { rule, source })?;
        Ok(RuleEntry {
            name: self.name.clone(),
            rule: self.load_component(engine, components, running, &configuration)?,
            limits: self.limits,
            on_failure: self.on_failure,
            stages: self.stages.clone(),
            mode: match mode {
                Mode::Shadow => Mode::Shadow,
                Mode::Enforce => self.mode,
            },
        })
    }

    fn load_component(
        &self,
        engine: &Engine,
        components: &HashMap<&Path, Component>,
        running: Option<&RuleSet>,
        configuration: &Configuration,
    ) -> Result<Rule, HostError> {
        let running_as = |component: &[u8]| {
            let rules = running?.entries().iter().map(|entry| &entry.rule);
            let mut same = rules.filter(|rule| rule.configuration() == configuration);
            same.find(|rule| **rule.component() == *component).cloned()
        };
        let path = self.component.as_deref();
        let loaded = match path.and_then(|path| components.get(path)) {
            Some(component) => match running_as(component) {
                Some(rule) => Ok(rule),
                None => engine.load(component.clone(), configuration),
            },
            None => {
                let shipped = find_shipped(&self.name).ok_or_else(|| HostError::UnknownRule {
                    name: self.name.clone(),
                    shipped: shipped_rules().map(|(id, _)| id).collect(),
                })?;
                match running_as(shipped.component) {
                    Some(rule) => Ok(rule),
                    None => engine.load_shipped(shipped, configuration),
                }
            }
        };
        loaded.map_err(|source| HostError::Load {
            rule: self.name.clone(),
            source,
        })
    }
}

fn find_shipped(id: &str) -> Option<&'static ShippedRule> {
    shipped_rules()
        .find(|(have, _)| *have == id)
        .map(|(_, rule)| rule)
}
