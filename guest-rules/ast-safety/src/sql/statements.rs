//! Statements that take data or rights away, or give too many.

use std::ops::Range;

use super::condition::{self, Truth};
use super::tokens::{Kind, Tokens};
use crate::check::Check;
use crate::finding::Finding;

/// What holds data, and whose loss is theirs.
const HOLDERS: &[&str] = &[
    "TABLE",
    "TABLES",
    "DATABASE",
    "SCHEMA",
    "KEYSPACE",
    "TABLESPACE",
    "USER",
    "ROLE",
    "LOGIN",
    "MATERIALIZED",
    "COLLECTION",
    "CATALOG",
    "SERVER",
    "FOREIGN",
    "OWNED",
    "EXTERNAL",
    "DYNAMIC",
    "TRANSIENT",
];

/// What can be made again from its definition.
const OBJECTS: &[&str] = &[
    "INDEX",
    "VIEW",
    "SEQUENCE",
    "TRIGGER",
    "FUNCTION",
    "PROCEDURE",
    "PROC",
    "TYPE",
    "DOMAIN",
    "POLICY",
    "EXTENSION",
    "EVENT",
    "AGGREGATE",
    "RULE",
    "SYNONYM",
    "PACKAGE",
    "CAST",
    "OPERATOR",
    "PUBLICATION",
    "SUBSCRIPTION",
    "CONSTRAINT",
    "LANGUAGE",
    "COLLATION",
    "STATISTICS",
    "ASSEMBLY",
    "CERTIFICATE",
];

/// At depth 0 these begin another statement, where no semicolon is asked for.
const STARTS: &[&str] = &[
    "GO", "SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "TRUNCATE", "ALTER", "CREATE", "EXEC",
    "EXECUTE", "DECLARE", "BEGIN", "END", "IF", "COMMIT", "ROLLBACK", "PRINT", "GRANT", "REVOKE",
    "MERGE", "WAITFOR",
];

/// So many tokens of a statement are looked at; what comes later is not seen.
const MAX_TOKENS: usize = 1000;

/// Whether there is a word in the code without which nothing can be found.
pub(crate) fn may_match(code: &str) -> bool {
    const WORDS: &[&str] = &[
        "drop",
        "truncate",
        "delete",
        "update",
        "alter",
        "grant",
        "xp_",
        "outfile",
        "dumpfile",
        "load_file",
        "program",
        "sleep",
        "benchmark",
        "waitfor",
        "exec",
        "prepare",
        " or ",
        "union",
        "role",
        "user",
        "load_extension",
        "sys_e",
        "sp_",
        "lo_",
        "pg_",
        "openrowset",
        "utl_",
        "infile",
        "language",
        "soname",
        "--",
        "\\!",
        ".shell",
        ".system",
        "system ",
        "!! ",
    ];
    let lower = code.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
}

pub(super) fn check(code: &str, tokens: &Tokens) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Where the statement began that the token stands in.
    let mut start = 0;
    for index in 0..tokens.list.len() {
        if index > 0 && *tokens.kind(index - 1).unwrap_or(&Kind::Other) == Kind::Semicolon {
            start = index;
        }
        let Some(word) = tokens.word(index) else {
            continue;
        };
        let found = match word {
            "DROP" => drop(tokens, start, index),
            "TRUNCATE" => truncate(tokens, index),
            "DELETE" | "UPDATE" => rows(code, tokens, index, word),
            "WHERE" | "HAVING" | "ON" => {
                let range = condition_range(tokens, index);
                always(code, range, tokens)
                    .filter(|truth| *truth == Truth::Injected)
                    .map(|_| Check::SqlInjection)
            }
            "GRANT" => (tokens.is(index + 1, &["ALL"]) && is_start(tokens, index))
                .then_some(Check::GrantAll),
            "SUPERUSER" | "SYSADMIN" | "SYSDBA" => tokens
                .is(start, &["ALTER", "CREATE", "GRANT", "EXEC"])
                .then_some(Check::GrantAll),
            _ => None,
        };
        if let Some(check) = found {
            let range = statement(tokens, index);
            findings.push(Finding { check, range });
        }
    }
    findings
}

/// From a token to the end of its statement.
fn statement(tokens: &Tokens, index: usize) -> Range<usize> {
    let mut last = index;
    while tokens
        .kind(last + 1)
        .is_some_and(|kind| *kind != Kind::Semicolon)
        && last - index < MAX_TOKENS
    {
        last += 1;
    }
    tokens.list[index].range.start..tokens.list[last].range.end
}

/// Whether a statement may begin at a token.
fn is_start(tokens: &Tokens, index: usize) -> bool {
    let Some(before) = index.checked_sub(1) else {
        return true;
    };
    match &tokens.list[before].kind {
        Kind::Semicolon
        | Kind::Open
        | Kind::Text(_)
        | Kind::Number
        | Kind::Name(_)
        | Kind::Close => true,
        Kind::Word(word) => !matches!(
            word.as_str(),
            "GRANT"
                | "REVOKE"
                | "ON"
                | "AFTER"
                | "BEFORE"
                | "OR"
                | "OF"
                | "FOR"
                | "KEY"
                | "SET"
                | "TO"
                | "PRIVILEGES"
                | "SELECT"
                | "NO"
                | "NOT"
                | "INTO"
                | "FROM"
                | "TABLE"
                | "BY"
        ),
        _ => false,
    }
}

