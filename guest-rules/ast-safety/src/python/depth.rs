//! Refuses code that a recursive parser or walk could not get through on a small stack.
//!
//! An over-estimate: strings and comments count like code. Code that people write stays far below.

/// Brackets inside brackets.
const MAX_BRACKETS: usize = 100;

/// Operators in one expression, between two commas or lines.
const MAX_OPERATORS: usize = 400;

/// Operators that stand one after the other without an operand between them.
const MAX_PREFIXES: usize = 60;

/// Indentation of a line, in characters.
const MAX_INDENTATION: usize = 400;

pub(super) fn is_too_deep(code: &str) -> bool {
    let mut operators = vec![0usize];
    let mut prefixes = 0usize;
    let mut word = 0;
    for (at, byte) in code.bytes().enumerate() {
        let is_word = byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
        if !is_word && at > word {
            if is_keyword(&code.as_bytes()[word..at]) {
                count(&mut operators);
                prefixes += 1;
            } else {
                prefixes = 0;
            }
        }
        if !is_word {
            word = at + 1;
        }
        match byte {
            b'(' | b'[' | b'{' => {
                count(&mut operators);
                operators.push(0);
            }
            b')' | b']' | b'}' => {
                if operators.len() > 1 {
                    operators.pop();
                }
                prefixes = 0;
            }
            b',' | b';' => reset(&mut operators),
            b'\n' if operators.len() == 1 => {
                reset(&mut operators);
                prefixes = 0;
            }
            b'+' | b'-' | b'~' | b'*' => {
                count(&mut operators);
                prefixes += 1;
            }
            b'.' | b'/' | b'%' | b'@' | b'&' | b'|' | b'^' | b'<' | b'>' | b'=' | b':' => {
                count(&mut operators);
            }
            _ => {}
        }
        let deepest = operators.last().is_some_and(|count| *count > MAX_OPERATORS);
        if deepest || operators.len() > MAX_BRACKETS || prefixes > MAX_PREFIXES {
            return true;
        }
    }
    code.lines()
        .any(|line| line.len() - line.trim_start().len() > MAX_INDENTATION)
}

fn is_keyword(word: &[u8]) -> bool {
    matches!(
        word,
        b"not"
            | b"lambda"
            | b"await"
            | b"if"
            | b"else"
            | b"elif"
            | b"for"
            | b"in"
            | b"and"
            | b"or"
            | b"yield"
            | b"is"
    )
}

fn count(operators: &mut [usize]) {
    if let Some(last) = operators.last_mut() {
        *last += 1;
    }
}

fn reset(operators: &mut [usize]) {
    if let Some(last) = operators.last_mut() {
        *last = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_code_is_not_too_deep() {
        let table = format!("x = [{}]\n", "-1, ".repeat(10_000));
        for code in [
            "def f(x):\n    return [g(y) for y in x if not y]\n",
            &table,
            &"a = b + c\n".repeat(5000),
        ] {
            assert!(!is_too_deep(code));
        }
    }

    #[test]
    fn towers_are_too_deep() {
        for code in [
            "(",
            "[",
            "-",
            "- ",
            "not ",
            "lambda:",
            "1+",
            "a.",
            "f(x)",
            "*",
            "x if y else ",
        ] {
            assert!(is_too_deep(&code.repeat(5000)), "{code}");
        }
    }
}
