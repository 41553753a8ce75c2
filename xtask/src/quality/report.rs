//! What `cargo xtask quality` prints.

use super::tally::{Tallies, Tally};
use super::{Measurement, MissKind};

/// One measurement as text, for a terminal.
pub fn print(measurement: &Measurement) -> String {
    let mut out = format!(
        "{} {}, {} half: {} items, {} with something to find, {} failures, {:.3} ms/KB\n",
        measurement.subject.rule(),
        measurement.version,
        measurement.half.as_str(),
        measurement.items,
        measurement.positives,
        measurement.failures,
        measurement.milliseconds_per_kb(),
    );
    out += &format!(
        "  {:<34}{:>6}{:>7}{:>7}{:>10}{:>8}{:>7}{:>8}{:>9}\n",
        "", "found", "missed", "wrong", "precision", "recall", "F2", "benign", "FP rate"
    );
    out += &line("all", &measurement.total);
    for (title, tallies) in [
        ("category", &measurement.categories),
        ("language", &measurement.languages),
        ("form", &measurement.forms),
    ] {
        out += &group(title, tallies);
    }
    out
}

/// What went wrong, one thing a line.
pub fn print_misses(measurement: &Measurement) -> String {
    let mut out = String::new();
    for miss in &measurement.misses {
        let kind = match miss.kind {
            MissKind::Missed => "missed",
            MissKind::FalseAlarm => "false alarm",
        };
        let (id, category, language) = (&miss.id, &miss.category, &miss.language);
        out += &format!("  {kind}: {id} {category} {language}");
        if let Some(text) = &miss.text {
            let said = if miss.said.is_empty() {
                "nothing"
            } else {
                &miss.said
            };
            out += &format!(" [{said}] {text:?}");
        }
        out.push('\n');
    }
    out
}

fn group(title: &str, tallies: &Tallies) -> String {
    if tallies.is_empty() {
        return String::new();
    }
    let lines: String = tallies
        .iter()
        .map(|(name, tally)| line(name, tally))
        .collect();
    format!("  by {title}\n{lines}")
}

fn line(name: &str, tally: &Tally) -> String {
    format!(
        "  {name:<34}{:>6}{:>7}{:>7}{:>10}{:>8}{:>7}{:>8}{:>9}\n",
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

/// Three decimals, cut and not rounded: 0.9996 is not 1.
pub(super) fn three(ratio: Option<f64>) -> String {
    ratio.map_or_else(
        || "-".to_owned(),
        |ratio| format!("{:.3}", (ratio * 1000.0).floor() / 1000.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn almost_all_is_not_all() {
        assert_eq!(three(Some(0.9996)), "0.999");
        assert_eq!(three(Some(1.0)), "1.000");
        assert_eq!(three(None), "-");
    }
}
