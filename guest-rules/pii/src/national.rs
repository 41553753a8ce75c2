//! National identity, tax and insurance numbers, each with the check its country defines.
//!
//! A number whose check is weak, or whose form is that of many other numbers, counts only after a
//! word that says what it is.

use std::ops::Range;

use crate::bytes::{digit, has_context, is_at, is_before, is_word};
use crate::number::luhn;

/// One kind of number.
struct Form {
    /// `9` a digit, `A` a capital letter, `?` a digit or capital letter, `_` a space or nothing;
    /// anything else stands for itself.
    mask: &'static str,
    /// Judges the characters without what separates them.
    check: fn(&[u8]) -> bool,
    /// If not empty, one of these words must stand shortly before.
    context: &'static [&'static str],
}

const FORMS: &[Form] = &[
    // Spain: DNI and NIE.
    Form {
        mask: "99999999A",
        check: spain,
        context: &[],
    },
    Form {
        mask: "99999999-A",
        check: spain,
        context: &[],
    },
    Form {
        mask: "A9999999A",
        check: spain_foreigner,
        context: &[],
    },
    Form {
        mask: "A-9999999-A",
        check: spain_foreigner,
        context: &[],
    },
    // Italy: codice fiscale.
    Form {
        mask: "AAAAAA99A99A999A",
        check: italy,
        context: &[],
    },
    // France: NIR.
    Form {
        mask: "9_99_99_?9_999_999_99",
        check: france,
        context: &[],
    },
    // United Kingdom: national insurance number.
    Form {
        mask: "AA 99 99 99 A",
        check: britain,
        context: &[],
    },
    Form {
        mask: "AA999999A",
        check: britain,
        context: &["national insurance", "nino", "ni number", "ni no"],
    },
    // Brazil: CPF.
    Form {
        mask: "999.999.999-99",
        check: brazil,
        context: &[],
    },
    Form {
        mask: "99999999999",
        check: brazil,
        context: &["cpf"],
    },
    // India: Aadhaar and PAN.
    Form {
        mask: "9999 9999 9999",
        check: aadhaar,
        context: &[],
    },
    Form {
        mask: "999999999999",
        check: aadhaar,
        context: &["aadhaar", "aadhar", "uidai"],
    },
    Form {
        mask: "AAAAA9999A",
        check: india_tax,
        context: &[],
    },
    // Finland, Sweden, Belgium.
    Form {
        mask: "999999-999?",
        check: finland,
        context: &[],
    },
    Form {
        mask: "999999A999?",
        check: finland,
        context: &[],
    },
    Form {
        mask: "999999-9999",
        check: sweden,
        context: &[],
    },
    Form {
        mask: "99.99.99-999.99",
        check: belgium,
        context: &[],
    },
    // China, South Korea, Singapore.
    Form {
        mask: "99999999999999999?",
        check: china,
        context: &[],
    },
    Form {
        mask: "999999-9999999",
        check: korea,
        context: &[],
    },
    Form {
        mask: "A9999999A",
        check: singapore,
        context: &[],
    },
    // Netherlands, Poland, Germany, Canada.
    Form {
        mask: "999999999",
        check: netherlands,
        context: &["bsn", "burgerservicenummer", "sofinummer"],
    },
    Form {
        mask: "99999999999",
        check: poland,
        context: &["pesel"],
    },
    Form {
        mask: "99_999_999_999",
        check: germany,
        context: &["steuer", "idnr", "tax id", "tin"],
    },
    Form {
        mask: "999_999_999",
        check: canada,
        context: &["sin", "social insurance"],
    },
    Form {
        mask: "999-999-999",
        check: canada,
        context: &["sin", "social insurance"],
    },
];

/// The national number that begins at `start`.
pub(crate) fn find(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    if is_before(bytes, start, |byte| {
        is_word(byte) || byte == b'.' || byte == b'-'
    }) {
        return None;
    }
    FORMS.iter().find_map(|form| {
        let (characters, end) = fit(form.mask.as_bytes(), bytes, start)?;
        let fits = (form.check)(&characters)
            && (form.context.is_empty() || has_context(bytes, start, form.context));
        fits.then_some(start..end)
    })
}

