//! What calls and templates give, for the few that give something to call, or a string.

use oxc_ast::ast::{Argument, Expression, TemplateLiteral};

use super::names::{Names, index_of};
use super::value::{MAX_TEXT, Value, joined, member, module, texts};
use crate::decode;

impl<'a> Names<'a> {
    /// A template all parts of which are known.
    pub(super) fn resolve_template(
        &self,
        template: &'a TemplateLiteral<'a>,
        depth: usize,
    ) -> Vec<Value> {
        let mut parts = template.quasis.iter().map(|quasi| {
            let text = quasi.value.cooked.unwrap_or(quasi.value.raw);
            [Value::Text(text.to_string())]
        });
        let mut values = parts.next().map(Vec::from).unwrap_or_default();
        for (expression, text) in template.expressions.iter().zip(parts) {
            values = joined(&values, &self.resolve_at(expression, depth + 1));
            values = joined(&values, &text);
        }
        values
    }

    /// What a call gives.
    pub(super) fn resolve_call(
        &self,
        callee: &'a Expression<'a>,
        arguments: &'a [Argument<'a>],
        depth: usize,
    ) -> Vec<Value> {
        let argument = |index: usize| {
            let argument = arguments
                .get(index)
                .and_then(|argument| argument.as_expression());
            argument
                .map(|argument| self.resolve_at(argument, depth + 1))
                .unwrap_or_default()
        };
        let mut values = Vec::new();
        for callee in self.resolve_at(callee, depth + 1) {
            let path = match callee {
                Value::Path(path) => path,
                Value::Function(Some(function)) => {
                    values.extend(self.returned(function, depth + 1));
                    continue;
                }
                _ => continue,
            };
            match path.as_str() {
                "require" => {
                    values.extend(texts(&argument(0)).map(|name| Value::Path(module(name))));
                }
                "module.createRequire" | "createRequire" => values.push(Value::path("require")),
                "Reflect.get" | "Object.getOwnPropertyDescriptor" => {
                    let names = argument(1);
                    let objects = argument(0);
                    let found = texts(&names).flat_map(|name| {
                        objects
                            .iter()
                            .filter_map(move |object| member(object, name))
                    });
                    values.extend(found);
                }
                "Object.getPrototypeOf"
                | "Reflect.getPrototypeOf"
                | "Object.freeze"
                | "Object.assign"
                | "util.promisify"
                | "promisify" => values.extend(argument(0)),
                "String.fromCharCode" | "String.fromCodePoint" => {
                    let letters: Option<String> = arguments
                        .iter()
                        .map(
                            |argument| match argument.as_expression()?.get_inner_expression() {
                                Expression::NumericLiteral(code) => {
                                    char::from_u32(u32::try_from(index_of(code.value)?).ok()?)
                                }
                                _ => None,
                            },
                        )
                        .collect();
                    values.extend(letters.map(Value::Text));
                }
                "atob" => values.extend(
                    texts(&argument(0))
                        .filter_map(decode::base64)
                        .map(Value::Text),
                ),
                "Buffer.from" => {
                    let encoding = argument(1);
                    let decoded = texts(&argument(0))
                        .filter_map(|text| match texts(&encoding).next() {
                            Some("base64" | "base64url") => decode::base64(text),
                            Some("hex") => decode::hex(text),
                            _ => Some(text.to_owned()),
                        })
                        .map(Value::Text)
                        .collect::<Vec<_>>();
                    values.extend(decoded);
                }
                "decodeURIComponent" | "unescape" | "decodeURI" => {
                    values
                        .extend(texts(&argument(0)).map(|text| Value::Text(decode::percent(text))));
                }
                _ => {}
            }
        }
        values.extend(self.resolve_text_method(callee, arguments, depth));
        values
    }

    /// `["e", "val"].join("")`, `"EVAL".toLowerCase()`, `"lave".split("").reverse().join("")`.
    fn resolve_text_method(
        &self,
        callee: &'a Expression<'a>,
        arguments: &'a [Argument<'a>],
        depth: usize,
    ) -> Vec<Value> {
        let Some(method) = callee.get_inner_expression().as_member_expression() else {
            return Vec::new();
        };
        let Some(name) = method.static_property_name() else {
            return Vec::new();
        };
        let argument = |index: usize| {
            let argument = arguments
                .get(index)
                .and_then(|argument| argument.as_expression())?;
            texts(&self.resolve_at(argument, depth + 1))
                .next()
                .map(str::to_owned)
        };
        let number = |index: usize| match arguments
            .get(index)?
            .as_expression()?
            .get_inner_expression()
        {
            Expression::NumericLiteral(number) => index_of(number.value),
            _ => None,
        };
        if name == "join" {
            let separator = argument(0).unwrap_or_else(|| ",".to_owned());
            let letters = self.letters(method.object(), depth + 1);
            return letters
                .map(|letters| Value::Text(letters.join(&separator)))
                .into_iter()
                .collect();
        }
        let Some(text) = texts(&self.resolve_at(method.object(), depth + 1))
            .next()
            .map(str::to_owned)
        else {
            return Vec::new();
        };
        let made = match name {
            "toLowerCase" | "toLocaleLowerCase" => Some(text.to_lowercase()),
            "trim" | "trimStart" | "trimEnd" => Some(text.trim().to_owned()),
            "toString" | "valueOf" | "normalize" if arguments.len() <= 1 => Some(text),
            "concat" => Some(
                text + &(0..arguments.len())
                    .filter_map(argument)
                    .collect::<String>(),
            ),
            "replace" | "replaceAll" => match (argument(0), argument(1)) {
                (Some(from), Some(to)) if !from.is_empty() => Some(text.replace(&from, &to)),
                _ => None,
            },
            "slice" | "substring" | "substr" => number(0).map(|start| {
                let length = match (name, number(1)) {
                    (_, None) => usize::MAX,
                    ("substr", Some(length)) => length,
                    (_, Some(end)) => end.saturating_sub(start),
                };
                text.chars().skip(start).take(length).collect()
            }),
            "charAt" => text.chars().nth(number(0).unwrap_or(0)).map(String::from),
            _ => None,
        };
        made.filter(|made| made.len() <= MAX_TEXT)
            .map(Value::Text)
            .into_iter()
            .collect()
    }

    /// A list of strings: written down, or cut from one string, forwards or backwards.
    fn letters(&self, list: &'a Expression<'a>, depth: usize) -> Option<Vec<String>> {
        let list = list.get_inner_expression();
        if let Expression::ArrayExpression(array) = list {
            let text = |element: &'a Expression<'a>| {
                texts(&self.resolve_at(element, depth + 1))
                    .next()
                    .map(str::to_owned)
            };
            return array
                .elements
                .iter()
                .map(|element| text(element.as_expression()?))
                .collect();
        }
        let Expression::CallExpression(call) = list else {
            return None;
        };
        let method = call.callee.get_inner_expression().as_member_expression()?;
        match method.static_property_name()? {
            "reverse" if depth < 16 => {
                let mut letters = self.letters(method.object(), depth + 1)?;
                letters.reverse();
                Some(letters)
            }
            "split" => {
                let text = self.resolve_at(method.object(), depth + 1);
                let separator = call.arguments.first()?.as_expression()?;
                let separators = self.resolve_at(separator, depth + 1);
                let (text, separator) = (texts(&text).next()?, texts(&separators).next()?);
                Some(match separator {
                    "" => text.chars().map(String::from).collect(),
                    _ => text.split(separator).map(str::to_owned).collect(),
                })
            }
            _ => None,
        }
    }
}
