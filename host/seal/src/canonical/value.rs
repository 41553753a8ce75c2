//! The value type: what JCS can hold, by construction.

use std::cmp::Ordering;

use super::{marked, writer};

/// The largest integer that JCS (an IEEE 754 double) holds without a neighbour: 2^53 - 1.
pub(super) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// A JSON value that RFC 8785 can write.
///
/// Made by the functions below or by [`read_json`](super::read_json); there is no way to put a
/// number into it that JCS cannot hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A finite number.
    Number(Finite),
    /// A string of Unicode scalar values.
    String(String),
    /// A list, in its order.
    Array(Vec<Value>),
    /// Members without duplicate names.
    Object(Object),
}

/// A finite IEEE 754 double.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finite(f64);

impl Finite {
    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Value {
    /// An integer; of 2^53 and more (or the negative of it) in its marked form.
    pub fn integer(number: i64) -> Self {
        if number.unsigned_abs() <= MAX_SAFE_INTEGER {
            // Exact: the magnitude fits the 53 bits of a double.
            Self::Number(Finite(number as f64))
        } else {
            marked::integer(&number.to_string())
        }
    }

    /// A floating-point number; NaN and infinities in their marked form.
    pub fn float(number: f64) -> Self {
        if number.is_finite() {
            Self::Number(Finite(number))
        } else {
            let text = if number.is_nan() {
                "NaN"
            } else if number > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            };
            marked::number(text)
        }
    }

    /// Bytes, in their marked form.
    pub fn bytes(bytes: &[u8]) -> Self {
        marked::bytes(bytes)
    }

    /// Text that is JSON but cannot be embedded as such, in its marked form.
    pub fn json_text(text: &str) -> Self {
        marked::json_text(text)
    }

    /// An object of `members` under names from outside: a name that looks like the mark is escaped,
    /// and a name that comes more than once keeps all its values in a marked form.
    pub fn object<I>(members: I) -> Self
    where
        I: IntoIterator<Item = (String, Value)>,
    {
        let members = members
            .into_iter()
            .map(|(name, value)| (marked::escape_name(name), value));
        Self::Object(Object::from_members(members.collect(), marked::duplicates))
    }

    /// A string.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// The RFC 8785 text.
    pub fn to_canonical(&self) -> Vec<u8> {
        let mut out = Vec::new();
        writer::write_value(self, &mut out);
        out
    }

    /// Appends the RFC 8785 text to `out`.
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        writer::write_value(self, out);
    }

    /// The string in a string value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The members of an object.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// The members of an object, ordered as RFC 8785 orders them: by UTF-16 code units.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object {
    members: Vec<(String, Value)>,
}

impl Object {
    /// The value under `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self
            .members
            .binary_search_by(|(have, _)| utf16_cmp(have, name))
            .ok()?;
        Some(&self.members[at].1)
    }

    /// The members in canonical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// An object of members in any order; `join` makes one value of two under the same name.
    pub(super) fn from_members(
        mut members: Vec<(String, Value)>,
        join: fn(Value, Value) -> Value,
    ) -> Self {
        let in_order = members.is_sorted_by(|a, b| utf16_cmp(&a.0, &b.0) == Ordering::Less);
        if !in_order {
            // Stable: values under one name stay in the order in which they came.
            members.sort_by(|a, b| utf16_cmp(&a.0, &b.0));
            let mut unique: Vec<(String, Value)> = Vec::with_capacity(members.len());
            for (name, value) in members {
                match unique.last_mut() {
                    Some((last, earlier)) if *last == name => {
                        *earlier = join(std::mem::replace(earlier, Value::Null), value);
                    }
                    _ => unique.push((name, value)),
                }
            }
            members = unique;
        }
        Self { members }
    }

    /// The members in canonical order, taken out.
    pub fn into_members(self) -> Vec<(String, Value)> {
        self.members
    }
}

/// Orders two strings by UTF-16 code units (RFC 8785, section 3.2.3).
///
/// UTF-8 order is the same unless a character beyond U+FFFF (first byte from 0xF0) meets one from
/// U+E000 to U+FFFF (first byte 0xEE or 0xEF).
pub(crate) fn utf16_cmp(left: &str, right: &str) -> Ordering {
    let differ = left.bytes().zip(right.bytes()).find(|(a, b)| a != b);
    match differ {
        Some((a, b)) if a >= 0xEE && b >= 0xEE => left.encode_utf16().cmp(right.encode_utf16()),
        _ => left.cmp(right),
    }
}
