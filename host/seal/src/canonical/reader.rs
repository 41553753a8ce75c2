//! Reads JSON text as widely as Python's `json.loads` does, and loses nothing of it.
//!
//! Message attributes were embedded by a Python program, so what it accepts decides the canonical
//! bytes: `NaN` and `Infinity` are values, integers have any length, `\ud800` may stand alone, the
//! last of several equal names wins. No JSON library keeps all of these apart; hence this reader. It
//! turns what RFC 8785 cannot hold into marked forms.

use thiserror::Error;

use super::marked;
use super::value::{MAX_SAFE_INTEGER, Object, Value};

/// How deep arrays and objects may be nested. Python 3.11 gives up before 1000.
pub const MAX_DEPTH: usize = 1024;

/// Python refuses to convert longer integers (its `sys.int_info.default_max_str_digits`).
const MAX_INTEGER_DIGITS: usize = 4300;

/// Why a text is not JSON, with the place as a byte offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Something else was expected here.
    #[error("byte {at}: expected {expected}")]
    Expected {
        /// Byte offset into the text.
        at: usize,
        /// What would have been right.
        expected: &'static str,
    },
    /// More than [`MAX_DEPTH`] arrays and objects inside each other.
    #[error("byte {at}: nested deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// Byte offset into the text.
        at: usize,
    },
}

/// Reads one JSON value from outside that takes up the whole text, ready to be sealed: names that
/// could be taken for the mark are escaped.
pub fn read_json(text: &str) -> Result<Value, ReadError> {
    read(text, true)
}

/// Reads a sealed body again: marked forms stay as they are, and every number is a double.
pub fn read_sealed(text: &str) -> Result<Value, ReadError> {
    read(text, false)
}

fn read(text: &str, from_outside: bool) -> Result<Value, ReadError> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        from_outside,
    };
    reader.skip_space();
    let value = reader.value()?;
    reader.skip_space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.expected("the end of the text")),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    from_outside: bool,
}

