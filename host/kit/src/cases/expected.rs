//! What must come of a case, and how what came differs from it.

use std::collections::{BTreeMap, BTreeSet};

use bijotel_policy::{Call, Finding, Outcome, Verdict, VerdictKind, apply_edits};
use serde::Serialize;

/// What must come of a case. What is `None` or empty is not looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// The verdict.
    pub verdict: Option<VerdictKind>,
    /// Exactly these findings, in any order.
    pub findings: Option<Vec<ExpectedFinding>>,
    /// At least these findings.
    pub includes: Vec<ExpectedFinding>,
    /// Codes that no finding may have.
    pub excludes: Vec<String>,
    /// Texts after the edits, by their place; no other text may be edited.
    pub edited: Option<BTreeMap<String, String>>,
    /// The text after the edits, where there is exactly one that was edited.
    pub edited_text: Option<String>,
    /// The model that is advised.
    pub advice: Option<String>,
    /// What the call adds to counters, by their names; exactly these.
    pub charges: Option<BTreeMap<String, u64>>,
    /// The code of the failure.
    pub failure: Option<String>,
    /// The rule must refuse its configuration with a sentence that contains this.
    pub refuses: Option<String>,
}

/// A finding that must be there. What is `None` is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedFinding {
    /// Its code.
    pub code: String,
    /// The texts that its ranges cover, in their order.
    pub text: Option<Vec<String>>,
    /// The places of its ranges, in their order; equal ones beside each other are one.
    pub place: Option<Vec<String>>,
    /// A part of its reason.
    pub reason: Option<String>,
}

/// How an answer differs from what was expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What differs, such as `verdict` or `finding pii.email, text`.
    pub what: String,
    /// What was expected; empty if it should not be there.
    pub expected: String,
    /// What came; empty if it is missing.
    pub found: String,
}

impl Difference {
    pub(super) fn new(
        what: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            what: what.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }
}

impl Expected {
    /// How a decision about `call` differs from what is expected; nothing if it does not.
    pub(super) fn compare(&self, call: &Call, outcome: &Outcome) -> Vec<Difference> {
        let mut differences = Vec::new();
        let kind = outcome.verdict.kind();
        if let Some(expected) = self.verdict
            && expected != kind
        {
            let (expected, found) = (expected.as_str(), kind.as_str());
            differences.push(Difference::new("verdict", expected, found));
        }
        self.compare_failure(outcome, &mut differences);
        // The one finding of a rule that failed is the failure, which is compared above.
        let found: &[Finding] = match outcome.failure {
            Some(_) => &[],
            None => &outcome.findings,
        };
        self.compare_findings(call, found, &mut differences);
        self.compare_edits(call, outcome, &mut differences);
        if let Some(expected) = &self.advice {
            let found = match &outcome.verdict {
                Verdict::Advise { model } => model.as_str(),
                _ => "",
            };
            if expected != found {
                differences.push(Difference::new("advice", expected, found));
            }
        }
        self.compare_charges(outcome, &mut differences);
        differences
    }

