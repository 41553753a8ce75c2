//! Checks Python code by its syntax tree.
//!
//! The code is never run, and the order of its statements is not followed: a name may stand for
//! everything that is bound to it anywhere in the code. So a call is found through aliases,
//! attributes, `getattr`, subscripts and strings put together from constants; what only a run would
//! show (a name read from a file, say) is not.

mod bindings;
mod calls;
mod depth;
mod escapes;
mod expressions;
mod hierarchy;
mod names;
mod value;

use std::borrow::Cow;
use std::ops::Range;

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{Mod, Stmt};
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_unchecked};

use crate::check::Check;
use crate::finding::Finding;
use crate::shell;
use escapes::Escape;

/// What was found in a piece of Python code.
pub(crate) fn check(code: &str) -> Vec<Finding> {
    match Program::parse(code) {
        Some(program) => program.check(),
        None => vec![Finding {
            check: Check::Unreadable,
            range: 0..code.len(),
        }],
    }
}

/// A parsed piece of Python code.
pub(crate) struct Program<'a> {
    code: Cow<'a, str>,
    escapes: Vec<Escape>,
    parsed: Parsed<Mod>,
}

impl<'a> Program<'a> {
    /// Parses a piece of code; nothing if it is nested too deeply for that. Errors of syntax do not
    /// matter: what can be read is checked.
    pub(crate) fn parse(code: &'a str) -> Option<Self> {
        if depth::is_too_deep(code) {
            return None;
        }
        let (code, escapes) = escapes::split(code);
        let parsed = parse_unchecked(&code, ParseOptions::from(Mode::Module));
        Some(Self {
            code,
            escapes,
            parsed,
        })
    }

    /// Whether the code is Python without an error, and more than a few words that happen to be.
    pub(crate) fn is_python(&self) -> bool {
        let is_expressive = |statement: &Stmt| match statement {
            Stmt::Expr(statement) => {
                !statement.value.is_name_expr() && !statement.value.is_compare_expr()
            }
            _ => true,
        };
        self.parsed.errors().is_empty() && self.body().iter().any(is_expressive)
    }

    pub(crate) fn check(&self) -> Vec<Finding> {
        let names = names::Names::collect(self.body());
        let mut checker = calls::Calls::new(&names, &self.code);
        checker.visit_body(self.body());
        for escape in &self.escapes {
            for finding in shell::check(&escape.command) {
                let range = escape.range.clone();
                checker.findings.add(finding.check, range);
            }
        }
        if names.is_exhausted() {
            checker.findings.add(Check::Unreadable, 0..self.code.len());
        }
        checker.findings.into_list()
    }

    fn body(&self) -> &[Stmt] {
        match self.parsed.syntax() {
            Mod::Module(module) => &module.body,
            Mod::Expression(_) => &[],
        }
    }
}

fn bytes(range: ruff_text_size::TextRange) -> Range<usize> {
    range.start().to_usize()..range.end().to_usize()
}
