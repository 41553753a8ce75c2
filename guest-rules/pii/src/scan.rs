//! Walks over a text once and asks, wherever something may begin, what it is.

use std::ops::Range;

use crate::bytes::{is_at, is_before, is_word};
use crate::kind::Kind;
use crate::{email, iban, national, network, number, passport, secret};

/// What was found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: Kind,
    pub(crate) range: Range<usize>,
}

/// Everything that is found in a text, in order and without overlaps: where two overlap, the one that
/// begins first stays, and at one place the more certain kind.
pub(crate) fn find_all(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut all: Vec<Found> = Vec::new();
    let mut at = 0;
    // An account number that was mistyped is no telephone number, although its groups may look like one.
    let mut account_end = 0;
    while at < bytes.len() {
        if TRIGGERS[usize::from(bytes[at])] == 0 {
            at += 1;
            continue;
        }
        if bytes[at].is_ascii_alphabetic()
            && let Some(account) = iban::find_shape(bytes, at)
        {
            account_end = account.end;
        }
        match find_at(bytes, at) {
            Some((Kind::Phone, range)) if range.start < account_end => at = next(bytes, at),
            Some((kind, range)) => {
                // An address begins before its `@`, and what was found in it is a part of it.
                while all.last().is_some_and(|last| last.range.end > range.start) {
                    all.pop();
                }
                at = range.end.max(at + 1);
                all.push(Found { kind, range });
            }
            None => at = next(bytes, at),
        }
    }
    all
}

const WORD: u8 = 1;
const SIGN: u8 = 2;

/// Bytes at which something may begin.
const TRIGGERS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => WORD,
            b'@' | b'+' | b'(' | b'-' | b':' => SIGN,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// Where to look next after nothing began at `at`: nothing begins inside a word.
fn next(bytes: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    if TRIGGERS[usize::from(bytes[at])] == WORD {
        while is_at(bytes, next, |byte| TRIGGERS[usize::from(byte)] == WORD) {
            next += 1;
        }
    }
    next
}

fn find_at(bytes: &[u8], at: usize) -> Option<(Kind, Range<usize>)> {
    match bytes[at] {
        b'@' => email::find(bytes, at).map(|range| (Kind::Email, range)),
        b'+' => number::find_international(bytes, at),
        b'(' => number::find_in_parentheses(bytes, at),
        b'-' => secret::find(bytes, at),
        b':' => with(Kind::IpAddress, network::find_v6(bytes, at)),
        b'0'..=b'9' => find_at_digit(bytes, at),
        byte => find_at_letter(bytes, at, byte),
    }
}

/// The more certain kinds first.
fn find_at_digit(bytes: &[u8], at: usize) -> Option<(Kind, Range<usize>)> {
    // A number that is called by its name is that, even if it could be a card.
    with(Kind::NationalId, national::find_named(bytes, at))
        .or_else(|| with(Kind::CreditCard, number::find_card(bytes, at)))
        .or_else(|| with(Kind::IpAddress, network::find_v4(bytes, at)))
        .or_else(|| with(Kind::NationalId, national::find(bytes, at)))
        .or_else(|| with(Kind::Passport, passport::find(bytes, at)))
        .or_else(|| number::find(bytes, at))
        .or_else(|| with(Kind::IpAddress, network::find_v6(bytes, at)))
        .or_else(|| secret::find_aws_secret(bytes, at))
}

fn find_at_letter(bytes: &[u8], at: usize, byte: u8) -> Option<(Kind, Range<usize>)> {
    if is_before(bytes, at, is_word) {
        return None;
    }
    if secret::may_begin(byte) {
        let found = secret::find(bytes, at);
        if found.is_some() {
            return found;
        }
    }
    let head = &bytes[at..bytes.len().min(at + 5)];
    if byte.is_ascii_hexdigit() && head.contains(&b':') {
        let found = with(Kind::IpAddress, network::find_v6(bytes, at));
        if found.is_some() {
            return found;
        }
    }
    // Ordinary words end here: what is left has a capital or a digit among its first characters.
    if head
        .iter()
        .skip(1)
        .all(|byte| !byte.is_ascii_uppercase() && !byte.is_ascii_digit())
    {
        return None;
    }
    with(Kind::Iban, iban::find(bytes, at))
        .or_else(|| with(Kind::NationalId, national::find(bytes, at)))
        .or_else(|| with(Kind::Passport, passport::find(bytes, at)))
        .or_else(|| secret::find_aws_secret(bytes, at))
}

fn with(kind: Kind, range: Option<Range<usize>>) -> Option<(Kind, Range<usize>)> {
    range.map(|range| (kind, range))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Kind, &str)> {
        find_all(text)
            .into_iter()
            .map(|found| (found.kind, &text[found.range]))
            .collect()
    }

    #[test]
    fn several_kinds_in_one_text_are_all_found_in_order() {
        let text = "Anna, anna@example.org, +49 30 901820, DE89 3704 0044 0532 0130 00, 203.0.113.24, \
                    2001:db8:85a3::8a2e:370:7334 and 4111 1111 1111 1111";
        let kinds: Vec<Kind> = find_all(text).into_iter().map(|found| found.kind).collect();
        assert_eq!(
            kinds,
            [
                Kind::Email,
                Kind::Phone,
                Kind::Iban,
                Kind::IpAddress,
                Kind::IpAddress,
                Kind::CreditCard
            ]
        );
    }

    #[test]
    fn an_address_swallows_what_is_found_in_it() {
        assert_eq!(
            found("x 203.0.113.24@example.org"),
            [(Kind::Email, "203.0.113.24@example.org")]
        );
        assert_eq!(
            found("4111111111111111@example.org"),
            [(Kind::Email, "4111111111111111@example.org")]
        );
    }

    #[test]
    fn a_match_may_stand_between_characters_outside_ascii() {
        assert_eq!(
            found("卡号4111111111111111。"),
            [(Kind::CreditCard, "4111111111111111")]
        );
        assert_eq!(found("メールanna@example.orgまで").len(), 1);
    }

    #[test]
    fn ordinary_text_has_nothing_in_it() {
        for text in [
            "The meeting is on 2024-05-17 at 10:30, room 4.2; 1,204 people came (p < 0.05).",
            "fn main() { std::fs::read(\"a::b\"); let x = [1, 2, 3]; } // v1.2.3-rc.4+build.5",
            "commit 3f786850e387550fdab836ed7e6dc881de23001b",
            "id 7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0bd822cd15d6c15b0f00a8",
            "ISBN 978-3-16-148410-0, EAN 4006381333931",
            "UNIX 1715938882, 1715938882113",
            "price 1 234 567,89 EUR",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn repeated_beginnings_take_linear_time() {
        // Each of these would take minutes if every beginning looked ahead to the end of the text.
        for part in [
            "eyJ-",
            "eyJa.",
            "sk-",
            "+1 ",
            "@",
            "a@",
            "-----BEGIN ",
            "1.",
            "1 ",
            "AKIA",
            "::",
            "DE89 ",
        ] {
            assert!(find_all(&part.repeat(200_000)).len() < 400_000);
        }
    }
}
