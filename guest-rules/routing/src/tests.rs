//! What the rule as a whole says about calls.

use bijotel_rule_sdk::{
    Answer, Call, CounterScope, CounterWindow, Evaluation, Fact, Instance, Measure, Role, Stage,
    Text, Verdict, testing,
};

use super::{BUDGET_REMAINING, Routing};

const HARD: &str =
    "Explain step by step and prove, therefore compare: √2 `a` `b` `c`\n```py\n1\n```\n";

fn call(model: &str, text: &str) -> Call {
    Call {
        model: model.to_owned(),
        ..Call::of_text(text)
    }
}

fn verdict_of(configuration: &str, call: &Call) -> Verdict {
    let rule = Instance::<Routing>::new();
    rule.configure(configuration).unwrap();
    rule.evaluate(call).unwrap().verdict
}

fn verdict(call: &Call) -> Verdict {
    verdict_of("{}", call)
}

fn hard() -> String {
    format!("{HARD}{}", "x".repeat(2000))
}

fn advise(model: &str) -> Verdict {
    Verdict::Advise(model.to_owned())
}

#[test]
fn a_simple_request_goes_to_the_cheapest_model() {
    assert_eq!(
        verdict(&call("claude-opus-4", "hello")),
        advise("gpt-4o-mini")
    );
}

#[test]
fn a_complex_request_goes_to_the_cheapest_model_that_is_good_enough() {
    assert_eq!(
        verdict(&call("claude-opus-4", &hard())),
        advise("claude-sonnet-4")
    );
}

#[test]
fn a_weak_model_is_not_kept_for_a_complex_request() {
    assert_eq!(
        verdict(&call("gpt-4o-mini", &hard())),
        advise("claude-sonnet-4")
    );
}

#[test]
fn the_requested_model_is_kept_if_it_is_the_choice_or_its_equal() {
    assert_eq!(verdict(&call("gpt-4o-mini", "hello")), Verdict::Allow);
    assert_eq!(
        verdict(&call("claude-sonnet-4-20250514", &hard())),
        Verdict::Allow
    );
}

#[test]
fn an_unknown_model_and_other_operations_are_left_alone() {
    assert_eq!(verdict(&call("my-own-model", "hello")), Verdict::Allow);
    let embeddings = Call {
        operation: "embeddings".to_owned(),
        ..call("claude-opus-4", "hello")
    };
    assert_eq!(verdict(&embeddings), Verdict::Allow);
}

#[test]
fn a_budget_that_runs_out_leads_to_cheaper_models() {
    let with_budget = |value: &str| {
        let mut call = call("claude-opus-4", &hard());
        call.facts.push(Fact {
            key: BUDGET_REMAINING.to_owned(),
            value: value.to_owned(),
        });
        verdict(&call)
    };
    assert_eq!(with_budget("0.9"), advise("claude-sonnet-4"));
    assert_eq!(with_budget("0.05"), advise("claude-haiku-4-5"));
    assert_eq!(with_budget("0"), advise("gpt-4o-mini"));
}

#[test]
fn a_bad_fact_is_a_finding_and_changes_nothing() {
    let rule = Instance::<Routing>::new();
    rule.configure("{}").unwrap();
    let mut call = call("gpt-4o-mini", "hello");
    call.facts.push(Fact {
        key: BUDGET_REMAINING.to_owned(),
        value: "plenty".to_owned(),
    });
    let evaluation = rule.evaluate(&call).unwrap();
    assert_eq!(evaluation.verdict, Verdict::Allow);
    assert_eq!(evaluation.findings[0].code, "routing.bad_fact");
}

#[test]
fn the_latest_message_of_the_user_decides() {
    let mut call = call("claude-opus-4", &hard());
    call.input
        .push(Text::new(Role::Assistant, "/input/1", &hard()));
    call.input.push(Text::new(Role::User, "/input/2", "thanks"));
    call.input
        .push(Text::new(Role::Assistant, "/input/3", &hard()));
    assert_eq!(verdict(&call), advise("gpt-4o-mini"));
}

#[test]
fn the_catalogue_can_be_the_operators_own() {
    let configuration = r#"{"models":[
        {"name":"small","cost":0.1,"quality":0.7,"latency":0.1},
        {"name":"large","cost":0.9,"quality":1,"latency":0.9}]}"#;
    assert_eq!(
        verdict_of(configuration, &call("large", "hello")),
        advise("small")
    );
    assert_eq!(
        verdict_of(configuration, &call("small", &hard())),
        advise("large")
    );
}

