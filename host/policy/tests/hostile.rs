//! Rules that mean harm: the host lives, the failure has its name, the call is denied.

mod guest;

use bijotel_policy::*;
use guest::{Guest, HEAP};

fn call() -> Call {
    Call {
        input: vec![Text::new(Role::User, "/input/0", "grün is the secret word")],
        ..Call::new(Stage::Admission)
    }
}

fn engine() -> Engine {
    Engine::new(EngineOptions::default()).unwrap()
}

fn load(guest: &Guest) -> Rule {
    engine()
        .load(guest.component(), &Configuration::default())
        .unwrap()
}

/// The decision of this rule alone, and that a good rule in the same engine still works afterwards.
fn decide(guest: &Guest, limits: Limits) -> Decision {
    let engine = engine();
    let load = |guest: &Guest| {
        let rule = engine.load(guest.component(), &Configuration::default());
        RuleEntry::new(rule.unwrap())
    };
    let hostile = RuleEntry {
        limits,
        ..load(guest)
    };
    let decision = RuleSet::new(vec![hostile]).unwrap().evaluate(&call());

    let good = RuleSet::new(vec![load(&Guest::answering(&allow()))]).unwrap();
    assert_eq!(good.evaluate(&call()).verdict, VerdictKind::Allow);
    decision
}

/// The code of the failure with which this rule is denied.
fn denied(guest: &Guest, limits: Limits) -> &'static str {
    let decision = decide(guest, limits);
    assert_eq!(decision.verdict, VerdictKind::Deny);
    decision.outcomes[0].failure.as_ref().unwrap().code()
}

fn allow() -> Evaluation {
    Evaluation::new(Verdict::Allow, vec![])
}

fn finding(place: &str, start: u32, end: u32) -> Evaluation {
    let range = ByteRange {
        place: place.into(),
        start,
        end,
    };
    let finding = Finding {
        code: "test.seen".into(),
        reason: "Something was seen.".into(),
        ranges: vec![range],
    };
    Evaluation::new(Verdict::Warn, vec![finding])
}

const FOREVER: &str = "(loop $again (br $again)) unreachable";

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    let limits = Limits {
        fuel: 10_000_000,
        ..Limits::default()
    };
    let decision = decide(&Guest::new(FOREVER), limits);
    let failure = decision.outcomes[0].failure.clone().unwrap();
    assert_eq!(failure, RuleFailure::Fuel { limit: 10_000_000 });
    assert!(decision.replayable);
    assert_eq!(decision.verdict, VerdictKind::Deny);
}

#[test]
fn an_endless_loop_runs_out_of_time_and_that_cannot_be_replayed() {
    let limits = Limits {
        fuel: u64::MAX,
        time_ms: 50,
        ..Limits::default()
    };
    let started = std::time::Instant::now();
    let decision = decide(&Guest::new(FOREVER), limits);
    let failure = decision.outcomes[0].failure.clone().unwrap();
    assert_eq!(failure, RuleFailure::Time { limit_ms: 50 });
    assert!(!decision.replayable);
    assert!(decision.outcomes[0].micros >= 50_000);
    assert!(started.elapsed().as_secs() < 10);
}

#[test]
fn a_memory_bomb_is_stopped_at_its_limit() {
    let bomb =
        Guest::new("(loop $again (drop (memory.grow (i32.const 16))) (br $again)) unreachable");
    assert_eq!(denied(&bomb, Limits::default()), "failure.memory");
}

#[test]
fn a_rule_that_is_larger_than_its_memory_limit_cannot_start() {
    let limits = Limits {
        memory_bytes: 65_536,
        ..Limits::default()
    };
    let rule = Guest::answering(&allow());
    assert_eq!(denied(&rule, limits), "failure.memory");
}

#[test]
fn a_trap_is_named() {
    let decision = decide(&Guest::new("unreachable"), Limits::default());
    let reason = decision.reason.unwrap();
    assert_eq!(
        reason,
        "The rule test trapped: wasm trap: wasm `unreachable` instruction executed."
    );
}

#[test]
fn endless_recursion_is_a_trap() {
    let deep = Guest::new("(call $deeper) (i32.const 0)")
        .fields("(func $deeper (call $deeper) (call $deeper))");
    assert_eq!(denied(&deep, Limits::default()), "failure.trap");
}

