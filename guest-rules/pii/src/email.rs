//! E-mail addresses (the part of RFC 5321 that people use; no quoted local parts).

use std::ops::Range;

use crate::bytes::{is_at, is_before};

/// Endings of files that are no top-level domains: `logo@2x.png`.
const FILES: &[&str] = &[
    ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".bmp", ".css", ".js", ".json", ".html",
    ".xml", ".pdf", ".txt",
];

const MAX_LOCAL: usize = 64;
const MAX_DOMAIN: usize = 253;
const MAX_LABEL: usize = 63;

/// The address around the `@` at `at`.
pub(crate) fn find(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let start = local_start(bytes, at)?;
    let end = domain_end(bytes, at + 1)?;
    // `git@host:path` names a repository, not a person.
    let is_repository =
        &bytes[start..at] == b"git" && is_at(bytes, end, |byte| matches!(byte, b':' | b'/'));
    let domain = &bytes[at + 1..end];
    let is_file = FILES
        .iter()
        .any(|extension| domain.to_ascii_lowercase().ends_with(extension.as_bytes()));
    (!is_repository && !is_file).then_some(start..end)
}

fn local_start(bytes: &[u8], at: usize) -> Option<usize> {
    let window = &bytes[at.saturating_sub(MAX_LOCAL + 1)..at];
    let length = window
        .iter()
        .rev()
        .take_while(|byte| is_local(**byte))
        .count();
    if length > MAX_LOCAL {
        return None;
    }
    // An address starts with a letter or digit; signs before it belong to the sentence.
    let local = &bytes[at - length..at];
    let skipped = local
        .iter()
        .position(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80)?;
    if is_before(bytes, at, |byte| byte == b'.') || local.windows(2).any(|pair| pair == b"..") {
        return None;
    }
    Some(at - length + skipped)
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'.' | b'_' | b'%' | b'+' | b'-' | b'\'' | b'~' | b'&' | b'!' | b'#' | b'$'
        )
}

fn domain_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut label = start;
    let mut last = None;
    loop {
        let limit = (label + MAX_LABEL).min(bytes.len());
        let window = bytes.get(label..limit)?;
        let length = window.iter().take_while(|byte| is_label(**byte)).count();
        let end = label
            + window[..length]
                .iter()
                .rposition(|byte| *byte != b'-')
                .map_or(0, |index| index + 1);
        if end == label || is_at(bytes, label, |byte| byte == b'-') {
            break;
        }
        if end - start > MAX_DOMAIN {
            return None;
        }
        // The last label is that of a top-level domain.
        if label > start
            && end - label >= 2
            && bytes[label..end].iter().all(|byte| !byte.is_ascii_digit())
        {
            last = Some(end);
        }
        if !is_at(bytes, end, |byte| byte == b'.') || end != label + length {
            break;
        }
        label = end + 1;
    }
    last
}

fn is_label(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let at = text.find('@')?;
        find(text.as_bytes(), at).map(|range| &text[range])
    }

    #[test]
    fn addresses_are_found_whole() {
        for (text, address) in [
            (
                "write to anna.keller@example.org.",
                "anna.keller@example.org",
            ),
            ("<a_b+tag@mail.example.co.uk>", "a_b+tag@mail.example.co.uk"),
            ("'bob@example.com'", "bob@example.com"),
            ("mailto:x@y.io?subject=hi", "x@y.io"),
            ("user@bücher.example", "user@bücher.example"),
            ("a@b-c.de-", "a@b-c.de"),
        ] {
            assert_eq!(found(text), Some(address), "{text}");
        }
    }

    #[test]
    fn other_uses_of_the_at_sign_are_left_alone() {
        for text in [
            "@anna",
            "lodash@4.17.21",
            "root@localhost",
            "git@github.com:org/repo.git",
            "a@",
            "@",
            "x@.com",
            "@app.route",
            "10 pieces @ 5.00",
            "a..b@example.com",
            "a.@example.com",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
