//! What names and expressions stand for, as far as the code alone tells.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprCall, Number, Operator, Stmt, UnaryOp};

/// Expressions inside expressions are followed this far.
const MAX_DEPTH: usize = 12;

/// A name that stands for more different things than this stands for anything.
const MAX_VALUES: usize = 24;

/// So many steps are spent on one piece of code; ordinary code needs a hundredth of them.
const MAX_STEPS: u32 = 200_000;

/// Strings put together from constants are followed up to this length.
const MAX_TEXT: usize = 4096;

/// Modules that are recognised although the code does not import them: it may be a part of a
/// longer one.
const MODULES: &[&str] = &[
    "os",
    "subprocess",
    "pickle",
    "marshal",
    "importlib",
    "builtins",
    "dill",
    "cloudpickle",
    "joblib",
    "yaml",
    "shelve",
    "runpy",
    "pty",
    "posix",
    "sys",
    "asyncio",
    "jsonpickle",
    "cPickle",
    "_pickle",
    "commands",
    "types",
    "code",
    "pd",
    "np",
];

/// Built-in functions that matter here.
const BUILTINS: &[&str] = &[
    "eval",
    "exec",
    "execfile",
    "__import__",
    "getattr",
    "vars",
    "globals",
    "locals",
    "dict",
    "chr",
    "str",
    "print",
    "repr",
    "type",
    "isinstance",
    "hasattr",
    "callable",
    "id",
    "help",
    "dir",
    "get_ipython",
];

/// What an expression stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A module or something in it, with dots.
    Path(String),
    /// A string.
    Text(String),
    /// Something that is true or false.
    Truth(bool),
    /// A mapping in which `shell` is true.
    ShellOptions,
}

enum Binding<'a> {
    Path(String),
    Expr(&'a Expr),
}

/// Everything that is bound to a name anywhere in the code.
#[derive(Default)]
pub(super) struct Names<'a> {
    bindings: HashMap<&'a str, Vec<Binding<'a>>>,
    /// The same for attributes, whatever they are attributes of.
    attributes: HashMap<&'a str, Vec<Binding<'a>>>,
    /// Modules of which everything was imported.
    stars: Vec<&'a str>,
    /// Functions and classes that the code defines at its top level.
    defined: HashSet<&'a str>,
    known: RefCell<HashMap<Key<'a>, Vec<Value>>>,
    /// Names that are being resolved; one that leads back to itself adds nothing.
    open: RefCell<HashSet<Key<'a>>>,
    steps: Cell<u32>,
}

/// A name, or an attribute.
type Key<'a> = (bool, &'a str);

impl<'a> Names<'a> {
    pub(super) fn collect(body: &'a [Stmt]) -> Self {
        let mut names = Self::default();
        names.visit_body(body);
        for statement in body {
            match statement {
                Stmt::FunctionDef(function) => names.defined.insert(function.name.as_str()),
                Stmt::ClassDef(class) => names.defined.insert(class.name.as_str()),
                _ => false,
            };
        }
        names
    }

    /// Everything that an expression may stand for.
    pub(super) fn resolve(&self, expression: &'a Expr) -> Vec<Value> {
        self.resolve_at(expression, 0)
    }

    /// The paths among what an expression may stand for.
    pub(super) fn paths(&self, expression: &'a Expr) -> Vec<String> {
        let path = |value| {
            if let Value::Path(path) = value {
                Some(path)
            } else {
                None
            }
        };
        self.resolve(expression)
            .into_iter()
            .filter_map(path)
            .collect()
    }