#[test]
fn places_and_ranges_that_are_not_in_the_call_are_refused() {
    for (place, start, end) in [
        ("/elsewhere", 0, 1),
        ("/input/0", 0, 1_000),
        ("/input/0", u32::MAX, u32::MAX),
        ("/input/0", 5, 2),
        ("/input/0", 3, 5),
    ] {
        let rule = Guest::answering(&finding(place, start, end));
        assert_eq!(denied(&rule, Limits::default()), "failure.answer");
    }
}

#[test]
fn pointers_into_nowhere_are_refused() {
    for answer in [
        // A result beyond the memory.
        vec![],
        // Findings beyond it.
        vec![0, 0, 0, 0, 0xffff_fff0, 1],
        // More findings than could be.
        vec![0, 0, 0, 0, 65_536, u32::MAX],
        // Findings that are not aligned.
        vec![0, 0, 0, 0, 65_537, 1],
        // A verdict that there is not, and a result that is neither.
        vec![0, 9, 0, 0, 0, 0],
        vec![7, 0, 0, 0, 0, 0],
    ] {
        let mut rule = Guest::new("");
        let at = match answer.is_empty() {
            true => 0xffff_fff0,
            false => rule.words(&answer),
        };
        let rule = rule.evaluate(&format!("(i32.const {at})"));
        let code = denied(&rule, Limits::default());
        assert!(
            ["failure.answer", "failure.output"].contains(&code),
            "{answer:?}: {code}"
        );
    }
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let mut rule = Guest::new("");
    let bytes = rule.bytes(b"\xff\xfe");
    let finding = rule.words(&[bytes, 2, bytes, 0, 0, 0]);
    let answer = rule.words(&[0, 0, 0, 0, finding, 1]);
    let rule = rule.evaluate(&format!("(i32.const {answer})"));
    assert_eq!(denied(&rule, Limits::default()), "failure.answer");
}

#[test]
fn an_answer_cannot_make_the_host_allocate_more_than_its_limit() {
    // 1,000 findings that all name the same 60 KB as their reason: 60 MB if they were read.
    let mut rule = Guest::new("");
    let text = rule.bytes(b"a.b");
    let findings = rule.words(&[text, 3, HEAP + 4_096, 60_000, 0, 0].repeat(1_000));
    let answer = rule.words(&[0, 0, 0, 0, findings, 1_000]);
    let rule = rule.evaluate(&format!("(i32.const {answer})"));
    assert_eq!(denied(&rule, Limits::default()), "failure.output");
}

#[test]
fn too_many_findings_are_refused() {
    let mut evaluation = finding("/input/0", 0, 1);
    evaluation.findings = vec![
        Finding {
            ranges: vec![],
            ..evaluation.findings[0].clone()
        };
        1_001
    ];
    let rule = Guest::answering(&evaluation);
    assert_eq!(denied(&rule, Limits::default()), "failure.answer");
}

#[test]
fn what_a_refusing_rule_says_is_not_sealed() {
    let mut rule = Guest::new("");
    let refusal = rule.refusal("grün is the secret word");
    let rule = rule.evaluate(&format!("(i32.const {refusal})"));
    let decision = decide(&rule, Limits::default());
    assert_eq!(decision.outcomes[0].failure, Some(RuleFailure::Refused));
    let json = serde_json::to_string(&decision).unwrap();
    for text in [json, decision.to_sealed_json(), format!("{decision:?}")] {
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn a_call_that_is_too_large_is_not_handed_over() {
    let limits = Limits {
        input_bytes: 100,
        ..Limits::default()
    };
    let rule = Guest::answering(&allow());
    assert_eq!(denied(&rule, limits), "failure.input");
}

#[test]
fn a_call_with_two_texts_at_one_place_is_denied() {
    let mut call = call();
    call.output = call.input.clone();
    let rules = RuleSet::new(vec![RuleEntry::new(load(&Guest::answering(&allow())))]).unwrap();
    let decision = rules.evaluate(&call);
    assert_eq!(decision.verdict, VerdictKind::Deny);
    assert_eq!(
        decision.outcomes[0].failure,
        Some(RuleFailure::AmbiguousCall)
    );
}

#[test]
fn a_failure_warns_where_the_operator_chose_so_and_is_in_the_decision_all_the_same() {
    let entry = RuleEntry {
        on_failure: OnFailure::Warn,
        ..RuleEntry::new(load(&Guest::new("unreachable")))
    };
    let decision = RuleSet::new(vec![entry]).unwrap().evaluate(&call());
    assert_eq!(decision.verdict, VerdictKind::Warn);
    assert!(decision.to_sealed_json().contains("failure.trap"));
}

#[test]
fn a_rule_that_never_finishes_its_configuration_is_not_loaded() {
    let rule = Guest::new("unreachable").configure("unreachable");
    let error = engine()
        .load(rule.component(), &Configuration::default())
        .unwrap_err();
    assert!(
        matches!(
            error,
            LoadError::Failed {
                function: "configure",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_rule_that_rejects_its_configuration_says_why() {
    let mut rule = Guest::new("unreachable");
    let refusal = rule.refusal("`mode` must be warn or deny");
    let rule = rule.configure(&format!("(i32.const {refusal})"));
    let error = engine()
        .load(rule.component(), &Configuration::default())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the rule does not accept its configuration: `mode` must be warn or deny"
    );
}

#[test]
fn a_start_function_that_traps_fails_at_loading() {
    let rule = Guest::answering(&allow()).fields("(func $start unreachable) (start $start)");
    engine()
        .load(rule.component(), &Configuration::default())
        .unwrap_err();
}

#[test]
fn many_threads_may_wait_for_few_slots() {
    let engine = Engine::new(EngineOptions {
        concurrency: 2,
        ..EngineOptions::default()
    })
    .unwrap();
    let rule = engine
        .load(
            Guest::answering(&allow()).component(),
            &Configuration::default(),
        )
        .unwrap();
    let rules = RuleSet::new(vec![RuleEntry::new(rule)]).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..200 {
                    assert_eq!(rules.evaluate(&call()).verdict, VerdictKind::Allow);
                }
            });
        }
    });
}

