//! The checks, and what is known about each.

use serde::Deserialize;

use crate::snippet::Language;

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Python: code from a string is run (`eval`, `exec` and their relatives).
    ExecOrEvalCall,
    /// Python: `subprocess` with a shell.
    SubprocessShellTrue,
    /// Python: `subprocess`, and whether with a shell is decided elsewhere.
    SubprocessShellUnknown,
    /// Python: data is read by a format that can run code (`pickle` and its relatives).
    PickleLoads,
    /// Python: `os.system`, `os.popen`, `os.exec…`, `os.spawn…`.
    OsSystemOrPopen,
    /// Python: a module is chosen at run time.
    DynamicImport,
    /// Python: objects are reached through classes, frames or globals of functions.
    ClassHierarchyEscape,
    /// Shell: recursive removal of the root, a home or a system directory.
    DangerousRm,
    /// Shell: permissions that let everybody write.
    ChmodWorldWritable,
    /// Shell: a download is run without having been looked at.
    CurlPipeToShell,
    /// Shell: text that was encoded is run.
    EncodedPipeToShell,
    /// Shell: a command with the rights of another user.
    SudoCommand,
    /// JavaScript: code from a string is run (`eval`, `javascript:` and `data:` addresses).
    #[serde(rename = "javascript.eval")]
    Eval,
    /// JavaScript: a function is made of a string.
    #[serde(rename = "javascript.function_constructor")]
    FunctionConstructor,
    /// JavaScript: a timer is given a string to run.
    #[serde(rename = "javascript.timer_string")]
    TimerString,
    /// JavaScript: a process is started through a shell.
    #[serde(rename = "javascript.child_process")]
    ChildProcess,
    /// JavaScript: code from a string is run by the module `vm`.
    #[serde(rename = "javascript.vm")]
    Vm,
    /// JavaScript: `require` of a module that is chosen at run time.
    #[serde(rename = "javascript.dynamic_require")]
    DynamicRequire,
    /// JavaScript: `import()` of a module that is chosen at run time.
    #[serde(rename = "javascript.dynamic_import")]
    ImportExpression,
    /// JavaScript: internals of Node.js, or a native library, are loaded.
    #[serde(rename = "javascript.process_binding")]
    ProcessBinding,
    /// JavaScript: the prototype of other objects is written to.
    #[serde(rename = "javascript.prototype_pollution")]
    PrototypePollution,
    /// JavaScript: text is written into a page as HTML.
    #[serde(rename = "javascript.html_injection")]
    HtmlInjection,
    /// SQL: something is dropped.
    #[serde(rename = "sql.drop")]
    Drop,
    /// SQL: a table is emptied.
    #[serde(rename = "sql.truncate")]
    Truncate,
    /// SQL: all rows are deleted.
    #[serde(rename = "sql.delete_without_where")]
    DeleteWithoutWhere,
    /// SQL: all rows are changed.
    #[serde(rename = "sql.update_without_where")]
    UpdateWithoutWhere,
    /// SQL: a part of a table or other object is dropped.
    #[serde(rename = "sql.alter_drop")]
    AlterDrop,
    /// SQL: every right is given away.
    #[serde(rename = "sql.grant_all")]
    GrantAll,
    /// SQL: a procedure of SQL Server runs a command of the system.
    #[serde(rename = "sql.xp_cmdshell")]
    XpCmdshell,
    /// SQL: `COPY … PROGRAM` runs a command of the system.
    #[serde(rename = "sql.copy_program")]
    CopyProgram,
    /// SQL: the answer is written to a file of the server.
    #[serde(rename = "sql.into_outfile")]
    IntoOutfile,
    /// SQL: a command of the system is run, or native code loaded.
    #[serde(rename = "sql.os_command")]
    OsCommand,
    /// SQL: a file of the server is read or written.
    #[serde(rename = "sql.file_access")]
    FileAccess,
    /// SQL: the answer is delayed, as blind injections do.
    #[serde(rename = "sql.time_delay")]
    TimeDelay,
    /// SQL: a second statement after a value that was to end the first.
    #[serde(rename = "sql.stacked_injection")]
    StackedInjection,
    /// SQL: a condition or statement breaks out of a string, or always holds.
    #[serde(rename = "sql.injection")]
    SqlInjection,
    /// Any language: code nested too deeply to be judged.
    Unreadable,
    /// Any language: more code than is looked at.
    TooLarge,
}

/// How bad a finding of a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    Critical,
    Warning,
    /// Off unless asked for: too much code that is as it should be does it.
    Notice,
}

