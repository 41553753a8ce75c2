//! Rule `rate_limit`: how many calls may begin within a sliding window of time.
//!
//! `docs/rules/rate_limit.md` says what it catches and what it cannot.

use bijotel_rule_sdk::{
    Call, Counter, CounterWindow, Description, Evaluation, Measure, Mode, Quota, Report, Rule,
    Scope, Stage, export_rule,
};
use serde::Deserialize;

const SCHEMA: &str = include_str!("config.schema.json");

/// The longest window that a host counts over: 31 days.
const MAX_SECONDS: u32 = 31 * 24 * 60 * 60;

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many calls may begin within the window. Required.
    pub max_calls: Option<u64>,
    /// The length of the window, in seconds. Default 60.
    pub window_seconds: u32,
    /// Which calls are counted together. Default all.
    pub scope: Scope,
    /// What to do about one call more. Default deny.
    pub mode: Mode,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_calls: None,
            window_seconds: 60,
            scope: Scope::Everything,
            mode: Mode::Deny,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct RateLimit {
    quota: Quota,
    seconds: u32,
}

impl Rule for RateLimit {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            ..bijotel_rule_sdk::description(
                "rate_limit",
                env!("CARGO_PKG_VERSION"),
                "Limits how many calls may begin within a time.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        let limit = config
            .max_calls
            .filter(|calls| *calls > 0)
            .ok_or("the configuration key `max_calls`: expected a number of calls, at least 1")?;
        let seconds = config.window_seconds;
        if !(1..=MAX_SECONDS).contains(&seconds) {
            return Err(format!(
                "the configuration key `window_seconds`: expected 1 to {MAX_SECONDS}"
            ));
        }
        let quota = Quota {
            counter: "calls",
            measure: Measure::Calls,
            scope: config.scope,
            window: CounterWindow::Seconds(seconds),
            limit,
            mode: config.mode,
        };
        Ok(Self { quota, seconds })
    }

    fn counters(&self) -> Vec<Counter> {
        vec![self.quota.counter()]
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        if !call.is_model_call() {
            return report.finish();
        }
        let missing = "rate_limit.counter_missing";
        if let Some(excess) = self.quota.charge(call, 1, missing, &mut report) {
            let reason = format!(
                "{} calls within {} seconds; the limit is {}",
                excess.total, self.seconds, self.quota.limit
            );
            report.find_in_call(excess.action, "rate_limit.exceeded", &reason);
        }
        report.finish()
    }
}

export_rule!(RateLimit);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{CounterScope, Instance, Verdict, testing};

    fn counter(configuration: &str) -> Counter {
        let rule = Instance::<RateLimit>::new();
        rule.configure(configuration).unwrap();
        rule.counters().remove(0)
    }

    fn ask(configuration: &str, before: &str) -> Evaluation {
        let call = Call::of_text("hi").with_fact("counter.calls", before);
        testing::ask::<RateLimit>(configuration, &call).unwrap()
    }

    #[test]
    fn the_host_counts_calls_of_the_last_minute_and_refuses_more_than_the_limit() {
        let expected = Counter {
            name: "calls".to_owned(),
            measure: Measure::Calls,
            scope: CounterScope::Everything,
            window: CounterWindow::Seconds(60),
            limit: Some(5),
        };
        assert_eq!(counter(r#"{"max_calls":5}"#), expected);
    }

    #[test]
    fn window_and_scope_are_the_operators() {
        let counter = counter(r#"{"max_calls":5,"window_seconds":3600,"scope":"agent"}"#);
        assert_eq!(counter.window, CounterWindow::Seconds(3600));
        assert_eq!(counter.scope, CounterScope::Agent);
    }

    #[test]
    fn every_call_charges_one() {
        let evaluation = ask(r#"{"max_calls":5}"#, "3");
        assert_eq!(evaluation.verdict, Verdict::Allow);
        assert_eq!(evaluation.charges[0].amount, 1);
    }

    #[test]
    fn what_is_no_model_call_is_not_counted() {
        let mut call = Call::of_text("hi").with_fact("counter.calls", "9");
        call.operation = "execute_tool".to_owned();
        let evaluation = testing::ask::<RateLimit>(r#"{"max_calls":5}"#, &call).unwrap();
        assert!(evaluation.charges.is_empty());
    }

    #[test]
    fn a_warning_comes_with_the_first_call_beyond_the_limit() {
        let warn = r#"{"max_calls":5,"mode":"warn"}"#;
        assert_eq!(counter(warn).limit, None);
        assert_eq!(ask(warn, "4").verdict, Verdict::Allow);
        let evaluation = ask(warn, "5");
        assert_eq!(evaluation.verdict, Verdict::Warn);
        assert_eq!(evaluation.findings[0].code, "rate_limit.exceeded");
        assert!(
            evaluation.findings[0]
                .reason
                .contains("6 calls within 60 seconds")
        );
    }

    #[test]
    fn without_a_counter_nothing_is_admitted() {
        let call = Call::of_text("hi");
        let codes = testing::codes::<RateLimit>(r#"{"max_calls":5}"#, &call);
        assert_eq!(codes, ["rate_limit.counter_missing"]);
    }

    #[test]
    fn a_limit_must_be_given_and_count_something() {
        for (configuration, key) in [
            ("{}", "max_calls"),
            (r#"{"max_calls":0}"#, "max_calls"),
            (r#"{"max_calls":5,"window_seconds":0}"#, "window_seconds"),
            (
                r#"{"max_calls":5,"window_seconds":2678401}"#,
                "window_seconds",
            ),
            (r#"{"max_calls":5,"scope":"team"}"#, "scope"),
        ] {
            let refusal = testing::refusal::<RateLimit>(configuration);
            assert!(refusal.contains(&format!("`{key}`")), "{refusal}");
        }
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<RateLimit>().unwrap();
    }
}
