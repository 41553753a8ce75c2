//! Rule `token_budget`: how many tokens an owner, an agent or a session may use.
//!
//! `docs/rules/token_budget.md` says what it catches and what it cannot.

use bijotel_rule_sdk::{
    Call, Counter, CounterWindow, Description, Evaluation, Measure, Mode, Quota, Report, Rule,
    Scope, Stage, Tokens, export_rule,
};
use serde::Deserialize;

const SCHEMA: &str = include_str!("config.schema.json");

/// The counters, in the order of the budgets.
const COUNTERS: [&str; 8] = [
    "tokens", "tokens_2", "tokens_3", "tokens_4", "tokens_5", "tokens_6", "tokens_7", "tokens_8",
];

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many tokens may be used. Default a million.
    pub cap: u64,
    /// In which time. Default a day.
    pub window: Window,
    /// Which calls share the budget. Default those of one owner.
    pub scope: Scope,
    /// Further budgets, all of which must hold. Default none.
    pub further: Vec<Budget>,
    /// Which tokens count. Default those of the answer.
    pub count: Count,
    /// The length of an answer for which a call asks for no limit. Default 1024.
    pub request_estimate_default: u64,
    /// What to do about a call that would go beyond a budget. Default deny.
    pub mode: Mode,
}

/// One budget.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// How many tokens may be used.
    pub cap: u64,
    /// In which time.
    pub window: Window,
    /// Which calls share the budget.
    pub scope: Scope,
}

/// The time over which tokens are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    /// The last minute.
    Minute,
    /// The last hour.
    Hour,
    /// Since midnight UTC.
    Day,
    /// Since the first of the month, midnight UTC.
    Month,
    /// From the first call on.
    Always,
}

/// Which tokens count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Count {
    /// Those of the answer, with its reasoning.
    Output,
    /// Those that go to the model.
    Input,
    /// Both.
    Total,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cap: 1_000_000,
            window: Window::Day,
            scope: Scope::Owner,
            further: Vec::new(),
            count: Count::Output,
            request_estimate_default: 1024,
            mode: Mode::Deny,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct TokenBudget {
    quotas: Vec<(Quota, Window)>,
    count: Count,
    assumed_output: u64,
}

impl Rule for TokenBudget {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            ..bijotel_rule_sdk::description(
                "token_budget",
                env!("CARGO_PKG_VERSION"),
                "Limits how many tokens an owner, an agent or a session may use.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        let first = Budget {
            cap: config.cap,
            window: config.window,
            scope: config.scope,
        };
        let most = COUNTERS.len() - 1;
        if config.further.len() > most {
            return Err(format!(
                "the configuration key `further`: expected at most {most} budgets"
            ));
        }
        let budgets = [first].into_iter().chain(config.further);
        let mut quotas = Vec::new();
        for (budget, counter) in budgets.zip(COUNTERS) {
            if budget.cap == 0 {
                return Err("the configuration key `cap`: expected at least 1 token".to_owned());
            }
            let quota = Quota {
                counter,
                measure: Measure::Tokens,
                scope: budget.scope,
                window: budget.window.into(),
                limit: budget.cap,
                mode: config.mode,
            };
            quotas.push((quota, budget.window));
        }
        Ok(Self {
            quotas,
            count: config.count,
            assumed_output: config.request_estimate_default,
        })
    }

    fn counters(&self) -> Vec<Counter> {
        self.quotas
            .iter()
            .map(|(quota, _)| quota.counter())
            .collect()
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        if !call.is_model_call() {
            return report.finish();
        }
        let tokens = self.tokens(call);
        for (quota, window) in &self.quotas {
            let missing = "token_budget.counter_missing";
            if let Some(excess) = quota.charge(call, tokens, missing, &mut report) {
                let reason = format!(
                    "The {tokens} tokens of this call bring those of the {} to {}; the budget is {}",
                    window.name(),
                    excess.total,
                    quota.limit
                );
                report.find_in_call(excess.action, "token_budget.exceeded", &reason);
            }
        }
        report.finish()
    }
}

impl TokenBudget {
    fn tokens(&self, call: &Call) -> u64 {
        let tokens = Tokens::of(call, self.assumed_output);
        let counted = match self.count {
            Count::Output => tokens.output,
            Count::Input => tokens.input,
            Count::Total => tokens.total(),
        };
        // A call that asks for an answer of no length still takes part in the race for what is left.
        if call.stage == Stage::Record {
            counted
        } else {
            counted.max(1)
        }
    }
}

