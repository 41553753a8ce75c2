//! Walks a script in the order in which a shell would run it, and keeps what is known on the way.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use shuck_ast::{
    Assignment, AssignmentValue, BinaryCommand, BinaryOp, BuiltinCommand, Command, CompoundCommand,
    ConditionalExpr, DeclOperand, HeredocBodyPart, Redirect, RedirectKind, RedirectTarget,
    SimpleCommand, Span, Stmt, StmtSeq, Word,
};

use crate::check::Check;
use crate::finding::Findings;

/// Functions that call functions are followed this far.
const MAX_CALLS: usize = 8;

/// So many statements are walked, calls of functions included.
const MAX_STEPS: usize = 20_000;

/// What is known of a stream of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Data {
    Unknown,
    /// It comes from the network.
    Fetched,
    /// It was decoded from what nobody can read; empty if it is not known.
    Decoded(String),
    Text(String),
}

/// The code that is being walked.
pub(super) struct Script<'a> {
    pub(super) source: &'a str,
    /// Where the source begins in the code that is checked.
    start: usize,
    functions: HashMap<&'a str, &'a Stmt>,
}

#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) findings: Findings,
    pub(super) variables: HashMap<String, Vec<String>>,
    pub(super) aliases: HashMap<String, String>,
    /// Names of files that were downloaded.
    pub(super) downloads: HashSet<String>,
    /// The last directory that was changed to.
    pub(super) directory: Option<String>,
    pub(super) nesting: usize,
    /// Inside code that is given as a string: the place of the command that it is given to.
    outer: Option<Range<usize>>,
    calls: usize,
    steps: usize,
}

impl Walk {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn report(&mut self, check: Check, range: Range<usize>) {
        let range = self.outer.clone().unwrap_or(range);
        self.findings.add(check, range);
    }

    /// Walks a script whose source begins at `start` of the code that is checked.
    pub(super) fn script(&mut self, body: &StmtSeq, source: &str, start: usize) {
        let mut script = Script {
            source,
            start,
            functions: HashMap::new(),
        };
        self.sequence(&mut script, body, &Data::Unknown);
    }

    /// Runs one command that stands alone.
    pub(super) fn run_alone(&mut self, words: &[String]) {
        self.run(words, &Data::Unknown, 0..0);
    }

    /// Checks code that a command at `range` is given as a string.
    pub(super) fn nested(&mut self, code: &str, range: Range<usize>) {
        if self.nesting >= super::MAX_NESTING {
            return self.report(Check::Unreadable, range);
        }
        let before = self.outer.clone();
        self.outer = Some(before.clone().unwrap_or(range));
        self.nesting += 1;
        super::check_with(code, self);
        self.nesting -= 1;
        self.outer = before;
    }

