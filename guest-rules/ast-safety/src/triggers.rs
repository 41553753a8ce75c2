//! Words without which nothing can be found, so that most texts are never parsed.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::snippet::Language;

/// Every way to one of the Python checks has one of these in it.
const PYTHON: &[&str] = &[
    "eval",
    "exec",
    "system",
    "popen",
    "Popen",
    "spawn",
    "subprocess",
    "pickle",
    "Pickle",
    "marshal",
    "dill",
    "joblib",
    "shelve",
    "yaml",
    "import_module",
    "__import__",
    "getattr",
    "builtin",
    "globals",
    "locals",
    "vars",
    "__dict__",
    "modules",
    "pty",
    "startfile",
    "FunctionType",
    "CodeType",
    "interact",
    "Interactive",
    "get_ipython",
    "commands",
    "runpy",
    "load_source",
    "load_module",
    "attrgetter",
    "itemgetter",
    "create_subprocess",
    "__get",
    "_shell",
    "__subclasses__",
    "_globals",
    "f_builtins",
    "__base",
    "__mro",
    "mro(",
    "__class__",
    "execute",
];

/// Every way to one of the JavaScript checks has one of these in it.
const JAVASCRIPT: &[&str] = &[
    "eval",
    "Function",
    "constructor",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "execScript",
    "child_process",
    "exec",
    "spawn",
    "shelljs",
    "execa",
    "zx",
    "vm",
    "require",
    "import(",
    "import (",
    "import/*",
    "binding",
    "dlopen",
    "__proto__",
    "prototype",
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "javascript:",
    "globalThis",
    "global",
    "window",
    "self",
    "Reflect",
    "Bun",
    "Deno",
    "frames",
    "\\u",
    "\\x",
    "atob",
    "this[",
    "][",
    "process",
    "['",
    "[\"",
    "[`",
    "query",
    "raw",
    "unsafe",
    "prepare",
    "execute",
    "run",
];

/// Words at which a command may begin that is worth a look, in text that is not marked as code.
const COMMANDS: &[&str] = &[
    "rm", "chmod", "curl", "wget", "fetch", "sudo", "doas", "eval", "bash", "sh", "zsh", "find",
    "alias", "node", "psql", "mysql", "sqlite3",
];

/// Parts of commands, whatever hides their names.
const PARTS: &[&str] = &[
    "' -rf ",
    "\" -rf ",
    "m -rf ",
    "| sh",
    "| bash",
    "| zsh",
    "|sh",
    "|bash",
    "base64 -",
    "python -c",
    "python3 -c",
    "node -e",
];

/// Words at which a statement of SQL may begin, or that stand in no other text.
const STATEMENTS: &[&str] = &[
    "drop", "truncate", "delete", "update", "alter", "grant", "exec", "execute", "copy", "select",
    "with", "use", "begin", "declare",
];

const SQL_PARTS: &[&str] = &[
    "xp_cmdshell",
    "outfile",
    "dumpfile",
    "from program",
    "to program",
];

/// Parts of JavaScript worth a look, in text that is not marked as code.
const SCRIPTS: &[&str] = &[
    "eval?.",
    "eval.call",
    "eval.apply",
    "eval.bind",
    "eval)",
    "eval,",
    "eval;",
    "execScript",
    ".constructor)",
    "Function(",
    "constructor(",
    "setTimeout(",
    "setInterval(",
    "setImmediate(",
    "child_process",
    "execSync(",
    "spawn(",
    "runIn",
    "\"vm\"",
    "'vm'",
    "node:vm",
    "import(",
    "require(",
    "process.binding",
    "dlopen",
    "window[",
    "globalThis",
    "global[",
    "self[",
    "__proto__",
    "javascript:",
];

/// Beginnings of Python expressions worth a look, in text that is not marked as code.
const EXPRESSIONS: &[&str] = &[
    "eval(",
    "exec(",
    "__import__",
    "import pickle",
    "import dill",
    "import marshal",
    "import joblib",
    "import cloudpickle",
    "import os",
    "import importlib",
    "from os import",
    "from subprocess",
    "__globals__",
    "__subclasses__",
    "system(",
    "popen(",
    "Popen(",
    "subprocess.",
    "import subprocess",
    "pickle.load",
    "marshal.load",
    "dill.load",
    "joblib.load",
    "yaml.load",
    "import_module(",
    "getattr(",
    "__builtins__",
    "check_output(",
    "os.exec",
    "os.spawn",
    "shell=True",
    "import eval",
    "import exec",
    "import loads",
    "import builtins",
    "(eval)",
    "(eval,",
    "(exec,",
    "[eval]",
    ": eval",
    ", eval)",
    "builtins.",
    "Unpickler(",
    "cPickle",
    "import _pickle",
    "read_pickle(",
    "import shelve",
    "jsonpickle",
    "runpy.",
    "InteractiveInterpreter",
];

