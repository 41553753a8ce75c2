//! The ways in which the injection corpus hides a text. Each is deterministic.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde::Deserialize;

/// A way to hide a text.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Disguise {
    /// RFC 4648, with padding.
    Base64,
    /// RFC 4648 for URLs, without padding.
    Base64url,
    /// Two lower-case digits for each byte of UTF-8.
    Hex,
    /// `%` and two digits for each byte.
    Url,
    /// A decimal reference for each character.
    HtmlEntities,
    /// RFC 2045, every byte encoded, soft line breaks before column 76.
    QuotedPrintable,
    /// Latin letters moved by 13.
    Rot13,
    /// Characters from last to first.
    Reverse,
    /// Gzip, then base64.
    GzipBase64,
    /// Zlib, then base64.
    ZlibBase64,
    /// A zero-width space after every letter.
    ZeroWidth,
    /// Cyrillic letters that look like Latin ones.
    Homoglyph,
    /// The full-width forms of ASCII.
    Fullwidth,
    /// Digits that look like letters.
    Leet,
    /// A space between all characters.
    Spaced,
    /// The first vowel of every word four times.
    Stretched,
    /// Upper case.
    Upper,
    /// Morse, words apart by ` / `; what has no sign is left out.
    Morse,
}

/// Put the disguises on, one after the other.
pub(super) fn wear(disguises: &[Disguise], text: &str) -> String {
    disguises
        .iter()
        .fold(text.to_owned(), |text, disguise| disguise.apply(&text))
}

impl Disguise {
    /// Its name in the corpus.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Base64url => "base64url",
            Self::Hex => "hex",
            Self::Url => "url",
            Self::HtmlEntities => "html_entities",
            Self::QuotedPrintable => "quoted_printable",
            Self::Rot13 => "rot13",
            Self::Reverse => "reverse",
            Self::GzipBase64 => "gzip_base64",
            Self::ZlibBase64 => "zlib_base64",
            Self::ZeroWidth => "zero_width",
            Self::Homoglyph => "homoglyph",
            Self::Fullwidth => "fullwidth",
            Self::Leet => "leet",
            Self::Spaced => "spaced",
            Self::Stretched => "stretched",
            Self::Upper => "upper",
            Self::Morse => "morse",
        }
    }

    fn apply(self, text: &str) -> String {
        let bytes = text.as_bytes();
        match self {
            Self::Base64 => STANDARD.encode(bytes),
            Self::Base64url => URL_SAFE_NO_PAD.encode(bytes),
            Self::Hex => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Url => bytes.iter().map(|byte| format!("%{byte:02X}")).collect(),
            Self::HtmlEntities => text
                .chars()
                .map(|c| format!("&#{};", u32::from(c)))
                .collect(),
            Self::QuotedPrintable => quoted_printable(bytes),
            Self::Rot13 => text.chars().map(rot13).collect(),
            Self::Reverse => text.chars().rev().collect(),
            Self::GzipBase64 => STANDARD.encode(gzip(bytes)),
            Self::ZlibBase64 => STANDARD.encode(zlib(bytes)),
            Self::ZeroWidth => zero_width(text),
            Self::Homoglyph => text.chars().map(homoglyph).collect(),
            Self::Fullwidth => text.chars().map(fullwidth).collect(),
            Self::Leet => text.chars().map(leet).collect(),
            Self::Spaced => spaced(text),
            Self::Stretched => stretched(text),
            Self::Upper => text.to_uppercase(),
            Self::Morse => morse(text),
        }
    }
}

fn quoted_printable(bytes: &[u8]) -> String {
    let lines: Vec<String> = bytes
        .chunks(25)
        .map(|line| line.iter().map(|byte| format!("={byte:02X}")).collect())
        .collect();
    lines.join("=\r\n")
}

fn rot13(c: char) -> char {
    let first = match c {
        'a'..='z' => b'a',
        'A'..='Z' => b'A',
        _ => return c,
    };
    // INVARIANT: `c` is an ASCII letter, so it fits a byte.
    char::from((c as u8 - first + 13) % 26 + first)
}