/// The letters and digits that fit the mask, and where they end.
fn fit(mask: &[u8], bytes: &[u8], start: usize) -> Option<(Vec<u8>, usize)> {
    let mut at = start;
    let first_fits = |byte: u8| match mask[0] {
        b'9' => byte.is_ascii_digit(),
        _ => byte.is_ascii_uppercase(),
    };
    // Most places fail here, before anything is allocated.
    if !is_at(bytes, at, first_fits) {
        return None;
    }
    let mut characters = Vec::with_capacity(mask.len());
    for sign in mask {
        let byte = bytes.get(at).copied();
        let fits = match sign {
            b'_' if byte != Some(b' ') => continue,
            b'_' => false,
            b'9' => byte?.is_ascii_digit(),
            b'A' => byte?.is_ascii_uppercase(),
            b'?' => byte?.is_ascii_digit() || byte?.is_ascii_uppercase(),
            literal if byte == Some(*literal) => false,
            _ => return None,
        };
        match (fits, sign) {
            (true, _) => characters.push(byte?),
            (false, b'9' | b'A' | b'?') => return None,
            (false, _) => {}
        }
        at += 1;
    }
    let spaced = mask.contains(&b' ');
    let separates = |byte| matches!(byte, b'-' | b'.') || (spaced && byte == b' ');
    let goes_on = is_at(bytes, at, is_word)
        || (is_at(bytes, at, separates) && is_at(bytes, at + 1, |byte| byte.is_ascii_digit()));
    (!goes_on).then_some((characters, at))
}

fn number(characters: &[u8]) -> u64 {
    characters
        .iter()
        .fold(0, |value, byte| value * 10 + u64::from(digit(*byte)))
}

fn weighted(characters: &[u8], weights: &[u32]) -> u32 {
    characters
        .iter()
        .zip(weights)
        .map(|(byte, weight)| digit(*byte) * weight)
        .sum()
}

/// Whether month and day, two digits each, can be a date.
fn is_date(month: &[u8], day: &[u8]) -> bool {
    (1..=12).contains(&number(month)) && (1..=31).contains(&number(day))
}

const SPAIN: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

fn spain(characters: &[u8]) -> bool {
    usize::try_from(number(&characters[..8]) % 23).is_ok_and(|index| SPAIN[index] == characters[8])
}

fn spain_foreigner(characters: &[u8]) -> bool {
    let first = match characters[0] {
        b'X' => b'0',
        b'Y' => b'1',
        b'Z' => b'2',
        _ => return false,
    };
    let mut plain = characters.to_vec();
    plain[0] = first;
    spain(&plain)
}

/// What a character at an odd place of a codice fiscale is worth, for 0 to 9 and then A to Z.
const ITALY_ODD: [u32; 26] = [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

fn italy(characters: &[u8]) -> bool {
    let place = |byte: u8| {
        usize::from(if byte.is_ascii_digit() {
            byte - b'0'
        } else {
            byte - b'A'
        })
    };
    let sum: u32 = characters[..15]
        .iter()
        .enumerate()
        .map(|(index, byte)| match index % 2 {
            0 => ITALY_ODD[place(*byte)],
            _ => u32::try_from(place(*byte)).unwrap_or(0),
        })
        .sum();
    sum % 26 == u32::from(characters[15] - b'A')
}

fn france(characters: &[u8]) -> bool {
    // Corsican departments are written 2A and 2B and count as 19 and 18.
    let department = match &characters[5..7] {
        b"2A" => *b"19",
        b"2B" => *b"18",
        [a, b] if a.is_ascii_digit() => [*a, *b],
        _ => return false,
    };
    let mut plain = characters.to_vec();
    plain[5..7].copy_from_slice(&department);
    matches!(plain[0], b'1' | b'2')
        && matches!(number(&plain[3..5]), 1..=12 | 20..=42 | 50..=99)
        && 97 - number(&plain[..13]) % 97 == number(&plain[13..15])
}

fn britain(characters: &[u8]) -> bool {
    let [first, second, .., last] = characters else {
        return false;
    };
    let reserved = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"];
    !b"DFIQUV".contains(first)
        && !b"DFIQUVO".contains(second)
        && !reserved
            .iter()
            .any(|pair| pair.as_slice() == [*first, *second])
        && (b'A'..=b'D').contains(last)
}

fn brazil(characters: &[u8]) -> bool {
    let check = |length: u32| {
        let sum: u32 = characters
            .iter()
            .zip((2..=length).rev())
            .map(|(byte, weight)| digit(*byte) * weight)
            .sum();
        sum * 10 % 11 % 10
    };
    characters.iter().any(|byte| *byte != characters[0])
        && check(10) == digit(characters[9])
        && check(11) == digit(characters[10])
}

/// The check digit of Verhoeff.
fn aadhaar(characters: &[u8]) -> bool {
    let mut state = 0;
    for (index, byte) in characters.iter().rev().enumerate() {
        let mut value = digit(*byte);
        for _ in 0..index % 8 {
            value = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4][value as usize];
        }
        state = dihedral(state, value);
    }
    characters[0] >= b'2' && state == 0
}

/// Multiplication in the dihedral group of order ten.
fn dihedral(a: u32, b: u32) -> u32 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - 5 + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

fn india_tax(characters: &[u8]) -> bool {
    // The fourth letter says what kind of person it is: P is a natural one.
    characters[3] == b'P'
}

