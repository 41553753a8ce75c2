//! What the rule says about calls.

use bijotel_rule_sdk::{
    Answer, Call, Counter, CounterScope, CounterWindow, Evaluation, Instance, Measure, Stage,
    Verdict, testing,
};

use super::EnergyBudget;

const ONE: &str = r#"{"daily_limit_wh":1}"#;

/// A finished call of so many tokens, of which some input was cached.
fn used(model: &str, input: u64, cached: u64, output: u64) -> Call {
    Call {
        stage: Stage::Record,
        model: model.to_owned(),
        answer: Some(Answer {
            model: None,
            finish_reasons: Vec::new(),
            input_tokens: Some(input),
            output_tokens: Some(output),
            cached_input_tokens: Some(cached),
            reasoning_tokens: None,
        }),
        ..Call::of_text("hi")
    }
}

/// A call that may use 991 + 9 tokens: a thousandth of a watt-hour with a small model.
fn planned(before: &str) -> Call {
    let mut call = Call::of_text("abcd").with_fact("counter.energy", before);
    call.model = "gpt-4o-mini".to_owned();
    call.limits.max_output_tokens = Some(991);
    call
}

fn ask(configuration: &str, call: &Call) -> Evaluation {
    testing::ask::<EnergyBudget>(configuration, call).unwrap()
}

fn charge(configuration: &str, call: &Call) -> u64 {
    ask(configuration, call).charges[0].amount
}

#[test]
fn the_host_counts_energy_of_the_day_for_each_agent() {
    let rule = Instance::<EnergyBudget>::new();
    rule.configure(r#"{"daily_limit_wh":2.5,"mode":"deny"}"#)
        .unwrap();
    let expected = Counter {
        name: "energy".to_owned(),
        measure: Measure::Energy,
        scope: CounterScope::Agent,
        window: CounterWindow::Day,
        limit: Some(2_500_000),
    };
    assert_eq!(rule.counters(), [expected]);
}

#[test]
fn tokens_use_what_their_model_uses() {
    assert_eq!(charge(ONE, &used("gpt-4o-mini", 600, 0, 400)), 1_000);
    assert_eq!(charge(ONE, &used("gpt-4o", 600, 0, 400)), 5_000);
    assert_eq!(charge(ONE, &used("gpt-4o-2024-08-06", 600, 0, 400)), 5_000);
    assert_eq!(charge(ONE, &used("my-model", 600, 0, 400)), 3_000);
    assert_eq!(charge(ONE, &used("gpt-4o-mini", 0, 0, 0)), 0);
}

#[test]
fn rates_can_be_the_operators_own() {
    let own = r#"{"daily_limit_wh":1,"rates":{"my-model":0.02},"fallback_rate":0.1}"#;
    assert_eq!(charge(own, &used("my-model", 600, 0, 400)), 20_000);
    assert_eq!(charge(own, &used("other", 600, 0, 400)), 100_000);
}

#[test]
fn cached_input_uses_a_part() {
    assert_eq!(charge(ONE, &used("gpt-4o-mini", 1_000, 1_000, 0)), 100);
    let none = r#"{"daily_limit_wh":1,"cached_share":0}"#;
    assert_eq!(charge(none, &used("gpt-4o-mini", 1_000, 400, 0)), 600);
}

#[test]
fn a_call_reserves_what_it_may_use() {
    assert_eq!(charge(ONE, &planned("0")), 1_000);
}

#[test]
fn the_warning_names_energy_and_carbon() {
    assert_eq!(ask(ONE, &planned("999000")).verdict, Verdict::Allow);
    let evaluation = ask(ONE, &planned("999001"));
    assert_eq!(evaluation.verdict, Verdict::Warn);
    assert_eq!(evaluation.findings[0].code, "energy_budget.exceeded");
    assert_eq!(
        evaluation.findings[0].reason,
        "1.000001 Wh in this day, or 0.38 g of CO2 (us-east), 0.001 Wh for this call; the budget is 1.00 Wh"
    );
}

#[test]
fn the_grid_can_be_another_or_the_operators_own() {
    for (region, grams) in [
        (r#""region":"eu-north""#, "0.03 g"),
        (
            r#""region":"roof","grid_g_per_kwh":{"roof":12.5}"#,
            "0.0125 g",
        ),
        (r#""grid_g_per_kwh":{"us-east":400}"#, "0.40 g"),
    ] {
        let configuration = format!(r#"{{"daily_limit_wh":0.5,{region}}}"#);
        let reason = &ask(&configuration, &planned("999000")).findings[0].reason;
        assert!(reason.contains(grams), "{reason}");
    }
}

#[test]
fn without_a_counter_a_limit_admits_nothing() {
    let call = Call::of_text("hi");
    let deny = ask(r#"{"daily_limit_wh":1,"mode":"deny"}"#, &call);
    assert_eq!(deny.verdict, Verdict::Deny);
    assert_eq!(deny.findings[0].code, "energy_budget.counter_missing");
}

#[test]
fn the_largest_figures_do_not_overflow() {
    let call = used("gpt-4o", u64::MAX, u64::MAX, u64::MAX).with_fact("counter.energy", "9");
    let evaluation = ask(
        r#"{"daily_limit_wh":1,"rates":{"gpt-4o":1000000},"cached_share":1}"#,
        &call,
    );
    assert_eq!(evaluation.charges[0].amount, u64::MAX);
}

#[test]
fn what_only_repeats_model_calls_is_not_counted() {
    let mut call = planned("0");
    call.operation = "invoke_agent".to_owned();
    assert!(ask(ONE, &call).charges.is_empty());
}

#[test]
fn wrong_figures_are_errors_that_name_their_key() {
    for (configuration, key) in [
        ("{}", "daily_limit_wh"),
        (r#"{"daily_limit_wh":0}"#, "daily_limit_wh"),
        (r#"{"daily_limit_wh":1,"region":"moon"}"#, "region"),
        (r#"{"daily_limit_wh":1,"cached_share":2}"#, "cached_share"),
        (r#"{"daily_limit_wh":1,"rates":{"a":-1}}"#, "rates.a"),
        (
            r#"{"daily_limit_wh":1,"grid_g_per_kwh":{"us-east":-1}}"#,
            "grid_g_per_kwh",
        ),
    ] {
        let refusal = testing::refusal::<EnergyBudget>(configuration);
        assert!(refusal.contains(&format!("`{key}`")), "{refusal}");
    }
}

#[test]
fn the_schema_says_what_the_rule_takes() {
    testing::check_schema::<EnergyBudget>().unwrap();
}
