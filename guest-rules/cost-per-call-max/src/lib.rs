//! Rule `cost_per_call_max`: what one call may cost.
//!
//! `docs/rules/cost_per_call_max.md` says what it catches and what it cannot.

use bijotel_rule_sdk::{
    Action, Call, Description, Evaluation, Mode, ModelTable, Price, Prices, Report, Rule, Stage,
    Tokens, export_rule, millionths, show_millionths,
};
use serde::Deserialize;

const SCHEMA: &str = include_str!("config.schema.json");

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The most that one call may cost, in US dollars. Required.
    pub usd: Option<f64>,
    /// Own prices by model; they come before the shipped ones.
    pub prices: ModelTable<Price>,
    /// The length of an answer for which a call asks for no limit. Default 4096.
    pub assumed_output_tokens: u64,
    /// What to do about a model that has no price. Default deny.
    pub unknown_model: Mode,
    /// What to do about a call that may cost more. Default deny.
    pub mode: Mode,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            usd: None,
            prices: ModelTable::default(),
            assumed_output_tokens: 4096,
            unknown_model: Mode::Deny,
            mode: Mode::Deny,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct CostPerCallMax {
    /// In micro-dollars.
    limit: u64,
    prices: Prices,
    assumed_output: u64,
    unknown_model: Mode,
    mode: Mode,
}

impl Rule for CostPerCallMax {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            ..bijotel_rule_sdk::description(
                "cost_per_call_max",
                env!("CARGO_PKG_VERSION"),
                "Limits what one call may cost.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        let limit = config
            .usd
            .and_then(millionths)
            .ok_or("the configuration key `usd`: expected US dollars, from 0 to 1000000")?;
        Ok(Self {
            limit,
            prices: Prices::new(config.prices),
            assumed_output: config.assumed_output_tokens,
            unknown_model: config.unknown_model,
            mode: config.mode,
        })
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        if !call.is_model_call() {
            return report.finish();
        }
        let Some(price) = self.prices.get(&call.model) else {
            let reason = "The requested model has no price, so it is not known what the call costs";
            let action = self.unknown_model.into();
            report.find_in_call(action, "cost_per_call_max.unknown_model", reason);
            return report.finish();
        };
        let cost = price.cost(&Tokens::of(call, self.assumed_output));
        if cost > self.limit {
            let [cost, limit] = [cost, self.limit].map(show_millionths);
            if call.stage == Stage::Record {
                let reason = format!("The call has cost ${cost}; the limit is ${limit}");
                report.find_in_call(Action::Warn, "cost_per_call_max.spent", &reason);
            } else {
                let reason = format!("The call may cost ${cost}; the limit is ${limit}");
                report.find_in_call(self.mode.into(), "cost_per_call_max.exceeded", &reason);
            }
        }
        report.finish()
    }
}

