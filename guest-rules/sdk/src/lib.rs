//! What a rule author in Rust needs: the contract `bijotel:policy`, and a trait to implement.
//!
//! A rule is a pure function of a call and its own configuration. The host configures it once, keeps
//! a snapshot, and starts every evaluation from it, so a rule cannot remember earlier calls. It has
//! no clock, files, network or randomness: a crate that needs one of these builds a component that
//! the host refuses.
//!
//! A whole rule:
//!
//! ```
//! use bijotel_rule_sdk::{Action, Call, Description, Evaluation, NoConfig, Report, Rule, Stage};
//!
//! struct NoShouting;
//!
//! impl Rule for NoShouting {
//!     type Config = NoConfig;
//!     fn describe() -> Description {
//!         bijotel_rule_sdk::description("no_shouting", "1.0.0", "Warns of shouting.", &[Stage::Admission])
//!     }
//!     fn new(_: NoConfig) -> Result<Self, String> { Ok(NoShouting) }
//!     fn evaluate(&self, call: &Call) -> Evaluation {
//!         let mut report = Report::default();
//!         for piece in bijotel_rule_sdk::pieces(call) {
//!             if let Some(at) = piece.text.find("!!!") {
//!                 report.find(Action::Warn, "shouting.marks", "three exclamation marks", piece.range(at, at + 3));
//!             }
//!         }
//!         report.finish()
//!     }
//! }
//! bijotel_rule_sdk::export_rule!(NoShouting);
//! # let rule = bijotel_rule_sdk::Instance::<NoShouting>::default();
//! # assert!(rule.evaluate(&Call::of_text("hi")).is_err(), "not configured yet");
//! # rule.configure("{}").unwrap();
//! # let seen = rule.evaluate(&Call::of_text("hi!!!")).unwrap();
//! # assert_eq!(seen.verdict, bijotel_rule_sdk::Verdict::Warn);
//! # assert!(rule.configure("{}").is_err(), "configured once");
//! ```
//!
//! Build it as a `cdylib` for `wasm32-unknown-unknown` and turn the core module into a component
//! (`cargo xtask rules` does both for the rules in this workspace).

/// The examples of the contract's page are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/contract.md")]
mod contract_page {}

mod amount;
mod arguments;
pub mod bindings;
mod confine;
mod folded;
mod instance;
mod json;
mod levels;
mod mode;
mod models;
#[cfg(feature = "patterns")]
mod patterns;
mod pieces;
mod prices;
mod quota;
mod report;
pub mod testing;
mod tokens;
mod warm_up;

use serde::{Deserialize, de::DeserializeOwned};

pub use amount::{millionths, millionths_per_million, show_millionths};
pub use arguments::Arguments;
pub use bindings::bijotel::policy::types::{
    Answer, Attachment, ByteRange, Call, Charge, Counter, CounterScope, CounterWindow, Description,
    Edit, Evaluation, Fact, Finding, Measure, RequestedLimits, Role, Stage, Text, TextKind,
    ToolCall, ToolDefinition, Verdict, Window,
};
pub use bindings::exports::bijotel::policy::rule::Guest;
pub use confine::{Folders, Hosts, Url};
pub use folded::Folded;
pub use instance::Instance;
pub use json::{JsonString, Unescaped};
pub use levels::{Level, LevelConfig, Levels};
pub use mode::Mode;
pub use models::{ModelTable, undated};
#[cfg(feature = "patterns")]
pub use patterns::{PatternAction, PatternConfig, Patterns, Search};
pub use pieces::{Origin, Piece, pieces, tool_definitions};
pub use prices::{Price, Prices};
pub use quota::{Excess, Quota, Scope};
pub use report::{Action, Report};
pub use tokens::Tokens;

/// A policy rule.
pub trait Rule: Sized {
    /// The configuration. Give it `#[serde(deny_unknown_fields, default)]`, so that a misspelt key is
    /// an error and every key may be left out.
    type Config: DeserializeOwned + Default;

    /// Texts that this rule reacts to. They are evaluated once after configuration, beside the
    /// general text of the SDK, so that everything lazy is ready in the snapshot.
    const EXAMPLES: &'static [&'static str] = &[];

    /// What the rule is; must not depend on the configuration.
    fn describe() -> Description;

    /// Makes a rule ready. Do here what is expensive, such as compiling patterns.
    ///
    /// # Errors
    /// One sentence that names the key of the configuration and what was expected there.
    fn new(config: Self::Config) -> Result<Self, String>;

    /// The counters that the host is to keep for this rule as it is configured. Each evaluation is told
    /// what they stand at ([`Call::counter`]) and says what the call adds ([`Report::charge`]).
    fn counters(&self) -> Vec<Counter> {
        Vec::new()
    }

    /// Judges one call.
    fn evaluate(&self, call: &Call) -> Evaluation;
}

/// The configuration of a rule that has none: `{}`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoConfig {}

/// A description of a rule without configuration, facts and look-back; set the other fields where a
/// rule has them.
pub fn description(id: &str, version: &str, summary: &str, stages: &[Stage]) -> Description {
    Description {
        id: id.to_owned(),
        version: version.to_owned(),
        summary: summary.to_owned(),
        stages: stages.to_vec(),
        facts: Vec::new(),
        configuration_schema: r#"{"type":"object","additionalProperties":false}"#.to_owned(),
        look_back: 0,
    }
}

/// Makes the crate a component of the world `policy-rule` that serves the given [`Rule`].
///
/// It does nothing on other targets than wasm32, so the crate can be tested natively.
#[macro_export]
macro_rules! export_rule {
    ($rule:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            ::std::thread_local! {
                static INSTANCE: $crate::Instance<$rule> = const { $crate::Instance::new() };
            }

            struct Component;

            impl $crate::Guest for Component {
                fn describe() -> $crate::Description {
                    <$rule as $crate::Rule>::describe()
                }
                fn configure(
                    configuration: ::std::string::String,
                ) -> ::std::result::Result<(), ::std::string::String> {
                    INSTANCE.with(|instance| instance.configure(&configuration))
                }
                fn counters() -> ::std::vec::Vec<$crate::Counter> {
                    INSTANCE.with($crate::Instance::counters)
                }
                fn evaluate(
                    call: $crate::Call,
                ) -> ::std::result::Result<$crate::Evaluation, ::std::string::String> {
                    INSTANCE.with(|instance| instance.evaluate(&call))
                }
            }

    $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        };
    };
}
