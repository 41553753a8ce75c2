//! How two texts differ, as lines that a person can compare.

use similar::{ChangeTag, TextDiff};

/// Texts longer than this are shown around the first place where they differ.
const SHOWN: usize = 160;

/// Equal lines shown around differing ones.
const CONTEXT: usize = 2;

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// In both.
    Same(String),
    /// Only in what was expected.
    Expected(String),
    /// Only in what came.
    Found(String),
    /// Equal lines or characters were left out here.
    Skipped,
}

/// Compare what was expected with what came.
pub fn compare(expected: &str, found: &str) -> Vec<Line> {
    if !expected.contains('\n') && !found.contains('\n') {
        return one_line(expected, found);
    }
    let diff = TextDiff::from_lines(expected, found);
    let mut lines = Vec::new();
    for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if number > 0 {
            lines.push(Line::Skipped);
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = change.value().trim_end_matches('\n').to_owned();
            lines.push(match change.tag() {
                ChangeTag::Equal => Line::Same(text),
                ChangeTag::Delete => Line::Expected(text),
                ChangeTag::Insert => Line::Found(text),
            });
        }
    }
    lines
}

/// A text that is missing has no line.
fn one_line(expected: &str, found: &str) -> Vec<Line> {
    let common = expected
        .char_indices()
        .zip(found.chars())
        .find(|((_, a), b)| a != b)
        .map_or(expected.len().min(found.len()), |((at, _), _)| at);
    let shown = |text: &str| around(text, common);
    let mut lines = Vec::new();
    if !expected.is_empty() || found.is_empty() {
        lines.push(Line::Expected(shown(expected)));
    }
    if !found.is_empty() {
        lines.push(Line::Found(shown(found)));
    }
    lines
}

/// The part of a long text around a byte that is on a character boundary.
fn around(text: &str, at: usize) -> String {
    if text.len() <= SHOWN {
        return text.to_owned();
    }
    let start = text.floor_char_boundary(at.saturating_sub(SHOWN / 4));
    let end = text.ceil_char_boundary((start + SHOWN).min(text.len()));
    let before = if start > 0 { "…" } else { "" };
    let after = if end < text.len() { "…" } else { "" };
    format!("{before}{}{after}", &text[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_stands_against_another() {
        let lines = compare("deny", "warn");
        assert_eq!(
            lines,
            [Line::Expected("deny".into()), Line::Found("warn".into())]
        );
    }

    #[test]
    fn what_is_missing_has_no_line() {
        assert_eq!(compare("a", ""), [Line::Expected("a".into())]);
        assert_eq!(compare("", "a"), [Line::Found("a".into())]);
    }

    #[test]
    fn a_long_text_is_shown_where_it_differs() {
        let (a, b) = ("ä".repeat(5_000), format!("{}x", "ä".repeat(4_000)));
        let Line::Found(shown) = &compare(&a, &b)[1] else {
            panic!("no line of what came");
        };
        assert!(shown.ends_with('x') && shown.len() < 200, "{shown}");
    }

    #[test]
    fn of_many_lines_only_those_near_a_difference_are_shown() {
        let expected: String = (0..50).map(|n| format!("{n}\n")).collect();
        let found = expected.replace("\n25\n", "\nother\n");
        let lines = compare(&expected, &found);
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[2], Line::Expected("25".into()));
        assert_eq!(lines[3], Line::Found("other".into()));
    }
}
