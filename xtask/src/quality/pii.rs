//! Personal data: is every value found where it stands, under its kind, and nothing else?

use std::ops::Range;

use anyhow::{Result, ensure};
use bijotel_policy::Role;
use serde::Deserialize;

use super::corpus::{Corpus, Head};
use super::host::{Answer, Judge};
use super::{Measurement, MissKind};

/// How far a finding may be off at each end, in bytes: a bracket or a quotation mark.
const SLACK: usize = 2;

/// A line of the corpus; its README says what the fields mean.
#[derive(Deserialize)]
struct Item {
    #[serde(flatten)]
    head: Head,
    text: String,
    expect: Vec<Value>,
    #[serde(default)]
    near_miss: Option<String>,
}

#[derive(Deserialize)]
struct Value {
    kind: String,
    value: String,
}

/// One range of one finding.
struct Seen {
    kind: String,
    range: Range<usize>,
    taken: bool,
}

pub(super) fn measure(corpus: &Corpus, judge: &Judge, into: &mut Measurement) -> Result<()> {
    for item in corpus.items::<Item>() {
        let item = item?;
        let answer = judge.input(Role::User, &item.text);
        into.note(&answer, !item.expect.is_empty());
        compare(&item, &answer, into)?;
    }
    Ok(())
}

fn compare(item: &Item, answer: &Answer, into: &mut Measurement) -> Result<()> {
    let head = &item.head;
    let mut seen = seen(answer);
    let mut from = 0;
    for value in &item.expect {
        // Values stand in the order of the text.
        let start = item
            .text
            .get(from..)
            .and_then(|rest| rest.find(&value.value));
        ensure!(
            start.is_some(),
            "{}: a value is not in its text, or not in order",
            head.id
        );
        let start = from + start.unwrap_or_default();
        let expected = start..start + value.value.len();
        from = expected.end;
        let hit = seen
            .iter_mut()
            .find(|seen| !seen.taken && seen.kind == value.kind && same(&seen.range, &expected));
        if let Some(seen) = hit {
            seen.taken = true;
            into.count(&value.kind, &head.language, |tally| tally.found += 1);
        } else {
            into.count(&value.kind, &head.language, |tally| tally.missed += 1);
            into.miss(MissKind::Missed, head, &value.kind, answer, &item.text);
        }
    }
    let is_benign = item.expect.is_empty();
    for seen in seen.iter().filter(|seen| !seen.taken) {
        into.count(&seen.kind, &head.language, |tally| tally.wrong += 1);
        if !is_benign {
            into.miss(MissKind::FalseAlarm, head, &seen.kind, answer, &item.text);
        }
    }
    if is_benign {
        let category = item.near_miss.as_deref().unwrap_or("benign");
        if answer.alarms() {
            into.count(category, &head.language, |tally| tally.alarmed += 1);
            into.miss(MissKind::FalseAlarm, head, category, answer, &item.text);
        } else {
            into.count(category, &head.language, |tally| tally.quiet += 1);
        }
    }
    Ok(())
}

/// All ranges of all findings. A code is `pii.` and the kind, and may say more after a dot.
fn seen(answer: &Answer) -> Vec<Seen> {
    let mut seen = Vec::new();
    for finding in &answer.findings {
        let kind = finding.code.strip_prefix("pii.").unwrap_or(&finding.code);
        let kind = kind.split_once('.').map_or(kind, |(kind, _)| kind);
        for range in &finding.ranges {
            seen.push(Seen {
                kind: kind.to_owned(),
                range: range.start as usize..range.end as usize,
                taken: false,
            });
        }
    }
    seen
}

fn same(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start.abs_diff(b.start) <= SLACK && a.end.abs_diff(b.end) <= SLACK
}
