//! Checks JavaScript and TypeScript by their syntax tree.
//!
//! As with Python, the code is never run and the order of its statements is not followed: a name may
//! stand for everything that is bound to it anywhere in the code. So a call is found through
//! aliases, destructuring, computed members, `Reflect`, and strings put together from constants.

mod bindings;
mod calls;
mod depth;
mod names;
mod strings;
mod tables;
mod value;

use std::borrow::Cow;

use oxc_allocator::Allocator;
use oxc_ast_visit::VisitJs;
use oxc_parser::{ParseOptions, Parser, ParserReturn};
use oxc_span::SourceType;

use crate::check::Check;
use crate::finding::Finding;

/// After an error of syntax the rest is read again from the next line, so often.
const MAX_RESTARTS: usize = 8;

/// So many of these signs and no others are a program that hides what it says: it can only reach
/// the `Function` constructor that way.
const MIN_SIGNS: usize = 120;

/// What was found in a piece of code, and whether it is JavaScript.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// No error of syntax.
    pub(crate) is_clean: bool,
    pub(crate) findings: Vec<Finding>,
}

/// Checks a piece of code. What an error of syntax keeps from being read is left out, and the rest is
/// checked.
pub(crate) fn read(code: &str) -> Reading {
    let mut reading = Reading::default();
    if let Some(range) = signs(code) {
        let check = Check::FunctionConstructor;
        reading.findings.push(Finding { check, range });
        return reading;
    }
    let shape = depth::measure(code);
    if shape.is_too_deep {
        reading.findings.push(Finding {
            check: Check::Unreadable,
            range: 0..code.len(),
        });
        return reading;
    }
    match check(code, 0, &mut reading.findings) {
        None => reading.is_clean = true,
        // What is still being written ends in the middle of a block.
        Some(_) if !shape.closers.is_empty() && shape.closers.len() < depth::MAX_BRACKETS => {
            let whole = format!("{code}\n{}", shape.closers);
            let error = check(&whole, 0, &mut reading.findings);
            for finding in &mut reading.findings {
                finding.range.end = finding.range.end.min(code.len());
                finding.range.start = finding.range.start.min(finding.range.end);
            }
            if let Some(error) = error {
                recover(code, error, &mut reading.findings);
            }
        }
        Some(error) => recover(code, error, &mut reading.findings),
    }
    reading
}

/// Checks what stands before an error, and after its line.
fn recover(code: &str, error: usize, findings: &mut Vec<Finding>) {
    let mut start = 0;
    let mut error = error.min(code.len());
    for _ in 0..MAX_RESTARTS {
        let before = code[start..error]
            .rfind('\n')
            .map_or(start, |at| start + at + 1);
        if before > start {
            check(&code[start..before], start, findings);
        }
        let Some(line) = code[error..].find('\n') else {
            return;
        };
        start = error + line + 1;
        match check(&code[start..], start, findings) {
            None => return,
            Some(next) => error = start + next.min(code.len() - start),
        }
    }
}

/// Parses code that begins at `start` of a longer one, and adds what is found. If it cannot be
/// parsed, nothing is added and the place of the error is the answer.
fn check(code: &str, start: usize, findings: &mut Vec<Finding>) -> Option<usize> {
    let allocator = Allocator::default();
    let module = parse(&allocator, code, SourceType::tsx());
    let parsed = if module.panicked {
        let script = parse(&allocator, code, SourceType::ts().with_script(true));
        if script.panicked {
            return Some(place_of_error(&module, code).max(place_of_error(&script, code)));
        }
        script
    } else {
        module
    };
    let mut collector = bindings::Bindings::default();
    collector.visit_program(&parsed.program);
    let names = names::Names::new(collector);
    let mut calls = calls::Calls::new(&names);
    calls.visit_program(&parsed.program);
    if names.is_exhausted() {
        calls.findings.add(Check::Unreadable, 0..code.len());
    }
    findings.extend(
        calls
            .findings
            .into_list()
            .into_iter()
            .map(|finding| Finding {
                check: finding.check,
                range: start + finding.range.start..start + finding.range.end,
            }),
    );
    None
}

fn parse<'a>(allocator: &'a Allocator, code: &'a str, source: SourceType) -> ParserReturn<'a> {
    let options = ParseOptions {
        allow_return_outside_function: true,
        ..ParseOptions::default()
    };
    Parser::new(allocator, code, source)
        .with_options(options)
        .parse()
}

/// Where the parser gave up, on a character boundary.
fn place_of_error(parsed: &ParserReturn<'_>, code: &str) -> usize {
    let label = parsed
        .diagnostics
        .iter()
        .last()
        .and_then(|error| error.labels.first());
    let offset = label.map_or(0, |label| label.offset() as usize);
    code.floor_char_boundary(offset)
}

/// A run of the six signs that are enough to write any program.
fn signs(code: &str) -> Option<std::ops::Range<usize>> {
    let mut start = 0;
    for (at, byte) in code.bytes().chain(std::iter::once(b'x')).enumerate() {
        // Every other byte ends a run, so a run that is not empty is made of whole characters.
        if !matches!(byte, b'[' | b']' | b'(' | b')' | b'!' | b'+') {
            if at - start >= MIN_SIGNS
                && let run = &code[start..at]
                && run.contains("[]")
                && run.contains('!')
                && run.contains('+')
            {
                return Some(start..at);
            }
            start = at + 1;
        }
    }
    None
}

/// A short name for text that is borrowed from the code if it can be.
type Text<'a> = Cow<'a, str>;

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(code: &str) -> Vec<Check> {
        read(code)
            .findings
            .into_iter()
            .map(|finding| finding.check)
            .collect()
    }

    #[test]
    fn code_around_an_error_is_checked() {
        let code = "eval(a);\nthis is no code at all ...\neval(b);\n";
        assert_eq!(checks(code), [Check::Eval, Check::Eval]);
        let ranges: Vec<_> = read(code)
            .findings
            .into_iter()
            .map(|finding| &code[finding.range])
            .collect();
        assert_eq!(ranges, ["eval(a)", "eval(b)"]);
    }

    #[test]
    fn code_that_is_still_being_written_is_checked() {
        assert_eq!(
            checks("function f() {\n  if (x) {\n    eval(y);\n"),
            [Check::Eval]
        );
    }

    #[test]
    fn a_program_of_six_signs_runs_hidden_code() {
        let code = "[][(![]+[])[+[]]+(![]+[])[!+[]+!+[]]]".repeat(10);
        assert_eq!(checks(&code), [Check::FunctionConstructor]);
    }

    #[test]
    fn towers_are_unreadable_and_do_no_harm() {
        for sign in [
            "(",
            "[",
            "{",
            "!",
            "typeof ",
            "new ",
            "a=>",
            "a?b:",
            "a.b.",
            "1+",
            "if(1)",
            "`${",
            "<a>",
            "a:",
            "f<",
            "-",
            "- ",
            "\n!",
            "else if(1)",
            "a=",
            "async()=>",
            "class{",
            "(a,",
            "do ",
            "await ",
            "{a:",
            "...",
            "import(",
        ] {
            let seen = checks(&sign.repeat(3000));
            assert!(seen.is_empty() || seen == [Check::Unreadable], "{sign}");
        }
    }
}
