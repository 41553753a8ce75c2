//! Looks at every call and assignment for what must not be done.

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument, AssignmentExpression, AssignmentTarget, BinaryOperator, Expression, ImportExpression,
    MemberExpression, ObjectPropertyKind,
};
use oxc_ast_visit::VisitJs;
use oxc_span::Span;

use super::names::Names;
use super::tables::{self, ends_with};
use super::value::{Value, is_true, texts};
use crate::check::Check;
use crate::finding::{Finding, Findings};
use crate::{shell, sql};

/// Options put together from other options are followed this far.
const MAX_SPREADS: usize = 4;

pub(super) struct Calls<'n, 'a> {
    names: &'n Names<'a>,
    pub(super) findings: Findings,
}

impl<'a> VisitJs<'a> for Calls<'_, 'a> {
    fn enter_node(&mut self, kind: AstKind<'a>) {
        match kind {
            AstKind::CallExpression(call) => self.call(&call.callee, &call.arguments, call.span),
            AstKind::NewExpression(call) => self.call(&call.callee, &call.arguments, call.span),
            AstKind::TaggedTemplateExpression(call) => {
                let paths = self.names.paths(&call.tag);
                // A tag is given its strings as one list, which a function that wants code joins.
                if let Some(check) = paths.iter().find_map(|path| danger(path)) {
                    self.report(check, call.span);
                }
                if paths.iter().any(|path| ends_with(path, tables::TIMERS)) {
                    self.report(Check::TimerString, call.span);
                }
                if paths.iter().any(|path| ends_with(path, tables::SHELL)) {
                    let text: String = call
                        .quasi
                        .quasis
                        .iter()
                        .map(|quasi| quasi.value.raw.as_str())
                        .collect();
                    self.add(shell::check(&text), call.span);
                }
            }
            AstKind::ImportExpression(import) => self.import(import),
            AstKind::AssignmentExpression(assignment) => self.assignment(assignment),
            AstKind::ObjectProperty(property)
                if property
                    .key
                    .static_name()
                    .is_some_and(|name| tables::CALLED.contains(&&*name)) =>
            {
                self.called(&property.value, property.span);
            }
            _ => {}
        }
    }
}

impl<'n, 'a> Calls<'n, 'a> {
    pub(super) fn new(names: &'n Names<'a>) -> Self {
        Self {
            names,
            findings: Findings::default(),
        }
    }

    fn report(&mut self, check: Check, span: Span) {
        let range = span.start as usize..span.end as usize;
        self.findings.add(check, range);
    }

    /// Findings in a string, at the call that the string is given to.
    fn add(&mut self, findings: Vec<Finding>, span: Span) {
        for finding in findings {
            self.report(finding.check, span);
        }
    }

