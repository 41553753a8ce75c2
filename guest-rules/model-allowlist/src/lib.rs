//! Rule `model_allowlist`: only listed models may be called.
//!
//! `docs/rules/model_allowlist.md` says what it catches and what it cannot.

use std::collections::BTreeSet;

use bijotel_rule_sdk::{
    Call, Description, Evaluation, Mode, Report, Rule, Stage, export_rule, undated,
};
use serde::Deserialize;

const SCHEMA: &str = include_str!("config.schema.json");

const MAX_MODELS: usize = 1000;

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The models that may be called. Required.
    pub allowed_models: BTreeSet<String>,
    /// Whether a name also allows its dated versions. Default false.
    pub dated_versions: bool,
    /// What to do about any other model. Default deny.
    pub mode: Mode,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            allowed_models: BTreeSet::new(),
            dated_versions: false,
            mode: Mode::Deny,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct ModelAllowlist(Config);

impl Rule for ModelAllowlist {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            ..bijotel_rule_sdk::description(
                "model_allowlist",
                env!("CARGO_PKG_VERSION"),
                "Lets only listed models be called.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        let models = &config.allowed_models;
        if models.is_empty() || models.len() > MAX_MODELS || models.contains("") {
            return Err(format!(
                "the configuration key `allowed_models`: expected 1 to {MAX_MODELS} names of models"
            ));
        }
        Ok(Self(config))
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        let mode = self.0.mode.into();
        if call.model.is_empty() {
            if call.is_model_call() {
                let reason = "The call names no model";
                report.find_in_call(mode, "model_allowlist.unknown", reason);
            }
        } else if !self.allows(&call.model) {
            let reason = "The requested model is not on the list of allowed ones";
            report.find_in_call(mode, "model_allowlist.not_allowed", reason);
        }
        report.finish()
    }
}

impl ModelAllowlist {
    fn allows(&self, model: &str) -> bool {
        let listed = |name: &str| self.0.allowed_models.contains(name);
        listed(model) || (self.0.dated_versions && undated(model).is_some_and(listed))
    }
}

export_rule!(ModelAllowlist);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{Verdict, testing};

    const LIST: &str = r#"{"allowed_models":["gpt-4o","claude-sonnet-4-20250514"]}"#;

    fn call(model: &str) -> Call {
        Call {
            model: model.to_owned(),
            ..Call::of_text("hi")
        }
    }

    fn verdict(configuration: &str, call: &Call) -> Verdict {
        testing::ask::<ModelAllowlist>(configuration, call)
            .unwrap()
            .verdict
    }

    #[test]
    fn a_listed_model_may_be_called() {
        assert_eq!(verdict(LIST, &call("gpt-4o")), Verdict::Allow);
    }

    #[test]
    fn any_other_model_is_denied() {
        for model in [
            "gpt-4",
            "gpt-4o-mini",
            "gpt-4o-2024-08-06",
            "GPT-4o",
            " gpt-4o",
        ] {
            assert_eq!(verdict(LIST, &call(model)), Verdict::Deny, "{model}");
        }
    }

    #[test]
    fn a_call_without_a_model_is_denied() {
        let codes = testing::codes::<ModelAllowlist>(LIST, &call(""));
        assert_eq!(codes, ["model_allowlist.unknown"]);
    }

    #[test]
    fn what_is_no_model_call_needs_no_model() {
        let mut call = call("");
        call.operation = "execute_tool".to_owned();
        assert_eq!(verdict(LIST, &call), Verdict::Allow);
        call.model = "gpt-4".to_owned();
        assert_eq!(verdict(LIST, &call), Verdict::Deny);
    }

    #[test]
    fn dated_versions_can_be_allowed_by_their_model() {
        let list = r#"{"allowed_models":["gpt-4o"],"dated_versions":true}"#;
        assert_eq!(verdict(list, &call("gpt-4o-2024-08-06")), Verdict::Allow);
        assert_eq!(
            verdict(list, &call("gpt-4o-mini-2024-07-18")),
            Verdict::Deny
        );
    }

    #[test]
    fn the_operator_chooses_what_is_done() {
        for (mode, expected) in [("warn", Verdict::Warn), ("escalate", Verdict::Escalate)] {
            let list = format!(r#"{{"allowed_models":["a"],"mode":"{mode}"}}"#);
            assert_eq!(verdict(&list, &call("b")), expected);
        }
    }

    #[test]
    fn the_list_must_not_be_empty() {
        for list in [
            "{}",
            r#"{"allowed_models":[]}"#,
            r#"{"allowed_models":[""]}"#,
        ] {
            let refusal = testing::refusal::<ModelAllowlist>(list);
            assert!(refusal.contains("`allowed_models`"), "{refusal}");
        }
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<ModelAllowlist>().unwrap();
    }
}
