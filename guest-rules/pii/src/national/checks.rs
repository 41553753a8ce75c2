//! The check that each country defines for its numbers. All of them are given the characters that fit
//! the form of the number, without what separates them.

use crate::bytes::digit;
use crate::number::luhn;

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

pub(super) fn spain(characters: &[u8]) -> bool {
    usize::try_from(number(&characters[..8]) % 23).is_ok_and(|index| SPAIN[index] == characters[8])
}

pub(super) fn spain_foreigner(characters: &[u8]) -> bool {
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

pub(super) fn italy(characters: &[u8]) -> bool {
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

pub(super) fn france(characters: &[u8]) -> bool {
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

pub(super) fn britain(characters: &[u8]) -> bool {
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

pub(super) fn brazil(characters: &[u8]) -> bool {
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
pub(super) fn aadhaar(characters: &[u8]) -> bool {
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

pub(super) fn india_tax(characters: &[u8]) -> bool {
    // The fourth letter says what kind of person it is: P is a natural one.
    characters[3] == b'P'
}

pub(super) fn finland(characters: &[u8]) -> bool {
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

pub(super) fn sweden(characters: &[u8]) -> bool {
    is_date(&characters[2..4], &characters[4..6]) && luhn(characters)
}

pub(super) fn belgium(characters: &[u8]) -> bool {
    let check = number(&characters[9..]);
    let base = number(&characters[..9]);
    // People born from 2000 on have a 2 put before the number for the check.
    97 - base % 97 == check || 97 - (base + 2_000_000_000) % 97 == check
}

pub(super) fn china(characters: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let check = b"10X98765432"[(weighted(&characters[..17], &WEIGHTS) % 11) as usize];
    matches!(number(&characters[6..8]), 19 | 20)
        && is_date(&characters[10..12], &characters[12..14])
        && check == characters[17]
}

pub(super) fn korea(characters: &[u8]) -> bool {
    const WEIGHTS: [u32; 12] = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
    let check = (11 - weighted(&characters[..12], &WEIGHTS) % 11) % 10;
    is_date(&characters[2..4], &characters[4..6]) && check == digit(characters[12])
}

pub(super) fn singapore(characters: &[u8]) -> bool {
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

pub(super) fn netherlands(characters: &[u8]) -> bool {
    let sum = weighted(&characters[..8], &[9, 8, 7, 6, 5, 4, 3, 2]);
    sum > 0 && sum % 11 == digit(characters[8])
}

pub(super) fn poland(characters: &[u8]) -> bool {
    let sum = weighted(characters, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
    let month = number(&characters[2..4]) % 20;
    (1..=12).contains(&month) && sum.is_multiple_of(10)
}

/// ISO 7064, modulo 11,10.
pub(super) fn germany(characters: &[u8]) -> bool {
    let product = characters[..10].iter().fold(10, |product, byte| {
        let sum = (digit(*byte) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    characters[0] != b'0' && (11 - product) % 10 == digit(characters[10])
}

pub(super) fn canada(characters: &[u8]) -> bool {
    characters[0] != b'0' && luhn(characters)
}

/// Denmark: a date; numbers since 2007 have no check digit.
pub(super) fn denmark(characters: &[u8]) -> bool {
    is_date(&characters[2..4], &characters[..2])
}

/// Norway: a date and two check digits modulo 11.
pub(super) fn norway(characters: &[u8]) -> bool {
    let first = weighted(characters, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]);
    let second = weighted(characters, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]);
    // D-numbers of people who stay for a time have 4 added to the first digit.
    let day = number(&characters[..2]) % 40;
    let month = number(&characters[2..4]);
    (1..=31).contains(&day)
        && (1..=12).contains(&month)
        && first.is_multiple_of(11)
        && second.is_multiple_of(11)
}

/// Australia: tax file number.
pub(super) fn australia(characters: &[u8]) -> bool {
    weighted(characters, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)
}

/// Switzerland: the check digit of EAN-13.
pub(super) fn switzerland(characters: &[u8]) -> bool {
    characters.starts_with(b"756")
        && weighted(characters, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
}

/// Turkey: two check digits.
pub(super) fn turkey(characters: &[u8]) -> bool {
    let odd = weighted(characters, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
    let even = weighted(characters, &[0, 1, 0, 1, 0, 1, 0, 1]);
    let sum: u32 = characters[..10].iter().map(|byte| digit(*byte)).sum();
    characters[0] != b'0'
        && (odd * 7 + 100 - even) % 10 == digit(characters[9])
        && sum % 10 == digit(characters[10])
}

/// South Africa: a date, whether a citizen, and the check digit of Luhn.
pub(super) fn south_africa(characters: &[u8]) -> bool {
    is_date(&characters[2..4], &characters[4..6])
        && matches!(characters[10], b'0'..=b'2')
        && luhn(characters)
}

/// Chile: modulo 11, with K for 10.
pub(super) fn chile(characters: &[u8]) -> bool {
    let (check, digits) = match characters.split_last() {
        Some((check, digits)) => (*check, digits),
        None => return false,
    };
    let weights = [2, 3, 4, 5, 6, 7].into_iter().cycle();
    let sum: u32 = digits
        .iter()
        .rev()
        .zip(weights)
        .map(|(byte, weight)| digit(*byte) * weight)
        .sum();
    match 11 - sum % 11 {
        11 => check == b'0',
        10 => check.eq_ignore_ascii_case(&b'K'),
        value => digit(check) == value,
    }
}

/// Japan: My Number.
pub(super) fn japan(characters: &[u8]) -> bool {
    let sum = weighted(characters, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    let check = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    check == digit(characters[11])
}

/// Ireland: modulo 23, with a second letter counted nine times.
pub(super) fn ireland(characters: &[u8]) -> bool {
    let sum = weighted(&characters[..7], &[8, 7, 6, 5, 4, 3, 2]);
    let second = characters.get(8).map_or(0, |letter| match letter {
        b'A'..=b'I' => u32::from(letter - b'A' + 1) * 9,
        _ => 0,
    });
    let expected = match (sum + second) % 23 {
        0 => b'W',
        // INVARIANT: at most 22.
        rest => b'A' + (rest - 1) as u8,
    };
    characters[7] == expected
}

/// Mexico: CURP, with a date and a check digit over an alphabet that has an Ñ.
pub(super) fn mexico(characters: &[u8]) -> bool {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u64::from(byte - b'0'),
        b'A'..=b'N' => u64::from(byte - b'A') + 10,
        _ => u64::from(byte - b'A') + 11,
    };
    let sum: u64 = characters[..17]
        .iter()
        .zip((2..=18u64).rev())
        .map(|(byte, weight)| value(*byte) * weight)
        .sum();
    is_date(&characters[6..8], &characters[8..10])
        && matches!(characters[10], b'H' | b'M' | b'X')
        && (10 - sum % 10) % 10 == u64::from(digit(characters[17]))
}

/// Portugal: modulo 11.
pub(super) fn portugal(characters: &[u8]) -> bool {
    let check = match weighted(characters, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    b"1235689".contains(&characters[0]) && check == digit(characters[8])
}

/// Sweden with its century.
pub(super) fn sweden_long(characters: &[u8]) -> bool {
    matches!(&characters[..2], b"19" | b"20") && sweden(&characters[2..])
}
