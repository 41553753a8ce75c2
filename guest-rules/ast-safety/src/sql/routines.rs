//! Functions, procedures and clauses that reach out of the database.

use super::tokens::{Kind, Tokens};
use crate::check::Check;
use crate::finding::Finding;

/// Procedures of SQL Server that run a command of the system.
const PROCEDURES: &[&str] = &[
    "XP_CMDSHELL",
    "SP_OACREATE",
    "SP_OAMETHOD",
    "XP_REGWRITE",
    "XP_SERVICECONTROL",
    "SP_EXECUTE_EXTERNAL_SCRIPT",
];

/// Words of definitions that load native code or run without a fence around them.
const COMMAND_NAMES: &[&str] = &[
    "SONAME",
    "PLPYTHONU",
    "PLPYTHON2U",
    "PLPYTHON3U",
    "PLPERLU",
    "PLTCLU",
    "PLSH",
];

/// Functions that run a command of the system or load native code.
const COMMANDS: &[&str] = &[
    "SYS_EXEC",
    "SYS_EVAL",
    "LOAD_EXTENSION",
    "DO_SYSTEM",
    "SYSTEM_EXEC",
];

const FILES: &[&str] = &[
    "LOAD_FILE",
    "PG_READ_FILE",
    "PG_READ_BINARY_FILE",
    "PG_LS_DIR",
    "LO_IMPORT",
    "LO_EXPORT",
    "WRITEFILE",
    "READFILE",
    "FOPEN",
];

const FILE_NAMES: &[&str] = &["XP_DIRTREE", "XP_FILEEXIST", "XP_SUBDIRS", "UTL_FILE"];

const DELAYS: &[&str] = &[
    "SLEEP",
    "PG_SLEEP",
    "PG_SLEEP_FOR",
    "PG_SLEEP_UNTIL",
    "BENCHMARK",
];

pub(super) fn check(tokens: &Tokens) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, token) in tokens.list.iter().enumerate() {
        let name = match &token.kind {
            Kind::Word(word) => word.clone(),
            Kind::Name(name) => name.to_ascii_uppercase(),
            // `EXEC sp_configure 'xp_cmdshell', 1`
            Kind::Text(text) if text.len() < 40 => text.to_ascii_uppercase(),
            _ => continue,
        };
        let is_text = matches!(token.kind, Kind::Text(_));
        let is_call = !is_text && tokens.kind(index + 1) == Some(&Kind::Open);
        let follows = |word: &str| tokens.is(index + 1, &[word]);
        let name = name.as_str();
        let check = if PROCEDURES.contains(&name) && (!is_text || name == "XP_CMDSHELL") {
            Check::XpCmdshell
        } else if name == "PROGRAM" && is_copy(tokens, index) {
            Check::CopyProgram
        } else if name == "INTO" && (follows("OUTFILE") || follows("DUMPFILE")) {
            Check::IntoOutfile
        } else if (COMMAND_NAMES.contains(&name) && !is_text)
            || (is_call && COMMANDS.contains(&name))
        {
            Check::OsCommand
        } else if (is_call && FILES.contains(&name))
            || (!is_text && FILE_NAMES.contains(&name))
            || (name == "OPENROWSET" && tokens.is(index + 2, &["BULK"]))
            || (name == "INFILE" && tokens.is(index.saturating_sub(1), &["DATA"]))
        {
            Check::FileAccess
        } else if (is_call && DELAYS.contains(&name))
            || (name == "WAITFOR" && (follows("DELAY") || follows("TIME")))
            || is_oracle_sleep(tokens, index, name)
        {
            Check::TimeDelay
        } else {
            continue;
        };
        findings.push(Finding {
            check,
            range: token.range.clone(),
        });
    }
    findings
}

/// `COPY t FROM PROGRAM 'ls'`
fn is_copy(tokens: &Tokens, index: usize) -> bool {
    index > 0
        && tokens.is(index - 1, &["FROM", "TO"])
        && matches!(tokens.kind(index + 1), Some(Kind::Text(_) | Kind::Body(_)))
}

/// `DBMS_LOCK.SLEEP`, `DBMS_SESSION.SLEEP`
fn is_oracle_sleep(tokens: &Tokens, index: usize, name: &str) -> bool {
    name.starts_with("DBMS_")
        && tokens.kind(index + 1) == Some(&Kind::Dot)
        && tokens.is(index + 2, &["SLEEP"])
}
