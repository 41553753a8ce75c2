//! Marked forms: how a value that RFC 8785 cannot hold is sealed all the same.
//!
//! A marked form is an object with the member `$bijotel` that names the kind. An object from outside
//! that has such a member cannot pass for one: names of `$`s followed by `bijotel` get one more `$`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::value::{Object, Value};

/// The member name that makes an object a marked form.
pub const MARK: &str = "$bijotel";

/// An integer beyond 2^53 - 1 in magnitude, as its decimal digits.
pub(super) fn integer(digits: &str) -> Value {
    form("integer", "text", Value::string(digits))
}

/// NaN, an infinity, or a number beyond the largest double, as it was written.
pub(super) fn number(text: &str) -> Value {
    form("number", "text", Value::string(text))
}

/// Bytes, as base64 with padding (RFC 4648, section 4).
pub(super) fn bytes(bytes: &[u8]) -> Value {
    form("bytes", "base64", Value::string(STANDARD.encode(bytes)))
}

/// JSON text that cannot be embedded, as text.
pub(super) fn json_text(text: &str) -> Value {
    form("json", "text", Value::string(text))
}

/// A string with lone surrogates: `\` is written `\\`, a lone surrogate `\udXXX` in lower case.
pub(super) fn surrogate_string(escaped: String) -> Value {
    form("string", "escaped", Value::String(escaped))
}

/// An object with a name that has lone surrogates: its members as a list of pairs, in their order.
pub(super) fn surrogate_object(members: Vec<(Value, Value)>) -> Value {
    let pairs = members
        .into_iter()
        .map(|(name, value)| Value::Array(vec![name, value]));
    form("object", "members", Value::Array(pairs.collect()))
}

/// All values under a name that came more than once, in their order.
pub(super) fn duplicates(first: Value, next: Value) -> Value {
    let mut values = match duplicate_values(&first) {
        Some(values) => values.to_vec(),
        None => vec![first],
    };
    values.push(next);
    form("duplicates", "values", Value::Array(values))
}

/// A name from outside, escaped if it could be taken for the mark.
pub(super) fn escape_name(name: String) -> String {
    let looks_marked = name
        .strip_suffix("bijotel")
        .is_some_and(|s| !s.is_empty() && s.bytes().all(|b| b == b'$'));
    if looks_marked {
        format!("${name}")
    } else {
        name
    }
}

fn form(kind: &str, member: &str, value: Value) -> Value {
    let members = vec![
        (MARK.to_owned(), Value::string(kind)),
        (member.to_owned(), value),
    ];
    Value::Object(Object::from_members(members, duplicates))
}

fn duplicate_values(value: &Value) -> Option<&[Value]> {
    let object = value.as_object()?;
    match (object.get(MARK)?.as_str()?, object.get("values")?) {
        ("duplicates", Value::Array(values)) => Some(values),
        _ => None,
    }
}
