//! Dangerous code: is every construct named, and harmless code left alone?

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::corpus::{Corpus, Head};
use super::host::{Answer, Judge};
use super::{Measurement, MissKind};

/// A line of the corpus; its README says what the fields mean.
#[derive(Deserialize)]
struct Item {
    #[serde(flatten)]
    head: Head,
    form: String,
    #[serde(flatten)]
    code: Code,
    /// Constructs, as `codes.json` names them.
    expect: Vec<String>,
}

/// Where the code stands.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Code {
    /// In the model's answer.
    Text(String),
    /// In a tool call of the model.
    Tool {
        name: String,
        arguments: serde_json::Value,
    },
}

/// `codes.json`: for each construct the finding codes that name it.
type Codes = BTreeMap<String, Vec<String>>;

pub(super) fn measure(corpus: &Corpus, judge: &Judge, into: &mut Measurement) -> Result<()> {
    let file = corpus.file("codes.json");
    let json = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let codes: Codes =
        serde_json::from_slice(&json).with_context(|| format!("cannot read {}", file.display()))?;
    for item in corpus.items::<Item>() {
        let item = item?;
        let (answer, text) = item.ask(judge);
        into.note(&answer, !item.expect.is_empty());
        item.compare(&codes, &answer, &text, into)?;
    }
    Ok(())
}

impl Item {
    fn ask(&self, judge: &Judge) -> (Answer, String) {
        match &self.code {
            Code::Text(text) => (judge.output(text), text.clone()),
            Code::Tool { name, arguments } => {
                let arguments = arguments.to_string();
                let answer = judge.tool_call(name, &arguments);
                (answer, arguments)
            }
        }
    }

    fn compare(
        &self,
        codes: &Codes,
        answer: &Answer,
        text: &str,
        into: &mut Measurement,
    ) -> Result<()> {
        let head = &self.head;
        for construct in &self.expect {
            let accepted = codes
                .get(construct)
                .with_context(|| format!("{}: codes.json does not know {construct}", head.id))?;
            let is_named = answer
                .findings
                .iter()
                .any(|finding| accepted.contains(&finding.code));
            let count = |tally: &mut super::Tally| {
                if is_named {
                    tally.found += 1;
                } else {
                    tally.missed += 1;
                }
            };
            into.count(construct, &head.language, count);
            count(into.forms.of(&self.form));
            if !is_named {
                into.miss(MissKind::Missed, head, construct, answer, text);
            }
        }
        if self.expect.is_empty() {
            let category = format!("benign {}", head.language);
            let alarms = answer.alarms();
            let count = |tally: &mut super::Tally| {
                if alarms {
                    tally.wrong += 1;
                    tally.alarmed += 1;
                } else {
                    tally.quiet += 1;
                }
            };
            into.count(&category, &head.language, count);
            count(into.forms.of(&self.form));
            if alarms {
                into.miss(MissKind::FalseAlarm, head, &category, answer, text);
            }
        }
        Ok(())
    }
}
