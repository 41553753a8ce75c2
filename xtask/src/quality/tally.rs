//! Counting what was found, missed and wrongly found.

use std::collections::BTreeMap;

/// Counts of units, and what follows from them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Units that are there and were found.
    pub found: u64,
    /// Units that are there and were not found.
    pub missed: u64,
    /// Findings of what is not there.
    pub wrong: u64,
    /// Benign texts without any finding.
    pub quiet: u64,
    /// Benign texts with a finding.
    pub alarmed: u64,
}

impl Tally {
    /// Which part of what was found is there. `None` if nothing was found, or nothing is there.
    pub fn precision(&self) -> Option<f64> {
        self.recall()?;
        ratio(self.found, self.found + self.wrong)
    }

    /// Which part of what is there was found. `None` if nothing is there.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.found, self.found + self.missed)
    }

    /// The F measure that values recall twice as much as precision:
    /// 5 x precision x recall / (4 x precision + recall). `None` if nothing is there.
    pub fn f2(&self) -> Option<f64> {
        self.recall()?;
        ratio(
            5 * self.found,
            5 * self.found + 4 * self.missed + self.wrong,
        )
    }

    /// Which part of the benign texts raised an alarm. `None` if there are none.
    pub fn false_positive_rate(&self) -> Option<f64> {
        ratio(self.alarmed, self.alarmed + self.quiet)
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "corpora have thousands of items"
)]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Tallies by name, in the order of the names.
#[derive(Clone, Debug, Default)]
pub struct Tallies(BTreeMap<String, Tally>);

impl Tallies {
    /// The tally with this name, for counting.
    pub(super) fn of(&mut self, name: &str) -> &mut Tally {
        self.0.entry(name.to_owned()).or_default()
    }

    /// All of them with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.0.iter().map(|(name, tally)| (name.as_str(), tally))
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TALLY: Tally = Tally {
        found: 8,
        missed: 2,
        wrong: 8,
        quiet: 3,
        alarmed: 1,
    };

    #[test]
    fn ratios_are_of_what_they_say() {
        assert_eq!(TALLY.precision(), Some(0.5));
        assert_eq!(TALLY.recall(), Some(0.8));
        assert_eq!(TALLY.false_positive_rate(), Some(0.25));
    }

    #[test]
    fn f2_is_the_weighted_harmonic_mean() {
        let (precision, recall) = (0.5, 0.8);
        let f2 = 5.0 * precision * recall / (4.0 * precision + recall);
        assert!((TALLY.f2().unwrap() - f2).abs() < 1e-12);
    }

    #[test]
    fn of_nothing_there_is_no_ratio() {
        let benign = Tally {
            wrong: 1,
            alarmed: 1,
            ..Tally::default()
        };
        assert_eq!(benign.precision(), None);
        assert_eq!(Tally::default().f2(), None);
    }
}
