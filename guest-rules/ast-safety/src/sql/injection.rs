//! Text made to break out of a string in somebody else's statement.

use sqlparser::dialect::GenericDialect;

use super::condition;
use super::tokens::{Kind, Tokens};
use crate::check::Check;
use crate::finding::Finding;

/// What stands before the quotation mark that is to end the string: a value, no more.
const MAX_VALUE: usize = 40;

/// Statements that take something away, or reach out of the database.
const DESTRUCTIVE: &[&str] = &[
    "DROP", "TRUNCATE", "ALTER", "GRANT", "REVOKE", "EXEC", "EXECUTE", "SHUTDOWN", "COPY",
    "WAITFOR",
];

/// Statements that change something.
const CHANGING: &[&str] = &[
    "DELETE", "UPDATE", "INSERT", "REPLACE", "MERGE", "CREATE", "CALL", "DECLARE", "SET", "LOAD",
    "SELECT",
];

/// Looks for both halves of an injection: a whole statement with one in it, and the injected text alone.
pub(super) fn check(code: &str, tokens: &Tokens, nesting: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    if is_stacked(code, tokens) {
        findings.push(Finding {
            check: Check::StackedInjection,
            range: 0..code.len(),
        });
    }
    let Some(start) = breakout(code) else {
        return findings;
    };
    let rest = &code[start..];
    let inner = Tokens::read(rest, &GenericDialect {});
    let injects = match inner.kind(0) {
        Some(Kind::Semicolon) => inner.list.len() > 1,
        Some(Kind::Word(word)) => match word.as_str() {
            "UNION" => inner.is(1, &["SELECT", "ALL", "DISTINCT"]),
            "OR" | "AND" => holds(rest),
            _ => false,
        },
        _ => false,
    };
    // `admin'--`
    let injects = injects || (start > 1 && rest.starts_with("--"));
    if injects {
        let is_stacked = inner.kind(0) == Some(&Kind::Semicolon);
        let check = if is_stacked {
            Check::StackedInjection
        } else {
            Check::SqlInjection
        };
        findings.push(Finding {
            check,
            range: 0..code.len(),
        });
        for finding in super::check_nested(rest, nesting + 1) {
            let range = start + finding.range.start..start + finding.range.end;
            findings.push(Finding {
                check: finding.check,
                range,
            });
        }
    }
    findings
}

/// A query that ends in a value, and on the same line a statement that changes something. What takes
/// data or rights away needs no more; after any other a comment swallows what was left of the query.
fn is_stacked(code: &str, tokens: &Tokens) -> bool {
    let mut start = 0;
    for (index, token) in tokens.list.iter().enumerate() {
        if token.kind != Kind::Semicolon {
            continue;
        }
        let is_query = tokens.is(start, &["SELECT", "WITH"]);
        start = index + 1;
        let value = index
            .checked_sub(1)
            .and_then(|before| tokens.list.get(before));
        let (Some(value), Some(next)) = (value, tokens.list.get(start)) else {
            continue;
        };
        let ends_value = matches!(value.kind, Kind::Text(_) | Kind::Number);
        if !ends_value || !is_query || code[value.range.end..next.range.start].contains('\n') {
            continue;
        }
        let has_comment = tokens.comment.as_ref().is_some_and(|comment| {
            comment.end > next.range.end
                && !code[next.range.start..comment.end]
                    .trim_end()
                    .contains('\n')
        });
        if tokens.is(start, DESTRUCTIVE) || (has_comment && tokens.is(start, CHANGING)) {
            return true;
        }
    }
    false
}

/// Where the injected text goes on after the quotation mark that ends somebody else's string.
fn breakout(code: &str) -> Option<usize> {
    let start = code.len() - code.trim_start().len();
    let value = code[start..]
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"@._-%".contains(byte))
        .count();
    if value > MAX_VALUE {
        return None;
    }
    let at = start + value;
    let sign = *code.as_bytes().get(at)?;
    let closes = match sign {
        b'\'' | b'"' => 1,
        b')' => 0,
        // `1 OR 1=1`: no quotation mark to end.
        b' ' | b';' if value > 0 && code.as_bytes()[start..at].iter().all(u8::is_ascii_digit) => 0,
        _ => return None,
    };
    let rest = &code[at + closes..];
    let skipped = rest.len() - rest.trim_start_matches([')', ' ']).len();
    Some(at + closes + skipped)
}

/// Whether what follows `OR` holds for every row, be the last quotation mark left out or not.
fn holds(rest: &str) -> bool {
    let condition = rest.split(['-', '#', ';']).next().unwrap_or_default();
    let condition = condition.split("/*").next().unwrap_or_default();
    let Some((_, condition)) = condition.trim().split_once([' ', '\t', '\n', '(']) else {
        return false;
    };
    let quotes = condition.matches('\'').count();
    let closed = if quotes % 2 == 1 {
        format!("{condition}'")
    } else {
        condition.to_owned()
    };
    let closed = closed.trim_matches(['(', ')', ' ']).to_owned();
    let tokens = Tokens::read(&closed, &GenericDialect {});
    condition::always(closed.trim(), &tokens.list).is_some()
}
