//! Looks at every call for what must not be called.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Decorator, Expr, ExprCall, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::bytes;
use super::hierarchy;
use super::names::Names;
use super::value::{Value, is_true, normal, texts};
use crate::check::Check;
use crate::finding::Findings;
use crate::{shell, sql};

/// Deeper expressions than this are not walked; [`super::depth`] has refused them before.
const MAX_DEPTH: usize = 400;

const EXEC: &[&str] = &[
    "builtins.eval",
    "builtins.exec",
    "builtins.execfile",
    "types.FunctionType",
    "types.CodeType",
    "code.InteractiveInterpreter",
    "code.InteractiveConsole",
    "code.interact",
    "get_ipython.run_cell",
    "get_ipython.ex",
    "get_ipython.ev",
];

/// Functions of `os` that run a command.
const OS: &[&str] = &[
    "system",
    "popen",
    "popen2",
    "popen3",
    "popen4",
    "startfile",
    "execl",
    "execle",
    "execlp",
    "execlpe",
    "execv",
    "execve",
    "execvp",
    "execvpe",
    "spawnl",
    "spawnle",
    "spawnlp",
    "spawnlpe",
    "spawnv",
    "spawnve",
    "spawnvp",
    "spawnvpe",
    "posix_spawn",
    "posix_spawnp",
];

const OTHER_COMMANDS: &[&str] = &[
    "pty.spawn",
    "commands.getoutput",
    "commands.getstatusoutput",
    "platform.popen",
    "get_ipython.system",
    "get_ipython.getoutput",
];

const SUBPROCESS: &[&str] = &["Popen", "call", "check_call", "check_output", "run"];

/// These always use a shell.
const SHELL_PROCESS: &[&str] = &[
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "asyncio.create_subprocess_shell",
    "asyncio.subprocess.create_subprocess_shell",
];

const PICKLE: &[&str] = &[
    "pickle.load",
    "pickle.loads",
    "pickle.Unpickler",
    "dill.load",
    "dill.loads",
    "dill.Unpickler",
    "cloudpickle.load",
    "cloudpickle.loads",
    "marshal.load",
    "marshal.loads",
    "joblib.load",
    "shelve.open",
    "jsonpickle.decode",
    "jsonpickle.loads",
    "pandas.read_pickle",
    "pd.read_pickle",
    "yaml.unsafe_load",
    "yaml.unsafe_load_all",
    "yaml.full_load",
    "yaml.full_load_all",
];

const YAML: &[&str] = &["yaml.load", "yaml.load_all"];

const IMPORT: &[&str] = &[
    "builtins.__import__",
    "importlib.import_module",
    "importlib.__import__",
    "imp.load_source",
    "imp.load_module",
    "runpy.run_path",
    "runpy.run_module",
];

/// Functions that do nothing with a function they are given.
const HARMLESS: &[&str] = &[
    "builtins.print",
    "builtins.repr",
    "builtins.str",
    "builtins.type",
    "builtins.isinstance",
    "builtins.hasattr",
    "builtins.callable",
    "builtins.id",
    "builtins.help",
    "builtins.dir",
    "builtins.getattr",
    "builtins.vars",
];

/// What something at a path does when it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Danger {
    Always(Check),
    /// If its option `shell` is true.
    WithShell,
    /// Unless it is given a safe loader.
    WithoutLoader,
}

/// Methods that are given a statement of SQL.
const QUERIES: &[&str] = &["execute", "executemany", "executescript", "exec_driver_sql"];

/// Whether a process is started through a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shell {
    Yes,
    No,
    Unknown,
}

pub(super) struct Calls<'n, 'a> {
    names: &'n Names<'a>,
    code: &'a str,
    depth: usize,
    pub(super) findings: Findings,
}

impl<'n, 'a> Calls<'n, 'a> {
    pub(super) fn new(names: &'n Names<'a>, code: &'a str) -> Self {
        Self {
            names,
            code,
            depth: 0,
            findings: Findings::default(),
        }
    }

    fn report(&mut self, check: Check, range: TextRange) {
        self.findings.add(check, bytes(range));
    }

