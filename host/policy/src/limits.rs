//! What one evaluation may use, and what to do when a rule fails.

use serde::{Deserialize, Serialize};

/// The limits on one evaluation of one rule.
///
/// They are part of a rule set's digest: a limit can decide a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Fuel, roughly one unit for each WebAssembly instruction.
    ///
    /// Default 2,000,000,000: about a second of work. Counting costs 10 to 20 % of a call, always.
    /// Running out is deterministic, so it can be replayed; keep it low enough that it ends a loop
    /// before [`time_ms`](Self::time_ms) does.
    pub fuel: u64,
    /// Wall-clock time in milliseconds, enforced to the next [`TICK`](crate::TICK).
    ///
    /// Default 5,000. The check costs about as much as fuel. A decision that this limit made cannot
    /// be replayed and is marked so.
    pub time_ms: u32,
    /// Linear memory in bytes, over all memories of the rule, its snapshot included.
    ///
    /// Default 64 MiB. Costs nothing until it is used; at most [`MAX_MEMORY`](crate::MAX_MEMORY).
    pub memory_bytes: u64,
    /// Size of the call ([`Call::size`](crate::Call::size)), checked before the rule runs.
    ///
    /// Default 8 MiB. What is handed to a rule is copied into its memory.
    pub input_bytes: u64,
    /// Size of the rule's answer: its strings and records as they lie in the rule's memory.
    ///
    /// Default 1 MiB. Checked while the answer is read, so that a rule cannot make the host allocate
    /// more by naming the same text many times.
    pub output_bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 2_000_000_000,
            time_ms: 5_000,
            memory_bytes: 64 << 20,
            input_bytes: 8 << 20,
            output_bytes: 1 << 20,
        }
    }
}

impl Limits {
    /// What loading a rule may use: `describe`, `configure` and reading the snapshot.
    ///
    /// Not configurable: loading happens once, ahead of any call, and either works or is an error.
    pub(crate) const LOADING: Self = Self {
        fuel: 100_000_000_000,
        time_ms: 60_000,
        memory_bytes: crate::MAX_MEMORY,
        input_bytes: 1 << 20,
        output_bytes: 1 << 20,
    };
}

/// What a rule's failure means for the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The call is denied.
    #[default]
    Deny,
    /// The call passes with a warning. The failure is in the decision all the same.
    Warn,
}
