//! What names and expressions stand for, as far as the code alone tells.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use oxc_ast::ast::{
    ArrayExpression, BinaryOperator, ChainElement, Expression, MemberExpression, UnaryOperator,
};

use super::bindings::{Base, Binding, Bindings, Member, start_of};
use super::tables;
use super::value::{self, GLOBAL, MAX_VALUES, Value, is_true, joined, member, texts};

/// Expressions inside expressions are followed this far.
const MAX_DEPTH: usize = 24;

/// So many steps are spent on one piece of code; ordinary code needs a hundredth of them.
const MAX_STEPS: u32 = 200_000;

/// What the names of a piece of code stand for.
pub(super) struct Names<'a> {
    pub(super) bindings: Bindings<'a>,
    known: RefCell<HashMap<Key<'a>, Vec<Value>>>,
    /// Names that are being resolved; one that leads back to itself adds nothing.
    open: RefCell<HashSet<Key<'a>>>,
    steps: Cell<u32>,
}

/// What is being resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key<'a> {
    Name(&'a str),
    Member(String),
    Function(u32),
}

impl<'a> Names<'a> {
    pub(super) fn new(bindings: Bindings<'a>) -> Self {
        Self {
            bindings,
            known: RefCell::default(),
            open: RefCell::default(),
            steps: Cell::new(0),
        }
    }

    /// Everything that an expression may stand for.
    pub(super) fn resolve(&self, expression: &'a Expression<'a>) -> Vec<Value> {
        self.resolve_at(expression, 0)
    }

    /// The paths among what an expression may stand for.
    pub(super) fn paths(&self, expression: &'a Expression<'a>) -> Vec<String> {
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

    /// The expressions that are assigned to a name, whole.
    pub(super) fn assigned(&self, name: &str) -> impl Iterator<Item = &'a Expression<'a>> {
        let bound = self
            .bindings
            .names
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default();
        bound.iter().filter_map(|binding| match binding.base {
            Base::Expression(expression) if binding.members.is_empty() => Some(expression),
            _ => None,
        })
    }

    /// Whether the code is so tangled that not all of it could be followed.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() > MAX_STEPS
    }

    pub(super) fn resolve_at(&self, expression: &'a Expression<'a>, depth: usize) -> Vec<Value> {
        self.steps.set(self.steps.get() + 1);
        if depth > MAX_DEPTH || self.is_exhausted() {
            return Vec::new();
        }
        let inner = |expression| self.resolve_at(expression, depth + 1);
        let expression = expression.get_inner_expression();
        if let Some(of) = expression.as_member_expression() {
            return self.resolve_member(of, depth);
        }
        match expression {
            Expression::Identifier(name) => self.resolve_name(name.name.as_str(), depth),
            Expression::ThisExpression(_) => vec![Value::path(GLOBAL)],
            Expression::StringLiteral(literal) => vec![Value::Text(literal.value.to_string())],
            Expression::TemplateLiteral(template) => self.resolve_template(template, depth),
            Expression::BooleanLiteral(literal) => vec![Value::Truth(literal.value)],
            Expression::NullLiteral(_) => vec![Value::Truth(false)],
            Expression::NumericLiteral(literal) => vec![Value::Truth(literal.value != 0.0)],
            Expression::ObjectExpression(_)
            | Expression::RegExpLiteral(_)
            | Expression::ArrayExpression(_) => {
                vec![Value::Object]
            }
            Expression::FunctionExpression(_)
            | Expression::ArrowFunctionExpression(_)
            | Expression::ClassExpression(_) => {
                vec![Value::Function(Some(start_of(expression)))]
            }
            Expression::AssignmentExpression(assignment) => inner(&assignment.right),
            Expression::AwaitExpression(awaited) => inner(&awaited.argument),
            Expression::SequenceExpression(sequence) => {
                sequence.expressions.last().map(inner).unwrap_or_default()
            }
            Expression::ConditionalExpression(choice) => {
                [inner(&choice.consequent), inner(&choice.alternate)].concat()
            }
            Expression::LogicalExpression(logical) => {
                [inner(&logical.left), inner(&logical.right)].concat()
            }
            Expression::ChainExpression(chain) => match chain.expression.as_member_expression() {
                Some(of) => self.resolve_member(of, depth),
                None => match &chain.expression {
                    ChainElement::CallExpression(call) => {
                        self.resolve_call(&call.callee, &call.arguments, depth)
                    }
                    _ => Vec::new(),
                },
            },
            Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::LogicalNot => {
                inner(&unary.argument)
                    .iter()
                    .map(|value| Value::Truth(!is_true(value)))
                    .collect()
            }
            Expression::BinaryExpression(binary) if binary.operator == BinaryOperator::Addition => {
                joined(&inner(&binary.left), &inner(&binary.right))
            }
            Expression::CallExpression(call) => {
                self.resolve_call(&call.callee, &call.arguments, depth)
            }
            Expression::ImportExpression(import) => {
                let names = inner(&import.source);
                texts(&names)
                    .map(|name| Value::Path(value::module(name)))
                    .collect()
            }
            Expression::NewExpression(_) => vec![Value::Object],
            _ => Vec::new(),
        }
    }

