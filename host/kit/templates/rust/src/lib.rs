//! A rule for bijotel: warns of several exclamation marks in a row.

use bijotel_rule_sdk::{
    Action, Call, Description, Evaluation, Report, Rule, Stage, description, export_rule, pieces,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many exclamation marks are too many.
    marks: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { marks: 3 }
    }
}

const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "marks": {
      "type": "integer", "minimum": 1, "maximum": 1000, "default": 3,
      "description": "How many exclamation marks in a row are too many."
    }
  }
}"#;

pub struct Shouting {
    marks: String,
}

impl Rule for Shouting {
    type Config = Config;

    const EXAMPLES: &'static [&'static str] = &["Stop it!!! Now!!!"];

    fn describe() -> Description {
        let summary = "Warns of several exclamation marks in a row.";
        let stages = [Stage::Admission, Stage::Inspection];
        Description {
            configuration_schema: SCHEMA.to_owned(),
            ..description("{{name}}", env!("CARGO_PKG_VERSION"), summary, &stages)
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        match config.marks {
            1..=1000 => Ok(Self { marks: "!".repeat(config.marks) }),
            _ => Err("the configuration key `marks`: expected a number from 1 to 1000".to_owned()),
        }
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        for piece in pieces(call) {
            for (start, marks) in piece.text.match_indices(&self.marks) {
                let range = piece.range(start, start + marks.len());
                report.find(Action::Warn, "shouting.marks", "Several exclamation marks in a row.", range);
            }
        }
        report.finish()
    }
}

export_rule!(Shouting);
