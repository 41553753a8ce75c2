//! What names and expressions stand for, as far as the code alone tells.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use ruff_python_ast::{Expr, Number, Operator, Stmt, UnaryOp};

use super::bindings::{Binding, Bindings};
use super::value::{MAX_PATHS, MAX_VALUES, Value, is_true, joined, members};

/// Expressions inside expressions are followed this far.
const MAX_DEPTH: usize = 12;

/// So many steps are spent on one piece of code; ordinary code needs a hundredth of them.
const MAX_STEPS: u32 = 200_000;

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

/// What the names of a piece of code stand for.
pub(super) struct Names<'a> {
    bindings: Bindings<'a>,
    known: RefCell<HashMap<Key<'a>, Vec<Value>>>,
    /// Names that are being resolved; one that leads back to itself adds nothing.
    open: RefCell<HashSet<Key<'a>>>,
    steps: Cell<u32>,
}

/// A name, or an attribute.
type Key<'a> = (bool, &'a str);

impl<'a> Names<'a> {
    pub(super) fn collect(body: &'a [Stmt]) -> Self {
        Self {
            bindings: Bindings::collect(body),
            known: RefCell::default(),
            open: RefCell::default(),
            steps: Cell::new(0),
        }
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

    pub(super) fn resolve_at(&self, expression: &'a Expr, depth: usize) -> Vec<Value> {
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
        let names = &self.bindings.names;
        let bound = names.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut values = self.resolve_bound(key, bound, depth);
        // An assignment somewhere does not hide a built-in everywhere; a definition at the top does.
        if BUILTINS.contains(&name) && !self.bindings.defined.contains(name) {
            values.push(Value::Path(format!("builtins.{name}")));
        }
        if !names.contains_key(name) {
            match name {
                "__builtins__" | "__builtin__" => values.push(Value::Path("builtins".to_owned())),
                _ if MODULES.contains(&name) => values.push(Value::Path(name.to_owned())),
                _ => {}
            }
            values.extend(
                self.bindings
                    .stars
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
        let Some(bound) = self.bindings.attributes.get(name) else {
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
                // Strings and truths must not crowd out what can be called.
                let most = if matches!(value, Value::Path(_)) {
                    MAX_PATHS
                } else {
                    MAX_VALUES
                };
                if values.len() < most && !values.contains(&value) {
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
}
