//! Rules together: their verdicts combined, their digest, their decision as it is sealed.

mod guest;

use bijotel_policy::*;
use bijotel_seal::Digest;
use guest::Guest;

fn engine() -> Engine {
    Engine::new(EngineOptions::default()).unwrap()
}

fn call() -> Call {
    Call {
        input: vec![Text::new(
            Role::User,
            "/input/0",
            "write to me@example.org today",
        )],
        facts: vec![
            Fact {
                key: "secret".into(),
                value: "for no rule here".into(),
            },
            Fact {
                key: "owner".into(),
                value: "alice".into(),
            },
        ],
        ..Call::new(Stage::Admission)
    }
}

fn answering(verdict: Verdict) -> Guest {
    Guest::answering(&Evaluation::new(verdict, vec![]))
}

fn redacting(start: u32, end: u32, replacement: &str) -> Verdict {
    Verdict::Redact {
        edits: vec![Edit {
            range: ByteRange {
                place: "/input/0".into(),
                start,
                end,
            },
            replacement: replacement.into(),
        }],
    }
}

fn advising(model: &str) -> Verdict {
    Verdict::Advise {
        model: model.into(),
    }
}

fn entry(engine: &Engine, guest: &Guest, name: &str) -> RuleEntry {
    let rule = engine
        .load(guest.component(), &Configuration::default())
        .unwrap();
    RuleEntry {
        name: name.into(),
        ..RuleEntry::new(rule)
    }
}

/// The decision of rules that give these verdicts, named `rule-0`, `rule-1` and so on.
fn decide(verdicts: impl IntoIterator<Item = Verdict>) -> Decision {
    let engine = engine();
    let entries = verdicts
        .into_iter()
        .enumerate()
        .map(|(number, verdict)| entry(&engine, &answering(verdict), &format!("rule-{number}")));
    RuleSet::new(entries.collect()).unwrap().evaluate(&call())
}

#[test]
fn no_rules_allow() {
    let decision = decide([]);
    assert_eq!(decision.verdict, VerdictKind::Allow);
    assert_eq!((decision.reason, decision.rule), (None, None));
}

#[test]
fn the_greatest_verdict_decides_and_names_its_rule() {
    let ordered = [
        Verdict::Allow,
        advising("small"),
        Verdict::Warn,
        redacting(0, 1, "x"),
        Verdict::Escalate,
        Verdict::Deny,
    ];
    for (number, verdict) in ordered.iter().enumerate().skip(1) {
        let decision = decide(ordered[..=number].iter().rev().cloned());
        assert_eq!(decision.verdict, verdict.kind());
        assert_eq!(decision.rule.as_deref(), Some("rule-0"));
        let decision = decide(ordered[..=number].iter().cloned());
        assert_eq!(decision.verdict, verdict.kind());
        assert_eq!(decision.rule, Some(format!("rule-{number}")));
    }
}

#[test]
fn of_two_rules_with_the_same_verdict_the_first_gives_the_reason() {
    let decision = decide([Verdict::Warn, Verdict::Deny, Verdict::Deny]);
    assert_eq!(decision.rule.as_deref(), Some("rule-1"));
    assert_eq!(
        decision.reason.as_deref(),
        Some("The rule rule-1 says deny.")
    );
}

#[test]
fn edits_and_advice_are_there_whatever_the_verdict_is() {
    let decision = decide([
        redacting(9, 23, "[EMAIL]"),
        advising("small"),
        Verdict::Deny,
        redacting(24, 29, "[DATE]"),
        advising("large"),
    ]);
    assert_eq!(decision.verdict, VerdictKind::Deny);
    assert_eq!(decision.advice.as_deref(), Some("small"));
    let mut call = call();
    apply_edits(&mut call, &decision.edits).unwrap();
    assert_eq!(call.input[0].content, "write to [EMAIL] [DATE]");
}

