//! Rule `classification_drift`: markings in the text above what the call is declared to be.
//!
//! `docs/rules/classification_drift.md` says what it catches and what it cannot.

mod config;
mod markers;

use bijotel_rule_sdk::{
    Call, Description, Evaluation, Level, Levels, Mode, Origin, Piece, Report, Rule, Stage,
    Unescaped, export_rule, pieces,
};

pub use config::Config;
use markers::Markers;

/// The fact that says how the call is classified.
pub const CLASSIFICATION: &str = "classification";

/// The rule.
#[derive(Debug)]
pub struct ClassificationDrift {
    levels: Levels,
    default: Level,
    markers: Markers,
    check_input: bool,
    mode: Mode,
}

impl Rule for ClassificationDrift {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: config::SCHEMA.to_owned(),
            facts: vec![CLASSIFICATION.to_owned()],
            // The longest marker, with room for what hides in it.
            look_back: 512,
            ..bijotel_rule_sdk::description(
                "classification_drift",
                env!("CARGO_PKG_VERSION"),
                "Finds markings above the level that the call is declared to have.",
                &[
                    Stage::Admission,
                    Stage::Inspection,
                    Stage::Commitment,
                    Stage::Record,
                ],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        let levels = Levels::new(&config.levels)?;
        let default = levels.default_level(
            "default_classification",
            config.default_classification.as_deref(),
        )?;
        Ok(Self {
            markers: Markers::new(&config.markers, config.case_sensitive, &levels)?,
            levels,
            default,
            check_input: config.check_input,
            mode: config.mode,
        })
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        let declared = match call.fact(CLASSIFICATION).map(str::trim) {
            None | Some("") => self.default,
            Some(value) => match self.levels.find(value) {
                Some(level) => level,
                None => {
                    let reason = "The call is classified with a level that is not configured";
                    let code = "classification_drift.unknown_classification";
                    report.find_in_call(self.mode.into(), code, reason);
                    return report.finish();
                }
            },
        };
        let is_read = |piece: &Piece<'_>| self.check_input || !is_input(call, piece);
        for piece in pieces(call).filter(is_read) {
            self.read(&piece, declared, &mut report);
        }
        report.finish()
    }
}

impl ClassificationDrift {
    fn read(&self, piece: &Piece<'_>, declared: Level, report: &mut Report) {
        let unescaped = match piece.origin {
            Origin::Arguments(_) => Some(Unescaped::new(piece.text)),
            Origin::Input(_) | Origin::Output(_) => None,
        };
        let text = unescaped.as_ref().map_or(piece.text, Unescaped::text);
        for (level, range) in self.markers.find_all(text) {
            if self.levels.covers(declared, level) {
                continue;
            }
            let range = match &unescaped {
                Some(unescaped) => unescaped.origin(&range),
                None => range,
            };
            let code = match piece.origin {
                Origin::Input(_) => "classification_drift.input",
                Origin::Output(_) => "classification_drift.output",
                Origin::Arguments(_) => "classification_drift.arguments",
            };
            let reason = format!(
                "A marking of {} or the like stands in a call that is declared {}",
                self.levels.name(level),
                self.levels.name(declared)
            );
            let range = piece.range(range.start, range.end);
            report.find(self.mode.into(), code, &reason, range);
        }
    }
}

/// Whether a piece is part of what goes to the model.
fn is_input(call: &Call, piece: &Piece<'_>) -> bool {
    match piece.origin {
        Origin::Input(_) => true,
        Origin::Output(_) => false,
        Origin::Arguments(_) => call
            .tool_calls
            .iter()
            .any(|tool_call| tool_call.place == piece.place && tool_call.earlier),
    }
}

export_rule!(ClassificationDrift);

#[cfg(test)]
mod tests;
