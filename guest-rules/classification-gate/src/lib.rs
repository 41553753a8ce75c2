//! Rule `classification_gate`: whether the caller is cleared for what the call is about.
//!
//! `docs/rules/classification_gate.md` says what it catches and what it cannot.

use bijotel_rule_sdk::{
    Call, Description, Evaluation, Level, LevelConfig, Levels, Mode, Report, Rule, Stage,
    export_rule,
};
use serde::Deserialize;

/// The fact that says how the call is classified.
pub const CLASSIFICATION: &str = "classification";

/// The fact that says up to where the caller is cleared.
pub const CLEARANCE: &str = "clearance";

const SCHEMA: &str = include_str!("config.schema.json");

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The levels, from low to high. Default UNCLASS, CUI, SECRET, TS, TS_SCI.
    pub levels: Vec<LevelConfig>,
    /// The level of a call without the fact [`CLASSIFICATION`]. Default the first.
    pub default_classification: Option<String>,
    /// The clearance of a caller without the fact [`CLEARANCE`]. Default the first.
    pub default_clearance: Option<String>,
    /// Whether a call without the fact [`CLASSIFICATION`] is objected to. Default false.
    pub require_classification: bool,
    /// What to do about a call that the caller is not cleared for. Default deny.
    pub mode: Mode,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            levels: Levels::ladder(),
            default_classification: None,
            default_clearance: None,
            require_classification: false,
            mode: Mode::Deny,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct ClassificationGate {
    levels: Levels,
    /// `None`: a call must say what it is.
    default_classification: Option<Level>,
    default_clearance: Level,
    mode: Mode,
}

impl Rule for ClassificationGate {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            facts: vec![CLASSIFICATION.to_owned(), CLEARANCE.to_owned()],
            ..bijotel_rule_sdk::description(
                "classification_gate",
                env!("CARGO_PKG_VERSION"),
                "Refuses calls that are classified above the caller's clearance.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        let levels = Levels::new(&config.levels)?;
        let classification = levels.default_level(
            "default_classification",
            config.default_classification.as_deref(),
        )?;
        let clearance =
            levels.default_level("default_clearance", config.default_clearance.as_deref())?;
        Ok(Self {
            levels,
            default_classification: (!config.require_classification).then_some(classification),
            default_clearance: clearance,
            mode: config.mode,
        })
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        let classification = self.level(call, CLASSIFICATION, self.default_classification);
        let clearance = self.level(call, CLEARANCE, Some(self.default_clearance));
        let mut find = |code, reason: &str| report.find_in_call(self.mode.into(), code, reason);
        match (classification, clearance) {
            (Fact::Level(classification), Fact::Level(clearance)) => {
                if !self.levels.covers(clearance, classification) {
                    let reason = format!(
                        "The caller is cleared for {}, and the call is classified as {}",
                        self.levels.name(clearance),
                        self.levels.name(classification)
                    );
                    find("classification_gate.not_cleared", &reason);
                }
            }
            (classification, clearance) => {
                if classification == Fact::Missing {
                    let reason = "The host does not say how the call is classified";
                    find("classification_gate.not_classified", reason);
                }
                if classification == Fact::Unknown {
                    let reason = "The call is classified with a level that is not configured";
                    find("classification_gate.unknown_classification", reason);
                }
                if clearance == Fact::Unknown {
                    let reason = "The caller's clearance is a level that is not configured";
                    find("classification_gate.unknown_clearance", reason);
                }
            }
        }
        report.finish()
    }
}

/// What a fact says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fact {
    Level(Level),
    Unknown,
    Missing,
}

impl ClassificationGate {
    fn level(&self, call: &Call, key: &str, default: Option<Level>) -> Fact {
        match call.fact(key).filter(|value| !value.trim().is_empty()) {
            Some(value) => self.levels.find(value).map_or(Fact::Unknown, Fact::Level),
            None => default.map_or(Fact::Missing, Fact::Level),
        }
    }
}

export_rule!(ClassificationGate);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{Verdict, testing};

    fn call(classification: &str, clearance: &str) -> Call {
        Call::of_text("hi")
            .with_fact(CLASSIFICATION, classification)
            .with_fact(CLEARANCE, clearance)
    }

    fn verdict(configuration: &str, call: &Call) -> Verdict {
        testing::ask::<ClassificationGate>(configuration, call)
            .unwrap()
            .verdict
    }

    fn codes(configuration: &str, call: &Call) -> Vec<String> {
        testing::codes::<ClassificationGate>(configuration, call)
    }

    #[test]
    fn a_caller_may_do_what_the_clearance_covers() {
        for (classification, clearance) in [("SECRET", "SECRET"), ("u", "TS/SCI"), ("FOUO", "s")] {
            assert_eq!(
                verdict("{}", &call(classification, clearance)),
                Verdict::Allow
            );
        }
    }

    #[test]
    fn a_caller_may_do_nothing_above_it() {
        for (classification, clearance) in [("SECRET", "CUI"), ("TS-SCI", "Top Secret")] {
            assert_eq!(
                codes("{}", &call(classification, clearance)),
                ["classification_gate.not_cleared"]
            );
        }
    }

    #[test]
    fn what_is_not_said_is_the_lowest_level() {
        assert_eq!(verdict("{}", &Call::of_text("hi")), Verdict::Allow);
        let secret = Call::of_text("hi").with_fact(CLASSIFICATION, "SECRET");
        assert_eq!(verdict("{}", &secret), Verdict::Deny);
        assert_eq!(verdict("{}", &call(" ", "")), Verdict::Allow);
    }

    #[test]
    fn the_operator_says_what_stands_for_nothing() {
        let defaults = r#"{"default_classification":"SECRET","default_clearance":"ts"}"#;
        assert_eq!(verdict(defaults, &Call::of_text("hi")), Verdict::Allow);
        assert_eq!(verdict(defaults, &call("", "CUI")), Verdict::Deny);
        let required = r#"{"require_classification":true}"#;
        assert_eq!(
            codes(required, &Call::of_text("hi")),
            ["classification_gate.not_classified"]
        );
    }

    #[test]
    fn unknown_levels_are_no_levels() {
        assert_eq!(
            codes("{}", &call("COSMIC", "GOD")),
            [
                "classification_gate.unknown_classification",
                "classification_gate.unknown_clearance"
            ]
        );
    }

    #[test]
    fn levels_side_by_side_do_not_cover_each_other() {
        let lattice = r#"{"levels":[{"name":"public"},{"name":"finance","above":["public"]},
            {"name":"health","aliases":["phi"],"above":["public"]},{"name":"all","above":["finance","health"]}]}"#;
        assert_eq!(verdict(lattice, &call("PHI", "finance")), Verdict::Deny);
        assert_eq!(verdict(lattice, &call("PHI", "all")), Verdict::Allow);
        assert_eq!(verdict(lattice, &call("public", "finance")), Verdict::Allow);
    }

    #[test]
    fn a_person_can_be_asked() {
        let escalate = r#"{"mode":"escalate"}"#;
        assert_eq!(verdict(escalate, &call("TS", "S")), Verdict::Escalate);
    }

    #[test]
    fn a_default_must_be_a_level() {
        let refusal = testing::refusal::<ClassificationGate>(r#"{"default_clearance":"x"}"#);
        assert!(refusal.contains("`default_clearance`"), "{refusal}");
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<ClassificationGate>().unwrap();
    }
}
