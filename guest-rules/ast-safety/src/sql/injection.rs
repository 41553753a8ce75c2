//! Text made to break out of a string in somebody else's statement.

use sqlparser::dialect::GenericDialect;

use super::condition;
use super::tokens::{Kind, Tokens};
use crate::check::Check;
use crate::finding::Finding;

/// What stands before the quotation mark that is to end the string: a value, no more.
const MAX_VALUE: usize = 40;

/// Looks for both halves of an injection: a whole statement with one in it, and the injected text alone.
pub(super) fn check(code: &str, tokens: &Tokens, nesting: usize, findings: &mut Vec<Finding>) {
    if is_stacked(code, tokens) {
        findings.push(Finding {
            check: Check::SqlInjection,
            range: 0..code.len(),
        });
    }
    let Some(start) = breakout(code) else { return };
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
        findings.push(Finding {
            check: Check::SqlInjection,
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
}

/// A statement, a second one on the same line, and a comment that swallows the quotation mark left over.
fn is_stacked(code: &str, tokens: &Tokens) -> bool {
    let Some(comment) = &tokens.comment else {
        return false;
    };
    let odd_quotes =
        comment.text.matches('\'').count() % 2 == 1 || comment.text.matches('"').count() % 2 == 1;
    let is_last = code[comment.end..].trim().is_empty();
    let ends_string = tokens
        .list
        .windows(2)
        .any(|pair| matches!(pair[0].kind, Kind::Text(_)) && pair[1].kind == Kind::Semicolon);
    let bare = comment.text.trim().is_empty() || odd_quotes;
    let one_line = !code.trim().contains('\n');
    is_last
        && bare
        && one_line
        && (odd_quotes || ends_string)
        && tokens
            .list
            .iter()
            .any(|token| token.kind == Kind::Semicolon || matches!(token.kind, Kind::Text(_)))
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
