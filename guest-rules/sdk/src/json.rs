//! Strings inside JSON text.
//!
//! The arguments of a tool call are JSON text. Escapes in it must be undone before looking (a `\n`
//! before a name is not an `n` of it), and what is replaced must leave JSON behind.

use std::ops::Range;

/// JSON text with its escapes undone, byte for byte traceable. Any text is taken, JSON or not: what
/// is no escape stands for itself.
#[derive(Debug)]
pub struct Unescaped {
    text: String,
    /// For each byte of `text`, and for its end, the byte of the original it was made from.
    origins: Vec<usize>,
    /// For each byte of `text`, whether it stands inside a string.
    in_string: Vec<bool>,
}

/// A string in JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonString<'a> {
    /// The key of the innermost object member that the string is, or stands in; empty if there is
    /// none before it.
    pub key: &'a str,
    /// The string itself, escapes undone.
    pub text: &'a str,
    /// Where it stands in the unescaped text, quotation marks left out.
    pub range: Range<usize>,
}

impl Unescaped {
    /// Undoes the escapes in the strings of a JSON text.
    pub fn new(json: &str) -> Self {
        let mut made = Self {
            text: String::with_capacity(json.len()),
            origins: Vec::with_capacity(json.len() + 1),
            in_string: Vec::with_capacity(json.len()),
        };
        let mut at = 0;
        let mut inside = false;
        while let Some(character) = json[at..].chars().next() {
            let escape = if character == '\\' && inside {
                unescape(&json[at..])
            } else {
                None
            };
            let (character, length, escaped) = match escape {
                Some((character, length)) => (character, length, true),
                None => (character, character.len_utf8(), false),
            };
            let is_quote = character == '"' && !escaped;
            made.push(character, at, inside && !is_quote);
            inside ^= is_quote;
            at += length;
        }
        made.origins.push(json.len());
        made
    }

    /// The text with its escapes undone.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the original that this range of [`Self::text`] was made from.
    pub fn origin(&self, range: &Range<usize>) -> Range<usize> {
        let last = self.origins.len() - 1;
        self.origins[range.start.min(last)]..self.origins[range.end.min(last)]
    }

    /// Whether this range of [`Self::text`] stands inside a string.
    pub fn is_in_string(&self, range: &Range<usize>) -> bool {
        self.in_string[range.clone()].iter().all(|inside| *inside)
    }

    /// Every string that is a value and not empty, in order.
    pub fn strings(&self) -> impl Iterator<Item = JsonString<'_>> {
        let mut at = 0;
        let mut key = "";
        std::iter::from_fn(move || {
            loop {
                let start = at + self.in_string[at..].iter().position(|inside| *inside)?;
                let length = self.in_string[start..].iter().position(|inside| !inside);
                let end = length.map_or(self.text.len(), |length| start + length);
                at = end;
                let text = &self.text[start..end];
                let after = self.text[end..].strip_prefix('"').unwrap_or_default();
                if after.trim_start().starts_with(':') {
                    key = text;
                } else {
                    return Some(JsonString {
                        key,
                        text,
                        range: start..end,
                    });
                }
            }
        })
    }

    fn push(&mut self, character: char, origin: usize, inside: bool) {
        self.text.push(character);
        self.origins.resize(self.text.len(), origin);
        self.in_string.resize(self.text.len(), inside);
    }
}

/// The character that an escape at the beginning of `rest` stands for, and its length.
fn unescape(rest: &str) -> Option<(char, usize)> {
    let character = match rest.as_bytes().get(1)? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        sign @ (b'"' | b'\\' | b'/') => char::from(*sign),
        b'u' => {
            let high = code_unit(rest.get(2..6)?)?;
            let low = rest
                .get(6..8)
                .filter(|prefix| *prefix == "\\u")
                .and_then(|_| code_unit(rest.get(8..12)?));
            let pair = [high, low.unwrap_or(0)];
            return match char::decode_utf16(pair).next()? {
                Ok(character) => Some((character, 6 * character.len_utf16())),
                Err(_) => Some(('\u{fffd}', 6)),
            };
        }
        _ => return None,
    };
    Some((character, 2))
}

fn code_unit(digits: &str) -> Option<u16> {
    let whole = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if whole {
        u16::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_traced_back() {
        let json = r#"{"a":"x\n\u0061\ud83d\ude42\"z"}"#;
        let made = Unescaped::new(json);
        assert_eq!(made.text(), "{\"a\":\"x\na🙂\"z\"}");
        let at = made.text().find("a🙂").unwrap();
        assert_eq!(&json[made.origin(&(at..at + 5))], r"\u0061\ud83d\ude42");
    }

    #[test]
    fn strings_are_told_from_the_rest() {
        let made = Unescaped::new(r#"{"a":"x\"y","n":12}"#);
        let is_in_string = |part: &str| {
            let at = made.text().find(part).unwrap();
            made.is_in_string(&(at..at + part.len()))
        };
        assert!(is_in_string("x\"y"));
        assert!(!is_in_string("12"));
    }

    #[test]
    fn values_come_with_their_keys() {
        let made = Unescaped::new(r#"{"a" : "x", "list": ["y", "z"], "n": 1, "e": ""}"#);
        let seen: Vec<_> = made
            .strings()
            .map(|string| (string.key, string.text))
            .collect();
        assert_eq!(seen, [("a", "x"), ("list", "y"), ("list", "z")]);
    }

    #[test]
    fn broken_escapes_and_json_stand_for_themselves() {
        for json in [
            r#""\"#,
            r#""\u12"#,
            r#""\q""#,
            r#""\ud800x""#,
            "\"open",
            "",
            "no json",
        ] {
            let made = Unescaped::new(json);
            assert_eq!(made.origin(&(0..made.text().len())), 0..json.len());
            assert!(made.strings().count() <= 1);
        }
    }
}
