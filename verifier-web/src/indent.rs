//! Indents JSON text for reading without reading its values: a number keeps its digits, a string its
//! escapes, a member that comes twice is seen twice.

use serde::de::IgnoredAny;

/// Deeper levels are not indented further, so that nested brackets cannot fill the memory.
const MAX_INDENT: usize = 40;

/// `text` with a line for each member and item, and whether it was cut near `limit` bytes; `None` if
/// it is not JSON.
pub(crate) fn indent(text: &str, limit: usize) -> Option<(String, bool)> {
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut out = String::with_capacity(text.len().min(limit) * 2);
    let mut depth = 0_usize;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        if out.len() > limit {
            return Some((out, true));
        }
        match char {
            '"' => {
                let end = string_end(text, at);
                let shown = text.floor_char_boundary(end.min(at + limit));
                out.push_str(&text[at..shown]);
                if shown < end {
                    return Some((out, true));
                }
                while chars.next_if(|(next, _)| *next < end).is_some() {}
            }
            '{' | '[' => {
                out.push(char);
                while chars
                    .next_if(|(_, next)| next.is_ascii_whitespace())
                    .is_some()
                {}
                let close = chars.next_if(|(_, next)| matches!(next, '}' | ']'));
                if let Some((_, close)) = close {
                    out.push(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(char);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            white if white.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    Some((out, false))
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

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(MAX_INDENT)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indented(text: &str) -> String {
        indent(text, 10_000).unwrap().0
    }

    #[test]
    fn members_and_items_get_lines() {
        assert_eq!(
            indented(r#"{"a":[1,{}],"b":null}"#),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": null\n}"
        );
    }

    #[test]
    fn values_keep_their_spelling() {
        let text = r#"[12345678901234567890123,1.10,"a\u0041\"}{"]"#;
        let joined: String = indented(text).split_whitespace().collect();
        assert_eq!(joined, text);
    }

    #[test]
    fn members_that_come_twice_are_both_there() {
        assert_eq!(indented(r#"{"a":1,"a":2}"#).matches("\"a\"").count(), 2);
    }

    #[test]
    fn deep_nesting_and_long_strings_are_cut_at_the_limit() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let (text, cut) = indent(&deep, 50_000).unwrap();
        assert!(cut && text.len() < 51_000);
        let long = format!("[\"{}\"]", "é".repeat(100_000));
        let (text, cut) = indent(&long, 1000).unwrap();
        assert!(cut && text.len() < 1100);
    }

    #[test]
    fn what_is_not_json_is_not_indented() {
        assert_eq!(indent("{\"a\":", 100), None);
        assert_eq!(indent("hello", 100), None);
    }
}
