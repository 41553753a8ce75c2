//! The checks, and what is known about each.

use serde::Deserialize;

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Python: code from a string is run (`eval`, `exec` and their relatives).
    ExecOrEvalCall,
    /// Python: `subprocess` with a shell.
    SubprocessShellTrue,
    /// Python: data is read by a format that can run code (`pickle` and its relatives).
    PickleLoads,
    /// Python: `os.system`, `os.popen`, `os.exec…`, `os.spawn…`.
    OsSystemOrPopen,
    /// Python: a module is chosen at run time.
    DynamicImport,
    /// Shell: recursive removal of the root, a home or a system directory.
    DangerousRm,
    /// Shell: permissions that let everybody write.
    ChmodWorldWritable,
    /// Shell: a download is run without having been looked at.
    CurlPipeToShell,
    /// Shell: a command with the rights of another user.
    SudoCommand,
    /// Any language: code too deep or too large to be judged.
    Unreadable,
}

/// How bad a finding of a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    Critical,
    Warning,
}

impl Check {
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::DynamicImport | Self::SudoCommand => Severity::Warning,
            _ => Severity::Critical,
        }
    }

    /// Code of a finding.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::ExecOrEvalCall => "ast.python.exec_or_eval_call",
            Self::SubprocessShellTrue => "ast.python.subprocess_shell_true",
            Self::PickleLoads => "ast.python.pickle_loads",
            Self::OsSystemOrPopen => "ast.python.os_system_or_popen",
            Self::DynamicImport => "ast.python.dynamic_import",
            Self::DangerousRm => "ast.bash.dangerous_rm",
            Self::ChmodWorldWritable => "ast.bash.chmod_world_writable",
            Self::CurlPipeToShell => "ast.bash.curl_pipe_to_shell",
            Self::SudoCommand => "ast.bash.sudo_command",
            Self::Unreadable => "ast.unreadable",
        }
    }

    /// What a person reads.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::ExecOrEvalCall => "Python code runs a string as code",
            Self::SubprocessShellTrue => "Python code starts a process through a shell",
            Self::PickleLoads => "Python code loads data in a format that can run code",
            Self::OsSystemOrPopen => "Python code runs a system command",
            Self::DynamicImport => "Python code imports a module by a name made at run time",
            Self::DangerousRm => "Shell code removes the root, a home or a system directory",
            Self::ChmodWorldWritable => "Shell code lets everybody write to files",
            Self::CurlPipeToShell => "Shell code runs a download without a look at it",
            Self::SudoCommand => "Shell code runs a command with the rights of another user",
            Self::Unreadable => "Code is nested too deeply or too large to be judged",
        }
    }
}
