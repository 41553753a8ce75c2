//! Rule `model_version_pin`: only exact versions of models may be called, and may answer.
//!
//! `docs/rules/model_version_pin.md` says what it catches and what it cannot.

use std::collections::BTreeSet;

use bijotel_rule_sdk::{Call, Description, Evaluation, Mode, Report, Rule, Stage, export_rule};
use serde::Deserialize;

const SCHEMA: &str = include_str!("config.schema.json");

const MAX_VERSIONS: usize = 1000;

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The versions that may be called and may answer. Required.
    pub allowed_versions: BTreeSet<String>,
    /// Whether the model that has answered is checked as well. Default true.
    pub check_answer: bool,
    /// What to do about any other version. Default deny.
    pub mode: Mode,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            allowed_versions: BTreeSet::new(),
            check_answer: true,
            mode: Mode::Deny,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct ModelVersionPin(Config);

impl Rule for ModelVersionPin {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            ..bijotel_rule_sdk::description(
                "model_version_pin",
                env!("CARGO_PKG_VERSION"),
                "Lets only exact versions of models be called, and answer.",
                &[Stage::Admission, Stage::Inspection, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        let versions = &config.allowed_versions;
        if versions.is_empty() || versions.len() > MAX_VERSIONS || versions.contains("") {
            return Err(format!(
                "the configuration key `allowed_versions`: expected 1 to {MAX_VERSIONS} versions of models"
            ));
        }
        Ok(Self(config))
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        let mode = self.0.mode.into();
        let is_named = !call.model.is_empty();
        if call.stage != Stage::Inspection
            && (is_named || call.is_model_call())
            && !self.pins(&call.model)
        {
            let reason = "The requested model is not one of the pinned versions";
            report.find_in_call(mode, "model_version_pin.requested", reason);
        }
        let answered = call
            .answer
            .as_ref()
            .and_then(|answer| answer.model.as_deref());
        if self.0.check_answer && answered.is_some_and(|model| !self.pins(model)) {
            let reason = "The model that answered is not one of the pinned versions";
            report.find_in_call(mode, "model_version_pin.answered", reason);
        }
        report.finish()
    }
}

impl ModelVersionPin {
    fn pins(&self, model: &str) -> bool {
        self.0.allowed_versions.contains(model)
    }
}

export_rule!(ModelVersionPin);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{Answer, Verdict, testing};

    const PIN: &str = r#"{"allowed_versions":["gpt-4o-2024-08-06"]}"#;

    fn call(stage: Stage, requested: &str, answered: Option<&str>) -> Call {
        Call {
            stage,
            model: requested.to_owned(),
            answer: answered.map(|model| Answer {
                model: Some(model.to_owned()),
                finish_reasons: Vec::new(),
                input_tokens: None,
                output_tokens: None,
                cached_input_tokens: None,
                reasoning_tokens: None,
            }),
            ..Call::of_text("hi")
        }
    }

    fn codes(configuration: &str, call: &Call) -> Vec<String> {
        testing::codes::<ModelVersionPin>(configuration, call)
    }

    #[test]
    fn a_pinned_version_may_be_called() {
        let call = call(Stage::Admission, "gpt-4o-2024-08-06", None);
        let evaluation = testing::ask::<ModelVersionPin>(PIN, &call).unwrap();
        assert_eq!(evaluation.verdict, Verdict::Allow);
    }

    #[test]
    fn a_name_that_the_provider_may_move_is_denied() {
        for model in ["gpt-4o", "gpt-4o-2024-11-20", "gpt-4o-latest", ""] {
            let call = call(Stage::Admission, model, None);
            let evaluation = testing::ask::<ModelVersionPin>(PIN, &call).unwrap();
            assert_eq!(evaluation.verdict, Verdict::Deny, "{model}");
            assert_eq!(evaluation.findings[0].code, "model_version_pin.requested");
        }
    }

    #[test]
    fn another_version_must_not_answer() {
        for stage in [Stage::Inspection, Stage::Record] {
            let other = call(stage, "gpt-4o-2024-08-06", Some("gpt-4o-2024-11-20"));
            assert_eq!(codes(PIN, &other), ["model_version_pin.answered"]);
            let same = call(stage, "gpt-4o-2024-08-06", Some("gpt-4o-2024-08-06"));
            assert!(codes(PIN, &same).is_empty());
        }
    }

    #[test]
    fn the_answer_can_be_left_out_of_account() {
        let pin = r#"{"allowed_versions":["gpt-4o-2024-08-06"],"check_answer":false}"#;
        let call = call(Stage::Record, "gpt-4o-2024-08-06", Some("other"));
        assert!(codes(pin, &call).is_empty());
    }

    #[test]
    fn what_is_no_model_call_needs_no_model() {
        let mut call = call(Stage::Record, "", None);
        call.operation = "execute_tool".to_owned();
        assert!(codes(PIN, &call).is_empty());
    }

    #[test]
    fn the_operator_chooses_what_is_done() {
        let pin = r#"{"allowed_versions":["a"],"mode":"warn"}"#;
        let call = call(Stage::Admission, "b", None);
        let evaluation = testing::ask::<ModelVersionPin>(pin, &call).unwrap();
        assert_eq!(evaluation.verdict, Verdict::Warn);
    }

    #[test]
    fn something_must_be_pinned() {
        for pin in ["{}", r#"{"allowed_versions":[]}"#] {
            let refusal = testing::refusal::<ModelVersionPin>(pin);
            assert!(refusal.contains("`allowed_versions`"), "{refusal}");
        }
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<ModelVersionPin>().unwrap();
    }
}
