//! Looks into Base64, hexadecimal digits and URL encoding for what the rule knows.

use std::ops::Range;

use crate::scan::{self, Found};

/// Shorter runs hold nothing.
const LEAST: usize = 16;

/// Longer runs are cut.
const MOST: usize = 8 << 10;

/// So many bytes of a call are decoded.
const BUDGET: usize = 64 << 10;

/// What is still allowed to be decoded of one call.
pub(crate) struct Budget {
    left: usize,
    /// Something was left unread.
    pub(crate) is_spent: bool,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self {
            left: BUDGET,
            is_spent: false,
        }
    }

    fn take(&mut self, length: usize) -> bool {
        match self.left.checked_sub(length) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.is_spent = true;
                false
            }
        }
    }
}

/// The runs of encoded text with something in them, apart from those at what was found already.
pub(crate) fn find(text: &str, known: &[Found], budget: &mut Budget) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut known = known.iter().peekable();
    let mut at = 0;
    while at < bytes.len() {
        if !is_run(bytes[at]) {
            at += 1;
            continue;
        }
        let end = at
            + bytes[at..]
                .iter()
                .position(|byte| !is_run(*byte))
                .unwrap_or(bytes.len() - at);
        while known.next_if(|known| known.range.end <= at).is_some() {}
        let is_known = known.peek().is_some_and(|known| known.range.start < end);
        let run = &bytes[at..end.min(at + MOST)];
        if run.len() >= LEAST && !is_known && holds(run, budget) {
            found.push(at..end);
        }
        at = end;
    }
    found
}

/// Signs of Base64 in both alphabets, and of URLs.
fn is_run(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_=%.".contains(&byte)
}

fn holds(run: &[u8], budget: &mut Budget) -> bool {
    if run.contains(&b'%') {
        return percent(run).is_some_and(|text| budget.take(text.len()) && holds_plain(&text));
    }
    // `key=value` and `.` after it are no part of the encoded text.
    run.split(|byte| matches!(byte, b'.')).any(|part| {
        let part = part
            .rsplit(|byte| *byte == b'=')
            .find(|part| part.len() >= LEAST)
            .unwrap_or_default();
        let looks_right = |text: &[u8]| {
            text.iter().all(|byte| {
                byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x80..)
            })
        };
        [hex as fn(&[u8]) -> Option<Vec<u8>>, base64]
            .into_iter()
            .any(|decode| {
                // Most runs are names; a few bytes tell.
                let is_text =
                    decode(&part[..part.len().min(LEAST)]).is_some_and(|text| looks_right(&text));
                is_text
                    && budget.take(part.len())
                    && decode(part)
                        .filter(|text| looks_right(text))
                        .and_then(|text| String::from_utf8(text).ok())
                        .is_some_and(|text| holds_plain(&text))
            })
    })
}

fn holds_plain(text: &str) -> bool {
    !scan::find_all(text).is_empty()
}

fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16);
    digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(value(pair[0])? * 16 + value(pair[1])?).ok())
        .collect()
}

fn base64(signs: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(signs.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0);
    for sign in signs {
        let value = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'a'..=b'z' => sign - b'a' + 26,
            b'0'..=b'9' => sign - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

fn percent(run: &[u8]) -> Option<String> {
    let mut plain = Vec::with_capacity(run.len());
    let mut rest = run;
    while let [first, after @ ..] = rest {
        let byte = after
            .get(..2)
            .and_then(hex)
            .and_then(|pair| pair.first().copied());
        match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                plain.push(byte);
                rest = &after[2..];
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let known = scan::find_all(text);
        find(text, &known, &mut Budget::new())
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn encoded_values_are_found() {
        for run in [
            "bWFpbCBhbm5hQGV4YW1wbGUub3JnIG5vdw==",
            "NDExMSAxMTExIDExMTEgMTExMQ",
            "616e6e61406578616d706c652e6f7267",
            "anna%40example.org",
        ] {
            assert_eq!(found(&format!("see {run} there")), [run], "{run}");
        }
    }

    #[test]
    fn other_runs_are_left_alone() {
        for text in [
            "a/path/to/some/file_with_a_long_name.txt",
            "3f786850e387550fdab836ed7e6dc881de23001b",
            "aGVsbG8gd29ybGQsIGhvdyBhcmUgeW91",
            "https://example.org/a%20b",
        ] {
            assert_eq!(found(text), [] as [&str; 0], "{text}");
        }
    }

    #[test]
    fn more_than_the_budget_is_left_unread() {
        let text = "aGVsbG8gd29ybGQsIGhvdyBhcmUgeW91 ".repeat(4000);
        let mut budget = Budget::new();
        find(&text, &[], &mut budget);
        assert!(budget.is_spent);
    }
}