#[test]
fn advice_can_be_kept_to_one_provider_and_a_latency() {
    let simple = call("claude-opus-4", "hello");
    assert_eq!(
        verdict_of(r#"{"same_provider":true}"#, &simple),
        advise("claude-haiku-4-5")
    );
    assert_eq!(
        verdict_of(r#"{"max_latency":0.5}"#, &call("claude-opus-4", &hard())),
        advise("claude-haiku-4-5")
    );
}

#[test]
fn wrong_figures_are_errors_that_name_their_key() {
    for (configuration, key) in [
        (r#"{"low_budget":2}"#, "low_budget"),
        (r#"{"models":[]}"#, "models"),
        (r#"{"simple_threshold":0.9}"#, "simple_threshold"),
        (
            r#"{"models":[{"name":"a","cost":-1,"quality":1,"latency":1}]}"#,
            "models[0].cost",
        ),
        (r#"{"models":[{"name":"a","cost":1}]}"#, "models[0]"),
    ] {
        let error = Instance::<Routing>::new()
            .configure(configuration)
            .unwrap_err();
        assert!(error.contains(key), "{error}");
    }
}

fn ask(configuration: &str, call: &Call) -> Evaluation {
    testing::ask::<Routing>(configuration, call).unwrap()
}

#[test]
fn advice_is_explained() {
    let call = call("claude-opus-4", "hello").with_fact(BUDGET_REMAINING, "0.05");
    assert_eq!(
        ask("{}", &call).findings[0].reason,
        "The request scores 0.00 of 1 (simple: 5 characters, small talk) and needs a quality of 0.60, \
         as 5 % of the budget is left; gpt-4o-mini is the cheapest that has it: quality 0.65 against the \
         requested model's 1, cost 0.03 against 1, latency 0.25 against 1"
    );
}

#[test]
fn advice_that_falls_short_says_so() {
    let small = r#"{"models":[{"name":"a","cost":0.1,"quality":0.7,"latency":0.1},
        {"name":"b","cost":0.2,"quality":0.65,"latency":0.1}]}"#;
    let reason = &ask(small, &call("b", &hard())).findings[0].reason;
    assert!(reason.contains("a comes nearest to it"), "{reason}");
    assert!(
        reason.contains("words of reasoning, code, mathematics"),
        "{reason}"
    );
}

#[test]
fn a_budget_is_counted_for_each_agent_and_day_and_refuses_nothing() {
    let rule = Instance::<Routing>::new();
    rule.configure(r#"{"budget":{"usd":2}}"#).unwrap();
    let counter = rule.counters().remove(0);
    assert_eq!(counter.measure, Measure::Cost);
    assert_eq!(counter.scope, CounterScope::Agent);
    assert_eq!(counter.window, CounterWindow::Day);
    assert_eq!(counter.limit, None);
    let rule = Instance::<Routing>::new();
    rule.configure("{}").unwrap();
    assert!(rule.counters().is_empty());
}

#[test]
fn a_budget_that_is_spent_leads_to_cheaper_models() {
    let spent = |micro_dollars: &str| {
        let call = call("gpt-4o", &hard()).with_fact("counter.cost", micro_dollars);
        ask(r#"{"budget":{"usd":1}}"#, &call).verdict
    };
    assert_eq!(spent("0"), advise("claude-sonnet-4"));
    assert_eq!(spent("990000"), advise("gpt-4o-mini"));
    assert_eq!(spent("9000000"), advise("gpt-4o-mini"));
}

#[test]
fn calls_are_taken_from_the_budget() {
    let budget = r#"{"budget":{"usd":1}}"#;
    let mut call = call("gpt-4o", "abcd").with_fact("counter.cost", "0");
    call.limits.max_output_tokens = Some(1000);
    assert_eq!(ask(budget, &call).charges[0].amount, 10_023);
    call.stage = Stage::Record;
    call.answer = Some(Answer {
        model: None,
        finish_reasons: Vec::new(),
        input_tokens: Some(1000),
        output_tokens: Some(100),
        cached_input_tokens: None,
        reasoning_tokens: None,
    });
    assert_eq!(ask(budget, &call).charges[0].amount, 3_500);
    assert!(ask("{}", &call).charges.is_empty());
}

#[test]
fn a_budget_that_cannot_be_kept_is_reported() {
    let budget = r#"{"budget":{"usd":1}}"#;
    let codes = testing::codes::<Routing>(budget, &call("my-model", "hello"));
    assert_eq!(codes, ["routing.counter_missing", "routing.unknown_price"]);
}

#[test]
fn a_budget_is_a_sum_of_money() {
    for budget in [
        r#"{"usd":0}"#,
        r#"{"usd":-1}"#,
        r#"{}"#,
        r#"{"usd":1,"eur":1}"#,
    ] {
        let refusal = testing::refusal::<Routing>(&format!(r#"{{"budget":{budget}}}"#));
        assert!(refusal.contains("`budget"), "{refusal}");
    }
}

#[test]
fn the_schema_says_what_the_rule_takes() {
    testing::check_schema::<Routing>().unwrap();
}
