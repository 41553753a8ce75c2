//! Rule `output_length_limit`: how long an answer a call may ask for.
//!
//! `docs/rules/output_length_limit.md` says what it catches and what it cannot.

use bijotel_rule_sdk::{
    Action, Call, Description, Evaluation, Mode, Report, Rule, Stage, export_rule,
};
use serde::Deserialize;

const SCHEMA: &str = include_str!("config.schema.json");

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The longest answer, in tokens, for each choice. Default 4096.
    pub max_tokens: u64,
    /// Whether a call that asks for no limit is objected to. Default false.
    pub require_limit: bool,
    /// What to do about a call that asks for more. Default warn.
    pub mode: Mode,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_tokens: 4096,
            require_limit: false,
            mode: Mode::Warn,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct OutputLengthLimit(Config);

impl Rule for OutputLengthLimit {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            ..bijotel_rule_sdk::description(
                "output_length_limit",
                env!("CARGO_PKG_VERSION"),
                "Limits how long an answer a call may ask for.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        if config.max_tokens == 0 {
            return Err(
                "the configuration key `max_tokens`: expected a number of tokens, at least 1"
                    .to_owned(),
            );
        }
        Ok(Self(config))
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        if !call.is_model_call() || call.operation == "embeddings" {
            return report.finish();
        }
        let config = &self.0;
        match call.limits.max_output_tokens {
            Some(asked) if asked > config.max_tokens => {
                let reason = format!(
                    "The call asks for an answer of up to {asked} tokens; the limit is {}",
                    config.max_tokens
                );
                report.find_in_call(config.mode.into(), "output_length_limit.requested", &reason);
            }
            None if config.require_limit => {
                let reason = "The call does not limit the length of the answer";
                report.find_in_call(config.mode.into(), "output_length_limit.unlimited", reason);
            }
            _ => {}
        }
        let choices = u64::from(call.limits.choices.unwrap_or(1).max(1));
        let answered = call.answer.as_ref().and_then(|answer| answer.output_tokens);
        if let Some(tokens) = answered
            && tokens > config.max_tokens.saturating_mul(choices)
        {
            let reason = format!(
                "The answer has {tokens} tokens; the limit is {} for each of {choices} choices",
                config.max_tokens
            );
            report.find_in_call(Action::Warn, "output_length_limit.answered", &reason);
        }
        report.finish()
    }
}

export_rule!(OutputLengthLimit);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{Answer, Verdict, testing};

    fn asking(tokens: Option<u64>) -> Call {
        let mut call = Call::of_text("hi");
        call.limits.max_output_tokens = tokens;
        call
    }

    fn answered(tokens: u64, choices: Option<u32>) -> Call {
        let mut call = asking(None);
        call.stage = Stage::Record;
        call.limits.choices = choices;
        call.answer = Some(Answer {
            model: None,
            finish_reasons: Vec::new(),
            input_tokens: None,
            output_tokens: Some(tokens),
            cached_input_tokens: None,
            reasoning_tokens: None,
        });
        call
    }

    fn codes(configuration: &str, call: &Call) -> Vec<String> {
        testing::codes::<OutputLengthLimit>(configuration, call)
    }

    #[test]
    fn a_call_may_ask_for_as_much_as_the_limit() {
        assert!(codes("{}", &asking(Some(4096))).is_empty());
        assert_eq!(
            codes("{}", &asking(Some(4097))),
            ["output_length_limit.requested"]
        );
        assert!(codes(r#"{"max_tokens":9000}"#, &asking(Some(9000))).is_empty());
    }

    #[test]
    fn the_default_is_to_warn() {
        for (configuration, expected) in [
            ("{}", Verdict::Warn),
            (r#"{"mode":"deny"}"#, Verdict::Deny),
            (r#"{"mode":"escalate"}"#, Verdict::Escalate),
        ] {
            let evaluation =
                testing::ask::<OutputLengthLimit>(configuration, &asking(Some(5000))).unwrap();
            assert_eq!(evaluation.verdict, expected);
        }
    }

    #[test]
    fn a_limit_can_be_required() {
        assert!(codes("{}", &asking(None)).is_empty());
        let required = r#"{"require_limit":true}"#;
        assert_eq!(
            codes(required, &asking(None)),
            ["output_length_limit.unlimited"]
        );
        assert!(codes(required, &asking(Some(1))).is_empty());
    }

    #[test]
    fn an_answer_that_is_longer_is_reported() {
        assert_eq!(
            codes("{}", &answered(5000, None)),
            ["output_length_limit.answered"]
        );
        assert!(codes("{}", &answered(5000, Some(2))).is_empty());
    }

    #[test]
    fn embeddings_have_no_length() {
        let mut call = asking(None);
        call.operation = "embeddings".to_owned();
        assert!(codes(r#"{"require_limit":true}"#, &call).is_empty());
    }

    #[test]
    fn a_limit_of_nothing_is_refused() {
        let refusal = testing::refusal::<OutputLengthLimit>(r#"{"max_tokens":0}"#);
        assert!(refusal.contains("`max_tokens`"), "{refusal}");
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<OutputLengthLimit>().unwrap();
    }
}
