//! Whether a condition holds for every row, whatever is in it.

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};
use sqlparser::dialect::{Dialect, GenericDialect, MySqlDialect};
use sqlparser::parser::Parser;

use super::tokens::{Kind, Token};

/// Longer conditions are not parsed; people who write them mean something by them.
const MAX_TOKENS: usize = 400;

/// Brackets inside brackets that the parser is given.
const MAX_BRACKETS: usize = 10;

/// What is followed of a tree.
const MAX_DEPTH: usize = 40;

/// How a condition comes to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// It says nothing else: `1 = 1`.
    Constant,
    /// It says something, and then `OR 1 = 1`.
    Injected,
}

/// How the condition holds for every row; nothing if it may not.
pub(super) fn always(text: &str, tokens: &[Token]) -> Option<Truth> {
    let (text, tokens) = without_brackets(text, tokens);
    if tokens.len() > MAX_TOKENS || depth(tokens) > MAX_BRACKETS {
        return None;
    }
    let dialects: [&dyn Dialect; 2] = [&GenericDialect {}, &MySqlDialect {}];
    let tree = dialects.into_iter().find_map(|dialect| {
        let mut parser = Parser::new(dialect)
            .with_recursion_limit(super::RECURSION)
            .try_with_sql(text)
            .ok()?;
        parser.parse_expr().ok()
    })?;
    if value(&tree, 0) != Some(true) {
        return None;
    }
    Some(if is_constant(&tree, 0) {
        Truth::Constant
    } else {
        Truth::Injected
    })
}

/// Takes brackets around the whole away.
fn without_brackets<'t>(text: &'t str, tokens: &'t [Token]) -> (&'t str, &'t [Token]) {
    let (mut tokens, start) = (tokens, tokens.first().map_or(0, |token| token.range.start));
    while let [first, inner @ .., last] = tokens {
        if first.kind != Kind::Open || last.kind != Kind::Close || !is_balanced(inner) {
            break;
        }
        tokens = inner;
    }
    let range = match tokens {
        [first, .., last] => first.range.start - start..last.range.end - start,
        [one] => one.range.start - start..one.range.end - start,
        [] => 0..0,
    };
    (&text[range], tokens)
}