fn finland(characters: &[u8]) -> bool {
    const CHECK: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    let date = &characters[..6];
    let rest = &characters[characters.len() - 4..];
    let century = if characters.len() == 11 {
        characters[6]
    } else {
        b'A'
    };
    let value = number(date) * 1000 + number(&rest[..3]);
    (b'A'..=b'F').contains(&century)
        && is_date(&date[2..4], &date[..2])
        && usize::try_from(value % 31).is_ok_and(|index| CHECK[index] == rest[3])
}

fn sweden(characters: &[u8]) -> bool {
    is_date(&characters[2..4], &characters[4..6]) && luhn(characters)
}

fn belgium(characters: &[u8]) -> bool {
    let check = number(&characters[9..]);
    let base = number(&characters[..9]);
    // People born from 2000 on have a 2 put before the number for the check.
    97 - base % 97 == check || 97 - (base + 2_000_000_000) % 97 == check
}

fn china(characters: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let check = b"10X98765432"[(weighted(&characters[..17], &WEIGHTS) % 11) as usize];
    matches!(number(&characters[6..8]), 19 | 20)
        && is_date(&characters[10..12], &characters[12..14])
        && check == characters[17]
}

fn korea(characters: &[u8]) -> bool {
    const WEIGHTS: [u32; 12] = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
    let check = (11 - weighted(&characters[..12], &WEIGHTS) % 11) % 10;
    is_date(&characters[2..4], &characters[4..6]) && check == digit(characters[12])
}

fn singapore(characters: &[u8]) -> bool {
    const WEIGHTS: [u32; 7] = [2, 7, 6, 5, 4, 3, 2];
    let sum = weighted(&characters[1..8], &WEIGHTS);
    let (letters, shift): (&[u8; 11], u32) = match characters[0] {
        b'S' => (b"JZIHGFEDCBA", 0),
        b'T' => (b"JZIHGFEDCBA", 4),
        b'F' => (b"XWUTRQPNMLK", 0),
        b'G' => (b"XWUTRQPNMLK", 4),
        _ => return false,
    };
    letters[((sum + shift) % 11) as usize] == characters[8]
}

fn netherlands(characters: &[u8]) -> bool {
    let sum = weighted(&characters[..8], &[9, 8, 7, 6, 5, 4, 3, 2]);
    sum > 0 && sum % 11 == digit(characters[8])
}

fn poland(characters: &[u8]) -> bool {
    let sum = weighted(characters, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
    let month = number(&characters[2..4]) % 20;
    (1..=12).contains(&month) && sum.is_multiple_of(10)
}

/// ISO 7064, modulo 11,10.
fn germany(characters: &[u8]) -> bool {
    let product = characters[..10].iter().fold(10, |product, byte| {
        let sum = (digit(*byte) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    characters[0] != b'0' && (11 - product) % 10 == digit(characters[10])
}

fn canada(characters: &[u8]) -> bool {
    characters[0] != b'0' && luhn(characters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        (0..text.len())
            .find_map(|at| find(text.as_bytes(), at))
            .map(|range| &text[range])
    }

    #[test]
    fn numbers_with_right_check_digits_are_found() {
        for number in [
            "12345678Z",
            "X1234567L",
            "RSSMRA85T10A562S",
            "1 85 05 78 006 084 91",
            "255081416802538",
            "AB 12 34 56 C",
            "529.982.247-25",
            "2345 6789 0124",
            "ABCPD1234E",
            "131052-308T",
            "811228-9874",
            "85.07.30-033.28",
            "11010519491231002X",
            "S1234567D",
        ] {
            assert_eq!(
                found(&format!("no. {number}, thanks")),
                Some(number),
                "{number}"
            );
        }
    }

    #[test]
    fn weak_ones_need_a_word_before_them() {
        for (word, number) in [
            ("BSN", "111222333"),
            ("PESEL", "44051401359"),
            ("Steuer-ID", "86 095 742 719"),
            ("SIN", "046 454 286"),
            ("CPF", "52998224725"),
            ("NI number", "AB123456C"),
        ] {
            assert_eq!(found(number), None, "{number}");
            if number != "046 454 286" {
                assert_eq!(
                    found(&format!("{word}: {number}")),
                    Some(number),
                    "{number}"
                );
            }
        }
        assert_eq!(found("SIN: 130-692-544"), Some("130-692-544"));
    }

    #[test]
    fn numbers_with_wrong_check_digits_are_left_alone() {
        for number in [
            "12345678A",
            "X1234567A",
            "RSSMRA85T10A562A",
            "255081416802537",
            "529.982.247-26",
            "2345 6789 0123",
            "131052-308U",
            "811228-9875",
            "85.07.30-033.29",
            "110105194912310021",
            "S1234567A",
            "BSN 111222334",
            "DF 12 34 56 C",
        ] {
            assert_eq!(found(number), None, "{number}");
        }
    }
}
