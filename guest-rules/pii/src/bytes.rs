//! Small helpers for reading a text byte by byte.
//!
//! Everything the rule looks for is ASCII, and every byte of a character outside ASCII is at least
//! 0x80, so a match always begins and ends on character boundaries.

/// How far before a number a word may stand that tells what the number is, in bytes.
const CONTEXT: usize = 60;

/// A letter, digit or underscore.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether the byte at `at` exists and satisfies `test`.
pub(crate) fn is_at(bytes: &[u8], at: usize, test: impl Fn(u8) -> bool) -> bool {
    bytes.get(at).is_some_and(|byte| test(*byte))
}

/// Whether the byte before `at` exists and satisfies `test`.
pub(crate) fn is_before(bytes: &[u8], at: usize, test: impl Fn(u8) -> bool) -> bool {
    at.checked_sub(1)
        .is_some_and(|before| is_at(bytes, before, test))
}

/// The end of the run of bytes from `start` on that satisfy `test`.
pub(crate) fn run_end(bytes: &[u8], start: usize, test: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start
        + rest
            .iter()
            .position(|byte| !test(*byte))
            .unwrap_or(rest.len())
}

/// The value of an ASCII digit.
pub(crate) fn digit(byte: u8) -> u32 {
    u32::from(byte.wrapping_sub(b'0'))
}

/// Whether one of the words stands shortly before `at`, as a word of its own or as its beginning.
/// The words must be lower case.
pub(crate) fn has_context(bytes: &[u8], at: usize, words: &[&str]) -> bool {
    has_word(&bytes[at.saturating_sub(CONTEXT)..at], words)
}

/// The same, only so many bytes before.
pub(crate) fn has_context_within(bytes: &[u8], at: usize, most: usize, words: &[&str]) -> bool {
    has_word(&bytes[at.saturating_sub(most)..at], words)
}

/// The same, shortly after `at`.
pub(crate) fn has_context_after(bytes: &[u8], at: usize, words: &[&str]) -> bool {
    has_word(&bytes[at..bytes.len().min(at + CONTEXT)], words)
}

fn has_word(window: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| {
        let word = word.as_bytes();
        window.windows(word.len()).enumerate().any(|(index, part)| {
            part.eq_ignore_ascii_case(word)
                && !is_before(window, index, |byte| byte.is_ascii_alphabetic())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_is_a_word_shortly_before() {
        let text = b"My Phone number: 123";
        assert!(has_context(text, 17, &["tel", "phone"]));
        assert!(!has_context(text, 17, &["one"]));
        assert!(!has_context(
            &[b"phone".as_slice(), &[b' '; 80], b"123"].concat(),
            85,
            &["phone"]
        ));
    }
}