    pub(super) fn sequence<'a>(
        &mut self,
        script: &mut Script<'a>,
        sequence: &'a StmtSeq,
        stdin: &Data,
    ) -> Data {
        let mut output = Data::Unknown;
        for statement in sequence.iter() {
            let data = self.statement(script, statement, stdin);
            output = match (output, data) {
                (Data::Fetched, _) | (_, Data::Fetched) => Data::Fetched,
                (Data::Decoded(text), _) | (_, Data::Decoded(text)) => Data::Decoded(text),
                (Data::Text(before), Data::Text(after)) => Data::Text(before + "\n" + &after),
                (Data::Unknown, data) | (data, Data::Unknown) => data,
            };
        }
        output
    }

    fn statement<'a>(
        &mut self,
        script: &mut Script<'a>,
        statement: &'a Stmt,
        stdin: &Data,
    ) -> Data {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            if self.steps == MAX_STEPS + 1 {
                self.report(Check::Unreadable, script.range(statement.span));
            }
            return Data::Unknown;
        }
        let mut stdin = stdin.clone();
        let mut targets = Vec::new();
        for redirect in &statement.redirects {
            self.redirect(script, redirect, &mut stdin, &mut targets);
        }
        let data = match &statement.command {
            Command::Simple(command) => self.simple(script, command, &stdin, statement.span),
            Command::Binary(command) => self.binary(script, command, &stdin),
            Command::Compound(command) => self.compound(script, command, &stdin),
            Command::Function(function) => {
                for name in function.static_names() {
                    script.functions.insert(name.as_str(), &function.body);
                }
                self.statement(script, &function.body, &Data::Unknown)
            }
            Command::AnonymousFunction(function) => self.statement(script, &function.body, &stdin),
            Command::Decl(declaration) => {
                for operand in &declaration.operands {
                    match operand {
                        DeclOperand::Assignment(assignment) => self.assign(script, assignment),
                        DeclOperand::Flag(word) | DeclOperand::Dynamic(word) => {
                            self.fields(script, word);
                        }
                        DeclOperand::Name(_) => {}
                    }
                }
                Data::Unknown
            }
            Command::Builtin(command) => {
                let word = match command {
                    BuiltinCommand::Break(command) => &command.depth,
                    BuiltinCommand::Continue(command) => &command.depth,
                    BuiltinCommand::Return(command) => &command.code,
                    BuiltinCommand::Exit(command) => &command.code,
                };
                if let Some(word) = word {
                    self.fields(script, word);
                }
                Data::Unknown
            }
        };
        if data == Data::Fetched {
            self.downloads.extend(targets);
        }
        data
    }

    fn redirect<'a>(
        &mut self,
        script: &mut Script<'a>,
        redirect: &'a Redirect,
        stdin: &mut Data,
        targets: &mut Vec<String>,
    ) {
        match &redirect.target {
            RedirectTarget::Word(word) => {
                let text = self.fields(script, word).join(" ");
                match redirect.kind {
                    RedirectKind::HereString => *stdin = super::words::data_of(&text),
                    RedirectKind::Input | RedirectKind::ReadWrite => {
                        *stdin = if self.downloads.contains(&text) {
                            Data::Fetched
                        } else {
                            super::words::data_of(&text)
                        };
                        if matches!(stdin, Data::Text(_)) && !text.starts_with(super::words::STREAM)
                        {
                            *stdin = Data::Unknown;
                        }
                    }
                    _ => targets.push(text),
                }
            }
            RedirectTarget::Heredoc(heredoc) => {
                let mut text = String::new();
                for (part, span) in heredoc.body.parts_with_spans() {
                    match part {
                        HeredocBodyPart::Literal(literal) => {
                            text.push_str(literal.as_str(script.source, span));
                        }
                        HeredocBodyPart::CommandSubstitution { body, .. } => {
                            let data = self.sequence(script, body, &Data::Unknown);
                            text.push_str(&super::words::marked(&data));
                        }
                        HeredocBodyPart::Variable(name) => {
                            let value = self
                                .variables
                                .get(name.as_str())
                                .and_then(|values| values.first().cloned());
                            text.push_str(&value.unwrap_or_else(|| format!("${name}")));
                        }
                        HeredocBodyPart::ArithmeticExpansion { .. }
                        | HeredocBodyPart::Parameter(_) => {
                            text.push_str(span.slice(script.source));
                        }
                    }
                }
                *stdin = super::words::data_of(&text);
            }
        }
    }

    /// Pipelines and lists; written as a chain to the left, and walked without recursion along it.
    fn binary<'a>(
        &mut self,
        script: &mut Script<'a>,
        command: &'a BinaryCommand,
        stdin: &Data,
    ) -> Data {
        let mut chain = vec![command];
        let mut first = &*command.left;
        while let Command::Binary(inner) = &first.command
            && first.redirects.is_empty()
        {
            chain.push(inner);
            first = &inner.left;
        }
        let mut data = self.statement(script, first, stdin);
        for command in chain.into_iter().rev() {
            data = match command.op {
                BinaryOp::Pipe | BinaryOp::PipeAll => self.statement(script, &command.right, &data),
                BinaryOp::And | BinaryOp::Or => {
                    let right = self.statement(script, &command.right, stdin);
                    if data == Data::Fetched {
                        Data::Fetched
                    } else {
                        right
                    }
                }
            };
        }
        data
    }

    fn compound<'a>(
        &mut self,
        script: &mut Script<'a>,
        command: &'a CompoundCommand,
        stdin: &Data,
    ) -> Data {
        match command {
            CompoundCommand::If(branch) => {
                let mut parts = vec![&branch.condition, &branch.then_branch];
                parts.extend(
                    branch
                        .elif_branches
                        .iter()
                        .flat_map(|(condition, body)| [condition, body]),
                );
                parts.extend(&branch.else_branch);
                self.all(script, &parts, stdin)
            }
            CompoundCommand::For(each) => {
                let words = each.words.as_deref().unwrap_or_default();
                let values = self.all_fields(script, words);
                for target in &each.targets {
                    if let Some(name) = &target.name {
                        self.variables
                            .insert(name.as_str().to_owned(), values.clone());
                    }
                }
                self.sequence(script, &each.body, stdin)
            }
            CompoundCommand::Foreach(each) => {
                let values = self.all_fields(script, &each.words);
                self.variables
                    .insert(each.variable.as_str().to_owned(), values);
                self.sequence(script, &each.body, stdin)
            }
            CompoundCommand::Select(each) => {
                let values = self.all_fields(script, &each.words);
                self.variables
                    .insert(each.variable.as_str().to_owned(), values);
                self.sequence(script, &each.body, stdin)
            }
            CompoundCommand::Repeat(each) => self.sequence(script, &each.body, stdin),
            CompoundCommand::ArithmeticFor(each) => self.sequence(script, &each.body, stdin),
            CompoundCommand::While(each) => self.all(script, &[&each.condition, &each.body], stdin),
            CompoundCommand::Until(each) => self.all(script, &[&each.condition, &each.body], stdin),
            CompoundCommand::Case(case) => {
                self.fields(script, &case.word);
                let bodies: Vec<_> = case.cases.iter().map(|item| &item.body).collect();
                self.all(script, &bodies, stdin)
            }
            CompoundCommand::Subshell(body) | CompoundCommand::BraceGroup(body) => {
                self.sequence(script, body, stdin)
            }
            CompoundCommand::Time(time) => match &time.command {
                Some(command) => self.statement(script, command, stdin),
                None => Data::Unknown,
            },
            CompoundCommand::Coproc(coproc) => self.statement(script, &coproc.body, stdin),
            CompoundCommand::Always(always) => {
                self.all(script, &[&always.body, &always.always_body], stdin)
            }
            CompoundCommand::Conditional(conditional) => {
                self.condition(script, &conditional.expression);
                Data::Unknown
            }
            CompoundCommand::Arithmetic(_) => Data::Unknown,
        }
    }

    fn condition<'a>(&mut self, script: &mut Script<'a>, expression: &'a ConditionalExpr) {
        match expression {
            ConditionalExpr::Binary(binary) => {
                self.condition(script, &binary.left);
                self.condition(script, &binary.right);
            }
            ConditionalExpr::Unary(unary) => self.condition(script, &unary.expr),
            ConditionalExpr::Parenthesized(inner) => self.condition(script, &inner.expr),
            ConditionalExpr::Word(word) | ConditionalExpr::Regex(word) => {
                self.fields(script, word);
            }
            ConditionalExpr::Pattern(_) | ConditionalExpr::VarRef(_) => {}
        }
    }

    fn all<'a>(&mut self, script: &mut Script<'a>, parts: &[&'a StmtSeq], stdin: &Data) -> Data {
        let mut output = Data::Unknown;
        for part in parts {
            let data = self.sequence(script, part, stdin);
            if !matches!(output, Data::Fetched | Data::Decoded(_)) {
                output = data;
            }
        }
        output
    }

    fn simple<'a>(
        &mut self,
        script: &mut Script<'a>,
        command: &'a SimpleCommand,
        stdin: &Data,
        span: Span,
    ) -> Data {
        for assignment in &command.assignments {
            self.assign(script, assignment);
        }
        let mut words = self.fields(script, &command.name);
        words.extend(self.all_fields(script, &command.args));
        let body = words
            .first()
            .and_then(|name| script.functions.get(name.as_str()).copied());
        if let Some(body) = body
            && self.calls < MAX_CALLS
        {
            self.calls += 1;
            for (index, word) in words.iter().enumerate().skip(1) {
                self.variables.insert(index.to_string(), vec![word.clone()]);
            }
            self.variables.insert("@".to_owned(), words[1..].to_vec());
            let data = self.statement(script, body, stdin);
            self.calls -= 1;
            return data;
        }
        self.run(&words, stdin, script.range(span))
    }

    fn all_fields<'a>(&mut self, script: &mut Script<'a>, words: &'a [Word]) -> Vec<String> {
        words
            .iter()
            .flat_map(|word| self.fields(script, word))
            .collect()
    }

    fn assign<'a>(&mut self, script: &mut Script<'a>, assignment: &'a Assignment) {
        let mut values = match &assignment.value {
            AssignmentValue::Scalar(word) => vec![self.fields(script, word).join(" ")],
            AssignmentValue::Compound(array) => array
                .elements
                .iter()
                .flat_map(|element| self.fields(script, element.value()))
                .collect(),
        };
        let name = assignment.target.name.as_str().to_owned();
        if assignment.append {
            let before = self
                .variables
                .get(&name)
                .and_then(|values| values.first().cloned())
                .unwrap_or_default();
            if let Some(first) = values.first_mut() {
                first.insert_str(0, &before);
            }
        }
        if values.iter().map(String::len).sum::<usize>() <= super::words::MAX_LENGTH {
            self.variables.insert(name, values);
        }
    }
}

impl Script<'_> {
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        self.start + span.start.offset()..self.start + span.end.offset()
    }
}