/// Writing into memory cannot fail; what came out would be empty.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn zero_width(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if c.is_alphabetic() {
            out.push('\u{200b}');
        }
    }
    out
}

fn homoglyph(c: char) -> char {
    match c {
        'a' => 'а',
        'c' => 'с',
        'e' => 'е',
        'i' => 'і',
        'o' => 'о',
        'p' => 'р',
        'x' => 'х',
        'y' => 'у',
        _ => c,
    }
}

fn fullwidth(c: char) -> char {
    match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

fn leet(c: char) -> char {
    match c.to_ascii_lowercase() {
        'a' => '4',
        'e' => '3',
        'i' => '1',
        'o' => '0',
        's' => '5',
        't' => '7',
        _ => c,
    }
}

fn spaced(text: &str) -> String {
    let characters: Vec<String> = text.chars().map(String::from).collect();
    characters.join(" ")
}

fn stretched(text: &str) -> String {
    let mut out = String::new();
    let mut done = false;
    for c in text.chars() {
        if !c.is_alphanumeric() {
            done = false;
        }
        out.push(c);
        if !done && "aeiouAEIOU".contains(c) {
            (0..3).for_each(|_| out.push(c));
            done = true;
        }
    }
    out
}

fn morse(text: &str) -> String {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| {
            let signs: Vec<&str> = word.chars().filter_map(sign).collect();
            signs.join(" ")
        })
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" / ")
}

/// ITU-R M.1677.
fn sign(c: char) -> Option<&'static str> {
    const LETTERS: [&str; 26] = [
        ".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-", ".-..", "--",
        "-.", "---", ".--.", "--.-", ".-.", "...", "-", "..-", "...-", ".--", "-..-", "-.--",
        "--..",
    ];
    const DIGITS: [&str; 10] = [
        "-----", ".----", "..---", "...--", "....-", ".....", "-....", "--...", "---..", "----.",
    ];
    let c = c.to_ascii_lowercase();
    match c {
        'a'..='z' => LETTERS.get(c as usize - 'a' as usize).copied(),
        '0'..='9' => DIGITS.get(c as usize - '0' as usize).copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worn(disguise: Disguise, text: &str) -> String {
        wear(&[disguise], text)
    }

    #[test]
    fn letters_look_as_their_names_say() {
        assert_eq!(worn(Disguise::Rot13, "Say Hi"), "Fnl Uv");
        assert_eq!(worn(Disguise::Leet, "Test a"), "7357 4");
        assert_eq!(worn(Disguise::Fullwidth, "ab c"), "ａｂ ｃ");
        assert_eq!(worn(Disguise::Spaced, "ab c"), "a b   c");
        assert_eq!(worn(Disguise::Stretched, "ignore it"), "iiiignore iiiit");
        assert_eq!(worn(Disguise::Morse, "so, 1"), "... --- / .----");
    }

    #[test]
    fn bytes_are_encoded_as_the_standards_say() {
        assert_eq!(worn(Disguise::Base64url, "ä?>"), "w6Q_Pg");
        assert_eq!(worn(Disguise::Hex, "ä"), "c3a4");
        assert_eq!(worn(Disguise::Url, "a b"), "%61%20%62");
        assert_eq!(worn(Disguise::HtmlEntities, "aä"), "&#97;&#228;");
        let line = worn(Disguise::QuotedPrintable, &"x".repeat(26));
        assert_eq!(line, format!("{}=\r\n=78", "=78".repeat(25)));
    }

    #[test]
    fn gzip_is_the_same_every_time() {
        assert_eq!(
            worn(Disguise::GzipBase64, "x"),
            worn(Disguise::GzipBase64, "x")
        );
        assert!(worn(Disguise::GzipBase64, "x").starts_with("H4sI"));
        assert!(worn(Disguise::ZlibBase64, "x").starts_with("eJ"));
    }

    #[test]
    fn disguises_are_put_on_in_order() {
        let both = wear(&[Disguise::Reverse, Disguise::Hex], "ab");
        assert_eq!(both, "6261");
    }
}
