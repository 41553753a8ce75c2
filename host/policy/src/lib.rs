//! Loads, checks, snapshots and runs policy rules: WebAssembly components behind one WIT contract.
//!
//! A rule is a pure function of a call, its configuration and the facts the host vouches for
//! (`wit/policy.wit`). This crate makes sure of it: a component that imports anything is refused before
//! it is compiled, the rule is configured once and snapshotted, and every evaluation runs in a fresh
//! instance of that snapshot, within [`Limits`]. A rule that fails denies.
//!
//! ```no_run
//! use bijotel_policy::{Call, Configuration, Engine, EngineOptions, RuleEntry, RuleSet, Stage};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::new(EngineOptions::default())?;
//! let rule = engine.load(std::fs::read("pii.wasm")?, &Configuration::default())?;
//! let rules = RuleSet::new(vec![RuleEntry::new(rule)])?;
//!
//! let decision = rules.evaluate(&Call::new(Stage::Admission));
//! println!("{}: {:?}", decision.verdict.as_str(), decision.reason);
//! # Ok(())
//! # }
//! ```

mod answer;
mod artefact;
mod cache;
mod call;
mod component;
mod configuration;
mod contract;
mod counter;
pub mod decision;
pub mod edits;
mod engine;
mod entry;
mod error;
mod evaluate;
mod failure;
mod inspect;
mod instance;
mod limits;
mod metrics;
mod pages;
mod rule;
pub mod ruleset;
mod sandbox;
mod slots;
mod snapshot;
mod ticker;
mod trusted;
mod verdict;
mod workers;

pub use cache::RuleCache;
pub use call::{
    Answer, Attachment, Call, Fact, RequestedLimits, Role, Stage, Text, TextKind, ToolCall,
    ToolDefinition, Window,
};
pub use component::Component;
pub use configuration::{Configuration, MAX_CONFIGURATION};
pub use counter::{Charge, Counter, CounterScope, CounterWindow, Measure};
pub use decision::{Decision, Outcome, Refusal};
pub use edits::{apply_edits, apply_edits_to};
pub use engine::{Allocation, Engine, EngineIdentity, EngineOptions, MAX_MEMORY};
pub use entry::{Mode, RuleEntry};
pub use error::{CacheError, ConfigurationError, EditError, EngineError, LoadError, RuleSetError};
pub use failure::RuleFailure;
pub use inspect::{CONTRACT, MAX_COMPONENT, inspect};
pub use limits::{Limits, OnFailure};
pub use metrics::{Histogram, OTHER_CODES, RuleMetrics};
pub use rule::{CodeSource, Preparation, PreparedRule, Rule, ShippedRule};
pub use ruleset::RuleSet;
pub use ticker::TICK;
pub use verdict::{ByteRange, Description, Edit, Evaluation, Finding, Verdict, VerdictKind};