/// A string as JSON spells it: either Unicode, or with lone surrogates in the escaped spelling of
/// [`marked::surrogate_string`].
enum Text {
    Unicode(String),
    Surrogates(String),
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Value, ReadError> {
        match self.peek() {
            Some(b'"') => Ok(match self.string()? {
                Text::Unicode(text) => Value::String(text),
                Text::Surrogates(escaped) => marked::surrogate_string(escaped),
            }),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                for (word, value) in [
                    ("null", Value::Null),
                    ("true", Value::Bool(true)),
                    ("false", Value::Bool(false)),
                    ("NaN", marked::number("NaN")),
                    ("Infinity", marked::number("Infinity")),
                ] {
                    if self.take(word) {
                        return Ok(value);
                    }
                }
                Err(self.expected("a JSON value"))
            }
        }
    }

    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<Value, ReadError>,
    ) -> Result<Value, ReadError> {
        if self.depth == MAX_DEPTH {
            return Err(ReadError::TooDeep { at: self.at });
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn array(&mut self) -> Result<Value, ReadError> {
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_space();
            if self.take("]") {
                return Ok(Value::Array(items));
            }
            if !self.take(",") {
                return Err(self.expected("',' or ']'"));
            }
            self.skip_space();
        }
    }

    fn object(&mut self) -> Result<Value, ReadError> {
        let mut members = Vec::new();
        if !self.take("}") {
            loop {
                if self.peek() != Some(b'"') {
                    return Err(self.expected("a member name in double quotes"));
                }
                let name = self.string()?;
                self.skip_space();
                if !self.take(":") {
                    return Err(self.expected("':'"));
                }
                self.skip_space();
                members.push((name, self.value()?));
                self.skip_space();
                if self.take("}") {
                    break;
                }
                if !self.take(",") {
                    return Err(self.expected("',' or '}'"));
                }
                self.skip_space();
            }
        }
        Ok(self.object_of(members))
    }

    /// An object of members as they were read: the last of equal names wins, as in Python.
    fn object_of(&self, members: Vec<(Text, Value)>) -> Value {
        if members
            .iter()
            .any(|(name, _)| matches!(name, Text::Surrogates(_)))
        {
            let pairs = members.into_iter().map(|(name, value)| match name {
                Text::Unicode(text) => (Value::String(text), value),
                Text::Surrogates(escaped) => (marked::surrogate_string(escaped), value),
            });
            return marked::surrogate_object(pairs.collect());
        }
        let members = members.into_iter().filter_map(|(name, value)| match name {
            Text::Unicode(name) if self.from_outside => Some((marked::escape_name(name), value)),
            Text::Unicode(name) => Some((name, value)),
            Text::Surrogates(_) => None,
        });
        Value::Object(Object::from_members(members.collect(), |_, last| last))
    }

    fn string(&mut self) -> Result<Text, ReadError> {
        self.at += 1;
        let mut units = StringParts::default();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest
                .bytes()
                .position(|byte| byte == b'"' || byte == b'\\' || byte < 0x20)
                .ok_or(ReadError::Expected {
                    at: self.text.len(),
                    expected: "'\"'",
                })?;
            units.push_str(&rest[..plain]);
            self.at += plain;
            match rest.as_bytes()[plain] {
                b'"' => {
                    self.at += 1;
                    return Ok(units.finish());
                }
                b'\\' => {
                    self.at += 1;
                    self.escape(&mut units)?;
                }
                _ => return Err(self.expected("no control character in a string")),
            }
        }
    }

    fn escape(&mut self, units: &mut StringParts) -> Result<(), ReadError> {
        let plain = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let digits = self.text.as_bytes().get(self.at..self.at + 4);
                let unit = digits
                    .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
                    .and_then(|digits| std::str::from_utf8(digits).ok())
                    .and_then(|digits| u16::from_str_radix(digits, 16).ok())
                    .ok_or_else(|| self.expected("four hexadecimal digits"))?;
                self.at += 4;
                units.push_unit(unit);
                return Ok(());
            }
            _ => return Err(self.expected("one of \" \\ / b f n r t u after a backslash")),
        };
        self.at += 1;
        units.push_char(plain);
        Ok(())
    }

    fn number(&mut self) -> Result<Value, ReadError> {
        let start = self.at;
        if self.take("-") && self.take("Infinity") {
            return Ok(marked::number("-Infinity"));
        }
        let integer_from = self.at;
        if !self.take("0") {
            self.digits();
        }
        let integer_digits = self.at - integer_from;
        if integer_digits == 0 {
            return Err(self.expected("a digit"));
        }
        let integer_end = self.at;
        if self.take(".") && !self.digits() {
            self.at = integer_end;
        }
        let exponent_from = self.at;
        if (self.take("e") || self.take("E")) && {
            let _ = self.take("+") || self.take("-");
            !self.digits()
        } {
            self.at = exponent_from;
        }
        let text = &self.text[start..self.at];
        if self.at > integer_end {
            return Ok(match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Value::float(number),
                _ => marked::number(text),
            });
        }
        if !self.from_outside {
            // A sealed body has no integers beyond 2^53: what looks like one is a double.
            return Ok(text
                .parse::<f64>()
                .map_or_else(|_| marked::number(text), Value::float));
        }
        if integer_digits > MAX_INTEGER_DIGITS {
            return Err(ReadError::Expected {
                at: start,
                expected: "an integer of at most 4300 digits",
            });
        }
        match text.parse::<i64>() {
            Ok(number) if number.unsigned_abs() <= MAX_SAFE_INTEGER => Ok(Value::integer(number)),
            _ => Ok(marked::integer(text)),
        }
    }

    /// Whether there was at least one digit.
    fn digits(&mut self) -> bool {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at > from
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let here = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        if here {
            self.at += word.len();
        }
        here
    }

    fn expected(&self, expected: &'static str) -> ReadError {
        ReadError::Expected {
            at: self.at,
            expected,
        }
    }
}

/// Puts a string together from plain text and `\u` code units, which may be halves of a pair.
#[derive(Default)]
struct StringParts {
    text: String,
    /// A high surrogate that waits for its other half.
    high: Option<u16>,
    /// Once a lone surrogate was met: the escaped spelling of everything so far.
    escaped: Option<String>,
}

impl StringParts {
    fn push_str(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.flush_high();
        match &mut self.escaped {
            Some(escaped) => escaped.push_str(&text.replace('\\', "\\\\")),
            None => self.text.push_str(text),
        }
    }

    fn push_char(&mut self, char: char) {
        self.push_str(char.encode_utf8(&mut [0; 4]));
    }

    fn push_unit(&mut self, unit: u16) {
        if let Some(high) = self.high.take() {
            if let Some(Ok(pair)) = char::decode_utf16([high, unit]).next()
                && pair.len_utf16() == 2
            {
                return self.push_char(pair);
            }
            self.push_lone(high);
        }
        match char::from_u32(u32::from(unit)) {
            Some(char) => self.push_char(char),
            None if (0xD800..0xDC00).contains(&unit) => self.high = Some(unit),
            None => self.push_lone(unit),
        }
    }

    fn finish(mut self) -> Text {
        self.flush_high();
        match self.escaped {
            Some(escaped) => Text::Surrogates(escaped),
            None => Text::Unicode(self.text),
        }
    }

    fn flush_high(&mut self) {
        if let Some(high) = self.high.take() {
            self.push_lone(high);
        }
    }

    fn push_lone(&mut self, unit: u16) {
        let text = &self.text;
        let escaped = self
            .escaped
            .get_or_insert_with(|| text.replace('\\', "\\\\"));
        escaped.push_str(&format!("\\u{unit:04x}"));
    }
}
