//! IBAN (ISO 13616): length by country, check digits modulo 97.

use std::ops::Range;

use crate::bytes::{is_at, is_before, is_word};

/// Length of an IBAN by country, from the registry of ISO 13616.
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

/// An IBAN that begins with the letter at `start`; single spaces or hyphens may stand anywhere after
/// the first four characters.
pub(crate) fn find(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let (characters, range) = read(bytes, start)?;
    (remainder(&characters) == 1).then_some(range)
}

/// What has the country, the length and the form of an IBAN, whatever its check digits.
pub(crate) fn find_shape(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    read(bytes, start).map(|(_, range)| range)
}

/// The characters of what has the form of an IBAN, and where it stands.
fn read(bytes: &[u8], start: usize) -> Option<(Vec<u8>, Range<usize>)> {
    let head = bytes.get(start..start + 4)?;
    let country: [u8; 2] = [head[0].to_ascii_uppercase(), head[1].to_ascii_uppercase()];
    if !head[2].is_ascii_digit() || !head[3].is_ascii_digit() || is_before(bytes, start, is_word) {
        return None;
    }
    let (_, length) = LENGTHS.iter().find(|(known, _)| **known == country)?;
    let mut characters = Vec::with_capacity(*length);
    let mut at = start;
    while characters.len() < *length {
        let byte = *bytes.get(at)?;
        if byte.is_ascii_alphanumeric() {
            characters.push(byte);
        } else if !matches!(byte, b' ' | b'-')
            || !is_at(bytes, at + 1, |next| next.is_ascii_alphanumeric())
        {
            return None;
        }
        at += 1;
    }
    (!is_at(bytes, at, is_word)).then_some((characters, start..at))
}

/// The number that the characters stand for, the first four moved to the end, modulo 97.
fn remainder(characters: &[u8]) -> u32 {
    let (head, tail) = characters.split_at(4);
    tail.iter().chain(head).fold(0, |remainder, character| {
        let value = char::from(*character).to_digit(36).unwrap_or(0);
        let shift = if value < 10 { 10 } else { 100 };
        (remainder * shift + value) % 97
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans_are_found_with_and_without_spaces() {
        for text in [
            "DE89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "GB29 NWBK 6016 1331 9268 19",
            "FR14 2004 1010 0505 0001 3M02 606",
            "NL91ABNA0417164300",
            "de89 3704 0044 0532 0130 00",
            "NO93 8601 1117 947",
            "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
        ] {
            assert_eq!(find(text.as_bytes(), 0), Some(0..text.len()), "{text}");
        }
    }

    #[test]
    fn wrong_check_digits_lengths_and_countries_are_left_alone() {
        for text in [
            "DE88370400440532013000",
            "DE8937040044053201300",
            "DE893704004405320130001",
            "ZZ89370400440532013000",
        ] {
            assert_eq!(find(text.as_bytes(), 0), None, "{text}");
        }
    }
}
