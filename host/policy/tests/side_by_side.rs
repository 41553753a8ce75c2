//! Rules of one call on several processors: the same decision, only sooner.

mod guest;

use bijotel_policy::*;
use guest::Guest;

/// An engine that shares every call with its workers whenever a processor is idle, or never.
fn engine(side_by_side: bool) -> Engine {
    Engine::new(EngineOptions {
        side_by_side_from: Some(if side_by_side { 0 } else { u64::MAX }),
        ..EngineOptions::default()
    })
    .unwrap()
}

/// Rules with every kind of answer, some of which take a while.
fn rules(engine: &Engine) -> RuleSet {
    let busy = |verdict| {
        let mut guest = Guest::new("");
        let answer = guest.answer(&Evaluation::new(verdict, vec![]));
        guest.evaluate(&format!(
            "(local $i i32) (loop $again
               (local.set $i (i32.add (local.get $i) (i32.const 1)))
               (br_if $again (i32.lt_u (local.get $i) (i32.const 200000))))
             (i32.const {answer})"
        ))
    };
    let model = "small".to_owned();
    let guests = [
        busy(Verdict::Warn),
        Guest::new("unreachable"),
        busy(Verdict::Advise { model }),
        Guest::saying(Verdict::Allow),
        busy(Verdict::Deny),
        busy(Verdict::Escalate),
    ];
    let entries = guests.iter().enumerate().map(|(number, guest)| {
        let rule = engine.load(guest.component(), &Configuration::default());
        RuleEntry {
            name: format!("rule-{number}"),
            ..RuleEntry::new(rule.unwrap())
        }
    });
    RuleSet::new(entries.collect()).unwrap()
}

fn call(text: &str) -> Call {
    let mut call = Call::new(Stage::Admission);
    call.push_input(text);
    call.facts.push(Fact {
        key: "owner".into(),
        value: "alice".into(),
    });
    call
}

#[test]
fn the_decision_is_the_same_as_in_turn() {
    let (in_turn, side_by_side) = (engine(false), engine(true));
    let (in_turn, side_by_side) = (rules(&in_turn), rules(&side_by_side));
    for round in 0..50 {
        let call = call(&"text ".repeat(round * 10));
        assert_eq!(
            side_by_side.evaluate(&call).to_sealed_json(),
            in_turn.evaluate(&call).to_sealed_json()
        );
    }
}

#[test]
fn many_threads_that_share_the_workers_get_their_own_answers() {
    let rules = rules(&engine(true));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let rules = &rules;
            scope.spawn(move || {
                let call = call(&"x".repeat(thread * 100));
                let first = rules.evaluate(&call).to_sealed_json();
                for _ in 0..30 {
                    assert_eq!(rules.evaluate(&call).to_sealed_json(), first);
                }
            });
        }
    });
}

#[test]
fn the_workers_do_not_keep_an_engine_alive_or_wait_for_it() {
    for _ in 0..20 {
        let rules = rules(&engine(true));
        rules.evaluate(&call("text"));
        // Here the last handle on the engine goes, perhaps in a worker.
    }
}

#[test]
fn with_one_slot_the_rules_still_all_answer() {
    let engine = Engine::new(EngineOptions {
        concurrency: 1,
        side_by_side_from: Some(0),
        ..EngineOptions::default()
    });
    let decision = rules(&engine.unwrap()).evaluate(&call("text"));
    assert_eq!(decision.outcomes.len(), 6);
    assert_eq!(decision.verdict, VerdictKind::Deny);
}
