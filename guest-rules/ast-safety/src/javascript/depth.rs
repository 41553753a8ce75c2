//! Refuses code that a recursive parser or walk could not get through on a small stack.
//!
//! An estimate by signs alone. It may be led astray by a regular expression with a quotation mark in
//! it; what then overflows the stack stops the rule, and the host denies.

/// Brackets inside brackets.
pub(super) const MAX_BRACKETS: usize = 100;

/// Operators in one expression.
const MAX_OPERATORS: usize = 400;

/// Operators that stand one after the other without an operand between them.
const MAX_PREFIXES: usize = 60;

/// The shape of a piece of code.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) is_too_deep: bool,
    /// What closes the brackets that are open at the end.
    pub(super) closers: String,
}

/// What is counted inside one pair of brackets.
#[derive(Clone, Copy, Default)]
struct Level {
    operators: usize,
    /// Keywords and labels that take a statement after them.
    statements: usize,
}

pub(super) fn measure(code: &str) -> Shape {
    let bytes = code.as_bytes();
    let mut levels = vec![Level::default()];
    let mut closers = Vec::new();
    let mut prefixes = 0;
    let mut at = 0;
    let mut is_deep = false;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        let level = levels.last_mut();
        match byte {
            b'"' | b'\'' => {
                at = end_of_string(bytes, at, byte);
                prefixes = 0;
            }
            b'/' if bytes.get(at) == Some(&b'/') => at = line_end(bytes, at),
            b'/' if bytes.get(at) == Some(&b'*') => {
                at = code[at..]
                    .find("*/")
                    .map_or(bytes.len(), |end| at + end + 2);
            }
            b'(' | b'[' | b'{' => {
                if let Some(level) = level {
                    level.operators += 1;
                }
                levels.push(Level::default());
                closers.push(match byte {
                    b'(' => b')',
                    b'[' => b']',
                    _ => b'}',
                });
                prefixes = 0;
            }
            b')' | b']' | b'}' => {
                if levels.len() > 1 {
                    levels.pop();
                    closers.pop();
                }
                prefixes = 0;
            }
            b',' | b';' => {
                if let Some(level) = level {
                    *level = Level::default();
                }
                prefixes = 0;
            }
            b'\n' => {
                // An expression goes on after a line only by an operator on either side.
                let last = code[..start].trim_end().bytes().last();
                let next = code[at..].trim_start().bytes().next();
                let goes_on = |byte: Option<u8>| {
                    byte.is_some_and(|byte| b"+-*/%.?:=<>&|^!~`".contains(&byte))
                };
                if let Some(level) = level
                    && !goes_on(last)
                    && !goes_on(next)
                {
                    level.operators = 0;
                }
                // Many empty lines must not make this quadratic.
                at +=
                    code[at..].len() - code[at..].trim_start_matches(['\n', '\r', ' ', '\t']).len();
            }
            b'!' | b'~' | b'+' | b'-' => {
                prefixes += 1;
                if let Some(level) = level {
                    level.operators += 1;
                }
            }
            b'.' | b'/' | b'%' | b'&' | b'|' | b'^' | b'<' | b'>' | b'=' | b'?' | b':' | b'*'
            | b'`' | b'@' => {
                if let Some(level) = level {
                    level.operators += 1;
                }
            }
            _ if is_word(byte) => {
                at = bytes[at..]
                    .iter()
                    .position(|byte| !is_word(*byte))
                    .map_or(bytes.len(), |end| at + end);
                match &bytes[start..at] {
                    b"typeof" | b"void" | b"delete" | b"await" | b"yield" | b"new" | b"async"
                    | b"keyof" | b"infer" | b"readonly" | b"unique" | b"extends" | b"throw"
                    | b"as" | b"in" | b"of" | b"instanceof" | b"satisfies" => {
                        prefixes += 1;
                        if let Some(level) = level {
                            level.operators += 1;
                        }
                    }
                    b"if" | b"else" | b"do" | b"while" | b"for" | b"with" | b"try" => {
                        if let Some(level) = level {
                            level.statements += 1;
                        }
                    }
                    _ => prefixes = 0,
                }
            }
            _ => {}
        }
        is_deep |= levels.len() > MAX_BRACKETS
            || prefixes > MAX_PREFIXES
            || levels.last().is_some_and(|level| {
                level.operators > MAX_OPERATORS || level.statements > MAX_OPERATORS
            });
        if is_deep {
            break;
        }
    }
    Shape {
        is_too_deep: is_deep,
        closers: closers.iter().rev().map(|byte| char::from(*byte)).collect(),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

fn end_of_string(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'\\' => at += 1,
            b'\n' => break,
            _ if byte == quote => break,
            _ => {}
        }
    }
    at.min(bytes.len())
}

fn line_end(bytes: &[u8], start: usize) -> usize {
    bytes[start..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |end| start + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_code_is_not_too_deep() {
        let chain = format!("a\n{}", "  .then(x => x.y + 1)\n".repeat(90));
        let table = format!("x = [{}]", "{a: -1, b: \"(((\"}, ".repeat(5000));
        for code in [
            &chain,
            &table,
            &"a.b(c) + d\n".repeat(5000),
            &"const f = async () => ({a: 1})\n".repeat(900),
        ] {
            assert!(!measure(code).is_too_deep);
        }
    }

    #[test]
    fn open_brackets_can_be_closed() {
        assert_eq!(measure("f(function() { if (a[\")\"").closers, "])})");
    }
}
