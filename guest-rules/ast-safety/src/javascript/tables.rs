//! What is dangerous, by its path.

/// Global names that are recognised unless the code defines them.
pub(super) const GLOBALS: &[&str] = &[
    "eval",
    "Function",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "execScript",
    "require",
    "module",
    "process",
    "Reflect",
    "Object",
    "String",
    "Buffer",
    "atob",
    "unescape",
    "decodeURIComponent",
    "decodeURI",
    "JSON",
    "Deno",
    "Bun",
    "document",
    "console",
    "location",
];

/// Modules that are recognised although the code does not import them: it may be a part of a
/// longer one.
pub(super) const MODULES: &[&str] = &["child_process", "vm", "shelljs", "execa"];

/// These run a string.
pub(super) const EVAL: &[&str] = &["eval", "execScript", "Deno.eval"];

pub(super) const FUNCTION: &[&str] = &[
    "Function",
    "AsyncFunction",
    "GeneratorFunction",
    "AsyncGeneratorFunction",
];

/// These run a string if they are given one first.
pub(super) const TIMERS: &[&str] = &["setTimeout", "setInterval", "setImmediate"];

/// These always use a shell.
pub(super) const SHELL: &[&str] = &[
    "child_process.exec",
    "child_process.execSync",
    "shelljs.exec",
    "execa.command",
    "execa.commandSync",
    "execa.execaCommand",
    "execa.execaCommandSync",
    "zx.$",
    "bun.$",
    "Bun.$",
];

/// These use a shell if they are told to, or are given one to start.
pub(super) const PROCESS: &[&str] = &[
    "child_process.spawn",
    "child_process.spawnSync",
    "child_process.execFile",
    "child_process.execFileSync",
    "cross-spawn",
    "cross-spawn.sync",
    "execa",
    "execa.execa",
    "execa.execaSync",
    "execa.sync",
    "Bun.spawn",
    "Bun.spawnSync",
    "Deno.run",
    "Deno.Command",
];

pub(super) const VM: &[&str] = &[
    "vm.runInThisContext",
    "vm.runInNewContext",
    "vm.runInContext",
    "vm.compileFunction",
    "vm.Script",
    "vm.SourceTextModule",
];

pub(super) const BINDING: &[&str] = &[
    "process.binding",
    "process._linkedBinding",
    "process.dlopen",
];

/// Programs that run a command given as a string.
pub(super) const SHELLS: &[&str] = &[
    "sh",
    "bash",
    "zsh",
    "dash",
    "ksh",
    "cmd",
    "cmd.exe",
    "powershell",
    "powershell.exe",
    "pwsh",
];

/// Names of methods that are given a statement of SQL.
pub(super) const QUERIES: &[&str] = &[
    "query",
    "execute",
    "exec",
    "run",
    "raw",
    "$queryRawUnsafe",
    "$executeRawUnsafe",
    "unsafe",
    "prepare",
    "all",
];

/// Properties whose value the language itself calls.
pub(super) const CALLED: &[&str] = &[
    "toString",
    "valueOf",
    "toJSON",
    "then",
    "onerror",
    "onmessage",
    "onload",
    "onclick",
];

/// Whether the end of a path, after one of its dots, is one of these. A path may lead there through
/// other objects.
pub(super) fn ends_with(path: &str, table: &[&str]) -> bool {
    table.contains(&path)
        || path.match_indices('.').any(|(at, _)| {
            let rest = &path[at + 1..];
            rest.contains('.') && table.contains(&rest)
        })
}
