//! Gathers everything that code binds to a name.

use std::collections::{HashMap, HashSet};

use oxc_ast::AstKind;
use oxc_ast::ast::{
    ArrowFunctionBody, ArrowFunctionExpression, AssignmentTarget, AssignmentTargetMaybeDefault,
    AssignmentTargetProperty, BindingPattern, CallExpression, Expression, ForStatementLeft,
    FormalParameters, Function, ImportDeclaration, ImportDeclarationSpecifier, PropertyKey,
};
use oxc_ast_visit::VisitJs;
use oxc_span::GetSpan;

use super::Text;

/// What a name is bound to: some members deep in a module or an expression.
#[derive(Debug, Clone)]
pub(super) struct Binding<'a> {
    pub(super) base: Base<'a>,
    pub(super) members: Vec<Member<'a>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Base<'a> {
    Module(&'a str),
    Expression(&'a Expression<'a>),
    Function(u32),
}

#[derive(Debug, Clone)]
pub(super) enum Member<'a> {
    Named(Text<'a>),
    Computed(&'a Expression<'a>),
    /// Any element of an array.
    Element,
}

/// Everything that is bound anywhere in the code.
#[derive(Debug, Default)]
pub(super) struct Bindings<'a> {
    pub(super) names: HashMap<&'a str, Vec<Binding<'a>>>,
    /// The same for members, whatever they are members of.
    pub(super) members: HashMap<Text<'a>, Vec<Binding<'a>>>,
    /// Functions and classes that the code defines, and methods.
    pub(super) defined: HashSet<&'a str>,
    /// What a function returns, by the place of the function.
    pub(super) returns: HashMap<u32, Vec<&'a Expression<'a>>>,
    /// Objects whose members are names inside `with`.
    pub(super) scopes: Vec<&'a Expression<'a>>,
    /// The functions around the place that is being visited.
    open: Vec<u32>,
}

