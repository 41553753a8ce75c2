//! What can go wrong with a host.

use bijotel_package::store::StoreError as PackageError;
use bijotel_policy::{CacheError, ConfigurationError, EngineError, LoadError, RuleSetError};
use bijotel_seal::entry::DraftError;
use bijotel_store::StoreError;
use thiserror::Error;

use crate::trust::{TrustConfigError, Untrusted};

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
    #[error("there is no shipped rule {name:?}; shipped are {}. For your own rule give `component` or `digest`", shipped.join(", "))]
    UnknownRule {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        shipped: Vec<&'static str>,
    },
    /// A component, or its signatures, cannot be read.
    #[error("rule {rule:?}: {source}")]
    Package {
        /// The rule's name.
        rule: String,
        /// What is wrong with the file or the rule store.
        source: PackageError,
    },
    /// A component that nobody who is trusted vouches for.
    #[error("rule {rule:?}: {source}")]
    Untrusted {
        /// The rule's name.
        rule: String,
        /// Why it is not let in.
        source: Untrusted,
    },
    /// A `[[trust]]` entry.
    #[error("the [[trust]] entry {name:?}: {source}")]
    Trust {
        /// The entry's name.
        name: String,
        /// What is wrong with it.
        source: TrustConfigError,
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
