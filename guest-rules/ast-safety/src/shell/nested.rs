//! Commands that are given code of another language, or another command line.

use std::ops::Range;

use super::commands::SHELLS;
use super::walk::{Data, Walk};
use super::words::{FETCHED, data_of, known};
use crate::check::Check;
use crate::finding::Finding;
use crate::{javascript, python, sql};

/// Clients of databases.
pub(super) const DATABASES: &[&str] = &[
    "psql",
    "mysql",
    "mariadb",
    "sqlite3",
    "sqlite",
    "sqlcmd",
    "sqlplus",
    "duckdb",
    "clickhouse-client",
    "clickhouse",
    "cockroach",
    "usql",
    "snowsql",
    "bq",
    "cqlsh",
    "mycli",
    "pgcli",
];

/// Options of database clients that a statement follows.
const STATEMENT: &[&str] = &[
    "-c",
    "--command",
    "-e",
    "--execute",
    "-q",
    "-Q",
    "--query",
    "-cmd",
];

impl Walk {
    pub(super) fn interpreter(
        &mut self,
        name: &str,
        arguments: &[String],
        stdin: &Data,
        range: Range<usize>,
    ) {
        let is_javascript = matches!(name, "node" | "nodejs" | "deno" | "bun" | "tsx");
        let takes_code = |word: &String| {
            matches!(word.as_str(), "-c" | "-e" | "-r" | "--eval")
                || (is_javascript && matches!(word.as_str(), "-p" | "-pe" | "--print" | "eval"))
                // `python3 -Ic`, `python3 -uc`
                || (name.starts_with("python") && word.len() <= 5 && word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))
        };
        let code = arguments.iter().position(takes_code);
        let joined = arguments
            .iter()
            .find_map(|word| word.strip_prefix("--eval="));
        let data = match code
            .and_then(|at| arguments.get(at + 1))
            .map(String::as_str)
            .or(joined)
        {
            Some(code) => data_of(code),
            None => match arguments
                .iter()
                .find(|word| !word.starts_with('-') || *word == "-")
            {
                None => stdin.clone(),
                Some(file) if file == "-" || file == "/dev/stdin" => stdin.clone(),
                Some(file) if file.contains(FETCHED) || self.downloads.contains(file) => {
                    Data::Fetched
                }
                Some(_) => Data::Unknown,
            },
        };
        match data {
            Data::Fetched => self.report(Check::CurlPipeToShell, range),
            Data::Decoded(_) => self.report(Check::EncodedPipeToShell, range),
            Data::Text(code) if name.starts_with("python") => {
                self.other(python::check, &code, &range);
            }
            Data::Text(code) if is_javascript => {
                self.other(|code| javascript::read(code).findings, &code, &range);
            }
            _ => {}
        }
    }

    /// `psql -c "…"`, `mysql -e "…"`, `sqlite3 file "…"`, `echo … | psql`.
    pub(super) fn database(
        &mut self,
        name: &str,
        arguments: &[String],
        stdin: &Data,
        range: Range<usize>,
    ) {
        let mut statements: Vec<String> = Vec::new();
        for (at, word) in arguments.iter().enumerate() {
            let joined = word
                .split_once('=')
                .filter(|(option, _)| STATEMENT.contains(option))
                .map(|(_, statement)| statement);
            // `-e"…"`
            let short = ["-e", "-c", "-Q", "-q"]
                .iter()
                .find_map(|option| word.strip_prefix(option))
                .filter(|rest| rest.contains(' '));
            if STATEMENT.contains(&word.as_str()) {
                statements.extend(arguments.get(at + 1).cloned());
            } else if let Some(statement) = joined.or(short) {
                statements.push(statement.to_owned());
            }
        }
        if matches!(name, "sqlite3" | "sqlite" | "bq" | "duckdb") {
            statements.extend(
                arguments
                    .iter()
                    .filter(|word| word.contains([' ', '.']))
                    .cloned(),
            );
        }
        if let Data::Text(text) = stdin {
            statements.push(text.clone());
        }
        for statement in statements {
            self.other(sql::check, &known(&statement), &range);
        }
    }

    /// Checks code of another language that a command at `range` is given.
    fn other(&mut self, check: impl Fn(&str) -> Vec<Finding>, code: &str, range: &Range<usize>) {
        if self.nesting >= super::MAX_NESTING {
            return self.report(Check::Unreadable, range.clone());
        }
        self.nesting += 1;
        for finding in check(code) {
            self.report(finding.check, range.clone());
        }
        self.nesting -= 1;
    }

    /// Commands whose last words are a command line, or a string with one.
    pub(super) fn run_last(&mut self, name: &str, arguments: &[String], range: Range<usize>) {
        if let Some(at) = arguments
            .iter()
            .position(|word| matches!(word.as_str(), "-c" | "--command"))
        {
            if let Some(code) = arguments.get(at + 1) {
                self.run_code(code, range);
            }
            return;
        }
        let words: Vec<&String> = arguments
            .iter()
            .filter(|word| !word.starts_with('-'))
            .collect();
        let skip = usize::from(matches!(name, "ssh" | "flock"));
        let code: Vec<&str> = words.iter().skip(skip).map(|word| word.as_str()).collect();
        if name != "su" && !code.is_empty() {
            self.run_code(&code.join(" "), range);
        }
    }

    /// A shell, or a command after `--`, somewhere in the words of a command that is not known:
    /// `docker run image sh -c "…"`, `kubectl exec pod -- rm -rf /`.
    pub(super) fn run_inner(&mut self, arguments: &[String], stdin: &Data, range: Range<usize>) {
        let base = |word: &String| {
            known(word)
                .rsplit('/')
                .next()
                .map(str::to_owned)
                .unwrap_or_default()
        };
        let shell = arguments.windows(2).position(|pair| {
            SHELLS.contains(&base(&pair[0]).as_str())
                && pair[1].starts_with('-')
                && pair[1].contains('c')
        });
        let after = arguments
            .iter()
            .position(|word| word == "--")
            .map(|at| at + 1);
        if let Some(at) = shell.or(after)
            && at < arguments.len()
        {
            self.run(&arguments[at..], stdin, range);
        }
    }
}