    fn compare_charges(&self, outcome: &Outcome, differences: &mut Vec<Difference>) {
        let Some(expected) = &self.charges else {
            return;
        };
        let found = outcome.charges.iter();
        let found: BTreeMap<_, _> = found
            .map(|charge| (charge.counter.clone(), charge.amount))
            .collect();
        for counter in expected.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
            let amount = |amounts: &BTreeMap<String, u64>| {
                amounts
                    .get(counter)
                    .map_or_else(String::new, u64::to_string)
            };
            let (expected, found) = (amount(expected), amount(&found));
            if expected != found {
                let what = format!("charge of {counter}");
                differences.push(Difference::new(what, expected, found));
            }
        }
    }

    /// A failure that was not expected is always a difference.
    fn compare_failure(&self, outcome: &Outcome, differences: &mut Vec<Difference>) {
        let found = outcome.failure.as_ref();
        let expected = self.failure.as_deref().unwrap_or_default();
        if found.map_or("", |failure| failure.code()) != expected {
            let found = found.map_or_else(String::new, |failure| {
                format!("{}: it {failure}", failure.code())
            });
            differences.push(Difference::new("failure", expected, found));
        }
    }

    fn compare_findings(&self, call: &Call, found: &[Finding], out: &mut Vec<Difference>) {
        let mut left: Vec<&Finding> = found.iter().collect();
        let exact = self.findings.iter().flatten();
        for expected in exact.chain(&self.includes) {
            // The best match first: of several findings with one code, the one that fits entirely.
            let differing = |finding: &Finding| expected.compare(call, finding).len();
            let best = (left.iter().enumerate())
                .filter(|(_, finding)| finding.code == expected.code)
                .min_by_key(|(_, finding)| differing(finding))
                .map(|(at, _)| at);
            match best {
                Some(at) => out.extend(expected.compare(call, left.remove(at))),
                None => out.push(Difference::new("finding", expected.code.as_str(), "")),
            }
        }
        if self.findings.is_some() {
            let unexpected = left.iter().map(|finding| {
                let texts = covered(call, finding);
                let found = format!("{}: {} {texts:?}", finding.code, finding.reason);
                Difference::new("finding", "", found)
            });
            out.extend(unexpected);
        }
        for code in &self.excludes {
            if found.iter().any(|finding| finding.code == *code) {
                out.push(Difference::new("finding", "", code.as_str()));
            }
        }
    }

    fn compare_edits(&self, call: &Call, outcome: &Outcome, out: &mut Vec<Difference>) {
        if self.edited.is_none() && self.edited_text.is_none() {
            return;
        }
        let edited = match edited_texts(call, outcome) {
            Ok(edited) => edited,
            Err(problem) => {
                out.push(Difference::new("edits", "", problem));
                return;
            }
        };
        if let Some(expected) = &self.edited_text {
            match edited.len() {
                1 => {
                    let others = edited.values().filter(|found| *found != expected);
                    out.extend(
                        others
                            .map(|found| Difference::new("edited text", expected, found.as_str())),
                    );
                }
                count => out.push(Difference::new(
                    "edited text",
                    expected,
                    format!("({count} texts were edited)"),
                )),
            }
        }
        if let Some(expected) = &self.edited {
            let places = expected.keys().chain(edited.keys());
            for place in places.collect::<BTreeSet<_>>() {
                let (expected, found) = (expected.get(place), edited.get(place));
                if expected != found {
                    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
                    let what = format!("edited text {place}");
                    out.push(Difference::new(what, text(expected), text(found)));
                }
            }
        }
    }
}

impl ExpectedFinding {
    fn compare(&self, call: &Call, finding: &Finding) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut differ = |what: &str, expected: String, found: String| {
            let what = format!("finding {}, {what}", self.code);
            differences.push(Difference::new(what, expected, found));
        };
        if let Some(expected) = &self.text {
            let found = covered(call, finding);
            if *expected != found {
                differ("text", list(expected), list(&found));
            }
        }
        if let Some(expected) = &self.place {
            let mut found: Vec<_> = finding
                .ranges
                .iter()
                .map(|range| range.place.clone())
                .collect();
            found.dedup();
            if *expected != found {
                differ("place", list(expected), list(&found));
            }
        }
        if let Some(part) = &self.reason
            && !finding.reason.contains(part.as_str())
        {
            differ("reason", format!("… {part} …"), finding.reason.clone());
        }
        differences
    }
}

fn list(items: &[String]) -> String {
    match items {
        [one] => one.clone(),
        more => more.join("\n"),
    }
}

/// The texts that a finding's ranges cover.
fn covered(call: &Call, finding: &Finding) -> Vec<String> {
    let texts: BTreeMap<&str, &str> = texts(call).collect();
    let ranges = finding.ranges.iter().map(|range| {
        let text = texts.get(range.place.as_str()).copied().unwrap_or_default();
        let part = text.get(range.start as usize..range.end as usize);
        part.unwrap_or_default().to_owned()
    });
    ranges.collect()
}

/// The texts that the edits changed, by place, as they are afterwards.
fn edited_texts(call: &Call, outcome: &Outcome) -> Result<BTreeMap<String, String>, String> {
    let Verdict::Redact { edits } = &outcome.verdict else {
        return Ok(BTreeMap::new());
    };
    let mut edits = edits.clone();
    edits.sort_by(|a, b| a.range.cmp(&b.range));
    let mut edited = call.clone();
    apply_edits(&mut edited, &edits).map_err(|error| error.to_string())?;
    let changed =
        texts(&edited).filter(|(place, _)| edits.iter().any(|edit| edit.range.place == *place));
    Ok(changed
        .map(|(place, text)| (place.to_owned(), text.to_owned()))
        .collect())
}

fn texts(call: &Call) -> impl Iterator<Item = (&str, &str)> {
    let texts = call.input.iter().chain(&call.output);
    let arguments = call.tool_calls.iter();
    texts
        .map(|text| (text.place.as_str(), text.content.as_str()))
        .chain(arguments.map(|call| (call.place.as_str(), call.arguments.as_str())))
}
