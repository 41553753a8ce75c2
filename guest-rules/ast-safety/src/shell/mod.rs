//! Checks shell code (POSIX, Bash, and what zsh shares with them) by its syntax tree.
//!
//! Commands are followed in order, with what is known of variables, through pipelines, subshells,
//! functions, substitutions, here-documents, wrappers such as `env` and `sudo`, and code that is
//! given as a string to another shell, to `eval`, `ssh`, `trap` or Python. Nothing is run: what a
//! file, a host or an unknown variable holds is not known.

mod commands;
mod decoders;
mod nested;
mod targets;
mod walk;
mod words;

use std::borrow::Cow;

use shuck_parser::parser::{ParseResult, ParseStatus, Parser};
use shuck_parser::{Error, ShellDialect, ShellProfile};

use crate::check::Check;
use crate::finding::Finding;
use walk::Walk;

/// Commands inside commands, on a small stack.
const MAX_DEPTH: usize = 40;

/// Code given as a string to a shell, inside such code, and so on.
const MAX_NESTING: usize = 6;

/// What was found in a piece of shell code.
pub(crate) fn check(code: &str) -> Vec<Finding> {
    let mut walk = Walk::new();
    check_with(code, &mut walk);
    walk.findings.into_list()
}

/// What was found in one command, given as its words.
pub(crate) fn check_words(words: &[String]) -> Vec<Finding> {
    let mut walk = Walk::new();
    walk.run_alone(words);
    walk.findings.into_list()
}

/// Whether the code is a script without an error of syntax.
pub(crate) fn is_shell(code: &str) -> bool {
    parse(&ascii(code)).is_some_and(|result| result.status == ParseStatus::Clean)
}

/// Checks a piece of code in the state that `walk` has come to.
fn check_with(code: &str, walk: &mut Walk) {
    let code = &ascii(code);
    let Some(result) = parse(code) else {
        return walk.report(Check::Unreadable, 0..code.len());
    };
    walk.script(&result.file.body, code, 0);
    if result.status != ParseStatus::Clean && code.contains('\n') {
        // The tree is not whole; whoever types the lines one by one runs the rest as well.
        let mut start = 0;
        for line in code.split_inclusive('\n') {
            if let Some(line_result) = parse(line) {
                walk.script(&line_result.file.body, line, start);
            }
            start += line.len();
        }
    }
}

/// The code with every byte outside ASCII as a letter: all of them are parts of words to a shell, and
/// the parser (0.2) splits such characters in some places and panics.
fn ascii(code: &str) -> Cow<'_, str> {
    if code.is_ascii() {
        return Cow::Borrowed(code);
    }
    Cow::Owned(
        code.bytes()
            .map(|byte| {
                if byte.is_ascii() {
                    char::from(byte)
                } else {
                    '_'
                }
            })
            .collect(),
    )
}

/// Parses a script; nothing if that needs more depth or work than is allowed.
fn parse(code: &str) -> Option<ParseResult> {
    let fuel = 10_000 + code.len() * 8;
    let profile = ShellProfile::native(ShellDialect::Bash);
    let result = Parser::with_limits_and_profile(code, MAX_DEPTH, fuel, profile).parse();
    // The parser tells its limits from errors of syntax only by the words.
    let over_limit =
        result
            .terminal_error
            .as_ref()
            .is_some_and(|Error::Parse { message, .. }| {
                ["too deep", "exhausted", "too large", "too long"]
                    .iter()
                    .any(|words| message.contains(words))
            });
    (!over_limit).then_some(result)
}
