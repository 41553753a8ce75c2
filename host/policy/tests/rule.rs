//! Loading and asking a well-behaved rule.

mod guest;

use bijotel_policy::*;
use guest::Guest;

fn call() -> Call {
    Call {
        input: vec![Text::new(Role::User, "/input/0", "write to me@example.org")],
        ..Call::new(Stage::Admission)
    }
}

fn finding() -> Finding {
    Finding {
        code: "test.seen".into(),
        reason: "Something was seen.".into(),
        ranges: vec![ByteRange {
            place: "/input/0".into(),
            start: 9,
            end: 23,
        }],
    }
}

#[test]
fn a_rule_is_loaded_and_its_answer_comes_back_whole() {
    let evaluation = Evaluation::new(
        Verdict::Redact {
            edits: vec![Edit {
                range: finding().ranges[0].clone(),
                replacement: "[EMAIL]".into(),
            }],
        },
        vec![finding()],
    );
    let engine = Engine::new(EngineOptions::default()).unwrap();
    let rule = engine
        .load(
            Guest::answering(&evaluation).component(),
            &Configuration::default(),
        )
        .unwrap();
    assert_eq!(rule.description().id, "test");
    assert_eq!(rule.description().stages, [Stage::Admission, Stage::Record]);
    assert!(rule.preparation().snapshot, "{:?}", rule.preparation());

    let rules = RuleSet::new(vec![RuleEntry::new(rule)]).unwrap();
    let decision = rules.evaluate(&call());
    assert_eq!(decision.outcomes[0].failure, None);
    assert_eq!(decision.outcomes[0].verdict, evaluation.verdict);
    assert_eq!(decision.outcomes[0].findings, evaluation.findings);
    assert_eq!(decision.verdict, VerdictKind::Redact);
}
