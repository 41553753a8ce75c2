//! What is counted about rules.

mod guest;

use bijotel_policy::*;
use guest::Guest;

fn engine() -> Engine {
    Engine::new(EngineOptions::default()).unwrap()
}

fn entry(engine: &Engine, guest: &Guest, name: &str) -> RuleEntry {
    let rule = engine.load(guest.component(), &Configuration::default());
    RuleEntry {
        name: name.into(),
        ..RuleEntry::new(rule.unwrap())
    }
}

fn finding(code: &str) -> Finding {
    Finding {
        code: code.into(),
        reason: "Something was seen.".into(),
        ranges: vec![],
    }
}

#[test]
fn evaluations_findings_and_failures_are_counted_by_rule() {
    let engine = engine();
    let findings = vec![finding("a.b"), finding("a.b"), finding("c.d")];
    let guest = Guest::answering(&Evaluation::new(Verdict::Warn, findings));
    let set = RuleSet::new(vec![
        entry(&engine, &guest, "finds"),
        entry(&engine, &Guest::new("unreachable"), "fails"),
    ]);
    let set = set.unwrap();
    for _ in 0..3 {
        set.evaluate(&Call::new(Stage::Admission));
    }
    let metrics = engine.metrics();
    let names: Vec<&str> = metrics.iter().map(|rule| &*rule.name).collect();
    assert_eq!(names, ["fails", "finds"]);
    let [fails, finds] = &metrics[..] else {
        unreachable!("two names")
    };
    assert_eq!(finds.verdicts[&VerdictKind::Warn], 3);
    assert_eq!(finds.evaluations(), 3);
    assert_eq!((finds.findings["a.b"], finds.findings["c.d"]), (6, 3));
    assert!(finds.failures.is_empty());
    assert_eq!(fails.verdicts[&VerdictKind::Deny], 3);
    assert_eq!(fails.failures["failure.trap"], 3);
    assert!(fails.findings.is_empty());
}

#[test]
fn fuel_and_time_are_counted_for_every_evaluation() {
    let engine = engine();
    let set = RuleSet::new(vec![entry(&engine, &Guest::saying(Verdict::Allow), "a")]).unwrap();
    let fuel: u64 = (0..5)
        .map(|_| set.evaluate(&Call::new(Stage::Admission)).outcomes[0].fuel)
        .sum();
    let metrics = &engine.metrics()[0];
    assert_eq!(metrics.fuel.sum, fuel);
    for histogram in [&metrics.fuel, &metrics.nanos] {
        assert_eq!(histogram.counts.iter().sum::<u64>(), 5);
        assert_eq!(histogram.counts.len(), histogram.bounds.len() + 1);
        assert!(histogram.sum > 0);
    }
}

#[test]
fn a_rule_that_is_not_asked_is_counted_as_never_asked() {
    let engine = engine();
    let set = RuleSet::new(vec![entry(&engine, &Guest::saying(Verdict::Deny), "a")]).unwrap();
    // The test rule serves admission and record.
    set.evaluate(&Call::new(Stage::Inspection));
    assert_eq!(engine.metrics()[0].evaluations(), 0);
}

#[test]
fn counting_goes_on_under_the_same_name_in_the_next_rule_set() {
    let engine = engine();
    for verdict in [Verdict::Deny, Verdict::Allow] {
        let set = RuleSet::new(vec![entry(&engine, &Guest::saying(verdict), "a")]).unwrap();
        set.evaluate(&Call::new(Stage::Admission));
    }
    let metrics = engine.metrics();
    assert_eq!(metrics.len(), 1);
    assert_eq!(metrics[0].evaluations(), 2);
}

#[test]
fn no_evaluation_of_many_threads_is_lost() {
    let engine = engine();
    let guest = Guest::answering(&Evaluation::new(Verdict::Warn, vec![finding("a.b")]));
    let set = RuleSet::new(vec![entry(&engine, &guest, "a")]).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..100 {
                    set.evaluate(&Call::new(Stage::Admission));
                }
            });
        }
    });
    let metrics = &engine.metrics()[0];
    assert_eq!(metrics.evaluations(), 800);
    assert_eq!(metrics.findings["a.b"], 800);
}