export_rule!(CostPerCallMax);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{Answer, Verdict, testing};

    /// A call of 9 tokens that asks for an answer of up to 1000: $0.0100225 with `gpt-4o`.
    fn call(model: &str) -> Call {
        let mut call = Call::of_text("abcd");
        call.model = model.to_owned();
        call.limits.max_output_tokens = Some(1000);
        call
    }

    fn ask(configuration: &str, call: &Call) -> Evaluation {
        testing::ask::<CostPerCallMax>(configuration, call).unwrap()
    }

    #[test]
    fn a_call_may_cost_as_much_as_the_limit() {
        assert_eq!(
            ask(r#"{"usd":0.010023}"#, &call("gpt-4o")).verdict,
            Verdict::Allow
        );
        let evaluation = ask(r#"{"usd":0.010022}"#, &call("gpt-4o"));
        assert_eq!(evaluation.verdict, Verdict::Deny);
        assert_eq!(evaluation.findings[0].code, "cost_per_call_max.exceeded");
        assert_eq!(
            evaluation.findings[0].reason,
            "The call may cost $0.010023; the limit is $0.010022"
        );
    }

    #[test]
    fn the_answer_is_paid_for_each_choice() {
        let mut call = call("gpt-4o");
        call.limits.choices = Some(4);
        assert_eq!(ask(r#"{"usd":0.011}"#, &call).verdict, Verdict::Deny);
    }

    #[test]
    fn a_call_without_a_limit_may_get_the_assumed_answer() {
        let mut call = call("gpt-4o");
        call.limits.max_output_tokens = None;
        assert_eq!(ask(r#"{"usd":0.04}"#, &call).verdict, Verdict::Deny);
        let short = r#"{"usd":0.04,"assumed_output_tokens":1000}"#;
        assert_eq!(ask(short, &call).verdict, Verdict::Allow);
    }

    #[test]
    fn a_dated_version_costs_what_its_model_costs() {
        assert_eq!(
            ask(r#"{"usd":0.01}"#, &call("gpt-4o-2024-08-06")).verdict,
            Verdict::Deny
        );
    }

    #[test]
    fn a_model_without_a_price_is_denied_whatever_the_mode() {
        for configuration in [r#"{"usd":100}"#, r#"{"usd":100,"mode":"warn"}"#] {
            let evaluation = ask(configuration, &call("my-model"));
            assert_eq!(evaluation.verdict, Verdict::Deny);
            assert_eq!(
                evaluation.findings[0].code,
                "cost_per_call_max.unknown_model"
            );
        }
        let lenient = r#"{"usd":100,"unknown_model":"warn"}"#;
        assert_eq!(ask(lenient, &call("my-model")).verdict, Verdict::Warn);
    }

    #[test]
    fn own_prices_come_first() {
        let own = |model: &str, usd: f64| {
            format!(r#"{{"usd":{usd},"prices":{{"{model}":{{"input":0,"output":1}}}}}}"#)
        };
        assert_eq!(
            ask(&own("my-model", 1.0), &call("my-model")).verdict,
            Verdict::Allow
        );
        assert_eq!(
            ask(&own("gpt-4o", 0.5), &call("gpt-4o")).verdict,
            Verdict::Deny
        );
    }

    #[test]
    fn what_was_spent_beyond_the_limit_is_only_worth_a_warning() {
        let mut call = call("gpt-4o");
        call.stage = Stage::Record;
        let answer = Answer {
            model: None,
            finish_reasons: Vec::new(),
            input_tokens: Some(10),
            output_tokens: Some(100),
            cached_input_tokens: None,
            reasoning_tokens: None,
        };
        call.answer = Some(answer.clone());
        assert_eq!(ask(r#"{"usd":0.005}"#, &call).verdict, Verdict::Allow);
        call.answer = Some(Answer {
            output_tokens: Some(500),
            ..answer
        });
        let evaluation = ask(r#"{"usd":0.005}"#, &call);
        assert_eq!(evaluation.verdict, Verdict::Warn);
        assert_eq!(evaluation.findings[0].code, "cost_per_call_max.spent");
    }

    #[test]
    fn what_is_no_model_call_costs_nothing() {
        let mut call = call("");
        call.operation = "execute_tool".to_owned();
        assert_eq!(ask(r#"{"usd":0}"#, &call).verdict, Verdict::Allow);
    }

    #[test]
    fn wrong_figures_are_errors_that_name_their_key() {
        for (configuration, key) in [
            ("{}", "`usd`"),
            (r#"{"usd":-1}"#, "`usd`"),
            (r#"{"usd":1,"prices":{"a":{"input":1}}}"#, "`prices.a"),
            (
                r#"{"usd":1,"prices":{"a":{"input":-1,"output":1}}}"#,
                "`prices.a",
            ),
        ] {
            let refusal = testing::refusal::<CostPerCallMax>(configuration);
            assert!(refusal.contains(key), "{refusal}");
        }
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<CostPerCallMax>().unwrap();
    }
}
