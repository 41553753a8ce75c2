//! Rules that limit something: the host counts for them, in the chain that it seals to.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use bijotel::policy::{Answer, Fact};
use bijotel::{Call, ChainKey, Host, HostOptions, RuleConfig, RulesConfig, Stage, VerdictKind};
use serde_json::json;

const TOKENS: u64 = 1_000;

fn host(database: &Path, rule: &str, configuration: &serde_json::Value) -> Host {
    let key = ChainKey::from_hex("000102030405060708090a0b0c0d0e0f").unwrap();
    let mut rules = RulesConfig::none();
    rules.rules.push(RuleConfig {
        configuration: configuration.as_object().unwrap().clone(),
        ..RuleConfig::shipped(rule)
    });
    Host::open(HostOptions::new(database, key, rules)).unwrap()
}

fn call(owner: &str) -> Call {
    let mut call = Call::new(Stage::Admission);
    call.model = "gpt-4o-mini".to_owned();
    call.limits.max_output_tokens = Some(100);
    call.push_input("Good morning.");
    call.facts.push(Fact {
        key: "owner".to_owned(),
        value: owner.to_owned(),
    });
    call
}

/// What the counter `name` of the only rule stood at when this call was judged.
fn stood_at(host: &Host, call: &Call) -> u64 {
    let decision = host.dry_run(call).unwrap();
    let fact = decision
        .facts
        .iter()
        .find(|fact| fact.key.starts_with("counter."));
    fact.unwrap().value.parse().unwrap()
}

#[test]
fn under_fifty_calls_at_once_not_one_goes_over_the_rate() {
    const RATE: u64 = 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    // An hour, so that the test cannot outlast the window.
    let configuration = json!({"max_calls": RATE, "window_seconds": 3600});
    let [one, other] = [(); 2].map(|()| host(&path, "rate_limit", &configuration));
    let passed = AtomicU64::new(0);
    thread::scope(|scope| {
        for caller in 0..50 {
            let host = if caller % 2 == 0 { &one } else { &other };
            let passed = &passed;
            scope.spawn(move || {
                let decision = host.admit(&call("anna")).unwrap().decision;
                if decision.verdict.passes() {
                    passed.fetch_add(1, Ordering::Relaxed);
                } else {
                    assert_eq!(decision.verdict, VerdictKind::Deny);
                    assert_eq!(decision.rule.as_deref(), Some("rate_limit"));
                }
            });
        }
    });
    assert_eq!(passed.into_inner(), RATE);
}

#[test]
fn what_a_call_really_used_takes_the_place_of_what_was_reserved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    let host = host(&path, "daily_token_budget", &json!({"tokens": TOKENS}));
    let admitted = host.admit(&call("anna")).unwrap();
    assert!(admitted.decision.verdict.passes());
    assert!(
        stood_at(&host, &call("anna")) > 100,
        "the answer's limit is reserved"
    );

    let mut finished = call("anna");
    finished.stage = Stage::Record;
    finished.answer = Some(Answer {
        input_tokens: Some(5),
        output_tokens: Some(7),
        ..Answer::default()
    });
    host.settle(admitted.reservation.unwrap(), &finished)
        .unwrap();
    assert_eq!(stood_at(&host, &call("anna")), 12);
}

#[test]
fn a_call_that_used_more_than_is_left_is_reported_when_it_is_settled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    let host = host(&path, "daily_token_budget", &json!({"tokens": TOKENS}));
    let settle = |output| {
        let admitted = host.admit(&call("anna")).unwrap();
        let mut finished = call("anna");
        finished.stage = Stage::Record;
        finished.answer = Some(Answer {
            input_tokens: Some(0),
            output_tokens: Some(output),
            ..Answer::default()
        });
        let reservation = admitted.reservation.unwrap();
        host.settle(reservation, &finished).unwrap().verdict
    };
    assert_eq!(settle(500), VerdictKind::Allow);
    assert_eq!(settle(501), VerdictKind::Warn);
}

#[test]
fn a_call_that_is_not_made_uses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    let host = host(&path, "daily_token_budget", &json!({"tokens": TOKENS}));
    let admitted = host.admit(&call("anna")).unwrap();
    host.refund(admitted.reservation.unwrap()).unwrap();
    assert_eq!(stood_at(&host, &call("anna")), 0);
}

#[test]
fn a_counter_that_a_call_brings_along_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    let host = host(
        &path,
        "rate_limit",
        &json!({"max_calls": 1, "window_seconds": 3600}),
    );
    assert!(host.admit(&call("anna")).unwrap().decision.verdict.passes());
    let mut call = call("anna");
    for key in ["counter.rate_limit.calls", "counter.calls"] {
        call.facts.push(Fact {
            key: key.to_owned(),
            value: "0".to_owned(),
        });
    }
    assert_eq!(
        host.admit(&call).unwrap().decision.verdict,
        VerdictKind::Deny
    );
}
