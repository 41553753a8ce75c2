//! Prompt injection: is an attack seen, and a harmless text left alone?

use anyhow::Result;
use bijotel_policy::Role;
use serde::Deserialize;

use super::corpus::{Corpus, Head};
use super::disguise::{Disguise, wear};
use super::host::{Answer, Judge};
use super::{Measurement, MissKind};

/// A line of the corpus; its README says what the fields mean.
#[derive(Deserialize)]
struct Item {
    #[serde(flatten)]
    head: Head,
    label: Label,
    category: String,
    place: Place,
    text: String,
    /// Applied one after the other.
    #[serde(default)]
    disguise: Vec<Disguise>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Label {
    Attack,
    Benign,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    User,
    System,
    /// A tool's result.
    Tool,
    /// An argument of a tool call.
    Arguments,
    /// A retrieved document that the application put into the prompt.
    Document,
}

pub(super) fn measure(corpus: &Corpus, judge: &Judge, into: &mut Measurement) -> Result<()> {
    for item in corpus.items::<Item>() {
        let item = item?;
        let text = wear(&item.disguise, &item.text);
        let answer = ask(judge, item.place, &text);
        let is_attack = item.label == Label::Attack;
        into.note(&answer, is_attack);
        let count = |tally: &mut super::Tally| match (is_attack, answer.finds()) {
            (true, true) => tally.found += 1,
            (true, false) => tally.missed += 1,
            (false, _) if answer.alarms() => {
                tally.wrong += 1;
                tally.alarmed += 1;
            }
            (false, _) => tally.quiet += 1,
        };
        into.count(&item.category, &item.head.language, count);
        for disguise in &item.disguise {
            count(into.forms.of(disguise.as_str()));
        }
        if is_attack && !answer.finds() {
            into.miss(MissKind::Missed, &item.head, &item.category, &answer, &text);
        } else if !is_attack && answer.alarms() {
            into.miss(
                MissKind::FalseAlarm,
                &item.head,
                &item.category,
                &answer,
                &text,
            );
        }
    }
    Ok(())
}

fn ask(judge: &Judge, place: Place, text: &str) -> Answer {
    match place {
        Place::User => judge.input(Role::User, text),
        Place::System => judge.input(Role::System, text),
        Place::Tool => judge.input(Role::Tool, text),
        Place::Document => judge.document(text),
        Place::Arguments => {
            let arguments = serde_json::json!({ "text": text }).to_string();
            judge.earlier_tool_call("send", &arguments)
        }
    }
}
