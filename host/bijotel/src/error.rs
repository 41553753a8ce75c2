//! What can go wrong with a host.

use std::path::PathBuf;

use bijotel_policy::{CacheError, ConfigurationError, EngineError, LoadError, RuleSetError};
use bijotel_seal::entry::DraftError;
use bijotel_store::StoreError;
use thiserror::Error;

/// Why the host could not be opened, or could not seal.
#[derive(Debug, Error)]
pub enum HostError {
    /// The chain.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something cannot become an entry.
    #[error("cannot be sealed: {0}")]
    Draft(#[from] DraftError),
    /// The WebAssembly engine does not start.
    #[error("the rule engine does not start: {0}")]
    Engine(#[from] EngineError),
    /// The cache of prepared rules.
    #[error("the cache of prepared rules cannot be used: {0}")]
    Cache(#[from] CacheError),
    /// A name that no shipped rule has.
    #[error("there is no shipped rule {name:?}; shipped are {}. For your own rule give `component`", shipped.join(", "))]
    UnknownRule {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        shipped: Vec<&'static str>,
    },
    /// A component file cannot be read.
    #[error("rule {rule:?}: cannot read {}: {source}", path.display())]
    Component {
        /// The rule's name.
        rule: String,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A configuration is not what the rule takes.
    #[error("rule {rule:?}: configuration: {source}")]
    Configuration {
        /// The rule's name.
        rule: String,
        /// What is wrong with it.
        source: ConfigurationError,
    },
    /// A component is no rule, or refuses its configuration.
    #[error("rule {rule:?}: {source}")]
    Load {
        /// The rule's name.
        rule: String,
        /// What is wrong with it.
        source: LoadError,
    },
    /// The rules do not make a set.
    #[error("the rules do not make a set: {0}")]
    RuleSet(#[from] RuleSetError),
    /// A decision could not be brought into its sealed form.
    #[error("a decision could not be sealed: {0}")]
    Decision(String),
}