fn drop(tokens: &Tokens, start: usize, index: usize) -> Option<Check> {
    if tokens.is(start, &["ALTER"]) && index > start {
        return Some(Check::AlterDrop);
    }
    // `CREATE … ON DROP`, `GRANT DROP ON`.
    if index
        .checked_sub(1)
        .is_some_and(|before| tokens.is(before, &["ON", "GRANT", "REVOKE", "FOR", "COMMIT"]))
    {
        return None;
    }
    let what = tokens.word(index + 1)?;
    if what == "TEMPORARY" || what == "TEMP" {
        return None;
    }
    if HOLDERS.contains(&what) {
        // Temporary tables are there to be dropped.
        let name = (index + 2..index + 6).find(|at| !tokens.is(*at, &["IF", "EXISTS", "NOT"]));
        let is_real = match name.and_then(|at| tokens.kind(at)) {
            Some(Kind::Word(word)) => !word.starts_with('#'),
            Some(Kind::Name(_) | Kind::Text(_)) => true,
            _ => false,
        };
        return is_real.then_some(Check::Drop);
    }
    OBJECTS.contains(&what).then_some(Check::Drop)
}

fn truncate(tokens: &Tokens, index: usize) -> Option<Check> {
    // `TRUNCATE(x, 2)` is a function, and a right may be called so.
    let is_statement = match tokens.kind(index + 1)? {
        Kind::Word(word) => !matches!(word.as_str(), "ON" | "TO" | "OR"),
        Kind::Name(_) => true,
        _ => false,
    };
    (is_statement && is_start(tokens, index)).then_some(Check::Truncate)
}

/// `DELETE` and `UPDATE` without a condition, or with one that always holds.
fn rows(code: &str, tokens: &Tokens, index: usize, word: &str) -> Option<Check> {
    if !is_start(tokens, index) {
        return None;
    }
    let is_delete = word == "DELETE";
    let (mut at, mut depth) = (index + 1, 0usize);
    let mut has_set = false;
    let mut has_target = false;
    let mut is_limited = false;
    let mut condition = None;
    while let Some(kind) = tokens.kind(at).filter(|_| at - index < MAX_TOKENS) {
        match kind {
            Kind::Semicolon => break,
            Kind::Open => depth += 1,
            Kind::Close if depth == 0 => break,
            Kind::Close => depth -= 1,
            Kind::Word(word) if depth == 0 => match word.as_str() {
                "SET" => has_set = true,
                "WHERE" => {
                    condition = Some(at);
                    break;
                }
                "JOIN" | "USING" => is_limited = true,
                "ON" | "CASCADE" if at == index + 1 => return None,
                "RETURNING" => break,
                other if STARTS.contains(&other) && at > index + 1 => break,
                "WHEN" if at == index + 1 => return None,
                _ => has_target |= !has_set,
            },
            Kind::Word(_) => {}
            Kind::Name(_) => has_target |= !has_set,
            // `MERGE … THEN DELETE` and lists of rights.
            Kind::Comma if at == index + 1 => return None,
            _ => {}
        }
        at += 1;
    }
    let is_statement = if is_delete {
        has_target
    } else {
        has_target && has_set
    };
    let always_holds = match condition {
        None => !is_limited,
        Some(at) => always(code, condition_range(tokens, at), tokens).is_some(),
    };
    let check = if is_delete {
        Check::DeleteWithoutWhere
    } else {
        Check::UpdateWithoutWhere
    };
    (is_statement && always_holds).then_some(check)
}

/// The tokens of a condition that begins after the word at an index.
fn condition_range(tokens: &Tokens, index: usize) -> Range<usize> {
    let (mut at, mut depth) = (index + 1, 0usize);
    while let Some(kind) = tokens.kind(at).filter(|_| at - index < MAX_TOKENS) {
        match kind {
            Kind::Semicolon => break,
            Kind::Open => depth += 1,
            Kind::Close if depth == 0 => break,
            Kind::Close => depth -= 1,
            Kind::Word(word) if depth == 0 => {
                let ends = matches!(
                    word.as_str(),
                    "GROUP"
                        | "ORDER"
                        | "LIMIT"
                        | "RETURNING"
                        | "UNION"
                        | "HAVING"
                        | "WHERE"
                        | "OFFSET"
                        | "FETCH"
                        | "WINDOW"
                        | "LEFT"
                        | "RIGHT"
                        | "INNER"
                        | "JOIN"
                        | "FULL"
                        | "CROSS"
                        | "OPTION"
                        | "FOR"
                        | "INTO"
                        | "SET"
                );
                if ends || STARTS.contains(&word.as_str()) {
                    break;
                }
            }
            _ => {}
        }
        at += 1;
    }
    index + 1..at
}

/// How a condition comes to hold for every row, if it does.
fn always(code: &str, range: Range<usize>, tokens: &Tokens) -> Option<Truth> {
    let list = tokens.list.get(range)?;
    let (first, last) = (list.first()?, list.last()?);
    condition::always(&code[first.range.start..last.range.end], list)
}
