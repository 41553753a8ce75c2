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
    /// Shell: a command with the rights of another user.
    SudoCommand,
    /// JavaScript: code from a string is run (`eval`, `javascript:` and `data:` addresses).
    EvalCall,
    /// JavaScript: a function is made of a string.
    FunctionConstructor,
    /// JavaScript: a timer is given a string to run.
    StringTimer,
    /// JavaScript: a process is started through a shell.
    ChildProcessExec,
    /// JavaScript: code from a string is run by the module `vm`.
    VmRun,
    /// JavaScript: a module is chosen at run time.
    DynamicRequire,
    /// JavaScript: internals of Node.js, or a native library, are loaded.
    ProcessBinding,
    /// JavaScript: the prototype of other objects is written to.
    PrototypePollution,
    /// JavaScript: text is written into a page as HTML.
    HtmlInjection,
    /// SQL: a table, database, schema or user is dropped.
    DropStatement,
    /// SQL: an index, view or routine is dropped.
    DropObject,
    /// SQL: a table is emptied.
    TruncateStatement,
    /// SQL: all rows are deleted.
    DeleteWithoutWhere,
    /// SQL: all rows are changed.
    UpdateWithoutWhere,
    /// SQL: a part of a table or other object is dropped.
    AlterDrop,
    /// SQL: every right is given away.
    GrantAll,
    /// SQL: a command of the system is run, or native code loaded.
    OsCommand,
    /// SQL: a file of the server is read or written.
    FileAccess,
    /// SQL: the answer is delayed, as blind injections do.
    TimeDelay,
    /// SQL: a condition or statement breaks out of a string, or always holds.
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
            | Self::PrototypePollution
            | Self::DropObject
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
            Self::SudoCommand => "ast.bash.sudo_command",
            Self::EvalCall => "ast.javascript.eval_call",
            Self::FunctionConstructor => "ast.javascript.function_constructor",
            Self::StringTimer => "ast.javascript.string_timer",
            Self::ChildProcessExec => "ast.javascript.child_process_exec",
            Self::VmRun => "ast.javascript.vm_run",
            Self::DynamicRequire => "ast.javascript.dynamic_require",
            Self::ProcessBinding => "ast.javascript.process_binding",
            Self::PrototypePollution => "ast.javascript.prototype_pollution",
            Self::HtmlInjection => "ast.javascript.html_injection",
            Self::DropStatement => "ast.sql.drop_statement",
            Self::DropObject => "ast.sql.drop_object",
            Self::TruncateStatement => "ast.sql.truncate_statement",
            Self::DeleteWithoutWhere => "ast.sql.delete_without_where",
            Self::UpdateWithoutWhere => "ast.sql.update_without_where",
            Self::AlterDrop => "ast.sql.alter_drop",
            Self::GrantAll => "ast.sql.grant_all",
            Self::OsCommand => "ast.sql.os_command",
            Self::FileAccess => "ast.sql.file_access",
            Self::TimeDelay => "ast.sql.time_delay",
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
            Self::SudoCommand => "Shell code runs a command with the rights of another user",
            Self::EvalCall => "JavaScript code runs a string as code",
            Self::FunctionConstructor => "JavaScript code makes a function of a string",
            Self::StringTimer => "JavaScript code gives a timer a string to run",
            Self::ChildProcessExec => "JavaScript code starts a process through a shell",
            Self::VmRun => "JavaScript code runs a string in the module vm",
            Self::DynamicRequire => "JavaScript code loads a module by a name made at run time",
            Self::ProcessBinding => "JavaScript code loads internals of Node.js",
            Self::PrototypePollution => "JavaScript code writes to the prototype of other objects",
            Self::HtmlInjection => "JavaScript code writes text into a page as HTML",
            Self::DropStatement => "SQL drops a table, a database or a user",
            Self::DropObject => "SQL drops an object that can be made again",
            Self::TruncateStatement => "SQL empties a table",
            Self::DeleteWithoutWhere => "SQL deletes all rows",
            Self::UpdateWithoutWhere => "SQL changes all rows",
            Self::AlterDrop => "SQL drops a part of an object",
            Self::GrantAll => "SQL gives every right away",
            Self::OsCommand => "SQL runs a command of the system",
            Self::FileAccess => "SQL reads or writes a file of the server",
            Self::TimeDelay => "SQL delays its answer",
            Self::SqlInjection => "SQL holds text made to break out of a statement",
            Self::Unreadable => "Code is nested too deeply to be judged",
            Self::TooLarge => "There is more code than is looked at",
        }
    }
}
