//! Counters and charges between a rule and the host.

mod guest;

use bijotel_policy::{
    Call, Charge, Configuration, Counter, CounterScope, CounterWindow, Engine, EngineOptions,
    Evaluation, Fact, LoadError, Measure, Refusal, RuleEntry, RuleSet, Stage, Verdict, VerdictKind,
};
use guest::Guest;

fn counter(name: &str) -> Counter {
    Counter {
        name: name.into(),
        measure: Measure::Cost,
        scope: CounterScope::Session,
        window: CounterWindow::Seconds(90),
        limit: Some(1 << 40),
    }
}

fn charging(counter: &str, amount: u64) -> Evaluation {
    Evaluation {
        charges: vec![Charge {
            counter: counter.into(),
            amount,
        }],
        ..Evaluation::new(Verdict::Allow, vec![])
    }
}

fn entry(guest: &Guest) -> Result<RuleEntry, LoadError> {
    let engine = Engine::new(EngineOptions::default()).unwrap();
    let rule = engine.load(guest.component(), &Configuration::default())?;
    Ok(RuleEntry {
        name: "limits".into(),
        ..RuleEntry::new(rule)
    })
}

fn set(guest: &Guest) -> RuleSet {
    RuleSet::new(vec![entry(guest).unwrap()]).unwrap()
}

#[test]
fn a_rule_says_which_counters_it_needs() {
    let asked = [
        counter("calls"),
        Counter {
            name: "spent".into(),
            measure: Measure::Time,
            scope: CounterScope::Model,
            window: CounterWindow::Always,
            limit: None,
        },
    ];
    let guest = Guest::new("unreachable").counters(&asked);
    assert_eq!(entry(&guest).unwrap().rule.counters(), asked);
}

#[test]
fn unusable_counters_are_refused_when_the_rule_is_loaded() {
    let guest = Guest::new("unreachable").counters(&[counter("a"), counter("a")]);
    let error = entry(&guest).unwrap_err();
    assert!(matches!(error, LoadError::Counters(_)), "{error}");
}

#[test]
fn what_a_call_charges_is_in_the_decision() {
    let guest = Guest::answering(&charging("calls", 7)).counters(&[counter("calls")]);
    let decision = set(&guest).evaluate(&Call::new(Stage::Admission));
    assert_eq!(decision.outcomes[0].charges, charging("calls", 7).charges);
    assert!(
        decision
            .to_sealed_json()
            .contains(r#""charges":[{"amount":7,"counter":"calls"}]"#)
    );
}

#[test]
fn a_charge_for_a_counter_that_was_not_asked_for_is_a_failure() {
    let guest = Guest::answering(&charging("tokens", 7)).counters(&[counter("calls")]);
    let decision = set(&guest).evaluate(&Call::new(Stage::Admission));
    assert_eq!(decision.verdict, VerdictKind::Deny);
    let failure = decision.outcomes[0].failure.as_ref().unwrap();
    assert_eq!(failure.code(), "failure.answer");
}

#[test]
fn a_rule_sees_its_own_counters_and_no_others() {
    // Allows if it was given exactly one fact and that fact's key has 13 bytes: `counter.calls`.
    let mut guest = Guest::new("");
    let [allow, deny] = [Verdict::Allow, Verdict::Deny]
        .map(|verdict| guest.answer(&Evaluation::new(verdict, vec![])));
    let guest = guest.counters(&[counter("calls")]).evaluate(&format!(
        r#"(if (i32.ne (i32.load offset=224 (local.get $call)) (i32.const 1))
             (then (return (i32.const {deny}))))
           (select (i32.const {allow}) (i32.const {deny})
             (i32.eq (i32.load offset=4 (i32.load offset=220 (local.get $call))) (i32.const 13)))"#
    ));
    let set = set(&guest);
    assert_eq!(
        set.entries()[0].counter_fact("calls"),
        "counter.limits.calls"
    );
    let mut call = Call::new(Stage::Admission);
    for key in [
        "counter.limits.calls",
        "counter.other.calls",
        "counter.calls",
    ] {
        call.facts.push(Fact {
            key: key.into(),
            value: "3".into(),
        });
    }
    let decision = set.evaluate(&call);
    assert_eq!(decision.verdict, VerdictKind::Allow);
    let keys: Vec<&str> = decision
        .facts
        .iter()
        .map(|fact| fact.key.as_str())
        .collect();
    assert_eq!(keys, ["counter.limits.calls"]);
}

#[test]
fn a_call_that_a_counter_has_no_room_for_is_denied_and_the_rules_answers_stay() {
    let guest = Guest::answering(&charging("calls", 7)).counters(&[counter("calls")]);
    let mut decision = set(&guest).evaluate(&Call::new(Stage::Admission));
    decision.refuse(Refusal {
        rule: "limits".into(),
        counter: "calls".into(),
        amount: 7,
        used: 5,
        limit: 10,
    });
    assert_eq!(decision.verdict, VerdictKind::Deny);
    assert_eq!(decision.rule.as_deref(), Some("limits"));
    assert_eq!(decision.outcomes[0].verdict, Verdict::Allow);
    let sealed = decision.to_sealed_json();
    assert!(sealed.contains(
        r#""refused":{"amount":7,"counter":"calls","limit":10,"rule":"limits","used":5}"#
    ));
}
