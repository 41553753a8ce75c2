//! How a rule can fail to judge a call.

use thiserror::Error;

/// Why a rule gave no usable answer.
///
/// The texts are the host's own and hold nothing of the call, so they can be sealed and logged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RuleFailure {
    /// The call is larger than the rule's limit.
    #[error("the call has {size} bytes, the rule's limit is {limit}")]
    InputTooLarge {
        /// Size of the call.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// Two texts of the call stand at one place, so an answer about it would be ambiguous.
    #[error("two texts of the call have the same place")]
    AmbiguousCall,
    /// It ran out of fuel.
    #[error("used up its fuel of {limit}")]
    Fuel {
        /// The limit.
        limit: u64,
    },
    /// It ran out of time. The only failure that a repeated run need not show again.
    #[error("ran longer than {limit_ms} ms")]
    Time {
        /// The limit.
        limit_ms: u32,
    },
    /// It asked for more memory than it may have.
    #[error("asked for more memory than {limit} bytes")]
    Memory {
        /// The limit.
        limit: u64,
    },
    /// It trapped.
    #[error("trapped: {trap}")]
    Trap {
        /// WebAssembly's name for what happened.
        trap: String,
    },
    /// Its answer is too large.
    #[error("answered with more than {limit} bytes")]
    OutputTooLarge {
        /// The limit.
        limit: u32,
    },
    /// Its answer makes no sense for this call.
    #[error("gave an unusable answer: {problem}")]
    Answer {
        /// What is wrong with it, without quoting it.
        problem: String,
    },
    /// It said itself that it could not judge.
    ///
    /// Its sentence is not kept: a rule may have put text of the call into it.
    #[error("said that it could not judge the call")]
    Refused,
    /// The host could not run it.
    #[error("could not be run: {problem}")]
    Host {
        /// What the engine reported.
        problem: String,
    },
}

impl RuleFailure {
    /// The stable code that is sealed.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InputTooLarge { .. } | Self::AmbiguousCall => "failure.input",
            Self::Fuel { .. } => "failure.fuel",
            Self::Time { .. } => "failure.time",
            Self::Memory { .. } => "failure.memory",
            Self::Trap { .. } => "failure.trap",
            Self::OutputTooLarge { .. } => "failure.output",
            Self::Answer { .. } => "failure.answer",
            Self::Refused => "failure.refused",
            Self::Host { .. } => "failure.host",
        }
    }

    /// Whether the same rule on the same call must fail in the same way again.
    pub fn replayable(&self) -> bool {
        !matches!(self, Self::Time { .. } | Self::Host { .. })
    }
}
