//! Checks SQL: statements by their tokens, conditions by their syntax tree.
//!
//! No grammar knows every dialect, and half a statement may be all there is; so what a statement does
//! is read from its tokens, which are those of the parser, and only a condition is parsed whole, to
//! see whether it holds for every row. Text that is not marked as SQL must parse without an error.

mod condition;
mod injection;
mod routines;
mod statements;
mod tokens;

use std::borrow::Cow;

use sqlparser::dialect::{Dialect, GenericDialect, MsSqlDialect, MySqlDialect};
use sqlparser::parser::Parser;

use crate::check::Check;
use crate::finding::{Finding, Findings};
use crate::shell;
pub(crate) use statements::may_match;
use tokens::Tokens;

/// Statements in strings in statements are followed this far.
const MAX_NESTING: usize = 3;

/// More tokens than this are not given to the parser, and so not taken for SQL without a mark.
const MAX_PARSED: usize = 2_000;

/// Brackets inside brackets that the parser is given. It tries some of them twice.
const MAX_BRACKETS: usize = 10;

/// What the parser may descend.
const RECURSION: usize = 40;

/// What was found in a piece of SQL.
pub(crate) fn check(code: &str) -> Vec<Finding> {
    check_nested(code, 0)
}

/// The same for a string that may be SQL or something else altogether.
pub(crate) fn check_statement(code: &str) -> Vec<Finding> {
    if may_match(code) {
        check(code)
    } else {
        Vec::new()
    }
}

/// Whether the code is SQL without an error, in one of the common dialects.
pub(crate) fn is_sql(code: &str) -> bool {
    let dialects: [&dyn Dialect; 3] = [&GenericDialect {}, &MySqlDialect {}, &MsSqlDialect {}];
    dialects.into_iter().any(|dialect| {
        let tokens = Tokens::read(code, dialect);
        tokens.is_whole
            && tokens.list.len() <= MAX_PARSED
            && tokens.depth() <= MAX_BRACKETS
            && Parser::new(dialect)
                .with_recursion_limit(RECURSION)
                .try_with_sql(code)
                .and_then(|mut parser| parser.parse_statements())
                .is_ok_and(|statements| !statements.is_empty())
    })
}

/// Whether findings say by themselves that the code is SQL: what breaks out is no whole statement and
/// cannot be, and no parser knows every dialect.
pub(crate) fn is_surely_sql(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| {
        matches!(
            finding.check,
            Check::SqlInjection
                | Check::StackedInjection
                | Check::XpCmdshell
                | Check::CopyProgram
                | Check::IntoOutfile
        )
    })
}

fn check_nested(code: &str, nesting: usize) -> Vec<Finding> {
    let mut clients = Vec::new();
    let plain = client_commands(code, &mut clients);
    let mut findings = Findings::default();
    findings.extend(clients);
    let mut readings = vec![Tokens::read(&plain, &GenericDialect {})];
    // What a backslash in a string and `#` mean differs so much that both ways must be looked at.
    if plain.contains(['\\', '#', '[']) {
        readings.push(Tokens::read(&plain, &MySqlDialect {}));
        readings.push(Tokens::read(&plain, &MsSqlDialect {}));
    }
    for tokens in &readings {
        let mut more = statements::check(&plain, tokens);
        more.extend(routines::check(tokens));
        if nesting < MAX_NESTING {
            for (text, range) in tokens.inner_code() {
                let inner = check_nested(&text, nesting + 1);
                more.extend(inner.into_iter().map(|finding| Finding {
                    check: finding.check,
                    range: range.clone(),
                }));
            }
        }
        findings.extend(more);
    }
    if nesting < MAX_NESTING {
        findings.extend(injection::check(&plain, &readings[0], nesting));
    }
    findings.into_list()
}

/// Takes out the commands of the clients (`\! ls`, `.shell ls`), and lets the server's view of MySQL's
/// conditional comments stand. Every byte of the rest stays where it is.
fn client_commands<'a>(code: &'a str, findings: &mut Vec<Finding>) -> Cow<'a, str> {
    let has_lines = code
        .lines()
        .any(|line| line.trim_start().starts_with(['\\', '.']) || is_system(line));
    if !has_lines && !code.contains("/*!") && !code.contains("\\!") {
        return Cow::Borrowed(code);
    }
    let mut plain = String::with_capacity(code.len());
    let mut at = 0;
    for line in code.split_inclusive('\n') {
        let content = line.trim_start();
        let start = at + line.len() - content.len();
        let command = [
            ".shell ", ".system ", "\\! ", "\\!", "system ", "SYSTEM ", "!! ",
        ]
        .iter()
        .find_map(|sign| content.strip_prefix(*sign));
        if let Some(command) =
            command.filter(|_| content.starts_with(['.', '\\', '!']) || is_system(line))
        {
            let range = start..start + content.trim_end().len();
            findings.push(Finding {
                check: Check::OsCommand,
                range: range.clone(),
            });
            let inner = shell::check(command.trim_end_matches(['\n', ';']));
            findings.extend(inner.into_iter().map(|finding| Finding {
                check: finding.check,
                range: range.clone(),
            }));
        }
        if content.starts_with(['.', '\\']) || command.is_some() {
            plain.extend(
                line.bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
            );
        } else {
            plain.push_str(line);
        }
        at += line.len();
    }
    Cow::Owned(conditional_comments(&plain))
}

fn is_system(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("system ") || line.starts_with("!! ")
}

/// `/*!50000 DROP TABLE t */`: to MySQL this is no comment.
fn conditional_comments(code: &str) -> String {
    let mut plain = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find("/*!") {
        plain.push_str(&rest[..start]);
        let body = &rest[start + 3..];
        let digits = body.bytes().take_while(u8::is_ascii_digit).count();
        let Some(end) = body.find("*/") else {
            plain.push_str(&rest[start..]);
            return plain;
        };
        plain.extend(std::iter::repeat_n(' ', 3 + digits));
        plain.push_str(&body[digits..end]);
        plain.push_str("  ");
        rest = &body[end + 2..];
    }
    plain.push_str(rest);
    plain
}
