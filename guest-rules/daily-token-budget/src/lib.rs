//! Rule `daily_token_budget`: how many tokens calls may use in a day.
//!
//! `docs/rules/daily_token_budget.md` says what it catches and what it cannot.

use bijotel_rule_sdk::{
    Call, Counter, CounterWindow, Description, Evaluation, Measure, Mode, Quota, Report, Rule,
    Scope, Stage, Tokens, export_rule,
};
use serde::Deserialize;

const SCHEMA: &str = include_str!("config.schema.json");

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many tokens calls may use in a day. Required.
    pub tokens: Option<u64>,
    /// The length of an answer for which a call asks for no limit. Default 4096.
    pub assumed_output_tokens: u64,
    /// Which calls share the budget. Default all.
    pub scope: Scope,
    /// What to do about a call that would go beyond it. Default deny.
    pub mode: Mode,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tokens: None,
            assumed_output_tokens: 4096,
            scope: Scope::Everything,
            mode: Mode::Deny,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct DailyTokenBudget {
    quota: Quota,
    assumed_output: u64,
}

impl Rule for DailyTokenBudget {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            ..bijotel_rule_sdk::description(
                "daily_token_budget",
                env!("CARGO_PKG_VERSION"),
                "Limits how many tokens calls may use in a day.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        let limit = config
            .tokens
            .filter(|tokens| *tokens > 0)
            .ok_or("the configuration key `tokens`: expected a number of tokens, at least 1")?;
        let quota = Quota {
            counter: "tokens",
            measure: Measure::Tokens,
            scope: config.scope,
            window: CounterWindow::Day,
            limit,
            mode: config.mode,
        };
        Ok(Self {
            quota,
            assumed_output: config.assumed_output_tokens,
        })
    }

    fn counters(&self) -> Vec<Counter> {
        vec![self.quota.counter()]
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        if !call.is_model_call() {
            return report.finish();
        }
        let tokens = Tokens::of(call, self.assumed_output).total();
        let missing = "daily_token_budget.counter_missing";
        if let Some(excess) = self.quota.charge(call, tokens, missing, &mut report) {
            let reason = format!(
                "{} tokens in this day, {tokens} for this call; the budget is {}",
                excess.total, self.quota.limit
            );
            report.find_in_call(excess.action, "daily_token_budget.exceeded", &reason);
        }
        report.finish()
    }
}

export_rule!(DailyTokenBudget);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{Answer, CounterScope, Instance, Verdict, testing};

    const WARN: &str = r#"{"tokens":1000,"mode":"warn"}"#;

    /// A call that may use 109 tokens.
    fn call(before: &str) -> Call {
        let mut call = Call::of_text("abcd").with_fact("counter.tokens", before);
        call.limits.max_output_tokens = Some(100);
        call
    }

    fn ask(configuration: &str, call: &Call) -> Evaluation {
        testing::ask::<DailyTokenBudget>(configuration, call).unwrap()
    }

    #[test]
    fn the_host_counts_tokens_of_the_day_and_refuses_more_than_the_budget() {
        let rule = Instance::<DailyTokenBudget>::new();
        rule.configure(r#"{"tokens":1000,"scope":"owner"}"#)
            .unwrap();
        let expected = Counter {
            name: "tokens".to_owned(),
            measure: Measure::Tokens,
            scope: CounterScope::Owner,
            window: CounterWindow::Day,
            limit: Some(1000),
        };
        assert_eq!(rule.counters(), [expected]);
    }

    #[test]
    fn a_call_reserves_its_input_and_the_longest_answer() {
        let evaluation = ask(r#"{"tokens":1000}"#, &call("0"));
        assert_eq!(evaluation.charges[0].amount, 109);
    }

    #[test]
    fn a_call_without_a_limit_reserves_the_assumed_answer() {
        let mut call = call("0");
        call.limits.max_output_tokens = None;
        assert_eq!(ask(WARN, &call).charges[0].amount, 9 + 4096);
        let short = r#"{"tokens":1000,"assumed_output_tokens":5}"#;
        assert_eq!(ask(short, &call).charges[0].amount, 14);
    }

    #[test]
    fn what_was_used_takes_the_place_of_what_was_reserved() {
        let mut call = call("0");
        call.stage = Stage::Record;
        call.answer = Some(Answer {
            model: None,
            finish_reasons: Vec::new(),
            input_tokens: Some(3),
            output_tokens: Some(20),
            cached_input_tokens: None,
            reasoning_tokens: None,
        });
        assert_eq!(ask(WARN, &call).charges[0].amount, 23);
    }

    #[test]
    fn a_warning_comes_with_the_first_token_beyond_the_budget() {
        assert_eq!(ask(WARN, &call("891")).verdict, Verdict::Allow);
        let evaluation = ask(WARN, &call("892"));
        assert_eq!(evaluation.verdict, Verdict::Warn);
        assert_eq!(evaluation.findings[0].code, "daily_token_budget.exceeded");
        assert!(evaluation.findings[0].reason.contains("1001 tokens"));
    }

    #[test]
    fn a_person_can_be_asked() {
        let escalate = r#"{"tokens":1000,"mode":"escalate"}"#;
        assert_eq!(ask(escalate, &call("1000")).verdict, Verdict::Escalate);
    }

    #[test]
    fn without_a_counter_nothing_is_admitted() {
        let codes = testing::codes::<DailyTokenBudget>(r#"{"tokens":1000}"#, &Call::of_text("hi"));
        assert_eq!(codes, ["daily_token_budget.counter_missing"]);
    }

    #[test]
    fn what_only_repeats_model_calls_is_not_counted() {
        let mut call = call("0");
        call.operation = "invoke_agent".to_owned();
        assert!(ask(WARN, &call).charges.is_empty());
    }

    #[test]
    fn a_budget_must_be_given() {
        for configuration in ["{}", r#"{"tokens":0}"#, r#"{"tokens":-1}"#] {
            let refusal = testing::refusal::<DailyTokenBudget>(configuration);
            assert!(refusal.contains("`tokens`"), "{refusal}");
        }
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<DailyTokenBudget>().unwrap();
    }
}
