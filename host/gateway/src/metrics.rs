//! `GET /metrics`: what the rules have done, in Prometheus' text format 0.0.4.
//!
//! Names of rules and codes of findings are lower case letters, digits, `.`, `_` and `-` (the host checks
//! them), so labels need no escaping. Nothing of a call is in them.

use std::fmt::{self, Write};
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bijotel::policy::{Histogram, RuleMetrics};

use crate::app::App;

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let rules = app.host.metrics();
    let text = Text(&rules).to_string();
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}

struct Text<'m>(&'m [RuleMetrics]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = "bijotel_rule_evaluations_total";
        head(
            f,
            name,
            "counter",
            "How often a rule was asked, by its verdict.",
        )?;
        for rule in self.0 {
            for (verdict, count) in &rule.verdicts {
                let verdict = verdict.as_str();
                let rule = &rule.name;
                writeln!(f, "{name}{{rule=\"{rule}\",verdict=\"{verdict}\"}} {count}")?;
            }
        }
        let name = "bijotel_rule_findings_total";
        head(
            f,
            name,
            "counter",
            "What a rule saw, by the finding's code.",
        )?;
        for rule in self.0 {
            for (code, count) in &rule.findings {
                let rule = &rule.name;
                writeln!(f, "{name}{{rule=\"{rule}\",code=\"{code}\"}} {count}")?;
            }
        }
        let name = "bijotel_rule_failures_total";
        head(
            f,
            name,
            "counter",
            "How often a rule failed, by the failure's code.",
        )?;
        for rule in self.0 {
            for (code, count) in &rule.failures {
                let rule = &rule.name;
                writeln!(f, "{name}{{rule=\"{rule}\",code=\"{code}\"}} {count}")?;
            }
        }
        let name = "bijotel_rule_fuel";
        head(f, name, "histogram", "Fuel of a rule's evaluations.")?;
        for rule in self.0 {
            histogram(f, name, &rule.name, &rule.fuel, 1.0)?;
        }
        let name = "bijotel_rule_seconds";
        head(f, name, "histogram", "Time of a rule's evaluations.")?;
        for rule in self.0 {
            histogram(f, name, &rule.name, &rule.nanos, 1e9)?;
        }
        Ok(())
    }
}

fn head(f: &mut impl Write, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(f, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

/// Buckets in this format hold what is below them too. `unit` is how many of the histogram's units make
/// one of the metric's.
fn histogram(
    f: &mut impl Write,
    name: &str,
    rule: &str,
    histogram: &Histogram,
    unit: f64,
) -> fmt::Result {
    let mut below = 0;
    for (bound, count) in histogram.bounds.iter().zip(&histogram.counts) {
        below += count;
        let bound = *bound as f64 / unit;
        writeln!(f, "{name}_bucket{{rule=\"{rule}\",le=\"{bound}\"}} {below}")?;
    }
    let count: u64 = histogram.counts.iter().sum();
    let sum = histogram.sum as f64 / unit;
    writeln!(f, "{name}_bucket{{rule=\"{rule}\",le=\"+Inf\"}} {count}")?;
    writeln!(f, "{name}_sum{{rule=\"{rule}\"}} {sum}")?;
    writeln!(f, "{name}_count{{rule=\"{rule}\"}} {count}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_cumulative_and_in_the_metrics_unit() {
        let mut text = String::new();
        let counted = Histogram {
            bounds: &[10_000, 500_000_000],
            counts: vec![2, 3, 1],
            sum: 4_000_000_000,
        };
        histogram(&mut text, "t", "a", &counted, 1e9).unwrap();
        let expected = "t_bucket{rule=\"a\",le=\"0.00001\"} 2\n\
             t_bucket{rule=\"a\",le=\"0.5\"} 5\n\
             t_bucket{rule=\"a\",le=\"+Inf\"} 6\n\
             t_sum{rule=\"a\"} 4\n\
             t_count{rule=\"a\"} 6\n";
        assert_eq!(text, expected);
    }
}
