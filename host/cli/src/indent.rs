//! Sealed bodies as people read them: as Python's `json.dumps(indent=2, ensure_ascii=False)` writes
//! what `json.loads` read.
//!
//! The text is not read into values: members stay in their order, an integer keeps all its digits, and
//! a member that comes twice is shown twice. Floats get Python's spelling (`1e-06`, `1e+21`).

use bijotel::seal::canonical::write_string;
use serde::de::IgnoredAny;

use crate::output::steers_terminal;

/// Deeper bodies are shown as they are sealed: indenting them would take memory without end.
const MAX_DEPTH: usize = 500;

/// `json` with a line for each member and item; `None` if it is not JSON text.
///
/// For a terminal, characters that could steer it are escaped, which leaves the text as good JSON.
pub(crate) fn indent(json: &[u8], for_terminal: bool) -> Option<String> {
    let text = std::str::from_utf8(json).ok()?;
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut writer = Writer {
        text,
        at: 0,
        out: Vec::with_capacity(text.len() * 2),
        depth: 0,
    };
    let indented = writer.run().map(|()| writer.out);
    let shown = match indented {
        Some(out) => String::from_utf8(out).ok()?,
        None => text.to_owned(),
    };
    Some(if for_terminal { escape(&shown) } else { shown })
}

/// Walks over text that is known to be JSON.
struct Writer<'t> {
    text: &'t str,
    at: usize,
    out: Vec<u8>,
    depth: usize,
}

impl Writer<'_> {
    /// `None` if the text is nested too deeply.
    fn run(&mut self) -> Option<()> {
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b'"' => self.string(),
                b'{' | b'[' => self.open(byte)?,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.new_line();
                    self.put(byte);
                }
                b',' => {
                    self.put(byte);
                    self.new_line();
                }
                b':' => {
                    self.put(byte);
                    self.out.push(b' ');
                }
                b'-' | b'0'..=b'9' => self.number(),
                byte if byte.is_ascii_whitespace() => self.at += 1,
                // A letter of true, false or null.
                byte => self.put(byte),
            }
        }
        Some(())
    }

    fn put(&mut self, byte: u8) {
        self.out.push(byte);
        self.at += 1;
    }

    fn open(&mut self, bracket: u8) -> Option<()> {
        self.put(bracket);
        let rest = self.text[self.at..].trim_ascii_start();
        self.at = self.text.len() - rest.len();
        match rest.as_bytes().first() {
            Some(close @ (b'}' | b']')) => self.put(*close),
            _ => {
                self.depth += 1;
                self.new_line();
            }
        }
        (self.depth <= MAX_DEPTH).then_some(())
    }

    fn new_line(&mut self) {
        self.out.push(b'\n');
        self.out
            .extend(std::iter::repeat_n(b' ', self.depth.saturating_mul(2)));
    }

    fn string(&mut self) {
        let literal = &self.text[self.at..string_end(self.text, self.at)];
        self.at += literal.len();
        match serde_json::from_str::<String>(literal) {
            Ok(text) => write_string(&text, &mut self.out),
            // A lone surrogate: shown with its escape.
            Err(_) => self.out.extend_from_slice(literal.as_bytes()),
        }
    }

    fn number(&mut self) {
        let rest = &self.text[self.at..];
        let end = rest.find(|char: char| !matches!(char, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'));
        let literal = &rest[..end.unwrap_or(rest.len())];
        self.at += literal.len();
        let spelt = match literal.parse::<f64>() {
            Ok(float) if literal.contains(['.', 'e', 'E']) => python_float(float),
            _ if literal == "-0" => "0".to_owned(),
            _ => literal.to_owned(),
        };
        self.out.extend_from_slice(spelt.as_bytes());
    }
}

/// Where the string that starts at `start` ends, its last quote included.
fn string_end(text: &str, start: usize) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(start + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A float as Python's `repr` writes it: the shortest digits, with an exponent from 1e16 on and below
/// 1e-4.
fn python_float(float: f64) -> String {
    if float.is_infinite() {
        return if float > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(power @ (..-4 | 16..)) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", power.unsigned_abs())
        }
        _ => format!("{float:?}"),
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if char != '\n' && steers_terminal(char) {
            out.push_str(&format!("\\u{:04x}", u32::from(char)));
        } else {
            out.push(char);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indented(text: &str) -> String {
        indent(text.as_bytes(), false).unwrap()
    }

    #[test]
    fn members_and_items_get_lines() {
        assert_eq!(
            indented("{\"a\":[1,{ }], \"b\" :null,\"c\":[]}"),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": null,\n  \"c\": []\n}"
        );
        assert_eq!(indented("true"), "true");
    }

    #[test]
    fn floats_are_spelt_as_python_does() {
        for (text, spelt) in [
            ("1e+21", "1e+21"),
            ("1e-7", "1e-07"),
            ("0.000001", "1e-06"),
            ("0.0001", "0.0001"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e+308", "1.7976931348623157e+308"),
            ("1e5", "100000.0"),
            ("1E15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("-0.0", "-0.0"),
            ("1e999", "Infinity"),
            ("333333333.3333333", "333333333.3333333"),
        ] {
            assert_eq!(indented(text), spelt);
        }
    }

    #[test]
    fn integers_keep_all_their_digits() {
        for text in ["9007199254740993123", "-1", "100000000000000000000"] {
            assert_eq!(indented(text), text);
        }
        assert_eq!(indented("-0"), "0");
    }

    #[test]
    fn strings_are_escaped_only_where_json_demands_it() {
        let text = r#""\u00e9\ud83d\ude00\u0001\/ \" \\ \n""#;
        assert_eq!(indented(text), "\"é😀\\u0001/ \\\" \\\\ \\n\"");
        assert_eq!(indented(r#""\ud800""#), r#""\ud800""#);
    }

    #[test]
    fn a_terminal_is_not_steered() {
        let body = "\"\u{9b}31m \u{202e}\u{7f}é\"".as_bytes();
        assert_eq!(
            indent(body, true).unwrap(),
            "\"\\u009b31m \\u202e\\u007fé\""
        );
        assert_eq!(indent(body, false).unwrap().as_bytes(), body);
    }

    #[test]
    fn nesting_without_end_is_shown_as_it_is() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(indented(&deep), deep);
    }

    #[test]
    fn what_is_not_json_is_not_indented() {
        for body in [&b""[..], b"{\"a\":", b"\xff", b"NaN"] {
            assert_eq!(indent(body, false), None);
        }
    }
}
