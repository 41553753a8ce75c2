//! Rule `pii_detection`: personal data and credentials in the texts of a call.
//!
//! It looks at inputs, outputs and the arguments of tool calls for the kinds in [`Kind`], and warns,
//! redacts in place or denies. Wherever a kind has a check (Luhn, modulo 97, the check digits of
//! national numbers, ranges that are issued) it is applied; a number without one counts only in a
//! form that other numbers do not have, or shortly after a word that says what it is. The time it
//! takes grows with the length of the text and not faster.
//!
//! What it cannot do: it does not know names, postal addresses or birth dates, it does not read
//! numbers that are spelled out or written in disguise (`anna at example dot org`), and secrets
//! without a known prefix pass. Findings carry the kind and the place, never the text.

mod bytes;
mod config;
mod email;
mod iban;
mod kind;
mod national;
mod network;
mod number;
mod passport;
mod scan;
mod secret;

use std::ops::Range;

use bijotel_rule_sdk::{
    Action, Call, Description, Evaluation, Origin, Piece, Report, Rule, Stage, Unescaped,
    export_rule, pieces,
};

pub use config::{Config, KindAction, Part};
pub use kind::Kind;

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
        for piece in pieces(call).filter(|piece| self.config.looks_at(piece.origin)) {
            if matches!(piece.origin, Origin::Arguments(_)) {
                let plain = Unescaped::new(piece.text);
                for found in scan::find_all(plain.text()) {
                    let text = &plain.text()[found.range.clone()];
                    let quoted = !plain.is_in_string(&found.range);
                    self.add(
                        &mut report,
                        &piece,
                        found.kind,
                        text,
                        plain.origin(&found.range),
                        quoted,
                    );
                }
            } else {
                for found in scan::find_all(piece.text) {
                    let text = &piece.text[found.range.clone()];
                    self.add(&mut report, &piece, found.kind, text, found.range, false);
                }
            }
        }
        report.finish()
    }
}

impl PiiDetection {
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