#[test]
fn every_failure_is_a_finding_of_its_own_code_in_what_is_sealed() {
    let tight = Limits {
        fuel: 1_000_000,
        ..Limits::default()
    };
    let narrow = Limits {
        input_bytes: 10,
        ..Limits::default()
    };
    let slow = Limits {
        fuel: u64::MAX,
        time_ms: 10,
        ..Limits::default()
    };
    let small = Limits {
        memory_bytes: 65_536,
        ..Limits::default()
    };
    let terse = Limits {
        output_bytes: 10,
        ..Limits::default()
    };
    let talks = Guest::answering(&finding("/input/0", 0, 1));
    for (guest, limits, code) in [
        (&Guest::new(FOREVER), tight, "failure.fuel"),
        (&Guest::new(FOREVER), slow, "failure.time"),
        (&talks, narrow, "failure.input"),
        (&talks, small, "failure.memory"),
        (&talks, terse, "failure.output"),
        (
            &Guest::new("unreachable"),
            Limits::default(),
            "failure.trap",
        ),
    ] {
        let decision = decide(guest, limits);
        let sealed: serde_json::Value = serde_json::from_str(&decision.to_sealed_json()).unwrap();
        let rule = &sealed["rules"][0];
        assert_eq!(sealed["verdict"], "deny", "{code}");
        assert_eq!(rule["failure"]["code"], code);
        assert_eq!(rule["findings"][0]["code"], code);
        assert_eq!(rule["findings"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_nan_has_the_same_bits_however_it_came_about() {
    // 0/0, the root of -1, and infinity minus infinity have different signs on processors.
    let mut guest = Guest::new("");
    let [same, different] = [Verdict::Allow, Verdict::Deny]
        .map(|verdict| guest.answer(&Evaluation::new(verdict, vec![])));
    let canonical = "(i64.const 0x7ff8000000000000)";
    let is = |nan: &str| format!("(i64.eq {canonical} (i64.reinterpret_f64 {nan}))");
    let nans = [
        "(f64.div (f64.const 0) (global.get $zero))",
        "(f64.sqrt (f64.sub (global.get $zero) (f64.const 1)))",
        "(f64.sub (f64.div (f64.const 1) (global.get $zero)) (f64.const inf))",
        "(f64.add (f64.const nan:0x4) (global.get $zero))",
    ];
    let all = nans
        .map(is)
        .into_iter()
        .reduce(|all, next| format!("(i32.and {all} {next})"))
        .unwrap();
    let guest = guest
        .fields("(global $zero (mut f64) (f64.const 0))")
        .evaluate(&format!(
            "(select (i32.const {same}) (i32.const {different}) {all})"
        ));
    assert_eq!(
        decide(&guest, Limits::default()).verdict,
        VerdictKind::Allow
    );
}