impl From<Window> for CounterWindow {
    fn from(window: Window) -> Self {
        match window {
            Window::Minute => Self::Seconds(60),
            Window::Hour => Self::Seconds(3600),
            Window::Day => Self::Day,
            Window::Month => Self::Month,
            Window::Always => Self::Always,
        }
    }
}

impl Window {
    fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
            Self::Always => "whole time",
        }
    }
}

export_rule!(TokenBudget);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{Answer, CounterScope, Instance, Verdict, testing};

    const WARN: &str = r#"{"cap":1000,"mode":"warn"}"#;

    fn call(before: &str, longest: u64) -> Call {
        let mut call = Call::of_text("abcd").with_fact("counter.tokens", before);
        call.limits.max_output_tokens = Some(longest);
        call
    }

    fn ask(configuration: &str, call: &Call) -> Evaluation {
        testing::ask::<TokenBudget>(configuration, call).unwrap()
    }

    fn counters(configuration: &str) -> Vec<Counter> {
        let rule = Instance::<TokenBudget>::new();
        rule.configure(configuration).unwrap();
        rule.counters()
    }

    #[test]
    fn without_a_configuration_each_owner_has_a_million_tokens_of_answers_a_day() {
        let counters = counters("{}");
        assert_eq!(counters.len(), 1);
        assert_eq!(counters[0].scope, CounterScope::Owner);
        assert_eq!(counters[0].limit, Some(1_000_000));
        assert!(matches!(counters[0].window, CounterWindow::Day));
    }

    #[test]
    fn several_budgets_have_a_counter_each() {
        let further = r#"{"cap":9,"window":"hour","scope":"agent",
            "further":[{"cap":99,"window":"month","scope":"session"}]}"#;
        let counters = counters(further);
        assert_eq!(counters[1].name, "tokens_2");
        assert_eq!(counters[1].scope, CounterScope::Session);
        assert!(matches!(counters[0].window, CounterWindow::Seconds(3600)));
        assert!(matches!(counters[1].window, CounterWindow::Month));
        let charges = ask(further, &call("0", 5)).charges;
        assert_eq!(charges.len(), 2);
        assert!(charges.iter().all(|charge| charge.amount == 5));
    }

    #[test]
    fn a_call_reserves_the_longest_answer_it_asks_for() {
        assert_eq!(ask(WARN, &call("0", 100)).charges[0].amount, 100);
        let mut unlimited = call("0", 0);
        assert_eq!(ask(WARN, &unlimited).charges[0].amount, 1, "never nothing");
        unlimited.limits.max_output_tokens = None;
        assert_eq!(ask(WARN, &unlimited).charges[0].amount, 1024);
    }

    #[test]
    fn the_input_can_be_counted_instead_or_as_well() {
        let count = |what| format!(r#"{{"mode":"warn","count":"{what}"}}"#);
        assert_eq!(ask(&count("input"), &call("0", 100)).charges[0].amount, 9);
        assert_eq!(ask(&count("total"), &call("0", 100)).charges[0].amount, 109);
    }

    #[test]
    fn what_was_used_takes_the_place_of_what_was_reserved() {
        let mut call = call("0", 100);
        call.stage = Stage::Record;
        call.answer = Some(Answer {
            model: None,
            finish_reasons: Vec::new(),
            input_tokens: Some(3),
            output_tokens: Some(20),
            cached_input_tokens: None,
            reasoning_tokens: None,
        });
        assert_eq!(ask(WARN, &call).charges[0].amount, 20);
    }

    #[test]
    fn a_warning_comes_with_the_first_token_beyond_the_budget() {
        assert_eq!(ask(WARN, &call("900", 100)).verdict, Verdict::Allow);
        let evaluation = ask(WARN, &call("901", 100));
        assert_eq!(evaluation.verdict, Verdict::Warn);
        assert_eq!(evaluation.findings[0].code, "token_budget.exceeded");
    }

    #[test]
    fn without_a_counter_nothing_is_admitted() {
        let codes = testing::codes::<TokenBudget>("{}", &Call::of_text("hi"));
        assert_eq!(codes, ["token_budget.counter_missing"]);
    }

    #[test]
    fn a_budget_of_nothing_is_refused() {
        for configuration in [
            r#"{"cap":0}"#,
            r#"{"further":[{"cap":0,"window":"day","scope":"owner"}]}"#,
        ] {
            assert!(testing::refusal::<TokenBudget>(configuration).contains("`cap`"));
        }
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<TokenBudget>().unwrap();
    }
}