#[test]
fn edits_that_only_together_break_arguments_deny() {
    let edit = |start, end| Verdict::Redact {
        edits: vec![Edit {
            range: ByteRange {
                place: "/output/0".into(),
                start,
                end,
            },
            replacement: r#""x""#.into(),
        }],
    };
    let engine = engine();
    // Each is fine alone: one replaces the key and a string, as one string each time.
    let entries = [(1, 4), (5, 8)].map(|(start, end)| {
        let guest = answering(edit(start, end));
        entry(&engine, &guest, &format!("rule-{start}"))
    });
    let arguments = r#"{"a":"b"}"#;
    let call = Call {
        tool_calls: vec![ToolCall {
            id: None,
            name: "t".into(),
            arguments: arguments.into(),
            place: "/output/0".into(),
            ..ToolCall::default()
        }],
        ..Call::new(Stage::Admission)
    };
    let both = RuleSet::new(entries.to_vec()).unwrap().evaluate(&call);
    assert_eq!(both.verdict, VerdictKind::Redact);

    // These overlap: what covers both swallows the quote that one of them needs.
    let overlapping = [(1, 4, r#""x""#), (3, 6, r#"":""#)].map(|(start, end, text)| {
        let verdict = Verdict::Redact {
            edits: vec![Edit {
                range: ByteRange {
                    place: "/output/0".into(),
                    start,
                    end,
                },
                replacement: text.into(),
            }],
        };
        entry(&engine, &answering(verdict), &format!("rule-{start}"))
    });
    for alone in &overlapping {
        let set = RuleSet::new(vec![alone.clone()]).unwrap();
        assert_eq!(set.evaluate(&call).verdict, VerdictKind::Redact);
    }
    let decision = RuleSet::new(overlapping.to_vec()).unwrap().evaluate(&call);
    assert_eq!(decision.verdict, VerdictKind::Deny);
    assert!(decision.reason.unwrap().contains("do not fit together"));
}

#[test]
fn a_rule_is_asked_only_in_its_stages() {
    let engine = engine();
    // The test rule serves admission and record.
    let set = RuleSet::new(vec![entry(&engine, &answering(Verdict::Deny), "a")]).unwrap();
    let verdict = |stage| set.evaluate(&Call::new(stage)).verdict;
    assert_eq!(verdict(Stage::Admission), VerdictKind::Deny);
    assert_eq!(verdict(Stage::Record), VerdictKind::Deny);
    assert_eq!(verdict(Stage::Inspection), VerdictKind::Allow);
    let narrowed = RuleEntry {
        stages: Some(vec![Stage::Record]),
        ..set.entries()[0].clone()
    };
    let set = RuleSet::new(vec![narrowed]).unwrap();
    let decision = set.evaluate(&Call::new(Stage::Admission));
    assert!(decision.outcomes.is_empty());
}

#[test]
fn a_rule_is_handed_the_facts_it_names_and_no_others() {
    // Warns if there is exactly one fact, and its key has five bytes.
    let mut guest = Guest::new("");
    let [one, other] = [Verdict::Warn, Verdict::Deny]
        .map(|verdict| guest.answer(&Evaluation::new(verdict, vec![])));
    let guest = guest.evaluate(&format!(
        r#"(if (i32.ne (i32.load offset=224 (local.get $call)) (i32.const 1))
             (then (return (i32.const {other}))))
           (select (i32.const {one}) (i32.const {other})
             (i32.eq (i32.load offset=4 (i32.load offset=220 (local.get $call))) (i32.const 5)))"#
    ));
    let set = RuleSet::new(vec![entry(&engine(), &guest, "a")]).unwrap();
    let decision = set.evaluate(&call());
    assert_eq!(decision.verdict, VerdictKind::Warn);
    assert_eq!(decision.facts.len(), 1);
    assert_eq!(decision.facts[0].key, "owner");
}

