//! Rule `pii_detection`: personal data and credentials in the texts of a call.
//!
//! It looks at inputs, outputs and the arguments of tool calls for the kinds in [`Kind`], and warns,
//! redacts in place or denies. Wherever a kind has a check (Luhn, modulo 97, the check digits of
//! national numbers, ranges that are issued) it is applied; a number without one counts only in a
//! form that other numbers do not have, or shortly after a word that says what it is. The time it
//! takes grows with the length of the text and not faster. It reads a text as it looks
//! (full-width digits, odd dashes, characters without width), and looks once into Base64,
//! hexadecimal digits and URL encoding.
//!
//! What it cannot do: it does not know names, postal addresses or birth dates, it does not read
//! numbers that are spelled out or written in disguise (`anna at example dot org`), and secrets
//! without a known prefix pass. Findings carry the kind and the place, never the text.

mod bytes;
mod config;
mod email;
mod encoded;
mod iban;
mod kind;
mod national;
mod network;
mod number;
mod passport;
mod scan;
mod secret;
mod view;
mod words;

use std::ops::Range;

use bijotel_rule_sdk::{
    Action, Call, Description, Evaluation, Origin, Piece, Report, Rule, Stage, Unescaped,
    export_rule, pieces,
};

pub use config::{Config, KindAction, Part};
use encoded::Budget;
pub use kind::Kind;
use scan::Found;
use view::View;

/// The rule.
#[derive(Debug)]
pub struct PiiDetection {
    config: Config,
}

impl Rule for PiiDetection {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: config::SCHEMA.to_owned(),
            // The longest of what is found, a private key of 4096 bits, and some text before it.
            look_back: 4096,
            ..bijotel_rule_sdk::description(
                "pii_detection",
                env!("CARGO_PKG_VERSION"),
                "Finds personal data and credentials; warns, redacts or denies.",
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
        if config.allow.iter().any(String::is_empty) {
            return Err(
                "the configuration key `allow`: expected texts that are not empty".to_owned(),
            );
        }
        Ok(Self { config })
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        let mut budget = Budget::new();
        for piece in pieces(call).filter(|piece| self.config.looks_at(piece.origin)) {
            if matches!(piece.origin, Origin::Arguments(_)) {
                let plain = Unescaped::new(piece.text);
                let trace =
                    |range: &Range<usize>| (plain.origin(range), !plain.is_in_string(range));
                self.look(&mut report, &mut budget, &piece, plain.text(), trace);
            } else {
                let trace = |range: &Range<usize>| (range.clone(), false);
                self.look(&mut report, &mut budget, &piece, piece.text, trace);
            }
        }
        if budget.is_spent
            && let Some(action) = self.config.action(Kind::Undecoded)
        {
            // There is no place to redact.
            let action = if action == Action::Redact {
                Action::Warn
            } else {
                action
            };
            report.find_in_call(action, Kind::Undecoded.code(), Kind::Undecoded.reason());
        }
        report.finish()
    }
}

impl PiiDetection {
    /// Looks at one text. `trace` leads from its bytes to those of the piece, and says whether a
    /// replacement must bring its own quotation marks.
    fn look(
        &self,
        report: &mut Report,
        budget: &mut Budget,
        piece: &Piece<'_>,
        text: &str,
        trace: impl Fn(&Range<usize>) -> (Range<usize>, bool),
    ) {
        let view = View::new(text);
        let found = scan::find_all(view.text());
        let encoded = encoded::find(view.text(), &found, budget);
        let encoded = encoded.into_iter().map(|range| Found {
            kind: Kind::Encoded,
            range,
        });
        for found in found.into_iter().chain(encoded) {
            let value = &view.text()[found.range.clone()];
            let (range, quoted) = trace(&view.origin(&found.range));
            self.add(report, piece, found.kind, value, range, quoted);
        }
    }

    /// Adds a finding. `quoted` says that a replacement must bring its own quotation marks: a bare
    /// number in JSON.
    fn add(
        &self,
        report: &mut Report,
        piece: &Piece<'_>,
        kind: Kind,
        text: &str,
        range: Range<usize>,
        quoted: bool,
    ) {
        let Some(action) = self.config.action(kind) else {
            return;
        };
        if self.config.allows(text) {
            return;
        }
        let range = piece.range(range.start, range.end);
        if action == Action::Redact {
            let mut replacement = kind.replacement();
            if quoted {
                replacement = format!("\"{replacement}\"");
            }
            report.redact(kind.code(), kind.reason(), range, &replacement);
        } else {
            report.find(action, kind.code(), kind.reason(), range);
        }
    }
}

export_rule!(PiiDetection);

#[cfg(test)]
mod tests;
