//! Counters: what a rule that limits something has the host count for it, because a rule remembers
//! nothing itself.
//!
//! The host tells a rule the value of each of its counters as a fact, and adds what the rule's answer
//! charges. This crate keeps no counts; it says which there are and checks what rules charge.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::answer::is_name;

/// The most counters of one rule.
const MAX_COUNTERS: usize = 64;

/// The longest sliding window: 31 days.
const MAX_SECONDS: u32 = 31 * 24 * 60 * 60;

/// What a counter counts, and so the unit of its amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Model calls.
    Calls,
    /// Tokens.
    Tokens,
    /// Millionths of a US dollar.
    Cost,
    /// Millionths of a watt-hour.
    Energy,
    /// Milliseconds.
    Time,
}

/// Which calls share a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterScope {
    /// All.
    Everything,
    /// Those with the same value of the fact `owner`.
    Owner,
    /// Those with the same value of the fact `agent`.
    Agent,
    /// Those with the same value of the fact `session`.
    Session,
    /// Those for the same requested model.
    Model,
}

/// The span of time over which a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterWindow {
    /// The last so many seconds, sliding.
    Seconds(u32),
    /// Since midnight UTC.
    Day,
    /// Since the first of the month, midnight UTC.
    Month,
    /// From the first call on.
    Always,
}

/// A number that the host keeps for a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// Lower case, digits and `_`; unique within the rule.
    pub name: String,
    /// What it counts.
    pub measure: Measure,
    /// Which calls share it.
    pub scope: CounterScope,
    /// Over which time.
    pub window: CounterWindow,
    /// The most it may reach; `None` if it only counts.
    pub limit: Option<u64>,
}

/// What a call adds to a counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    /// The counter's name.
    pub counter: String,
    /// How much, in the unit of its measure.
    pub amount: u64,
}

/// Check the counters that a rule asks for. The error does not quote the rule.
pub(crate) fn check_counters(counters: &[Counter]) -> Result<(), &'static str> {
    if counters.len() > MAX_COUNTERS {
        return Err("it asks for more than 64 counters");
    }
    let mut names = HashSet::new();
    for counter in counters {
        if !is_name(&counter.name) || counter.name.contains('-') {
            return Err("a counter's name is not 1 to 64 lower case letters, digits and `_`");
        }
        if !names.insert(counter.name.as_str()) {
            return Err("two of its counters have one name");
        }
        if let CounterWindow::Seconds(seconds) = counter.window
            && !(1..=MAX_SECONDS).contains(&seconds)
        {
            return Err("a counter's window is not 1 second to 31 days");
        }
    }
    Ok(())
}

/// Check what a rule charges against the counters it has.
pub(crate) fn check_charges(
    charges: &[Charge],
    counters: &[Counter],
    stage: crate::call::Stage,
) -> Result<(), String> {
    use crate::call::Stage;
    if !charges.is_empty() && !matches!(stage, Stage::Admission | Stage::Record) {
        return Err("it charges a counter at a stage where nothing is charged".into());
    }
    for (number, charge) in charges.iter().enumerate() {
        if !counters
            .iter()
            .any(|counter| counter.name == charge.counter)
        {
            return Err(format!("charge {number} is for a counter it does not have"));
        }
        if charges[..number]
            .iter()
            .any(|other| other.counter == charge.counter)
        {
            return Err(format!("charge {number} is for a counter charged before"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Stage;

    fn counter(name: &str, seconds: u32) -> Counter {
        Counter {
            name: name.into(),
            measure: Measure::Calls,
            scope: CounterScope::Owner,
            window: CounterWindow::Seconds(seconds),
            limit: Some(3),
        }
    }

    fn charges(counters: &[&str], stage: Stage) -> Result<(), String> {
        let charges: Vec<Charge> = counters
            .iter()
            .map(|name| Charge {
                counter: (*name).to_owned(),
                amount: 1,
            })
            .collect();
        check_charges(
            &charges,
            &[counter("calls", 60), counter("tokens", 60)],
            stage,
        )
    }

    #[test]
    fn counters_have_usable_names_and_windows() {
        check_counters(&[counter("a", 1), counter("b_2", MAX_SECONDS)]).unwrap();
        check_counters(&[counter("A", 1)]).unwrap_err();
        check_counters(&[counter("", 1)]).unwrap_err();
        check_counters(&[counter("a", 0)]).unwrap_err();
        check_counters(&[counter("a", MAX_SECONDS + 1)]).unwrap_err();
    }

    #[test]
    fn counters_of_one_name_are_refused() {
        check_counters(&[counter("a", 1), counter("a", 2)]).unwrap_err();
    }

    #[test]
    fn each_counter_is_charged_at_most_once() {
        charges(&["calls", "tokens"], Stage::Admission).unwrap();
        charges(&["calls", "calls"], Stage::Admission).unwrap_err();
    }

    #[test]
    fn a_charge_names_a_counter_of_the_rule() {
        charges(&["cost"], Stage::Admission).unwrap_err();
    }

    #[test]
    fn only_admission_and_record_charge() {
        charges(&["calls"], Stage::Record).unwrap();
        charges(&["calls"], Stage::Inspection).unwrap_err();
        charges(&[], Stage::Inspection).unwrap();
    }
}
