//! What subscripts and calls give, for the few that give something to call, or a string.

use ruff_python_ast::{Expr, ExprCall, Number, UnaryOp};

use super::bindings::elements;
use super::names::Names;
use super::value::{MAX_TEXT, Value, is_true, members, normal, texts};

impl<'a> Names<'a> {
    /// `sys.modules["os"]`, `globals()["eval"]`, `vars(os)["system"]`, `[eval][0]`, `"cexe"[::-1]`.
    pub(super) fn resolve_subscript(
        &self,
        value: &'a Expr,
        slice: &'a Expr,
        depth: usize,
    ) -> Vec<Value> {
        if matches!(value, Expr::List(_) | Expr::Tuple(_)) {
            return elements(value)
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
        texts(&keys)
            .flat_map(|name| members(&values, name))
            .collect()
    }

    /// What a call gives, for the few functions that give something to call or a string.
    pub(super) fn resolve_call(&self, call: &'a ExprCall, depth: usize) -> Vec<Value> {
        let argument = |index: usize| {
            call.arguments
                .args
                .get(index)
                .map(|argument| self.resolve_at(argument, depth + 1))
                .unwrap_or_default()
        };
        // The members of each value that the strings among the names stand for.
        let members_of = |values: &[Value], names: &[Value]| -> Vec<Value> {
            texts(names)
                .flat_map(|name| members(values, name))
                .collect()
        };
        let mut values = Vec::new();
        for callee in self.resolve_at(&call.func, depth + 1) {
            let Value::Path(path) = callee else { continue };
            match normal(&path).as_str() {
                "builtins.getattr" | "operator.getitem" | "inspect.getattr_static" => {
                    values.extend(members_of(&argument(0), &argument(1)));
                }
                "builtins.__import__" | "importlib.import_module" | "importlib.__import__" => {
                    let names = argument(0);
                    values.extend(texts(&names).map(|name| Value::Path(name.to_owned())));
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
                        values.extend(members_of(&object, &argument(0)));
                    }
                }
            }
        }
        if let Expr::Call(getter) = &*call.func {
            let is_getter = self.resolve_at(&getter.func, depth + 1).iter().any(|value| {
                matches!(value, Value::Path(path) if path == "operator.attrgetter" || path == "operator.itemgetter")
            });
            if let (true, Some(name)) = (is_getter, getter.arguments.args.first()) {
                let names = self.resolve_at(name, depth + 1);
                values.extend(members_of(&argument(0), &names));
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
            let values = self.resolve_at(expression, depth + 1);
            texts(&values).next().map(str::to_owned)
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
                let is_list = matches!(list, Expr::List(_) | Expr::Tuple(_));
                let parts: Option<Vec<String>> = elements(list).iter().map(text_of).collect();
                parts.filter(|_| is_list).map(|parts| parts.join(&text))
            }),
            _ => None,
        };
        made.filter(|made| made.len() <= MAX_TEXT)
            .map(Value::Text)
            .into_iter()
            .collect()
    }
}