    fn resolve_member(&self, of: &'a MemberExpression<'a>, depth: usize) -> Vec<Value> {
        let object = of.object();
        if let MemberExpression::ComputedMemberExpression(computed) = of {
            let keys = self.resolve_at(&computed.expression, depth + 1);
            let objects = self.resolve_at(object, depth + 1);
            let mut values: Vec<Value> = texts(&keys)
                .flat_map(|name| self.members(&objects, name, depth))
                .collect();
            if let Expression::ArrayExpression(array) = object.get_inner_expression() {
                values.extend(self.elements(array, depth));
            }
            let character = |text: &str| match computed.expression.get_inner_expression() {
                Expression::NumericLiteral(index) => text.chars().nth(index_of(index.value)?),
                _ => None,
            };
            values.extend(
                texts(&objects)
                    .filter_map(character)
                    .map(|letter| Value::Text(letter.to_string())),
            );
            return values;
        }
        let Some(name) = of.static_property_name() else {
            return Vec::new();
        };
        let objects = self.resolve_at(object, depth + 1);
        self.members(&objects, name, depth)
    }

    /// The member `name` of some values, and what is assigned to such a member anywhere.
    fn members(&self, objects: &[Value], name: &str, depth: usize) -> Vec<Value> {
        let is_own = self.bindings.defined.contains(name);
        let mut values: Vec<Value> = objects
            .iter()
            .filter(|object| !(is_own && **object == Value::path(GLOBAL)))
            .filter_map(|object| member(object, name))
            .collect();
        // Whatever it is: its constructor is a function.
        if name == "constructor" && values.is_empty() {
            values.push(Value::Function(None));
        }
        if let Some(bound) = self.bindings.members.get(name) {
            values.extend(self.resolve_bound(&Key::Member(name.to_owned()), bound, depth));
        }
        values
    }

    pub(super) fn elements(&self, array: &'a ArrayExpression<'a>, depth: usize) -> Vec<Value> {
        let elements = array
            .elements
            .iter()
            .filter_map(|element| element.as_expression());
        elements
            .flat_map(|element| self.resolve_at(element, depth + 1))
            .take(MAX_VALUES)
            .collect()
    }

    fn resolve_name(&self, name: &'a str, depth: usize) -> Vec<Value> {
        let bound = self.bindings.names.get(name);
        let mut values = bound
            .map(|bound| self.resolve_bound(&Key::Name(name), bound, depth))
            .unwrap_or_default();
        // An assignment somewhere does not hide a global everywhere; a definition does.
        if !self.bindings.defined.contains(name) {
            if value::is_global_object(name) && bound.is_none() {
                values.push(Value::path(GLOBAL));
            } else if tables::GLOBALS.contains(&name)
                || (bound.is_none() && tables::MODULES.contains(&name))
            {
                values.push(Value::path(name));
            }
        }
        if bound.is_none() {
            for scope in &self.bindings.scopes {
                let objects = self.resolve_at(scope, depth + 1);
                values.extend(objects.iter().filter_map(|object| member(object, name)));
            }
        }
        values
    }

    /// What a call of a function that the code defines gives.
    pub(super) fn returned(&self, function: u32, depth: usize) -> Vec<Value> {
        let Some(returns) = self.bindings.returns.get(&function) else {
            return Vec::new();
        };
        let bound: Vec<Binding<'a>> = returns
            .iter()
            .map(|value| Binding {
                base: Base::Expression(value),
                members: Vec::new(),
            })
            .collect();
        self.resolve_bound(&Key::Function(function), &bound, depth)
    }

    fn resolve_bound(&self, key: &Key<'a>, bound: &[Binding<'a>], depth: usize) -> Vec<Value> {
        if let Some(values) = self.known.borrow().get(key) {
            return values.clone();
        }
        let mut values = Vec::new();
        if !self.open.borrow_mut().insert(key.clone()) {
            return values;
        }
        for binding in bound {
            for value in self.resolve_binding(binding, depth) {
                // Strings and truths must not crowd out what can be called.
                let most = if matches!(value, Value::Path(_)) {
                    MAX_VALUES * 8
                } else {
                    MAX_VALUES
                };
                if values.len() < most && !values.contains(&value) {
                    values.push(value);
                }
            }
        }
        self.open.borrow_mut().remove(key);
        // Only what was resolved with nothing else open is whole.
        if self.open.borrow().is_empty() {
            self.known.borrow_mut().insert(key.clone(), values.clone());
        }
        values
    }

    fn resolve_binding(&self, binding: &Binding<'a>, depth: usize) -> Vec<Value> {
        let mut rest = binding.members.as_slice();
        let mut values = match binding.base {
            Base::Module(name) => vec![Value::Path(value::module(name))],
            Base::Function(start) => vec![Value::Function(Some(start))],
            Base::Expression(expression) => {
                match (expression.get_inner_expression(), rest.split_first()) {
                    (Expression::ArrayExpression(array), Some((Member::Element, after))) => {
                        rest = after;
                        self.elements(array, depth)
                    }
                    _ => self.resolve_at(expression, depth + 1),
                }
            }
        };
        for of in rest {
            values = match of {
                Member::Named(name) => self.members(&values, name, depth + 1),
                Member::Computed(key) => {
                    let keys = self.resolve_at(key, depth + 1);
                    texts(&keys)
                        .flat_map(|name| self.members(&values, name, depth + 1))
                        .collect()
                }
                Member::Element => Vec::new(),
            };
        }
        values
    }
}

/// A number that counts characters.
pub(super) fn index_of(number: f64) -> Option<usize> {
    // INVARIANT: the cast is of a small whole number that is not negative.
    ((0.0..65_536.0).contains(&number) && number.fract() == 0.0).then_some(number as usize)
}