fn is_balanced(tokens: &[Token]) -> bool {
    let mut depth = 0usize;
    for token in tokens {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close if depth == 0 => return false,
            Kind::Close => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

fn depth(tokens: &[Token]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for token in tokens {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// What an expression is, if it does not depend on a row.
fn value(expression: &Expr, depth: usize) -> Option<bool> {
    if depth > MAX_DEPTH {
        return None;
    }
    let of = |expression| value(expression, depth + 1);
    match expression {
        Expr::Nested(inner) | Expr::IsNotFalse(inner) | Expr::IsTrue(inner) => of(inner),
        Expr::IsNotNull(inner) => constant(inner).map(|_| true),
        Expr::UnaryOp {
            op: UnaryOperator::Not,
            expr,
        } => of(expr).map(|value| !value),
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Or,
            right,
        } => match (of(left), of(right)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } => match (of(left), of(right)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Expr::BinaryOp { left, op, right } => compare(left, op, right),
        Expr::Like {
            negated: false,
            pattern,
            ..
        }
        | Expr::ILike {
            negated: false,
            pattern,
            ..
        } => (constant(pattern)? == Constant::Text("%".to_owned())).then_some(true),
        Expr::InList {
            expr,
            list,
            negated,
        } => {
            let sought = constant(expr)?;
            let values: Option<Vec<Constant>> = list.iter().map(constant).collect();
            Some(values?.contains(&sought) != *negated)
        }
        Expr::Between {
            expr,
            negated,
            low,
            high,
        } => {
            let (Constant::Number(at), Constant::Number(low), Constant::Number(high)) =
                (constant(expr)?, constant(low)?, constant(high)?)
            else {
                return None;
            };
            Some((low <= at && at <= high) != *negated)
        }
        other => match constant(other)? {
            Constant::Number(number) => Some(number != 0.0),
            Constant::Text(text) => Some(
                text.trim_start()
                    .starts_with(|digit: char| digit.is_ascii_digit() && digit != '0'),
            ),
        },
    }
}

fn compare(left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<bool> {
    // A column is what it is.
    let is_same =
        matches!(left, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) && left == right;
    if is_same {
        return matches!(
            op,
            BinaryOperator::Eq
                | BinaryOperator::GtEq
                | BinaryOperator::LtEq
                | BinaryOperator::Spaceship
        )
        .then_some(true);
    }
    let (left, right) = (constant(left)?, constant(right)?);
    match op {
        BinaryOperator::Eq | BinaryOperator::Spaceship => Some(left == right),
        BinaryOperator::NotEq => Some(left != right),
        _ => {
            let (Constant::Number(left), Constant::Number(right)) = (left, right) else {
                return None;
            };
            match op {
                BinaryOperator::Lt => Some(left < right),
                BinaryOperator::Gt => Some(left > right),
                BinaryOperator::LtEq => Some(left <= right),
                BinaryOperator::GtEq => Some(left >= right),
                _ => None,
            }
        }
    }
}

#[derive(Debug, PartialEq)]
enum Constant {
    Number(f64),
    Text(String),
}

fn constant(expression: &Expr) -> Option<Constant> {
    match expression {
        Expr::Nested(inner) => constant(inner),
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => match constant(expr)? {
            Constant::Number(number) => Some(Constant::Number(-number)),
            Constant::Text(_) => None,
        },
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => number.parse().ok().map(Constant::Number),
            Value::Boolean(truth) => Some(Constant::Number(f64::from(u8::from(*truth)))),
            Value::SingleQuotedString(text)
            | Value::DoubleQuotedString(text)
            | Value::NationalStringLiteral(text) => Some(Constant::Text(text.clone())),
            _ => None,
        },
        Expr::BinaryOp { left, op, right } => {
            let (Constant::Number(left), Constant::Number(right)) =
                (constant(left)?, constant(right)?)
            else {
                return None;
            };
            match op {
                BinaryOperator::Plus => Some(Constant::Number(left + right)),
                BinaryOperator::Minus => Some(Constant::Number(left - right)),
                BinaryOperator::Multiply => Some(Constant::Number(left * right)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether no part of an expression depends on a row.
fn is_constant(expression: &Expr, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match expression {
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Or | BinaryOperator::And,
            right,
        } => is_constant(left, depth + 1) && is_constant(right, depth + 1),
        Expr::Nested(inner) => is_constant(inner, depth + 1),
        other => value(other, depth).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::Tokens;
    use super::*;

    fn truth(text: &str) -> Option<Truth> {
        always(text, &Tokens::read(text, &GenericDialect {}).list)
    }

    #[test]
    fn conditions_that_always_hold_are_seen() {
        for text in [
            "1=1",
            "1 = 1",
            "'a'='a'",
            "TRUE",
            "1",
            "NOT FALSE",
            "(1=1)",
            "((((((((((((1=1))))))))))))",
            "2>1",
            "1<>2",
            "1+1=2",
            "id = id",
            "name LIKE '%'",
            "1 IN (1, 2)",
            "1 BETWEEN 0 AND 2",
            "1=1 AND 2=2",
            "NOT 1=2",
        ] {
            assert_eq!(truth(text), Some(Truth::Constant), "{text}");
        }
        for text in [
            "name = 'x' OR 1=1",
            "id = 5 OR 'a'='a'",
            "(a = 1) OR TRUE",
            "x OR 1",
        ] {
            assert_eq!(truth(text), Some(Truth::Injected), "{text}");
        }
    }

    #[test]
    fn conditions_that_mean_something_are_left_alone() {
        for text in [
            "id = 1",
            "1=1 AND id = 5",
            "a = b",
            "name LIKE 'a%'",
            "1=2",
            "x IN (1)",
            "id > 0",
            "a IS NOT NULL",
            "a OR b",
        ] {
            assert_eq!(truth(text), None, "{text}");
        }
    }
}