    fn resolve_at(&self, expression: &'a Expr, depth: usize) -> Vec<Value> {
        self.steps.set(self.steps.get() + 1);
        if depth > MAX_DEPTH || self.is_exhausted() {
            return Vec::new();
        }
        let inner = |expression| self.resolve_at(expression, depth + 1);
        match expression {
            Expr::Name(name) => self.resolve_name(name.id.as_str(), depth),
            Expr::Attribute(attribute) => {
                let mut values = members(&inner(&attribute.value), attribute.attr.as_str());
                values.extend(self.resolve_attribute(attribute.attr.as_str(), depth));
                values
            }
            Expr::Subscript(subscript) => {
                self.resolve_subscript(&subscript.value, &subscript.slice, depth)
            }
            Expr::Call(call) => self.resolve_call(call, depth),
            Expr::Named(named) => inner(&named.value),
            Expr::If(choice) => [inner(&choice.body), inner(&choice.orelse)].concat(),
            Expr::BoolOp(operation) => operation.values.iter().flat_map(inner).collect(),
            Expr::Await(awaited) => inner(&awaited.value),
            Expr::StringLiteral(literal) => vec![Value::Text(literal.value.to_str().to_owned())],
            Expr::BytesLiteral(literal) => {
                let bytes: Vec<u8> = literal.value.bytes().collect();
                String::from_utf8(bytes)
                    .map(|text| vec![Value::Text(text)])
                    .unwrap_or_default()
            }
            Expr::BooleanLiteral(literal) => vec![Value::Truth(literal.value)],
            Expr::NoneLiteral(_) => vec![Value::Truth(false)],
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(number) => vec![Value::Truth(number.as_u64() != Some(0))],
                _ => Vec::new(),
            },
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                let negated = |value| {
                    if let Value::Truth(truth) = value {
                        Some(Value::Truth(!truth))
                    } else {
                        None
                    }
                };
                inner(&operation.operand)
                    .into_iter()
                    .filter_map(negated)
                    .collect()
            }
            Expr::BinOp(operation) if operation.op == Operator::Add => {
                joined(&inner(&operation.left), &inner(&operation.right))
            }
            Expr::BinOp(operation) if operation.op == Operator::BitOr => {
                [inner(&operation.left), inner(&operation.right)].concat()
            }
            Expr::FString(string) => {
                let constant = string.value.elements().all(|element| element.is_literal());
                let text = string
                    .value
                    .elements()
                    .filter_map(|element| element.as_literal());
                let text: String = text.map(|literal| &*literal.value).collect();
                if constant {
                    vec![Value::Text(text)]
                } else {
                    Vec::new()
                }
            }
            Expr::Dict(mapping) => {
                let truthy = |value| inner(value).iter().any(is_true);
                let has_shell = mapping.items.iter().any(|item| match &item.key {
                    Some(key) => {
                        inner(key).contains(&Value::Text("shell".to_owned())) && truthy(&item.value)
                    }
                    None => inner(&item.value).contains(&Value::ShellOptions),
                });
                if has_shell {
                    vec![Value::ShellOptions]
                } else {
                    Vec::new()
                }
            }
            _ => Vec::new(),
        }
    }

    /// Whether the code is so tangled that not all of it could be followed.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() > MAX_STEPS
    }

    fn resolve_name(&self, name: &'a str, depth: usize) -> Vec<Value> {
        let key = (false, name);
        if let Some(values) = self.known.borrow().get(&key) {
            return values.clone();
        }
        let bound = self
            .bindings
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let mut values = self.resolve_bound(key, bound, depth);
        // An assignment somewhere does not hide a built-in everywhere; a definition at the top does.
        if BUILTINS.contains(&name) && !self.defined.contains(name) {
            values.push(Value::Path(format!("builtins.{name}")));
        }
        if !self.bindings.contains_key(name) {
            match name {
                "__builtins__" | "__builtin__" => values.push(Value::Path("builtins".to_owned())),
                _ if MODULES.contains(&name) => values.push(Value::Path(name.to_owned())),
                _ => {}
            }
            values.extend(
                self.stars
                    .iter()
                    .map(|module| Value::Path(format!("{module}.{name}"))),
            );
        }
        self.remember(key, &values);
        values
    }

    /// What is assigned to an attribute of this name, whatever it is an attribute of.
    fn resolve_attribute(&self, name: &'a str, depth: usize) -> Vec<Value> {
        let key = (true, name);
        let Some(bound) = self.attributes.get(name) else {
            return Vec::new();
        };
        if let Some(values) = self.known.borrow().get(&key) {
            return values.clone();
        }
        let values = self.resolve_bound(key, bound, depth);
        self.remember(key, &values);
        values
    }

    fn resolve_bound(&self, key: Key<'a>, bound: &[Binding<'a>], depth: usize) -> Vec<Value> {
        let mut values = Vec::new();
        if !self.open.borrow_mut().insert(key) {
            return values;
        }
        for binding in bound {
            let more = match binding {
                Binding::Path(path) => vec![Value::Path(path.clone())],
                Binding::Expr(expression) => self.resolve_at(expression, depth + 1),
            };
            for value in more {
                if values.len() < MAX_VALUES && !values.contains(&value) {
                    values.push(value);
                }
            }
        }
        self.open.borrow_mut().remove(&key);
        values
    }

    /// Only what was resolved with nothing else open is whole.
    fn remember(&self, key: Key<'a>, values: &[Value]) {
        if self.open.borrow().is_empty() {
            self.known.borrow_mut().insert(key, values.to_vec());
        }
    }

    /// `sys.modules["os"]`, `globals()["eval"]`, `vars(os)["system"]`, `[eval][0]`, `"cexe"[::-1]`.
    fn resolve_subscript(&self, value: &'a Expr, slice: &'a Expr, depth: usize) -> Vec<Value> {
        let elements = match value {
            Expr::List(list) => Some(list.elts.as_slice()),
            Expr::Tuple(tuple) => Some(tuple.elts.as_slice()),
            _ => None,
        };
        if let Some(elements) = elements {
            return elements
                .iter()
                .flat_map(|element| self.resolve_at(element, depth + 1))
                .collect();
        }
        if let Expr::Dict(mapping) = value {
            return mapping
                .items
                .iter()
                .flat_map(|item| self.resolve_at(&item.value, depth + 1))
                .collect();
        }
        let values = self.resolve_at(value, depth + 1);
        if let Expr::Slice(slice) = slice {
            let backwards = matches!(slice.step.as_deref(), Some(Expr::UnaryOp(step)) if step.op == UnaryOp::USub);
            let turned = |value| match value {
                Value::Text(text) if backwards => Some(Value::Text(text.chars().rev().collect())),
                _ => None,
            };
            return values.into_iter().filter_map(turned).collect();
        }
        let keys = self.resolve_at(slice, depth + 1);
        let names = keys.iter().filter_map(|key| {
            if let Value::Text(text) = key {
                Some(text.as_str())
            } else {
                None
            }
        });
        names.flat_map(|name| members(&values, name)).collect()
    }

    /// What a call gives, for the few functions that give something to call or a string.
    fn resolve_call(&self, call: &'a ExprCall, depth: usize) -> Vec<Value> {
        let argument = |index: usize| {
            call.arguments
                .args
                .get(index)
                .map(|argument| self.resolve_at(argument, depth + 1))
                .unwrap_or_default()
        };
        let texts = |values: Vec<Value>| {
            values.into_iter().filter_map(|value| {
                if let Value::Text(text) = value {
                    Some(text)
                } else {
                    None
                }
            })
        };
        let mut values = Vec::new();
        for callee in self.resolve_at(&call.func, depth + 1) {
            let Value::Path(path) = callee else { continue };
            match normal(&path).as_str() {
                "builtins.getattr" | "operator.getitem" | "inspect.getattr_static" => {
                    values.extend(texts(argument(1)).flat_map(|name| members(&argument(0), &name)));
                }
                "builtins.__import__" | "importlib.import_module" | "importlib.__import__" => {
                    values.extend(texts(argument(0)).map(Value::Path));
                }
                "builtins.vars" => values.extend(argument(0)),
                "builtins.globals" | "builtins.locals" => {
                    values.push(Value::Path("builtins".to_owned()));
                    values.push(Value::Path("sys.modules".to_owned()));
                }
                "builtins.get_ipython" => values.push(Value::Path("get_ipython".to_owned())),
                "functools.partial" => values.extend(argument(0)),
                "builtins.chr" => {
                    if let Some(Expr::NumberLiteral(literal)) = call.arguments.args.first()
                        && let Number::Int(number) = &literal.value
                    {
                        let character = number
                            .as_u64()
                            .and_then(|code| char::from_u32(u32::try_from(code).ok()?));
                        values
                            .extend(character.map(|character| Value::Text(character.to_string())));
                    }
                }
                "builtins.dict" => {
                    let shell = call.arguments.find_keyword("shell");
                    let truthy = shell.is_some_and(|keyword| {
                        self.resolve_at(&keyword.value, depth + 1)
                            .iter()
                            .any(is_true)
                    });
                    values.extend(truthy.then_some(Value::ShellOptions));
                }
                // `X.__dict__.get("name")`, `X.__getattribute__("name")`, `operator.attrgetter("name")(X)`.
                path => {
                    if let Some((
                        object,
                        "get" | "__getattribute__" | "__getattr__" | "__getitem__" | "pop",
                    )) = path.rsplit_once('.')
                    {
                        let object = [Value::Path(object.to_owned())];
                        values.extend(texts(argument(0)).flat_map(|name| members(&object, &name)));
                    }
                }
            }
        }
        if let Expr::Call(getter) = &*call.func {
            let is_getter = self.resolve_at(&getter.func, depth + 1).iter().any(|value| {
                matches!(value, Value::Path(path) if path == "operator.attrgetter" || path == "operator.itemgetter")
            });
            if let (true, Some(name)) = (is_getter, getter.arguments.args.first()) {
                let names = texts(self.resolve_at(name, depth + 1));
                values.extend(names.flat_map(|name| members(&argument(0), &name)));
            }
        }
        values.extend(self.resolve_text_method(call, depth));
        values
    }

    /// `"".join(["e", "val"])`, `"EVAL".lower()`, `b"eval".decode()`, `"evil".replace("i", "a")`.
    fn resolve_text_method(&self, call: &'a ExprCall, depth: usize) -> Vec<Value> {
        let Expr::Attribute(method) = &*call.func else {
            return Vec::new();
        };
        let arguments = &call.arguments.args;
        let text_of = |expression| {
            self.resolve_at(expression, depth + 1)
                .into_iter()
                .find_map(|value| {
                    if let Value::Text(text) = value {
                        Some(text)
                    } else {
                        None
                    }
                })
        };
        let Some(text) = text_of(&method.value) else {
            return Vec::new();
        };
        let made = match method.attr.as_str() {
            "lower" | "casefold" => Some(text.to_lowercase()),
            "strip" | "lstrip" | "rstrip" => Some(text.trim().to_owned()),
            "decode" | "encode" | "format" => Some(text),
            "replace" => match (
                arguments.first().and_then(text_of),
                arguments.get(1).and_then(text_of),
            ) {
                (Some(from), Some(to)) if !from.is_empty() => Some(text.replace(&from, &to)),
                _ => None,
            },
            "join" => arguments.first().and_then(|list| {
                let elements = match list {
                    Expr::List(list) => list.elts.as_slice(),
                    Expr::Tuple(tuple) => tuple.elts.as_slice(),
                    _ => return None,
                };
                let parts: Option<Vec<String>> = elements.iter().map(text_of).collect();
                parts.map(|parts| parts.join(&text))
            }),
            _ => None,
        };
        made.filter(|made| made.len() <= MAX_TEXT)
            .map(Value::Text)
            .into_iter()
            .collect()
    }

    fn bind(&mut self, target: &'a Expr, value: &'a Expr) {
        match (target, value) {
            (Expr::Name(name), _) => {
                self.bindings
                    .entry(name.id.as_str())
                    .or_default()
                    .push(Binding::Expr(value));
            }
            (Expr::Attribute(attribute), _) => {
                self.attributes
                    .entry(attribute.attr.as_str())
                    .or_default()
                    .push(Binding::Expr(value));
            }
            (Expr::Tuple(_) | Expr::List(_), Expr::Tuple(_) | Expr::List(_)) => {
                for (target, value) in elements(target).iter().zip(elements(value)) {
                    self.bind(target, value);
                }
            }
            (Expr::Tuple(_) | Expr::List(_), _) => {
                for target in elements(target) {
                    self.bind(target, value);
                }
            }
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Names<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let path = alias.name.as_str();
                    // `import a.b` binds `a`.
                    let (name, path) = match &alias.asname {
                        Some(name) => (name.as_str(), path),
                        None => (first_of(path), first_of(path)),
                    };
                    self.bindings
                        .entry(name)
                        .or_default()
                        .push(Binding::Path(path.to_owned()));
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    if alias.name.as_str() == "*" {
                        self.stars.push(module);
                        continue;
                    }
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    let path = format!("{module}.{}", alias.name.as_str());
                    self.bindings
                        .entry(name)
                        .or_default()
                        .push(Binding::Path(path));
                }
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.bind(target, &assign.value);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.bind(&assign.target, value);
                }
            }
            Stmt::For(each) => {
                for element in elements(&each.iter) {
                    self.bind(&each.target, element);
                }
            }
            Stmt::FunctionDef(function) => {
                for parameter in function.parameters.iter_non_variadic_params() {
                    if let Some(default) = parameter.default() {
                        let name = parameter.name().as_str();
                        self.bindings
                            .entry(name)
                            .or_default()
                            .push(Binding::Expr(default));
                    }
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Named(named) = expression {
            self.bind(&named.target, &named.value);
        }
        visitor::walk_expr(self, expression);
    }
}

pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Truth(truth) => *truth,
        Value::Text(text) => !text.is_empty(),
        Value::Path(_) | Value::ShellOptions => false,
    }
}

/// A path in its one usual form.
pub(super) fn normal(path: &str) -> String {
    let plain = path
        .replace(".__dict__", "")
        .replace(".__call__", "")
        .replace("sys.modules.", "");
    let plain = plain
        .replace("__builtins__", "builtins")
        .replace("__builtin__", "builtins");
    match plain.split_once('.') {
        Some(("posix" | "nt", rest)) => format!("os.{rest}"),
        Some(("cPickle" | "_pickle", rest)) => format!("pickle.{rest}"),
        _ => plain,
    }
}

/// The elements of a list or tuple.
fn elements(expression: &Expr) -> &[Expr] {
    match expression {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::Set(set) => &set.elts,
        _ => &[],
    }
}

/// The member `name` of each path.
fn members(values: &[Value], name: &str) -> Vec<Value> {
    let member = |value: &Value| match value {
        Value::Path(path) if path == "sys.modules" => Some(Value::Path(name.to_owned())),
        Value::Path(path) if path.len() + name.len() < MAX_TEXT => {
            Some(Value::Path(format!("{path}.{name}")))
        }
        _ => None,
    };
    values.iter().filter_map(member).collect()
}

fn joined(left: &[Value], right: &[Value]) -> Vec<Value> {
    let (mut values, text) = (Vec::new(), |value: &Value| {
        if let Value::Text(text) = value {
            Some(text.clone())
        } else {
            None
        }
    });
    for start in left.iter().filter_map(text) {
        for end in right.iter().filter_map(text) {
            if values.len() < MAX_VALUES && start.len() + end.len() <= MAX_TEXT {
                values.push(Value::Text(format!("{start}{end}")));
            }
        }
    }
    values
}

fn first_of(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}
