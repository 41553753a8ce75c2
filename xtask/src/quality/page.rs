//! `docs/quality.md`: the figures without anything that differs from run to run.

use super::report::three;
use super::tally::{Tallies, Tally};
use super::{Half, Measurement, Subject};

const HEAD: &str = "\
<!-- Written by `cargo xtask quality`; changes made here are lost. -->

# How well the rules find what they are for

`cargo xtask quality` puts every item of the corpora in `tests/corpus` to the built components, through the real host,
with their default configurations, and writes this page. `--rule` and `--half` choose a part, `--misses` names what was
missed and what was wrongly found. Speed is printed and not written here: it depends on the machine.

The corpora were written for this project by authors who had not seen the rules, without published benchmark texts. A hash
splits each into a tuning half, which the rules' authors worked with, and a test half, which they did not see. The README of
each corpus says how it was made, how it was split, and the digest of the test half while it was kept apart.

- **found, missed**: what is there. A unit is a text for prompt injection, a value for personal data, a construct for code.
- **wrong**: findings of what is not there. For personal data also a finding of the wrong kind, or more than two bytes off
  at either end; for the other two every benign text with a finding.
- **precision** = found / (found + wrong), **recall** = found / (found + missed), **F2** = 5PR / (4P + R).
- **FP rate**: the part of the benign texts with any finding. A failure of the rule counts as one, and as a miss where
  something is there. Figures are cut after three decimals, not rounded.

A corpus of a few thousand texts by few authors is not the world. The figures say how a rule compares with its own past, and
that it works outside the sentences it was made with; they are no promise about an attacker who has read the rule. The
benign texts were chosen to look like what the rules are for: daily traffic is plainer, and alarms in it are rarer.
";

/// The page, of all that was measured.
pub fn page(measurements: &[Measurement]) -> String {
    let mut out = HEAD.to_owned();
    for subject in Subject::ALL {
        let halves: Vec<&Measurement> = measurements
            .iter()
            .filter(|measurement| measurement.subject == subject)
            .collect();
        let Some(last) = halves.last() else { continue };
        out += &format!("\n## {} {}\n\n", subject.rule(), last.version);
        out += "| half | items | with something to find | found | missed | wrong | precision | recall | F2 | benign | FP rate |\n";
        out += "|---|---|---|---|---|---|---|---|---|---|---|\n";
        for half in &halves {
            out += &format!(
                "| {} | {} | {} | {}",
                half.half.as_str(),
                half.items,
                half.positives,
                cells(&half.total)
            );
        }
        // Details of the half that counts, if it is there.
        let detailed = halves
            .iter()
            .find(|half| half.half == Half::Test)
            .unwrap_or(last);
        for (title, tallies) in [
            ("category", &detailed.categories),
            ("language", &detailed.languages),
            ("form", &detailed.forms),
        ] {
            out += &table(title, detailed.half, tallies);
        }
    }
    out
}

fn table(title: &str, half: Half, tallies: &Tallies) -> String {
    if tallies.is_empty() {
        return String::new();
    }
    let mut out = format!("\nBy {title}, {} half:\n\n", half.as_str());
    out += &format!(
        "| {title} | found | missed | wrong | precision | recall | F2 | benign | FP rate |\n"
    );
    out += "|---|---|---|---|---|---|---|---|---|\n";
    for (name, tally) in tallies.iter() {
        out += &format!("| {} | {}", name.replace('_', "\\_"), cells(tally));
    }
    out
}

fn cells(tally: &Tally) -> String {
    format!(
        "{} | {} | {} | {} | {} | {} | {} | {} |\n",
        tally.found,
        tally.missed,
        tally.wrong,
        three(tally.precision()),
        three(tally.recall()),
        three(tally.f2()),
        tally.quiet + tally.alarmed,
        three(tally.false_positive_rate()),
    )
}
