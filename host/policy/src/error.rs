//! What can go wrong before a rule is asked anything.

use std::path::PathBuf;

use thiserror::Error;

use crate::failure::RuleFailure;

/// The engine could not be started.
#[derive(Debug, Error)]
#[error("cannot start the WebAssembly engine: {0}")]
pub struct EngineError(pub(crate) String);

/// A rule could not be loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file is larger than [`MAX_COMPONENT`](crate::MAX_COMPONENT).
    #[error("the component has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// Not WebAssembly, or damaged.
    #[error("not a WebAssembly component: {0}")]
    NotAComponent(String),
    /// It wants something from the host. A rule gets nothing.
    #[error(
        "the component imports `{name}`, but a rule may import nothing; \
         build it without that dependency (clock, files, network, randomness and printing all need one)"
    )]
    Import {
        /// The name of the import.
        name: String,
    },
    /// It speaks another version of the contract.
    #[error(
        "the component exports `{found}`, but this host speaks only `{supported}`; rebuild it with the matching SDK"
    )]
    ContractVersion {
        /// What it exports.
        found: String,
        /// What the host speaks.
        supported: &'static str,
    },
    /// It is no rule at all.
    #[error("the component does not export `{0}`, so it is not a policy rule")]
    NotARule(&'static str),
    /// It exports the right name with other functions or types.
    #[error("the component's `{interface}` does not match the contract: {problem}")]
    Contract {
        /// The interface.
        interface: &'static str,
        /// What the engine reported.
        problem: String,
    },
    /// It could not be compiled.
    #[error("cannot compile the component: {0}")]
    Compile(String),
    /// It failed while it was asked for its description, or while it was configured.
    #[error("the rule failed in `{function}`: it {failure}")]
    Failed {
        /// The function of the contract.
        function: &'static str,
        /// How it failed.
        failure: RuleFailure,
    },
    /// What it says about itself is unusable.
    #[error("the rule's description is unusable: {0}")]
    Description(String),
    /// The counters that it asks for are unusable.
    #[error("the rule's counters are unusable: {0}")]
    Counters(String),
    /// It does not accept its configuration. The sentence is the rule's own.
    #[error("the rule does not accept its configuration: {problem}")]
    Configuration {
        /// The rule's own sentence.
        problem: String,
    },
}

/// A configuration that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// Too long.
    #[error("the configuration has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// Not JSON.
    #[error("the configuration is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON, but not an object.
    #[error("the configuration must be a JSON object")]
    NotAnObject,
    /// A whole number that canonical JSON (RFC 8785) cannot hold exactly.
    #[error(
        "the configuration holds a whole number beyond 2^53, which JSON cannot carry exactly; write it as a string"
    )]
    Integer,
}

/// A rule set that cannot be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RuleSetError {
    /// Two rules have one name.
    #[error("two rules are named `{0}`; give one of them another name")]
    DuplicateName(String),
    /// A name that is no name.
    #[error("`{0}` cannot name a rule: use 1 to 64 lower case letters, digits, `_` and `-`")]
    Name(String),
    /// A limit out of range.
    #[error("rule `{rule}`: {problem}")]
    Limits {
        /// The rule's name.
        rule: String,
        /// Which limit, and what it may be.
        problem: String,
    },
    /// A stage the rule does not serve.
    #[error("rule `{rule}` does not serve the stage `{stage}`")]
    Stage {
        /// The rule's name.
        rule: String,
        /// The stage.
        stage: &'static str,
    },
}

/// The cache of prepared rules cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CacheError {
    /// The key is too short to authenticate anything.
    #[error(
        "the host key has {0} bytes; at least 16 are needed to authenticate the cache of prepared rules"
    )]
    ShortKey(usize),
    /// A file or folder could not be used.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// Edits that cannot be applied to a call.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EditError {
    /// No text stands at that place.
    #[error("edit {index} is for a place that the call does not have")]
    Place {
        /// Which edit, from 0.
        index: usize,
    },
    /// The range is not in the text, or cuts a character.
    #[error("edit {index} has a range that is not in its text, or that cuts a character")]
    Range {
        /// Which edit, from 0.
        index: usize,
    },
    /// The arguments of a tool call would no longer be JSON.
    #[error("the edits would make the arguments of a tool call invalid JSON")]
    Arguments,
}