impl<'a> Bindings<'a> {
    fn bind(&mut self, name: &'a str, base: Base<'a>, members: &[Member<'a>]) {
        let members = members.to_vec();
        self.names
            .entry(name)
            .or_default()
            .push(Binding { base, members });
    }

    /// Binds the names of a pattern to what stands at `members` of `base`.
    fn pattern(
        &mut self,
        pattern: &'a BindingPattern<'a>,
        base: Base<'a>,
        members: &mut Vec<Member<'a>>,
    ) {
        match pattern {
            BindingPattern::BindingIdentifier(name) => self.bind(name.name.as_str(), base, members),
            BindingPattern::AssignmentPattern(assignment) => {
                self.pattern(&assignment.left, base, members);
                self.pattern(
                    &assignment.left,
                    Base::Expression(&assignment.right),
                    &mut Vec::new(),
                );
            }
            BindingPattern::ObjectPattern(object) => {
                for property in &object.properties {
                    let Some(member) = member_of(&property.key) else {
                        continue;
                    };
                    members.push(member);
                    self.pattern(&property.value, base, members);
                    members.pop();
                }
                if let Some(rest) = &object.rest {
                    self.pattern(&rest.argument, base, members);
                }
            }
            BindingPattern::ArrayPattern(array) => {
                members.push(Member::Element);
                for element in array.elements.iter().flatten() {
                    self.pattern(element, base, members);
                }
                members.pop();
            }
        }
    }

    /// The same for the target of an assignment.
    fn target(
        &mut self,
        target: &'a AssignmentTarget<'a>,
        base: Base<'a>,
        members: &mut Vec<Member<'a>>,
    ) {
        match target {
            AssignmentTarget::AssignmentTargetIdentifier(name) => {
                self.bind(name.name.as_str(), base, members);
            }
            AssignmentTarget::StaticMemberExpression(member) => {
                self.bind_member(Text::Borrowed(member.property.name.as_str()), base, members);
            }
            AssignmentTarget::ComputedMemberExpression(member) => {
                if let Some(name) = member.static_property_name() {
                    self.bind_member(Text::Borrowed(name.as_str()), base, members);
                }
            }
            AssignmentTarget::ObjectAssignmentTarget(object) => {
                for property in &object.properties {
                    match property {
                        AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(short) => {
                            let name = short.binding.name.as_str();
                            members.push(Member::Named(Text::Borrowed(name)));
                            self.bind(name, base, members);
                            members.pop();
                        }
                        AssignmentTargetProperty::AssignmentTargetPropertyProperty(long) => {
                            let Some(member) = member_of(&long.name) else {
                                continue;
                            };
                            members.push(member);
                            self.maybe_default(&long.binding, base, members);
                            members.pop();
                        }
                    }
                }
            }
            AssignmentTarget::ArrayAssignmentTarget(array) => {
                members.push(Member::Element);
                for element in array.elements.iter().flatten() {
                    self.maybe_default(element, base, members);
                }
                members.pop();
            }
            _ => {}
        }
    }

    fn maybe_default(
        &mut self,
        target: &'a AssignmentTargetMaybeDefault<'a>,
        base: Base<'a>,
        members: &mut Vec<Member<'a>>,
    ) {
        if let AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(target) = target {
            self.target(&target.binding, base, members);
        } else if let Some(target) = target.as_assignment_target() {
            self.target(target, base, members);
        }
    }

    fn bind_member(&mut self, name: Text<'a>, base: Base<'a>, members: &[Member<'a>]) {
        let members = members.to_vec();
        self.members
            .entry(name)
            .or_default()
            .push(Binding { base, members });
    }

    fn import(&mut self, import: &'a ImportDeclaration<'a>) {
        let base = Base::Module(import.source.value.as_str());
        for specifier in import.specifiers.iter().flatten() {
            match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
                    let name = Text::Owned(specifier.imported.name().to_string());
                    self.bind(specifier.local.name.as_str(), base, &[Member::Named(name)]);
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(specifier) => {
                    self.bind(specifier.local.name.as_str(), base, &[]);
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(specifier) => {
                    self.bind(specifier.local.name.as_str(), base, &[]);
                }
            }
        }
    }

    /// `(function (e) { … })(eval)`, `import("x").then(x => …)`, `[eval].forEach(e => …)`.
    fn call(&mut self, call: &'a CallExpression<'a>) {
        let callee = call.callee.get_inner_expression();
        if let Some(parameters) = parameters(callee) {
            for (parameter, argument) in parameters.items.iter().zip(&call.arguments) {
                if let Some(argument) = argument.as_expression() {
                    self.pattern(
                        &parameter.pattern,
                        Base::Expression(argument),
                        &mut Vec::new(),
                    );
                }
            }
        }
        let (Some(member), Some(callback)) = (
            callee.as_member_expression(),
            call.arguments
                .first()
                .and_then(|argument| argument.as_expression()),
        ) else {
            return;
        };
        let Some(parameter) = parameters(callback).and_then(|parameters| parameters.items.first())
        else {
            return;
        };
        let mut members = match member.static_property_name() {
            Some("then") => Vec::new(),
            Some("map" | "forEach" | "some" | "every" | "filter" | "find") => vec![Member::Element],
            _ => return,
        };
        self.pattern(
            &parameter.pattern,
            Base::Expression(member.object()),
            &mut members,
        );
    }

    fn function(&mut self, function: &'a Function<'a>) {
        self.open.push(function.span.start);
        if let Some(name) = &function.id {
            let name = name.name.as_str();
            if function.is_declaration() {
                self.defined.insert(name);
            }
            self.bind(name, Base::Function(function.span.start), &[]);
        }
    }

    fn arrow(&mut self, arrow: &'a ArrowFunctionExpression<'a>) {
        self.open.push(arrow.span.start);
        if let ArrowFunctionBody::FunctionBody(_) = &arrow.body {
            return;
        }
        if let Some(value) = arrow.body.as_expression() {
            self.returns
                .entry(arrow.span.start)
                .or_default()
                .push(value);
        }
    }
}

impl<'a> VisitJs<'a> for Bindings<'a> {
    fn enter_node(&mut self, kind: AstKind<'a>) {
        match kind {
            AstKind::ImportDeclaration(import) => self.import(import),
            AstKind::VariableDeclarator(variable) => {
                if let Some(value) = &variable.init {
                    self.pattern(&variable.id, Base::Expression(value), &mut Vec::new());
                }
            }
            AstKind::FormalParameter(parameter) => {
                if let Some(value) = &parameter.initializer {
                    self.pattern(&parameter.pattern, Base::Expression(value), &mut Vec::new());
                }
            }
            AstKind::AssignmentExpression(assignment) => {
                self.target(
                    &assignment.left,
                    Base::Expression(&assignment.right),
                    &mut Vec::new(),
                );
            }
            AstKind::ForOfStatement(each) => {
                let mut members = vec![Member::Element];
                if let ForStatementLeft::VariableDeclaration(variables) = &each.left {
                    for variable in &variables.declarations {
                        self.pattern(&variable.id, Base::Expression(&each.right), &mut members);
                    }
                }
            }
            AstKind::ObjectProperty(property) => {
                if let Some(name) = property.key.static_name() {
                    self.bind_member(name, Base::Expression(&property.value), &[]);
                }
            }
            AstKind::PropertyDefinition(property) => {
                if let (Some(name), Some(value)) = (property.key.static_name(), &property.value) {
                    self.bind_member(name, Base::Expression(value), &[]);
                }
            }
            AstKind::MethodDefinition(method) => {
                if let Some(Text::Borrowed(name)) = method.key.static_name() {
                    self.defined.insert(name);
                }
            }
            AstKind::Class(class) => {
                if let Some(name) = &class.id {
                    self.defined.insert(name.name.as_str());
                    self.bind(name.name.as_str(), Base::Function(class.span.start), &[]);
                }
            }
            AstKind::WithStatement(with) => self.scopes.push(&with.object),
            AstKind::CallExpression(call) => self.call(call),
            AstKind::Function(function) => self.function(function),
            AstKind::ArrowFunctionExpression(arrow) => self.arrow(arrow),
            AstKind::ReturnStatement(statement) => {
                if let (Some(value), Some(function)) = (&statement.argument, self.open.last()) {
                    self.returns.entry(*function).or_default().push(value);
                }
            }
            _ => {}
        }
    }

    fn leave_node(&mut self, kind: AstKind<'a>) {
        if matches!(
            kind,
            AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)
        ) {
            self.open.pop();
        }
    }
}

/// The parameters of a function that is written down.
fn parameters<'a>(expression: &'a Expression<'a>) -> Option<&'a FormalParameters<'a>> {
    match expression.get_inner_expression() {
        Expression::FunctionExpression(function) => Some(&function.params),
        Expression::ArrowFunctionExpression(arrow) => Some(&arrow.params),
        _ => None,
    }
}

fn member_of<'a>(key: &'a PropertyKey<'a>) -> Option<Member<'a>> {
    match key.static_name() {
        Some(name) => Some(Member::Named(name)),
        None => key.as_expression().map(Member::Computed),
    }
}

/// Where an expression begins.
pub(super) fn start_of(expression: &Expression<'_>) -> u32 {
    expression.span().start
}
