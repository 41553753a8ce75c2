//! Texts made to be slow: fuel must grow with the text, not faster.

use bijotel_policy::{Call, RuleFailure};

use super::{Asked, Complaint};

/// The size of the smallest text of a family, in bytes; the others are twice and four times as long.
const SIZE: usize = 16_000;

/// Fuel grows by the same amount for the same bytes if time is linear: the second step, twice as many
/// bytes as the first, then costs twice as much. Quadratic growth makes it four times.
const WORST: f64 = 3.0;

/// Differences below this are the noise of buffers that grow.
const NOISE: u64 = 2_000_000;

/// What is repeated.
const FAMILIES: [&str; 22] = [
    "a",
    "A",
    "1",
    " ",
    "\n",
    "!",
    "-",
    "(",
    "{",
    "[[",
    "\"",
    "\\",
    "a@",
    "a.",
    "1 ",
    "é",
    "/a",
    "$(",
    "<a ",
    "ignore all ",
    "```\n",
    "http://a.b/?c=d&",
];

pub(super) fn check(asked: &Asked, complaints: &mut Vec<Complaint>) {
    let Some(stage) = asked.stages().first() else {
        return;
    };
    let mut slow = Vec::new();
    for family in FAMILIES {
        let fuel = [1, 2, 4].map(|times| {
            let mut call = Call::new(*stage);
            call.push_input(family.repeat(SIZE * times / family.len()));
            let decision = asked.rules.evaluate(&call);
            let outcome = decision.outcomes.into_iter().next();
            outcome.map_or(Ok(0), |outcome| match outcome.failure {
                Some(RuleFailure::Fuel { .. } | RuleFailure::Time { .. }) => Err(()),
                _ => Ok(outcome.fuel),
            })
        });
        match fuel {
            [Ok(a), Ok(b), Ok(c)] => {
                let (first, second) = (b.saturating_sub(a), c.saturating_sub(b));
                if second > NOISE && second as f64 > WORST * first as f64 {
                    slow.push(format!("{family:?}"));
                }
            }
            _ => {
                let message = format!(
                    "{} KB of {family:?} use up its fuel or time",
                    SIZE * 4 / 1000
                );
                complaints.push(Complaint::error("fuel.exhausted", message));
            }
        }
    }
    if !slow.is_empty() {
        let message = format!(
            "fuel grows faster than the text for repeats of {}: look for a search within a search",
            slow.join(", ")
        );
        complaints.push(Complaint::error("fuel.superlinear", message));
    }
}