#[test]
fn the_digest_is_that_of_the_manifest() {
    let engine = engine();
    let set = RuleSet::new(vec![entry(&engine, &answering(Verdict::Deny), "a")]).unwrap();
    assert_eq!(set.digest(), Digest::of(set.manifest_json().as_bytes()));
    let manifest: serde_json::Value = serde_json::from_str(set.manifest_json()).unwrap();
    assert_eq!(manifest["contract"], CONTRACT);
    assert_eq!(manifest["engine"]["version"], engine.identity().version);
    let rule = &manifest["rules"][0];
    assert_eq!(
        rule["component"],
        set.entries()[0].rule.component_digest().to_string()
    );
    assert_eq!(rule["stages"], serde_json::json!(["admission", "record"]));
}

#[test]
fn anything_that_can_change_a_decision_changes_the_digest() {
    let engine = engine();
    let base = entry(&engine, &answering(Verdict::Deny), "a");
    let configured = engine.load(
        answering(Verdict::Deny).component(),
        &Configuration::from_json(r#"{"x":1}"#).unwrap(),
    );
    let limits = Limits::default();
    let second = RuleEntry {
        name: "b".into(),
        ..base.clone()
    };
    let with = |change: &dyn Fn(&mut RuleEntry)| {
        let mut entry = base.clone();
        change(&mut entry);
        vec![entry]
    };
    let sets = [
        vec![],
        vec![base.clone()],
        vec![base.clone(), second.clone()],
        vec![second.clone(), base.clone()],
        vec![second],
        vec![entry(&engine, &answering(Verdict::Warn), "a")],
        with(&|entry| entry.rule = configured.as_ref().unwrap().clone()),
        with(&|entry| entry.limits.fuel = limits.fuel + 1),
        with(&|entry| entry.limits.time_ms = limits.time_ms + 1),
        with(&|entry| entry.limits.memory_bytes = limits.memory_bytes + 1),
        with(&|entry| entry.limits.input_bytes = limits.input_bytes + 1),
        with(&|entry| entry.limits.output_bytes = limits.output_bytes + 1),
        with(&|entry| entry.on_failure = OnFailure::Warn),
        with(&|entry| entry.stages = Some(vec![Stage::Record])),
        with(&|entry| entry.mode = Mode::Shadow),
    ];
    let digests: std::collections::HashSet<Digest> = sets
        .iter()
        .map(|entries| RuleSet::new(entries.clone()).unwrap().digest())
        .collect();
    assert_eq!(digests.len(), sets.len());
}

#[test]
fn the_digest_is_the_same_in_every_engine() {
    let digest = |concurrency| {
        let engine = Engine::new(EngineOptions {
            concurrency,
            ..EngineOptions::default()
        })
        .unwrap();
        let entry = entry(&engine, &answering(Verdict::Deny), "a");
        RuleSet::new(vec![entry]).unwrap().digest()
    };
    assert_eq!(digest(1), digest(40));
}

#[test]
fn everything_a_replay_needs_is_handed_out_under_its_digest() {
    let engine = engine();
    let set = RuleSet::new(vec![entry(&engine, &answering(Verdict::Deny), "a")]).unwrap();
    let artefacts: Vec<_> = set.artefacts().collect();
    for (digest, bytes) in &artefacts {
        assert_eq!(*digest, Digest::of(bytes));
    }
    let rule = &set.entries()[0].rule;
    for wanted in [
        set.digest(),
        rule.component_digest(),
        rule.configuration_digest(),
    ] {
        assert!(artefacts.iter().any(|(digest, _)| *digest == wanted));
    }
}

#[test]
fn the_same_call_gives_the_same_bytes_in_every_thread_and_engine() {
    let decide = || {
        let engine = engine();
        let finding = Finding {
            code: "test.email".into(),
            reason: "An address.".into(),
            ranges: vec![],
        };
        let answer = Evaluation::new(redacting(9, 23, "[EMAIL]"), vec![finding]);
        let guest = Guest::answering(&answer);
        let entries = vec![
            entry(&engine, &guest, "a"),
            entry(&engine, &Guest::new("unreachable"), "b"),
        ];
        RuleSet::new(entries).unwrap().evaluate(&call())
    };
    let first = decide().to_sealed_json();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| decide().to_sealed_json()))
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), first);
        }
    });
}

