//! Rule `misalignment_check`: signs of misalignment in what a model says.
//!
//! `docs/rules/misalignment_check.md` says what it catches and what it cannot.

mod matcher;
mod patterns;
mod words;

use bijotel_rule_sdk::{
    Action, Call, Description, Evaluation, Mode, Origin, Report, Rule, Stage, Text, export_rule,
    pieces,
};
use serde::Deserialize;

use matcher::Matcher;
use patterns::{CATEGORIES, Category};

const SCHEMA: &str = include_str!("config.schema.json");

/// The longest statement is some forty words.
const LOOK_BACK: u32 = 512;

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The names of the categories that are looked for. Default all.
    pub categories: Vec<String>,
    /// What to do about an answer with such a statement. Default warn.
    pub mode: Mode,
}

impl Default for Config {
    fn default() -> Self {
        let names = CATEGORIES.iter().map(|category| category.name.to_owned());
        Self {
            categories: names.collect(),
            mode: Mode::Warn,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct MisalignmentCheck {
    matcher: Matcher,
    mode: Mode,
}

impl Rule for MisalignmentCheck {
    type Config = Config;

    const EXAMPLES: &'static [&'static str] =
        &["I'll pretend to comply. I will disable the audit log so they can't retrain me."];

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            look_back: LOOK_BACK,
            ..bijotel_rule_sdk::description(
                "misalignment_check",
                env!("CARGO_PKG_VERSION"),
                "Finds statements of a model against those it works for.",
                &[Stage::Inspection, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        let names: Vec<&str> = CATEGORIES.iter().map(|category| category.name).collect();
        let is_known = |name: &String| names.contains(&name.as_str());
        if config.categories.is_empty() || !config.categories.iter().all(is_known) {
            return Err(format!(
                "the configuration key `categories`: expected some of {}",
                names.join(", ")
            ));
        }
        let chosen =
            |category: &&Category| config.categories.iter().any(|name| name == category.name);
        let categories: Vec<&'static Category> = CATEGORIES.iter().filter(chosen).collect();
        Ok(Self {
            matcher: Matcher::new(&categories)?,
            mode: config.mode,
        })
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        for piece in pieces(call).filter(|piece| matches!(piece.origin, Origin::Output(_))) {
            let judged = judged(&call.output, piece.place);
            let findings = self.matcher.find(piece.text);
            for (category, range) in findings.statements {
                // One that ends in what was judged before was reported then.
                if range.end > judged {
                    let code = format!("misalignment_check.{}", category.name);
                    let range = piece.range(range.start, range.end);
                    report.find(self.mode.into(), &code, category.reason, range);
                }
            }
            if findings.cut {
                let reason = "A text takes too much work to be read to its end";
                let start = piece.range(0, 0);
                report.find(Action::Warn, "misalignment_check.unread", reason, start);
            }
        }
        report.finish()
    }
}

/// How many bytes of the text at a place were judged before.
fn judged(texts: &[Text], place: &str) -> usize {
    let text = texts.iter().find(|text| text.place == place);
    let window = text.and_then(|text| text.window);
    window.map_or(0, |window| {
        usize::try_from(window.judged).unwrap_or(usize::MAX)
    })
}

export_rule!(MisalignmentCheck);

#[cfg(test)]
mod tests;
