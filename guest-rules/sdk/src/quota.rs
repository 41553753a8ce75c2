//! A limit on what several calls use together, kept by the host as a counter.

use serde::Deserialize;

use crate::{Action, Call, Counter, CounterScope, CounterWindow, Measure, Mode, Report, Stage};

/// Which calls share a limit. In a configuration: `"everything"`, `"owner"`, `"agent"`, `"session"` or
/// `"model"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// All.
    Everything,
    /// Those of one owner.
    Owner,
    /// Those of one agent.
    Agent,
    /// Those of one session.
    Session,
    /// Those for one requested model.
    Model,
}

impl From<Scope> for CounterScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Everything => Self::Everything,
            Scope::Owner => Self::Owner,
            Scope::Agent => Self::Agent,
            Scope::Session => Self::Session,
            Scope::Model => Self::Model,
        }
    }
}

/// A limit on what several calls use together.
///
/// With [`Mode::Deny`] the host itself refuses the call that would go beyond it, whatever other calls do
/// at the same time. With the other modes it only counts, and the rule judges by what the counter stood
/// at before the call; calls that come at the same moment may then go beyond it together.
#[derive(Debug, Clone)]
pub struct Quota {
    /// What its counter is called.
    pub counter: &'static str,
    /// What it counts.
    pub measure: Measure,
    /// Which calls share it.
    pub scope: Scope,
    /// Over which time.
    pub window: CounterWindow,
    /// The most they may use together.
    pub limit: u64,
    /// What is done about a call that would go beyond it.
    pub mode: Mode,
}

/// A call that goes beyond a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excess {
    /// What is used, with this call.
    pub total: u64,
    /// What to do about it.
    pub action: Action,
}

impl Quota {
    /// The counter, for [`Rule::counters`](crate::Rule::counters).
    pub fn counter(&self) -> Counter {
        Counter {
            name: self.counter.to_owned(),
            measure: self.measure,
            scope: self.scope.into(),
            window: self.window,
            limit: (self.mode == Mode::Deny).then_some(self.limit),
        }
    }

    /// Charges a call for what it may use, or at the record stage for what it has used. The answer says
    /// that the rule has to report it; a call that the host will refuse needs no finding of the rule.
    ///
    /// Where the host keeps no counter, a finding with the code `missing` is made at admission.
    pub fn charge(
        &self,
        call: &Call,
        amount: u64,
        missing: &str,
        report: &mut Report,
    ) -> Option<Excess> {
        report.charge(self.counter, amount);
        let admission = call.stage == Stage::Admission;
        let Some(before) = call.counter(self.counter) else {
            if admission {
                let reason = "The host keeps no counter for this rule, so it cannot tell what was used before";
                report.find_in_call(self.mode.into(), missing, reason);
            }
            return None;
        };
        let total = before.saturating_add(amount);
        let refused_by_host = admission && self.mode == Mode::Deny;
        if total <= self.limit || refused_by_host {
            return None;
        }
        let action = if admission {
            self.mode.into()
        } else {
            Action::Warn
        };
        Some(Excess { total, action })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Evaluation, Verdict};

    fn quota(mode: Mode) -> Quota {
        Quota {
            counter: "calls",
            measure: Measure::Calls,
            scope: Scope::Owner,
            window: CounterWindow::Day,
            limit: 10,
            mode,
        }
    }

    fn charge(
        mode: Mode,
        stage: Stage,
        before: Option<&str>,
        amount: u64,
    ) -> (Option<Excess>, Evaluation) {
        let mut call = Call::of_text("hi");
        call.stage = stage;
        if let Some(before) = before {
            call = call.with_fact("counter.calls", before);
        }
        let mut report = Report::default();
        let excess = quota(mode).charge(&call, amount, "test.counter_missing", &mut report);
        (excess, report.finish())
    }

    #[test]
    fn the_host_is_given_the_limit_only_if_it_is_to_refuse() {
        assert_eq!(quota(Mode::Deny).counter().limit, Some(10));
        assert_eq!(quota(Mode::Warn).counter().limit, None);
        assert_eq!(quota(Mode::Escalate).counter().limit, None);
    }

    #[test]
    fn a_call_is_charged_whatever_is_said_about_it() {
        for mode in [Mode::Warn, Mode::Deny] {
            let (_, evaluation) = charge(mode, Stage::Admission, Some("8"), 3);
            assert_eq!(evaluation.charges[0].amount, 3);
        }
    }

    #[test]
    fn without_a_limit_at_the_host_the_rule_reports_what_goes_beyond_it() {
        let excess = |mode| charge(mode, Stage::Admission, Some("8"), 3).0;
        assert_eq!(charge(Mode::Warn, Stage::Admission, Some("8"), 2).0, None);
        assert_eq!(
            excess(Mode::Warn),
            Some(Excess {
                total: 11,
                action: Action::Warn
            })
        );
        assert_eq!(
            excess(Mode::Escalate).map(|excess| excess.action),
            Some(Action::Escalate)
        );
        assert_eq!(excess(Mode::Deny), None);
    }

    #[test]
    fn a_limit_that_was_passed_is_only_worth_a_warning_when_a_call_is_recorded() {
        let excess = |before| charge(Mode::Deny, Stage::Record, Some(before), 3).0;
        assert_eq!(excess("7"), None);
        let expected = Excess {
            total: 11,
            action: Action::Warn,
        };
        assert_eq!(excess("8"), Some(expected));
    }

    #[test]
    fn without_a_counter_nothing_is_admitted() {
        for before in [None, Some("many")] {
            let (excess, evaluation) = charge(Mode::Deny, Stage::Admission, before, 1);
            assert_eq!(excess, None);
            assert_eq!(evaluation.verdict, Verdict::Deny);
            assert_eq!(evaluation.findings[0].code, "test.counter_missing");
        }
        let (_, evaluation) = charge(Mode::Deny, Stage::Record, None, 1);
        assert_eq!(evaluation.verdict, Verdict::Allow);
    }
}