impl Check {
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::SubprocessShellUnknown
            | Self::DynamicImport
            | Self::SudoCommand
            | Self::DynamicRequire
            | Self::ImportExpression
            | Self::PrototypePollution
            | Self::AlterDrop
            | Self::GrantAll
            | Self::TimeDelay => Severity::Warning,
            Self::HtmlInjection => Severity::Notice,
            _ => Severity::Critical,
        }
    }

    /// The language that the check is about; nothing if it is about any.
    pub(crate) fn language(self) -> Option<Language> {
        let family = self.code().split('.').nth(1);
        match family {
            Some("python") => Some(Language::Python),
            Some("bash") => Some(Language::Shell),
            Some("javascript") => Some(Language::JavaScript),
            Some("sql") => Some(Language::Sql),
            _ => None,
        }
    }

    /// Code of a finding.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::ExecOrEvalCall => "ast.python.exec_or_eval_call",
            Self::SubprocessShellTrue => "ast.python.subprocess_shell_true",
            Self::SubprocessShellUnknown => "ast.python.subprocess_shell_unknown",
            Self::PickleLoads => "ast.python.pickle_loads",
            Self::OsSystemOrPopen => "ast.python.os_system_or_popen",
            Self::DynamicImport => "ast.python.dynamic_import",
            Self::ClassHierarchyEscape => "ast.python.class_hierarchy_escape",
            Self::DangerousRm => "ast.bash.dangerous_rm",
            Self::ChmodWorldWritable => "ast.bash.chmod_world_writable",
            Self::CurlPipeToShell => "ast.bash.curl_pipe_to_shell",
            Self::EncodedPipeToShell => "ast.bash.encoded_pipe_to_shell",
            Self::SudoCommand => "ast.bash.sudo_command",
            Self::Eval => "ast.javascript.eval",
            Self::FunctionConstructor => "ast.javascript.function_constructor",
            Self::TimerString => "ast.javascript.timer_string",
            Self::ChildProcess => "ast.javascript.child_process",
            Self::Vm => "ast.javascript.vm",
            Self::DynamicRequire => "ast.javascript.dynamic_require",
            Self::ImportExpression => "ast.javascript.dynamic_import",
            Self::ProcessBinding => "ast.javascript.process_binding",
            Self::PrototypePollution => "ast.javascript.prototype_pollution",
            Self::HtmlInjection => "ast.javascript.html_injection",
            Self::Drop => "ast.sql.drop",
            Self::Truncate => "ast.sql.truncate",
            Self::DeleteWithoutWhere => "ast.sql.delete_without_where",
            Self::UpdateWithoutWhere => "ast.sql.update_without_where",
            Self::AlterDrop => "ast.sql.alter_drop",
            Self::GrantAll => "ast.sql.grant_all",
            Self::XpCmdshell => "ast.sql.xp_cmdshell",
            Self::CopyProgram => "ast.sql.copy_program",
            Self::IntoOutfile => "ast.sql.into_outfile",
            Self::OsCommand => "ast.sql.os_command",
            Self::FileAccess => "ast.sql.file_access",
            Self::TimeDelay => "ast.sql.time_delay",
            Self::StackedInjection => "ast.sql.stacked_injection",
            Self::SqlInjection => "ast.sql.injection",
            Self::Unreadable => "ast.unreadable",
            Self::TooLarge => "ast.too_large",
        }
    }

    /// What a person reads.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::ExecOrEvalCall => "Python code runs a string as code",
            Self::SubprocessShellTrue => "Python code starts a process through a shell",
            Self::SubprocessShellUnknown => "Python code may start a process through a shell",
            Self::PickleLoads => "Python code loads data in a format that can run code",
            Self::OsSystemOrPopen => "Python code runs a system command",
            Self::DynamicImport => "Python code imports a module by a name made at run time",
            Self::ClassHierarchyEscape => {
                "Python code reaches for objects through their classes or frames"
            }
            Self::DangerousRm => "Shell code removes the root, a home or a system directory",
            Self::ChmodWorldWritable => "Shell code lets everybody write to files",
            Self::CurlPipeToShell => "Shell code runs a download without a look at it",
            Self::EncodedPipeToShell => "Shell code runs text that was encoded",
            Self::SudoCommand => "Shell code runs a command with the rights of another user",
            Self::Eval => "JavaScript code runs a string as code",
            Self::FunctionConstructor => "JavaScript code makes a function of a string",
            Self::TimerString => "JavaScript code gives a timer a string to run",
            Self::ChildProcess => "JavaScript code starts a process through a shell",
            Self::Vm => "JavaScript code runs a string in the module vm",
            Self::DynamicRequire => "JavaScript code requires a module by a name made at run time",
            Self::ImportExpression => "JavaScript code imports a module by a name made at run time",
            Self::ProcessBinding => "JavaScript code loads internals of Node.js",
            Self::PrototypePollution => "JavaScript code writes to the prototype of other objects",
            Self::HtmlInjection => "JavaScript code writes text into a page as HTML",
            Self::Drop => "SQL drops a table or another object",
            Self::Truncate => "SQL empties a table",
            Self::DeleteWithoutWhere => "SQL deletes all rows",
            Self::UpdateWithoutWhere => "SQL changes all rows",
            Self::AlterDrop => "SQL drops a part of an object",
            Self::GrantAll => "SQL gives every right away",
            Self::XpCmdshell => "SQL runs a command of the system",
            Self::CopyProgram => "SQL copies from or to a command of the system",
            Self::IntoOutfile => "SQL writes its answer to a file of the server",
            Self::OsCommand => "SQL runs a command of the system",
            Self::FileAccess => "SQL reads or writes a file of the server",
            Self::TimeDelay => "SQL delays its answer",
            Self::StackedInjection => "SQL holds a second statement after a value",
            Self::SqlInjection => "SQL holds text made to break out of a statement",
            Self::Unreadable => "Code is nested too deeply to be judged",
            Self::TooLarge => "There is more code than is looked at",
        }
    }
}