    fn check_call(&mut self, call: &'a ExprCall) {
        let paths: Vec<String> = self
            .names
            .paths(&call.func)
            .iter()
            .map(|path| normal(path))
            .collect();
        let mut runs_command = false;
        for danger in paths.iter().filter_map(|path| danger(path)) {
            match danger {
                Danger::Always(check) => {
                    runs_command |=
                        matches!(check, Check::OsSystemOrPopen | Check::SubprocessShellTrue);
                    self.report(check, call.range());
                }
                Danger::WithShell => {
                    runs_command = true;
                    match self.shell(call) {
                        Shell::Yes => self.report(Check::SubprocessShellTrue, call.range()),
                        Shell::Unknown => self.report(Check::SubprocessShellUnknown, call.range()),
                        Shell::No => {}
                    }
                }
                Danger::WithoutLoader => {
                    if !self.has_safe_loader(call) {
                        self.report(Check::PickleLoads, call.range());
                    }
                }
            }
        }
        if runs_command {
            self.check_command(call);
        }
        self.check_query(call);
        if !paths.iter().any(|path| HARMLESS.contains(&path.as_str())) {
            self.check_given_functions(call);
        }
    }

    /// `map(eval, lines)`, `Thread(target=os.system)`, `partial(subprocess.run, shell=True)`.
    fn check_given_functions(&mut self, call: &'a ExprCall) {
        let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
        for argument in call.arguments.args.iter().chain(keywords) {
            if !matches!(
                argument,
                Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_) | Expr::Call(_)
            ) {
                continue;
            }
            for path in self
                .names
                .paths(argument)
                .into_iter()
                .filter(|path| !path.contains("types."))
            {
                match danger(&normal(&path)) {
                    Some(Danger::Always(
                        check @ (Check::ExecOrEvalCall | Check::OsSystemOrPopen),
                    )) => {
                        self.report(check, call.range());
                    }
                    Some(Danger::WithShell) if self.shell(call) == Shell::Yes => {
                        self.report(Check::SubprocessShellTrue, call.range());
                    }
                    _ => {}
                }
            }
        }
    }

    /// Whether a process is started through a shell: an option says so, or the program is one.
    fn shell(&self, call: &'a ExprCall) -> Shell {
        let mut answer = Shell::No;
        for keyword in &call.arguments.keywords {
            let values = self.names.resolve(&keyword.value);
            let is_yes = match &keyword.arg {
                Some(name) if name.as_str() != "shell" => continue,
                Some(_) => values.iter().any(is_true),
                None => values.contains(&Value::ShellOptions),
            };
            // A comparison asks for the system, as a rule, and what is spread is no option most often.
            let is_unknown =
                keyword.arg.is_some() && values.is_empty() && !keyword.value.is_compare_expr();
            match (is_yes, is_unknown) {
                (true, _) => return Shell::Yes,
                (_, true) => answer = Shell::Unknown,
                _ => {}
            }
        }
        if self.starts_shell(call) {
            return Shell::Yes;
        }
        answer
    }

    /// `["sh", "-c", command]`
    fn starts_shell(&self, call: &'a ExprCall) -> bool {
        let Some(Expr::List(words)) = call.arguments.args.first() else {
            return false;
        };
        let [program, option, ..] = words.elts.as_slice() else {
            return false;
        };
        let text = |expression| {
            let values = self.names.resolve(expression);
            texts(&values).next().map(str::to_owned)
        };
        let (Some(program), Some(option)) = (text(program), text(option)) else {
            return false;
        };
        let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
        let option = option.to_ascii_lowercase();
        match name.trim_end_matches(".exe") {
            "sh" | "bash" | "zsh" | "dash" | "ksh" => {
                option.starts_with('-') && !option.starts_with("--") && option.contains('c')
            }
            "cmd" => matches!(option.as_str(), "/c" | "/k"),
            "powershell" | "pwsh" => option.starts_with("-c") || option.starts_with("-e"),
            _ => false,
        }
    }

    /// `cursor.execute("…")`
    fn check_query(&mut self, call: &'a ExprCall) {
        let (Expr::Attribute(method), Some(first)) = (&*call.func, call.arguments.args.first())
        else {
            return;
        };
        if !QUERIES.contains(&method.attr.as_str()) {
            return;
        }
        // A driver's own wrapper for a statement: `text("…")`.
        let inner = match first {
            Expr::Call(wrapper) => wrapper.arguments.args.first().unwrap_or(first),
            other => other,
        };
        let values = self.names.resolve(inner);
        if let Some(text) = texts(&values).next() {
            for finding in sql::check_statement(text) {
                self.report(finding.check, call.range());
            }
        }
    }

    fn has_safe_loader(&self, call: &'a ExprCall) -> bool {
        let keyword = call
            .arguments
            .find_keyword("Loader")
            .map(|keyword| &keyword.value);
        let Some(loader) = keyword.or_else(|| call.arguments.args.get(1)) else {
            return false;
        };
        let safe = |path: &String| {
            matches!(
                path.rsplit('.').next(),
                Some("SafeLoader" | "CSafeLoader" | "BaseLoader" | "CBaseLoader")
            )
        };
        self.names.paths(loader).iter().any(safe)
    }

    /// Looks at the command that is run, as far as it is written down.
    fn check_command(&mut self, call: &'a ExprCall) {
        let keyword = call
            .arguments
            .find_keyword("args")
            .map(|keyword| &keyword.value);
        let Some(command) = call.arguments.args.first().or(keyword) else {
            return;
        };
        let text = |expression| {
            let values = self.names.resolve(expression);
            texts(&values).next().map(str::to_owned)
        };
        let found = match command {
            Expr::List(list) => {
                let words: Vec<String> = list.elts.iter().filter_map(text).collect();
                shell::check_words(&words)
            }
            _ => text(command)
                .map(|command| shell::check(&command))
                .unwrap_or_default(),
        };
        for finding in found {
            self.report(finding.check, call.range());
        }
    }

    fn check_path(&mut self, expression: &'a Expr, range: TextRange) {
        for path in self.names.paths(expression) {
            if let Some(Danger::Always(check @ (Check::ExecOrEvalCall | Check::OsSystemOrPopen))) =
                danger(&normal(&path))
            {
                self.report(check, range);
            }
        }
    }
}

