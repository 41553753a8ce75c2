//! Gathers findings and turns them into one evaluation.

use serde::Deserialize;

use crate::{ByteRange, Charge, Edit, Evaluation, Finding, Verdict};

/// A finding lists at most this many ranges, so that an evaluation stays small; its reason then says
/// that there are more.
const MAX_RANGES: usize = 256;

const MORE: &str = "; only the first places are listed";

/// What a finding asks for, from weak to strong. In a configuration: `"allow"`, `"warn"`,
/// `"redact"`, `"deny"` or `"escalate"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Report it and let it pass.
    Allow,
    /// Let it pass and say so.
    Warn,
    /// Replace it and let the rest pass.
    Redact,
    /// Stop the call.
    Deny,
    /// Hold the call until a person has decided.
    Escalate,
}

impl Action {
    /// Ranks as the contract does: deny beats escalate beats redact beats warn beats allow.
    fn strength(self) -> u8 {
        match self {
            Self::Allow => 0,
            Self::Warn => 1,
            Self::Redact => 2,
            Self::Escalate => 3,
            Self::Deny => 4,
        }
    }
}

/// Findings, edits, and the strongest action any of them asked for.
#[derive(Debug, Default)]
pub struct Report {
    strongest: Option<Action>,
    findings: Vec<Finding>,
    edits: Vec<Edit>,
    charges: Vec<Charge>,
}

impl Report {
    /// Adds one place of a finding. Places with the same code become one finding, with the reason
    /// that was given first.
    ///
    /// A reason must not contain any text of the call: findings are sealed.
    pub fn find(&mut self, action: Action, code: &str, reason: &str, range: ByteRange) {
        let finding = self.finding(action, code, reason);
        if finding.ranges.len() < MAX_RANGES {
            finding.ranges.push(range);
        } else if !finding.reason.ends_with(MORE) {
            finding.reason.push_str(MORE);
        }
    }

    /// Adds a finding about the whole call, without a place.
    pub fn find_in_call(&mut self, action: Action, code: &str, reason: &str) {
        self.finding(action, code, reason);
    }

    /// Adds one place of a finding and the text to put there.
    pub fn redact(&mut self, code: &str, reason: &str, range: ByteRange, replacement: &str) {
        self.edits.push(Edit {
            range: range.clone(),
            replacement: replacement.to_owned(),
        });
        self.find(Action::Redact, code, reason, range);
    }

    /// Adds to what the call charges a counter of the rule.
    pub fn charge(&mut self, counter: &str, amount: u64) {
        let known = self
            .charges
            .iter()
            .position(|charge| charge.counter == counter);
        let index = known.unwrap_or_else(|| {
            self.charges.push(Charge {
                counter: counter.to_owned(),
                amount: 0,
            });
            self.charges.len() - 1
        });
        let charge = &mut self.charges[index];
        charge.amount = charge.amount.saturating_add(amount);
    }

    /// The evaluation: the strongest action, and every finding. Edits are only kept if nothing
    /// stronger than redaction was asked for; a stopped call needs none.
    pub fn finish(self) -> Evaluation {
        let verdict = match self.strongest {
            None | Some(Action::Allow) => Verdict::Allow,
            Some(Action::Warn) => Verdict::Warn,
            Some(Action::Redact) => Verdict::Redact(self.edits),
            Some(Action::Escalate) => Verdict::Escalate,
            Some(Action::Deny) => Verdict::Deny,
        };
        Evaluation {
            verdict,
            findings: self.findings,
            charges: self.charges,
        }
    }

    fn finding(&mut self, action: Action, code: &str, reason: &str) -> &mut Finding {
        if self
            .strongest
            .is_none_or(|strongest| action.strength() > strongest.strength())
        {
            self.strongest = Some(action);
        }
        let index = self
            .findings
            .iter()
            .position(|finding| finding.code == code);
        let index = index.unwrap_or_else(|| {
            self.findings.push(Finding {
                code: code.to_owned(),
                reason: reason.to_owned(),
                ranges: Vec::new(),
            });
            self.findings.len() - 1
        });
        &mut self.findings[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u32) -> ByteRange {
        ByteRange {
            place: "/input/0".to_owned(),
            start,
            end: start + 1,
        }
    }

    #[test]
    fn nothing_found_allows() {
        let evaluation = Report::default().finish();
        assert_eq!(evaluation.verdict, Verdict::Allow);
    }

    #[test]
    fn the_strongest_action_decides() {
        let mut report = Report::default();
        report.find(Action::Deny, "a", "a", range(0));
        report.find(Action::Escalate, "b", "b", range(1));
        report.find(Action::Warn, "c", "c", range(2));
        let evaluation = report.finish();
        assert_eq!(evaluation.verdict, Verdict::Deny);
        assert_eq!(evaluation.findings.len(), 3);
    }

    #[test]
    fn places_of_one_code_are_one_finding() {
        let mut report = Report::default();
        report.redact("a", "a", range(0), "x");
        report.redact("a", "a", range(4), "x");
        let evaluation = report.finish();
        assert_eq!(evaluation.findings.len(), 1);
        assert_eq!(evaluation.findings[0].ranges.len(), 2);
        assert!(matches!(evaluation.verdict, Verdict::Redact(edits) if edits.len() == 2));
    }

    #[test]
    fn charges_of_one_counter_add_up() {
        let mut report = Report::default();
        report.charge("tokens", 3);
        report.charge("calls", 1);
        report.charge("tokens", u64::MAX);
        let charges = report.finish().charges;
        assert_eq!(charges.len(), 2);
        assert_eq!(
            (charges[0].counter.as_str(), charges[0].amount),
            ("tokens", u64::MAX)
        );
    }

    #[test]
    fn a_finding_with_too_many_places_says_so() {
        let mut report = Report::default();
        for start in 0..1000 {
            report.find(Action::Warn, "a", "many", range(start));
        }
        let evaluation = report.finish();
        assert_eq!(evaluation.findings[0].ranges.len(), MAX_RANGES);
        assert_eq!(evaluation.findings[0].reason, format!("many{MORE}"));
    }
}
