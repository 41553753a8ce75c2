//! Between rules, which limit things but remember nothing, and the store, which counts.
//!
//! Before a rule is asked it is told what its counters stand at, as facts. What its answer charges is
//! reserved at admission, in the transaction that seals the decision, and counted as used at record.

use std::borrow::Cow;

use bijotel_policy::{
    Call, Counter, CounterScope, CounterWindow, Decision, Fact, Refusal, RuleEntry, RuleSet,
};
use bijotel_store::{Claim, CounterKey, Reservation, Shortage, SqliteStore, Store, StoreError};

/// How the keys of facts about counters begin. Only the host gives such facts.
const COUNTER: &str = "counter.";

/// The call with the facts about all counters of the rules that will be asked, and without any such
/// fact that it came with. What is reserved for the call itself is not in them.
pub(crate) fn told<'c>(
    store: &SqliteStore,
    rules: &RuleSet,
    call: &'c Call,
    own: Option<&Reservation>,
) -> Result<Cow<'c, Call>, StoreError> {
    let counters: Vec<(&RuleEntry, &Counter)> = rules
        .entries()
        .iter()
        .filter(|entry| entry.asked_in().any(|stage| stage == call.stage))
        .flat_map(|entry| {
            entry
                .rule
                .counters()
                .iter()
                .map(move |counter| (entry, counter))
        })
        .collect();
    let claimed = |fact: &Fact| fact.key.starts_with(COUNTER);
    if counters.is_empty() && !call.facts.iter().any(claimed) {
        return Ok(Cow::Borrowed(call));
    }
    let keys: Vec<_> = counters
        .iter()
        .map(|(entry, counter)| (key(entry, counter, call), window(counter)))
        .collect();
    let counted = store.counted(&keys, own)?;
    let mut call = call.clone();
    call.facts.retain(|fact| !claimed(fact));
    for ((entry, counter), counted) in counters.into_iter().zip(counted) {
        call.facts.push(Fact {
            key: entry.counter_fact(&counter.name),
            value: counted.to_string(),
        });
    }
    Ok(Cow::Owned(call))
}

/// What a decision charges.
pub(crate) fn claims(rules: &RuleSet, call: &Call, decision: &Decision) -> Vec<Claim> {
    let mut claims = Vec::new();
    for outcome in &decision.outcomes {
        let Some(entry) = rules
            .entries()
            .iter()
            .find(|entry| entry.name == outcome.name)
        else {
            continue;
        };
        for charge in &outcome.charges {
            let counters = entry.rule.counters();
            let Some(counter) = counters
                .iter()
                .find(|counter| counter.name == charge.counter)
            else {
                continue;
            };
            claims.push(Claim {
                key: key(entry, counter, call),
                window: window(counter),
                amount: charge.amount,
                // A rule in shadow counts, but stops nothing.
                limit: counter.limit.filter(|_| !outcome.shadow),
            });
        }
    }
    claims
}

/// Why a call is refused that the rules would let pass.
pub(crate) fn refusal(shortage: Shortage) -> Refusal {
    let Shortage { claim, used } = shortage;
    Refusal {
        rule: claim.key.rule,
        counter: claim.key.counter,
        amount: claim.amount,
        used,
        // Only a claim with a limit can lack room.
        limit: claim.limit.unwrap_or(u64::MAX),
    }
}

fn key(entry: &RuleEntry, counter: &Counter, call: &Call) -> CounterKey {
    let fact = |key: &str| {
        let fact = call.facts.iter().find(|fact| fact.key == key);
        let value = fact.map_or("", |fact| fact.value.as_str());
        format!("{key}:{value}")
    };
    CounterKey {
        rule: entry.name.clone(),
        counter: counter.name.clone(),
        scope: match counter.scope {
            CounterScope::Everything => String::new(),
            CounterScope::Owner => fact("owner"),
            CounterScope::Agent => fact("agent"),
            CounterScope::Session => fact("session"),
            CounterScope::Model => format!("model:{}", call.model),
        },
    }
}

fn window(counter: &Counter) -> bijotel_store::CounterWindow {
    match counter.window {
        CounterWindow::Seconds(seconds) => bijotel_store::CounterWindow::Seconds(seconds),
        CounterWindow::Day => bijotel_store::CounterWindow::Day,
        CounterWindow::Month => bijotel_store::CounterWindow::Month,
        CounterWindow::Always => bijotel_store::CounterWindow::Always,
    }
}