impl<'a> Visitor<'a> for Calls<'_, 'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            // `__getitem__ = eval`: the language will call it.
            Stmt::Assign(assign) => {
                let is_special =
                    |target: &Expr| matches!(target, Expr::Name(name) if name.id.starts_with("__"));
                if assign.targets.iter().any(is_special) {
                    self.check_path(&assign.value, assign.range);
                }
            }
            // Python 2: `exec "code"`.
            Stmt::Expr(statement) if matches!(&*statement.value, Expr::Name(name) if name.id == "exec") =>
            {
                let rest = &self.code[statement.range.end().to_usize()..];
                if rest
                    .trim_start_matches([' ', '\t'])
                    .starts_with(['"', '\''])
                {
                    self.report(Check::ExecOrEvalCall, statement.range);
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_decorator(&mut self, decorator: &'a Decorator) {
        self.check_path(&decorator.expression, decorator.range);
        visitor::walk_decorator(self, decorator);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if self.depth >= MAX_DEPTH {
            self.report(Check::Unreadable, expression.range());
            return;
        }
        if let Expr::Call(call) = expression {
            self.check_call(call);
        }
        if hierarchy::is_escape(expression, self.names) {
            self.report(Check::ClassHierarchyEscape, expression.range());
        }
        self.depth += 1;
        visitor::walk_expr(self, expression);
        self.depth -= 1;
    }
}

/// What is at a path, which may lead there through other modules (`shutil.os.system`).
fn danger(path: &str) -> Option<Danger> {
    let always = [
        (EXEC, Check::ExecOrEvalCall),
        (SHELL_PROCESS, Check::SubprocessShellTrue),
        (PICKLE, Check::PickleLoads),
        (IMPORT, Check::DynamicImport),
        (OTHER_COMMANDS, Check::OsSystemOrPopen),
    ];
    let starts = std::iter::once(0).chain(path.match_indices('.').map(|(index, _)| index + 1));
    starts.map(|start| &path[start..]).find_map(|path| {
        if let Some((_, check)) = always.iter().find(|(paths, _)| paths.contains(&path)) {
            return Some(Danger::Always(*check));
        }
        match path.split_once('.') {
            Some(("os" | "_os", function)) if OS.contains(&function) => {
                Some(Danger::Always(Check::OsSystemOrPopen))
            }
            Some(("subprocess", function)) if SUBPROCESS.contains(&function) => {
                Some(Danger::WithShell)
            }
            _ if YAML.contains(&path) => Some(Danger::WithoutLoader),
            _ => None,
        }
    })
}
