//! One fresh instance of a rule, for one call.

use wasmtime::{Engine, Store, Trap};

use crate::configuration::Configuration;
use crate::contract::{GivenFact, PolicyRule, PolicyRulePre, WitCall};
use crate::counter::Counter;
use crate::failure::RuleFailure;
use crate::limits::Limits;
use crate::sandbox::{MemoryExceeded, Sandbox};
use crate::ticker::Ticker;
use crate::verdict::{Description, Evaluation};

/// A fresh instance in a store of its own. It is used for one call of the host and dropped.
pub(crate) struct Instance {
    store: Store<Sandbox>,
    rule: PolicyRule,
    limits: Limits,
}

impl Instance {
    pub(crate) fn new(
        engine: &Engine,
        pre: &PolicyRulePre<Sandbox>,
        limits: &Limits,
    ) -> Result<Self, RuleFailure> {
        let mut store = limited_store(engine, limits).map_err(|error| host_failure(&error))?;
        let rule = pre.instantiate(&mut store).map_err(|error| {
            // Its start functions are the rule's own code, everything else is the host's doing.
            if error.is::<Trap>() || error.is::<MemoryExceeded>() {
                failure(&error, limits)
            } else {
                host_failure(&error)
            }
        })?;
        Ok(Self {
            store,
            rule,
            limits: *limits,
        })
    }

    pub(crate) fn describe(&mut self) -> Result<Description, RuleFailure> {
        let rule = self.rule.bijotel_policy_rule();
        rule.call_describe(&mut self.store)
            .map(Description::from)
            .map_err(|error| failure(&error, &self.limits))
    }

    pub(crate) fn configure(
        &mut self,
        configuration: &Configuration,
    ) -> Result<Result<(), String>, RuleFailure> {
        let rule = self.rule.bijotel_policy_rule();
        rule.call_configure(&mut self.store, configuration.as_str())
            .map_err(|error| failure(&error, &self.limits))
    }

    pub(crate) fn counters(&mut self) -> Result<Vec<Counter>, RuleFailure> {
        let rule = self.rule.bijotel_policy_rule();
        rule.call_counters(&mut self.store)
            .map(|counters| counters.into_iter().map(Counter::from).collect())
            .map_err(|error| failure(&error, &self.limits))
    }

    pub(crate) fn evaluate(
        &mut self,
        call: &WitCall<'_>,
        facts: &[GivenFact<'_>],
    ) -> Result<Result<Evaluation, String>, RuleFailure> {
        call.evaluate(&self.rule, &mut self.store, facts)
            .map_err(|error| failure(&error, &self.limits))
    }

    /// Fuel used so far.
    pub(crate) fn fuel(&self) -> u64 {
        let left = self.store.get_fuel().unwrap_or(0);
        self.limits.fuel.saturating_sub(left)
    }
}

/// A store in which these limits hold.
pub(crate) fn limited_store(engine: &Engine, limits: &Limits) -> wasmtime::Result<Store<Sandbox>> {
    let mut store = Store::new(engine, Sandbox::new(limits.memory_bytes));
    store.limiter(|sandbox| sandbox);
    store.set_fuel(limits.fuel)?;
    store.set_epoch_deadline(Ticker::ticks(limits.time_ms));
    store.set_hostcall_fuel(limits.output_bytes as usize);
    Ok(store)
}

/// Turn what wasmtime reports of a call into a failure of the rule.
///
/// wasmtime's own sentences hold numbers and names of instructions, never data of the rule.
pub(crate) fn failure(error: &wasmtime::Error, limits: &Limits) -> RuleFailure {
    if error.is::<MemoryExceeded>() {
        return RuleFailure::Memory {
            limit: limits.memory_bytes,
        };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => RuleFailure::Fuel { limit: limits.fuel },
        Some(Trap::Interrupt) => RuleFailure::Time {
            limit_ms: limits.time_ms,
        },
        // Found while the answer is read.
        Some(
            trap @ (Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::InvalidDiscriminant
            | Trap::InvalidChar
            | Trap::UnalignedPointer),
        ) => RuleFailure::Answer {
            problem: trap.to_string(),
        },
        Some(trap) => RuleFailure::Trap {
            trap: trap.to_string(),
        },
        // wasmtime has no public type for this one.
        None if format!("{error:#}").contains("fuel allocated for hostcalls") => {
            RuleFailure::OutputTooLarge {
                limit: limits.output_bytes,
            }
        }
        // What is left is found while the answer is read, such as strings that are not UTF-8.
        None => RuleFailure::Answer {
            problem: error.root_cause().to_string(),
        },
    }
}

fn host_failure(error: &wasmtime::Error) -> RuleFailure {
    RuleFailure::Host {
        problem: format!("{error:#}"),
    }
}
