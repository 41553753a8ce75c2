//! The worst that large texts do to each rule that reads texts.

use std::time::Duration;

use super::{alone, call, ms, time_of};
use crate::show;

const RULES: [&str; 4] = [
    "prompt_pattern_deny",
    "pii_detection",
    "ast_safety",
    "routing",
];

const TARGET: &str = "100 ms";

/// Texts of a megabyte that are meant to be slow: each repeats something that one of the rules, or an
/// engine that backtracks, has to look at again and again.
fn texts() -> Vec<(&'static str, String)> {
    let repeat = |unit: &str| unit.chars().cycle().take(1 << 20).collect::<String>();
    vec![
        ("one letter", repeat("a")),
        ("letters and blanks", repeat("a ")),
        ("beginnings of attacks", repeat("ignore all the previous ")),
        ("Base64 of nothing", repeat("QUJD")),
        ("hexadecimal digits", repeat("4a6b")),
        ("percent signs", repeat("%25")),
        ("references", repeat("&amp;")),
        ("zero-width characters", repeat("\u{200b}i")),
        ("look-alike letters", repeat("\u{456}gn\u{43e}re ")),
        ("digits and hyphens", repeat("4111-")),
        ("at signs", repeat("a@a.")),
        ("brackets", repeat("((((")),
        ("quotation marks", repeat("\"'`$(")),
        ("fences", repeat("```python\nx\n```\n")),
        ("code", repeat("import os; os.system('x')\n")),
    ]
}

pub(super) fn run() {
    println!("\nOne text of 1 MiB, the slowest of {}", texts().len());
    for id in RULES {
        let rule = alone(id);
        let slowest = texts()
            .into_iter()
            .map(|(name, text)| (time_of(&rule, &call(&text), 3), name))
            .max();
        let (time, name) = slowest.unwrap_or((Duration::ZERO, "none"));
        show(
            id,
            &ms(time.as_secs_f64()),
            &[("target", TARGET.to_owned()), ("for", name.to_owned())],
        );
    }
}
