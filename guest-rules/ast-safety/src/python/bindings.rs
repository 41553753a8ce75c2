//! Gathers everything that code binds to a name.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};

/// Something that is bound to a name.
pub(super) enum Binding<'a> {
    /// A module, or something in it.
    Path(String),
    /// What is assigned.
    Expr(&'a Expr),
}

/// Everything that is bound to a name anywhere in the code.
#[derive(Default)]
pub(super) struct Bindings<'a> {
    pub(super) names: HashMap<&'a str, Vec<Binding<'a>>>,
    /// The same for attributes, whatever they are attributes of.
    pub(super) attributes: HashMap<&'a str, Vec<Binding<'a>>>,
    /// Modules of which everything was imported.
    pub(super) stars: Vec<&'a str>,
    /// Functions and classes that the code defines at its top level.
    pub(super) defined: HashSet<&'a str>,
}

impl<'a> Bindings<'a> {
    pub(super) fn collect(body: &'a [Stmt]) -> Self {
        let mut bindings = Self::default();
        bindings.visit_body(body);
        for statement in body {
            match statement {
                Stmt::FunctionDef(function) => bindings.defined.insert(function.name.as_str()),
                Stmt::ClassDef(class) => bindings.defined.insert(class.name.as_str()),
                _ => false,
            };
        }
        bindings
    }

    fn bind(&mut self, target: &'a Expr, value: &'a Expr) {
        match (target, value) {
            (Expr::Name(name), _) => {
                self.names
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

impl<'a> Visitor<'a> for Bindings<'a> {
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
                    self.names
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
                    self.names
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
                        self.names
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

/// The elements of a list or tuple.
pub(super) fn elements(expression: &Expr) -> &[Expr] {
    match expression {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::Set(set) => &set.elts,
        _ => &[],
    }
}

fn first_of(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}