#[test]
fn the_sealed_form_is_as_documented() {
    let engine = engine();
    let range = ByteRange {
        place: "/input/0".into(),
        start: 9,
        end: 23,
    };
    let finding = Finding {
        code: "test.email".into(),
        reason: "An address.".into(),
        ranges: vec![range],
    };
    let verdict = redacting(9, 23, "me@example.org reversed");
    let guest = Guest::answering(&Evaluation::new(verdict, vec![finding]));
    let entries = vec![
        entry(&engine, &guest, "pii"),
        entry(&engine, &answering(advising("small")), "routing"),
        RuleEntry {
            on_failure: OnFailure::Warn,
            ..entry(&engine, &Guest::new("unreachable"), "broken")
        },
    ];
    let set = RuleSet::new(entries).unwrap();
    let sealed = set.evaluate(&call()).to_sealed_json();
    let rule = |number: usize, name: &str, rest: serde_json::Value| {
        let rule = &set.entries()[number].rule;
        let mut json = serde_json::json!({
            "name": name, "rule": "test", "rule_version": "1.2.3",
            "component": rule.component_digest().to_string(),
            "configuration": rule.configuration_digest().to_string(),
            "shadow": false,
            "advice": null, "edits": [], "findings": [], "charges": [], "failure": null,
        });
        let fields = json.as_object_mut().unwrap();
        fields.extend(rest.as_object().unwrap().clone());
        json
    };
    let place = serde_json::json!({"place": "/input/0", "start": 9, "end": 23});
    let expected = serde_json::json!({
        "event": "bijotel.decision", "version": 1, "refused": null,
        "rule_set": set.digest().to_string(),
        "stage": "admission", "verdict": "redact", "replayable": true,
        "reason": "An address.", "rule": "pii", "advice": "small",
        "edits": [place],
        "facts": [{"key": "owner", "value": "alice"}],
        "rules": [
            rule(0, "pii", serde_json::json!({
                "verdict": "redact", "edits": [place],
                "findings": [{"code": "test.email", "reason": "An address.", "ranges": [place]}],
            })),
            rule(1, "routing", serde_json::json!({"verdict": "advise", "advice": "small"})),
            rule(2, "broken", serde_json::json!({
                "verdict": "warn",
                "findings": [{
                    "code": "failure.trap", "ranges": [],
                    "reason": "The rule broken trapped: wasm trap: wasm `unreachable` instruction executed.",
                }],
                "failure": {
                    "code": "failure.trap", "replayable": true,
                    "reason": "trapped: wasm trap: wasm `unreachable` instruction executed",
                },
            })),
        ],
    });
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&sealed).unwrap(),
        expected
    );
    assert_eq!(
        sealed,
        serde_json_canonicalizer::to_string(&expected).unwrap()
    );
    assert!(!sealed.contains("example.org"));
}

#[test]
fn a_rule_set_that_makes_no_sense_is_refused() {
    let engine = engine();
    let base = entry(&engine, &answering(Verdict::Deny), "a");
    let refused = |change: &dyn Fn(&mut RuleEntry)| {
        let mut entry = base.clone();
        change(&mut entry);
        RuleSet::new(vec![entry]).unwrap_err()
    };
    let twice = RuleSet::new(vec![base.clone(), base.clone()]).unwrap_err();
    assert!(matches!(twice, RuleSetError::DuplicateName(_)));
    let name = refused(&|entry| entry.name = "no name".into());
    assert!(matches!(name, RuleSetError::Name(_)));
    let memory = refused(&|entry| entry.limits.memory_bytes = MAX_MEMORY + 1);
    assert!(matches!(memory, RuleSetError::Limits { .. }));
    let fuel = refused(&|entry| entry.limits.fuel = 0);
    assert!(matches!(fuel, RuleSetError::Limits { .. }));
    let stage = refused(&|entry| entry.stages = Some(vec![Stage::Commitment]));
    assert!(matches!(stage, RuleSetError::Stage { .. }));
}
