//! Which rules a host asks: the configuration, and the rules that are shipped with it.

use std::path::{Path, PathBuf};
use std::thread;

use bijotel_package::{RuleDigest, RuleStore, TrustList};
use bijotel_policy::{
    Configuration, Engine, EngineOptions, Limits, Mode, OnFailure, Rule, RuleCache, RuleEntry,
    RuleSet, ShippedRule, Stage,
};
use bijotel_seal::ChainKey;
use serde::{Deserialize, Serialize};

use crate::error::HostError;
use crate::sources::Sources;
use crate::trust::{PublicKey, TrustConfig, Untrusted, check_description};

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

/// The folder of the rule store unless a configuration says otherwise.
const DEFAULT_STORE: &str = "rules";

/// The rules of a host, in the order in which they are asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RulesConfig {
    /// One `[[rule]]` each.
    #[serde(rename = "rule")]
    pub rules: Vec<RuleConfig>,
    /// `shadow`: all of them are only tried, whatever their own mode is. The gate watches and stops
    /// nothing.
    pub mode: Mode,
    /// Whose signatures count: one `[[trust]]` each.
    pub trust: Vec<TrustConfig>,
    /// Whether components are loaded that nobody in `trust` signed. Default: no.
    pub allow_unsigned: bool,
    /// The folder of the rule store. Default: `rules`.
    pub store: PathBuf,
}

/// One rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleConfig {
    /// What decisions call it; without `component` and `digest`, also which shipped rule it is.
    pub name: String,
    /// A component file; its signatures are in the file beside it whose name has `.sig` at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<PathBuf>,
    /// The component's digest. With `component`, that file must have it; without, it is taken from
    /// the rule store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<RuleDigest>,
    /// Whether this component is loaded although nobody in `trust` signed it. Default: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_unsigned: bool,
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

impl Default for RulesConfig {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            mode: Mode::default(),
            trust: Vec::new(),
            allow_unsigned: false,
            store: DEFAULT_STORE.into(),
        }
    }
}

impl RulesConfig {
    /// No rules: everything is sealed, nothing is judged.
    pub fn none() -> Self {
        Self::default()
    }

    /// The rules that judge unless a configuration says otherwise, with their default configurations.
    pub fn shipped_defaults() -> Self {
        let rules: Vec<_> = DEFAULTS.into_iter().map(RuleConfig::shipped).collect();
        rules.into()
    }

    /// Takes all paths that are relative as relative to `folder`: that of the file they stand in.
    pub fn relative_to(&mut self, folder: &Path) {
        let rules = self.rules.iter_mut();
        let components = rules.filter_map(|rule| rule.component.as_mut());
        let trusted = self.trust.iter_mut();
        let keys = trusted.filter_map(|trust| match &mut trust.public_key {
            PublicKey::File(path) => Some(path),
            PublicKey::Inline(_) => None,
        });
        for path in components.chain(keys).chain([&mut self.store]) {
            *path = folder.join(&path);
        }
    }

    /// The keys of `trust`, read from where they are.
    pub fn trust_list(&self) -> Result<TrustList, HostError> {
        let keys = self.trust.iter().map(|trust| {
            trust.key().map_err(|source| HostError::Trust {
                name: trust.name.to_string(),
                source,
            })
        });
        Ok(TrustList::new(keys.collect::<Result<_, _>>()?))
    }

    /// The rule store.
    pub fn rule_store(&self) -> RuleStore {
        RuleStore::new(&self.store)
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
        let sources = Sources::read(self)?;
        let load = |rule: &RuleConfig| rule.load(engine, &sources, running, self.mode);
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
            digest: None,
            allow_unsigned: false,
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
        sources: &Sources<'_>,
        running: Option<&RuleSet>,
        mode: Mode,
    ) -> Result<RuleEntry, HostError> {
        let rule = self.name.clone();
        let value = serde_json::Value::Object(self.configuration.clone());
        let configuration = Configuration::from_value(&value)
            .map_err(|source| HostError::Configuration { rule, source })?;
        Ok(RuleEntry {
            name: self.name.clone(),
            rule: self.load_component(engine, sources, running, &configuration)?,
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
        sources: &Sources<'_>,
        running: Option<&RuleSet>,
        configuration: &Configuration,
    ) -> Result<Rule, HostError> {
        let running_as = |component: &[u8]| {
            let rules = running?.entries().iter().map(|entry| &entry.rule);
            let mut same = rules.filter(|rule| rule.configuration() == configuration);
            same.find(|rule| **rule.component() == *component).cloned()
        };
        let admitted = sources.admitted(self);
        let (loaded, vouched) = match admitted.map_err(|source| self.untrusted(source))? {
            Some((component, vouched)) => match running_as(component) {
                Some(rule) => (Ok(rule), vouched),
                None => (engine.load(component.clone(), configuration), vouched),
            },
            None => {
                let shipped = find_shipped(&self.name).ok_or_else(|| HostError::UnknownRule {
                    name: self.name.clone(),
                    shipped: shipped_rules().map(|(id, _)| id).collect(),
                })?;
                match running_as(shipped.component) {
                    Some(rule) => (Ok(rule), None),
                    None => (engine.load_shipped(shipped, configuration), None),
                }
            }
        };
        let rule = loaded.map_err(|source| HostError::Load {
            rule: self.name.clone(),
            source,
        })?;
        if let Some(vouched) = vouched {
            check_description(&vouched, rule.description())
                .map_err(|source| self.untrusted(source))?;
        }
        Ok(rule)
    }

    fn untrusted(&self, source: Untrusted) -> HostError {
        HostError::Untrusted {
            rule: self.name.clone(),
            source,
        }
    }
}

fn find_shipped(id: &str) -> Option<&'static ShippedRule> {
    shipped_rules()
        .find(|(have, _)| *have == id)
        .map(|(_, rule)| rule)
}