/// The words, ready to be looked for.
#[derive(Debug)]
pub(crate) struct Triggers {
    python: AhoCorasick,
    javascript: AhoCorasick,
    prose: AhoCorasick,
    sql: AhoCorasick,
}

impl Triggers {
    pub(crate) fn new() -> Result<Self, String> {
        let build = |words: Vec<&str>| {
            AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::DFA))
                .match_kind(MatchKind::LeftmostLongest)
                .build(words)
                .map_err(|error| format!("the shipped words: {error}"))
        };
        Ok(Self {
            python: build(PYTHON.to_vec())?,
            javascript: build(JAVASCRIPT.to_vec())?,
            prose: build(
                COMMANDS
                    .iter()
                    .chain(PARTS)
                    .chain(SCRIPTS)
                    .chain(EXPRESSIONS)
                    .copied()
                    .collect(),
            )?,
            sql: AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::DFA))
                .match_kind(MatchKind::LeftmostLongest)
                .ascii_case_insensitive(true)
                .build(STATEMENTS.iter().chain(SQL_PARTS))
                .map_err(|error| format!("the shipped words: {error}"))?,
        })
    }

    /// Whether Python code can have anything in it that is looked for. Names with characters outside
    /// ASCII may stand for others.
    pub(crate) fn may_match_python(&self, code: &str) -> bool {
        !code.is_ascii()
            || code.lines().any(|line| line.trim_start().starts_with('!'))
            || self.python.is_match(code)
    }

    /// The same for JavaScript.
    pub(crate) fn may_match_javascript(&self, code: &str) -> bool {
        self.javascript.is_match(code)
    }

    /// The places in a text that is not marked as code where code may stand, and of what language.
    pub(crate) fn in_prose<'t>(
        &'t self,
        text: &'t str,
    ) -> impl Iterator<Item = (Language, usize)> + 't {
        let mut others = self.words_in(text).peekable();
        let mut statements = self.statements_in(text).peekable();
        std::iter::from_fn(move || {
            let sql_first = match (others.peek(), statements.peek()) {
                (Some(other), Some(statement)) => statement.1 <= other.1,
                (None, Some(_)) => true,
                _ => false,
            };
            if sql_first {
                statements.next()
            } else {
                others.next()
            }
        })
    }

    fn words_in<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (Language, usize)> + 't {
        self.prose.find_iter(text).filter_map(move |found| {
            let bytes = text.as_bytes();
            let is_word = |byte: Option<&u8>| {
                byte.is_some_and(|byte| {
                    byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'-'
                })
            };
            let pattern = found.pattern().as_usize();
            let language = match pattern {
                _ if pattern < COMMANDS.len() => {
                    // A command is a word of its own, with something after it.
                    let before = found
                        .start()
                        .checked_sub(1)
                        .and_then(|before| bytes.get(before));
                    let after = bytes.get(found.end());
                    let whole = !is_word(before) && matches!(after, Some(b' ' | b'\t'));
                    return whole.then_some((Language::Shell, found.start()));
                }
                _ if pattern < COMMANDS.len() + PARTS.len() => Language::Shell,
                _ if pattern < COMMANDS.len() + PARTS.len() + SCRIPTS.len() => Language::JavaScript,
                _ => Language::Python,
            };
            Some((language, found.start()))
        })
    }

    /// A statement begins a line, or stands after a prompt, a semicolon or a backtick.
    fn statements_in<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (Language, usize)> + 't {
        self.sql.find_iter(text).filter_map(move |found| {
            let at = found.start();
            if found.pattern().as_usize() >= STATEMENTS.len() {
                return Some((Language::Sql, at));
            }
            let before = text[..at]
                .bytes()
                .rev()
                .find(|byte| !matches!(byte, b' ' | b'\t'));
            let begins = matches!(
                before,
                None | Some(b'\n' | b';' | b'`' | b'>' | b'#' | b'(' | b'*' | b'-' | b':')
            );
            let ends = text[found.end()..].starts_with(|next: char| next.is_ascii_whitespace());
            (begins && ends).then_some((Language::Sql, at))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_as_whole_words() {
        let triggers = Triggers::new().unwrap();
        let found: Vec<_> = triggers
            .in_prose("a form to perform rm -rf, farm chmodded, /bin/sh -c")
            .collect();
        assert_eq!(found, [(Language::Shell, 18), (Language::Shell, 46)]);
    }

    #[test]
    fn ordinary_python_is_not_parsed() {
        let triggers = Triggers::new().unwrap();
        assert!(!triggers.may_match_python("import os\nprint(os.getcwd())\n"));
        assert!(triggers.may_match_python("import os\nos.system('x')\n"));
        assert!(triggers.may_match_python("ｏs = 1"));
    }
}