    fn call(&mut self, callee: &'a Expression<'a>, arguments: &'a [Argument<'a>], span: Span) {
        let mut paths = self.names.paths(callee);
        let first = arguments
            .first()
            .and_then(|argument| argument.as_expression());
        if paths
            .iter()
            .any(|path| matches!(path.as_str(), "Reflect.apply" | "Reflect.construct"))
            && let Some(function) = first
        {
            paths.extend(self.names.paths(function));
        }
        for path in &paths {
            if let Some(check) = danger(path)
                && !(arguments.is_empty() && check == Check::Eval)
            {
                self.report(check, span);
            }
            if ends_with(path, tables::TIMERS) && first.is_some_and(|first| self.is_text(first)) {
                self.report(Check::TimerString, span);
            }
            if ends_with(path, tables::PROCESS) && self.has_shell(arguments) {
                self.report(Check::ChildProcess, span);
            }
            if ends_with(path, tables::SHELL) || ends_with(path, tables::PROCESS) {
                self.command(arguments, span);
            }
            if path == "require"
                && let Some(name) = first
                && !self.is_known_module(name)
            {
                self.report(Check::DynamicRequire, span);
            }
            self.pollution_call(path, arguments, span);
        }
        if !paths.iter().any(|path| path.starts_with("console.")) {
            self.given_functions(arguments, span);
        }
        if let Some(method) = callee.get_inner_expression().as_member_expression() {
            self.method(method, first, span);
        }
    }

    /// `lines.map(eval)`, `promisify(exec)`.
    fn given_functions(&mut self, arguments: &'a [Argument<'a>], span: Span) {
        let named = arguments
            .iter()
            .filter_map(|argument| argument.as_expression())
            .filter(|argument| {
                argument.is_identifier_reference()
                    || argument.get_inner_expression().is_member_expression()
            });
        for argument in named {
            let checks: Vec<Check> = self
                .names
                .paths(argument)
                .iter()
                .filter_map(|path| danger(path))
                .collect();
            for check in checks {
                if matches!(check, Check::Eval | Check::ChildProcess | Check::Vm) {
                    self.report(check, span);
                }
            }
        }
    }

    /// Methods that are known by their name alone.
    fn method(
        &mut self,
        method: &'a MemberExpression<'a>,
        first: Option<&'a Expression<'a>>,
        span: Span,
    ) {
        let (Some(name), Some(first)) = (method.static_property_name(), first) else {
            return;
        };
        if tables::QUERIES.contains(&name) {
            let values = self.names.resolve(first);
            if let Some(text) = texts(&values).next() {
                self.add(sql::check_statement(text), span);
            }
        }
        let writes = matches!(name, "insertAdjacentHTML" | "write" | "writeln")
            && (name == "insertAdjacentHTML" || method.object().is_specific_id("document"));
        if writes {
            self.report(Check::HtmlInjection, span);
        }
    }

    /// Looks at the command that is run, as far as it is written down.
    fn command(&mut self, arguments: &'a [Argument<'a>], span: Span) {
        let mut given = arguments
            .iter()
            .filter_map(|argument| argument.as_expression());
        let Some(first) = given.next() else { return };
        let text = |expression: &'a Expression<'a>| {
            texts(&self.names.resolve(expression))
                .next()
                .map(str::to_owned)
        };
        let list = |expression: &'a Expression<'a>| match expression.get_inner_expression() {
            Expression::ArrayExpression(array) => Some(
                array
                    .elements
                    .iter()
                    .filter_map(|element| text(element.as_expression()?))
                    .collect::<Vec<_>>(),
            ),
            _ => None,
        };
        let found = match (list(first), text(first), given.next().and_then(list)) {
            (Some(words), _, _) => shell::check_words(&words),
            (None, Some(command), Some(words)) => {
                shell::check_words(&std::iter::once(command).chain(words).collect::<Vec<_>>())
            }
            (None, Some(command), None) => shell::check(&command),
            _ => Vec::new(),
        };
        self.add(found, span);
    }

    /// Whether a process is started by a shell: an option says so, or the program is one.
    fn has_shell(&self, arguments: &'a [Argument<'a>]) -> bool {
        let mut given = arguments
            .iter()
            .filter_map(|argument| argument.as_expression());
        let first = given
            .clone()
            .next()
            .map(|first| match first.get_inner_expression() {
                Expression::ArrayExpression(array) => array
                    .elements
                    .first()
                    .and_then(|element| element.as_expression()),
                _ => Some(first),
            });
        let programs = first
            .flatten()
            .map(|first| self.names.resolve(first))
            .unwrap_or_default();
        let is_shell = texts(&programs).any(|program| {
            let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
            tables::SHELLS.contains(&name)
        });
        let has_code = || {
            let words = arguments
                .iter()
                .filter_map(|argument| argument.as_expression())
                .flat_map(|argument| match argument.get_inner_expression() {
                    Expression::ArrayExpression(array) => array
                        .elements
                        .iter()
                        .filter_map(|element| element.as_expression())
                        .collect(),
                    _ => vec![argument],
                });
            words.into_iter().any(|word| {
                texts(&self.names.resolve(word)).any(|word| {
                    matches!(
                        word.to_ascii_lowercase().as_str(),
                        "-c" | "/c"
                            | "-lc"
                            | "-ic"
                            | "/k"
                            | "-command"
                            | "-encodedcommand"
                            | "-enc"
                    )
                })
            })
        };
        (is_shell && has_code()) || given.any(|argument| self.option_shell(argument, 0))
    }

    /// Whether an object has a member `shell` that is true.
    fn option_shell(&self, argument: &'a Expression<'a>, depth: usize) -> bool {
        if depth > MAX_SPREADS {
            return false;
        }
        let object = match argument.get_inner_expression() {
            Expression::ObjectExpression(object) => object,
            Expression::Identifier(name) => {
                // Options may be put together before the call.
                return self
                    .names
                    .assigned(name.name.as_str())
                    .any(|object| self.option_shell(object, depth + 1));
            }
            _ => return false,
        };
        object.properties.iter().any(|property| match property {
            ObjectPropertyKind::ObjectProperty(property) => {
                let by_name = property
                    .key
                    .static_name()
                    .is_some_and(|name| name == "shell");
                let computed = || {
                    property.key.as_expression().is_some_and(|key| {
                        texts(&self.names.resolve(key)).any(|text| text == "shell")
                    })
                };
                (by_name || computed()) && self.names.resolve(&property.value).iter().any(is_true)
            }
            ObjectPropertyKind::SpreadProperty(spread) => {
                self.option_shell(&spread.argument, depth + 1)
            }
        })
    }

    fn import(&mut self, import: &'a ImportExpression<'a>) {
        let values = self.names.resolve(&import.source);
        if texts(&values).any(|name| name.starts_with("data:")) {
            self.report(Check::Eval, import.span);
        } else if !self.is_known_module(&import.source) {
            self.report(Check::ImportExpression, import.span);
        }
    }

    /// Whether a name of a module is written down.
    fn is_known_module(&self, name: &'a Expression<'a>) -> bool {
        texts(&self.names.resolve(name)).next().is_some()
    }

    /// Whether an expression is surely a string.
    fn is_text(&self, expression: &'a Expression<'a>) -> bool {
        match expression.get_inner_expression() {
            Expression::TemplateLiteral(_) => true,
            Expression::BinaryExpression(sum) if sum.operator == BinaryOperator::Addition => {
                self.is_text(&sum.left) || self.is_text(&sum.right)
            }
            _ => texts(&self.names.resolve(expression)).next().is_some(),
        }
    }

    fn assignment(&mut self, assignment: &'a AssignmentExpression<'a>) {
        if let AssignmentTarget::AssignmentTargetIdentifier(name) = &assignment.left {
            if tables::CALLED.contains(&name.name.as_str()) {
                self.called(&assignment.right, assignment.span);
            }
            if name.name == "location" {
                self.address(&assignment.right, assignment.span);
            }
            return;
        }
        let Some(target) = assignment.left.as_member_expression() else {
            return;
        };
        let name = match target {
            MemberExpression::ComputedMemberExpression(computed) => {
                texts(&self.names.resolve(&computed.expression))
                    .next()
                    .map(str::to_owned)
            }
            _ => target.static_property_name().map(str::to_owned),
        };
        let is_computed = matches!(target, MemberExpression::ComputedMemberExpression(_));
        if self.is_prototype(target.object())
            || (is_computed && name.as_deref() == Some("__proto__"))
        {
            self.report(Check::PrototypePollution, assignment.span);
        }
        match name.as_deref() {
            Some("innerHTML" | "outerHTML" | "srcdoc")
                if texts(&self.names.resolve(&assignment.right))
                    .next()
                    .is_none() =>
            {
                self.report(Check::HtmlInjection, assignment.span);
            }
            Some("href" | "location") => self.address(&assignment.right, assignment.span),
            Some(name) if tables::CALLED.contains(&name) => {
                self.called(&assignment.right, assignment.span);
            }
            _ => {}
        }
    }

    /// `location = "javascript:…"`
    fn address(&mut self, address: &'a Expression<'a>, span: Span) {
        let values = self.names.resolve(address);
        let runs = |text: &str| {
            text.trim_start()
                .to_ascii_lowercase()
                .strip_prefix("javascript:")
                .is_some_and(|code| {
                    !code.trim_start().starts_with("void") && !matches!(code.trim(), "" | ";")
                })
        };
        if texts(&values).any(runs) {
            self.report(Check::Eval, span);
        }
    }

    /// A function that the language itself will call.
    fn called(&mut self, function: &'a Expression<'a>, span: Span) {
        let checks: Vec<Check> = self
            .names
            .paths(function)
            .iter()
            .filter_map(|path| danger(path))
            .collect();
        for check in checks {
            self.report(check, span);
        }
    }

    /// Whether something is the prototype of all objects, or of another object's class.
    fn is_prototype(&self, object: &'a Expression<'a>) -> bool {
        let Some(member) = object.get_inner_expression().as_member_expression() else {
            return false;
        };
        let name = match member {
            MemberExpression::ComputedMemberExpression(computed) => {
                texts(&self.names.resolve(&computed.expression))
                    .next()
                    .map(str::to_owned)
            }
            _ => member.static_property_name().map(str::to_owned),
        };
        match name.as_deref() {
            Some("__proto__") => true,
            Some("prototype") => {
                let owner = member.object().get_inner_expression();
                let of_constructor = owner.as_member_expression().is_some_and(|owner| {
                    owner.static_property_name() == Some("constructor")
                        && !matches!(
                            owner.object().get_inner_expression(),
                            Expression::ThisExpression(_)
                        )
                });
                of_constructor || self.names.resolve(owner).contains(&Value::path("Object"))
            }
            _ => false,
        }
    }

    /// `Object.assign(Object.prototype, …)`, `JSON.parse('{"__proto__": …}')`.
    fn pollution_call(&mut self, path: &str, arguments: &'a [Argument<'a>], span: Span) {
        let Some(first) = arguments
            .first()
            .and_then(|argument| argument.as_expression())
        else {
            return;
        };
        let pollutes = match path {
            "Object.assign"
            | "Object.defineProperty"
            | "Object.defineProperties"
            | "Reflect.set"
            | "Reflect.defineProperty" => {
                let is_whole = |value: &Value| *value == Value::path("Object.prototype");
                self.names.resolve(first).iter().any(is_whole) || self.is_member_proto(first)
            }
            "JSON.parse" => {
                texts(&self.names.resolve(first)).any(|text| text.contains("\"__proto__\""))
            }
            _ => false,
        };
        if pollutes {
            self.report(Check::PrototypePollution, span);
        }
    }

    fn is_member_proto(&self, expression: &'a Expression<'a>) -> bool {
        let member = expression.get_inner_expression().as_member_expression();
        member.and_then(MemberExpression::static_property_name) == Some("__proto__")
    }
}

/// What is at a path, if it must not be called.
fn danger(path: &str) -> Option<Check> {
    let tables = [
        (tables::EVAL, Check::Eval),
        (tables::FUNCTION, Check::FunctionConstructor),
        (tables::SHELL, Check::ChildProcess),
        (tables::VM, Check::Vm),
        (tables::BINDING, Check::ProcessBinding),
    ];
    let found = tables.iter().find(|(table, _)| ends_with(path, table));
    found.map(|(_, check)| *check)
}
