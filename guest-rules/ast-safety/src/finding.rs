//! What was found in a piece of code.

use std::collections::HashSet;
use std::ops::Range;

use crate::check::Check;

/// So many places of one piece of code are kept, and beyond them the first of every check.
const MAX_PLACES: usize = 1000;

/// A finding, at bytes of the code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Finding {
    pub(crate) check: Check,
    pub(crate) range: Range<usize>,
}

/// Findings in the order in which they were made, each once.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    known: HashSet<Finding>,
    checks: HashSet<Check>,
}

impl Findings {
    pub(crate) fn add(&mut self, check: Check, range: Range<usize>) {
        let is_first = self.checks.insert(check);
        if self.list.len() >= MAX_PLACES && !is_first {
            return;
        }
        let finding = Finding { check, range };
        if self.known.insert(finding.clone()) {
            self.list.push(finding);
        }
    }

    pub(crate) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.add(finding.check, finding.range);
        }
    }

    pub(crate) fn into_list(self) -> Vec<Finding> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_once_and_no_check_is_crowded_out() {
        let mut findings = Findings::default();
        for at in 0..5000 {
            findings.add(Check::SudoCommand, at..at + 1);
            findings.add(Check::SudoCommand, at..at + 1);
        }
        findings.add(Check::DangerousRm, 0..1);
        let list = findings.into_list();
        assert_eq!(list.len(), MAX_PLACES + 1);
        assert_eq!(
            list.last().map(|finding| finding.check),
            Some(Check::DangerousRm)
        );
    }
}
