//! Numbers by their digits: payment cards, US social security numbers, telephone numbers.

use std::ops::Range;

use crate::bytes::{digit, has_context, has_context_after, is_at, is_before, is_word};
use crate::kind::Kind;
use crate::words::PHONE as PHONE_WORDS;

/// A number with its separators is read up to this many digits.
const MAX_DIGITS: usize = 19;

const SSN_WORDS: &[&str] = &[
    "ssn",
    "social security",
    "soc sec",
    "social-security",
    "ss#",
    "soc. sec",
];

/// Digits with single separators between them, from a first digit on.
#[derive(Debug)]
struct Digits {
    digits: [u8; MAX_DIGITS],
    /// For each digit, the offset after it.
    ends: [usize; MAX_DIGITS],
    /// For each digit, the byte between it and the next digit, or 0.
    after: [u8; MAX_DIGITS],
    count: usize,
}

impl Digits {
    fn read(bytes: &[u8], start: usize) -> Self {
        let mut read = Self {
            digits: [0; MAX_DIGITS],
            ends: [0; MAX_DIGITS],
            after: [0; MAX_DIGITS],
            count: 0,
        };
        let mut at = start;
        while read.count < MAX_DIGITS && is_at(bytes, at, |byte| byte.is_ascii_digit()) {
            read.digits[read.count] = bytes[at];
            at += 1;
            read.ends[read.count] = at;
            let separated = is_at(bytes, at, |byte| matches!(byte, b' ' | b'-' | b'.' | b'/'))
                && is_at(bytes, at + 1, |byte| byte.is_ascii_digit());
            if separated {
                read.after[read.count] = bytes[at];
                at += 1;
            }
            read.count += 1;
        }
        read
    }

    /// Whether a number may end after this many digits.
    fn ends_at(&self, bytes: &[u8], count: usize) -> bool {
        count > 0 && count <= self.count && !is_at(bytes, self.ends[count - 1], is_word)
    }

    /// The lengths of the groups that the first `count` digits stand in, and their one separator.
    fn groups(&self, count: usize) -> Option<(Vec<usize>, u8)> {
        let mut groups = vec![0];
        let mut separator = 0;
        for index in 0..count {
            if let Some(last) = groups.last_mut() {
                *last += 1;
            }
            let after = self.after[index];
            if index + 1 < count && after != 0 {
                if separator != 0 && separator != after {
                    return None;
                }
                separator = after;
                groups.push(0);
            }
        }
        Some((groups, separator))
    }
}

/// The payment card number that begins with the digit at `start`.
pub(crate) fn find_card(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let digits = read_number(bytes, start, 12)?;
    card(bytes, start, &digits).map(|end| start..end)
}

/// The social security or telephone number that begins with the digit at `start`.
pub(crate) fn find(bytes: &[u8], start: usize) -> Option<(Kind, Range<usize>)> {
    let digits = read_number(bytes, start, 7)?;
    ssn(bytes, start, &digits)
        .map(|end| (Kind::Ssn, start..end))
        .or_else(|| domestic_phone(bytes, start, &digits).map(|range| (Kind::Phone, range)))
}

/// The digits from `start` on, if a number begins there and has at least so many.
fn read_number(bytes: &[u8], start: usize, least: usize) -> Option<Digits> {
    let digits = Digits::read(bytes, start);
    // In a table a number may stand right after the comma behind another one.
    let is_field = is_before(bytes, start, |byte| byte == b',')
        && digits.after[..digits.count.min(6)].contains(&b'-');
    if !is_field && continues_a_number(bytes, start) {
        return None;
    }
    Some(digits).filter(|digits| digits.count >= least)
}

/// A telephone number that begins with the `+` at `start`: a country code that does not begin with
/// 0, and 8 to 15 digits in all (ITU-T E.164), with usual separators.
pub(crate) fn find_international(bytes: &[u8], start: usize) -> Option<(Kind, Range<usize>)> {
    if is_before(bytes, start, |byte| is_word(byte) || byte == b'+') {
        return None;
    }
    let mut at = start + 1;
    let mut count = 0;
    let mut end = at;
    if !is_at(bytes, at, |byte| matches!(byte, b'1'..=b'9')) {
        return None;
    }
    let mut separators = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' => {
                count += 1;
                separators = 0;
                at += 1;
                end = at;
            }
            // `+44 (0) 20 …` has the most separators in a row.
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' if separators < 2 && count <= 15 => {
                separators += 1;
                at += 1;
            }
            _ => break,
        }
    }
    let fits = (8..=15).contains(&count) && !is_at(bytes, end, is_word);
    fits.then_some((Kind::Phone, start..end))
}

/// `(212) 555-0187` and `(089) 438 2401`, from the parenthesis on: a number of the North American plan,
/// one with the 0 that is dialled before an area, or any after a word such as "phone".
pub(crate) fn find_in_parentheses(bytes: &[u8], start: usize) -> Option<(Kind, Range<usize>)> {
    let close = (start + 2..start + 8).find(|at| is_at(bytes, *at, |byte| byte == b')'))?;
    let area = bytes.get(start + 1..close)?;
    if !area.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut at = close + 1;
    if is_at(bytes, at, |byte| matches!(byte, b' ' | b'-' | b'.')) {
        at += 1;
    }
    let digits = Digits::read(bytes, at);
    let (groups, _) = digits.groups(digits.count)?;
    if !digits.ends_at(bytes, digits.count) {
        return None;
    }
    let number = [area, &digits.digits[..digits.count]].concat();
    let is_american =
        area.len() == 3 && matches!(groups.as_slice(), [3, 4] | [7]) && is_nanp(&number);
    let has_length = (8..=12).contains(&number.len()) && digits.count >= 5;
    // What is dialled before the area inside a country stands before the parenthesis.
    let has_trunk = start >= 2
        && matches!(&bytes[start - 2..start], [b'0' | b'1' | b'8', b' '])
        && !is_before(bytes, start - 2, is_word);
    let is_called = has_length && (area[0] == b'0' || has_context(bytes, start, PHONE_WORDS));
    let begin = if has_trunk && is_called {
        start - 2
    } else {
        start
    };
    (is_american || is_called).then(|| (Kind::Phone, begin..digits.ends[digits.count - 1]))
}

/// Whether the digit at `start` is in the middle of a number or name, such as a UUID or a decimal.
fn continues_a_number(bytes: &[u8], start: usize) -> bool {
    if is_before(bytes, start, is_word) {
        return true;
    }
    is_before(bytes, start, |byte| {
        matches!(byte, b'.' | b'-' | b',' | b'/' | b'=')
    }) && start >= 2
        && is_before(bytes, start - 1, |byte| byte.is_ascii_digit())
}

fn card(bytes: &[u8], start: usize, digits: &Digits) -> Option<usize> {
    // The longest number first; a shorter one may be followed by a date or a security code.
    (12..=digits.count).rev().find_map(|count| {
        let (groups, separator) = digits.groups(count)?;
        let grouped = separator == 0
            || (groups.len() <= 5 && groups.iter().all(|group| (3..=7).contains(group)));
        let number = &digits.digits[..count];
        let fits = !matches!(separator, b'.' | b'/')
            && grouped
            && digits.ends_at(bytes, count)
            && is_card_prefix(number)
            && luhn(number)
            && !number.iter().all(|byte| *byte == number[0]);
        fits.then(|| digits.ends[count - 1])
            .filter(|end| *end > start)
    })
}

/// Issuer identification ranges of the large card networks, with the lengths each of them issues.
fn is_card_prefix(number: &[u8]) -> bool {
    let prefix = |length: usize| {
        number[..length]
            .iter()
            .fold(0, |value, byte| value * 10 + digit(*byte))
    };
    let (two, three, four, six) = (prefix(2), prefix(3), prefix(4), prefix(6));
    match number.len() {
        // Visa, Mastercard, Discover, JCB, UnionPay, Maestro, Mir.
        16 => {
            number[0] == b'4'
                || (51..=55).contains(&two)
                || (2221..=2720).contains(&four)
                || is_discover(three, four, six)
                || (3528..=3589).contains(&four)
                || two == 62
                || is_maestro(four)
                || (2200..=2204).contains(&four)
        }
        // American Express.
        15 => matches!(two, 34 | 37),
        // Diners Club.
        14 => (300..=305).contains(&three) || three == 309 || matches!(two, 36 | 38 | 39),
        13 => number[0] == b'4',
        12 => is_maestro(four),
        17..=19 => {
            two == 62
                || is_maestro(four)
                || is_discover(three, four, six)
                || (number.len() == 19 && number[0] == b'4')
        }
        _ => false,
    }
}

fn is_discover(three: u32, four: u32, six: u32) -> bool {
    four == 6011 || (644..=659).contains(&three) || (622_126..=622_925).contains(&six)
}

fn is_maestro(four: u32) -> bool {
    matches!(four, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763)
}

/// The check digit of ISO/IEC 7812.
pub(crate) fn luhn(number: &[u8]) -> bool {
    let sum: u32 = number
        .iter()
        .rev()
        .enumerate()
        .map(|(index, byte)| match (index % 2, digit(*byte)) {
            (0, value) => value,
            (_, value) if value > 4 => value * 2 - 9,
            (_, value) => value * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// `123-45-6789`; with spaces or without separators only after a word that says so.
fn ssn(bytes: &[u8], start: usize, digits: &Digits) -> Option<usize> {
    if digits.count != 9 || !digits.ends_at(bytes, 9) {
        return None;
    }
    let (groups, separator) = digits.groups(9)?;
    let number = &digits.digits[..9];
    let issued = &number[..3] != b"000"
        && &number[..3] != b"666"
        && number[0] != b'9'
        && &number[3..5] != b"00"
        && &number[5..] != b"0000";
    let shaped = match (groups.as_slice(), separator) {
        ([3, 2, 4], b'-') => true,
        ([3, 2, 4], b' ') | ([9], _) => has_context(bytes, start, SSN_WORDS),
        _ => false,
    };
    (issued && shaped).then_some(digits.ends[8])
}

/// A number of the North American plan in a usual form, or any number after a word such as "phone".
fn domestic_phone(bytes: &[u8], start: usize, digits: &Digits) -> Option<Range<usize>> {
    let (groups, separator) = digits.groups(digits.count)?;
    let end = digits.ends[digits.count - 1];
    if digits.count > 15 || !digits.ends_at(bytes, digits.count) {
        return None;
    }
    let number = &digits.digits[..digits.count];
    let nanp = match groups.as_slice() {
        [3, 3, 4] if separator != b' ' => is_nanp(number),
        [1, 3, 3, 4] => number[0] == b'1' && is_nanp(&number[1..]),
        _ => false,
    };
    if nanp {
        return Some(start..end);
    }
    // `0049 40 7277589`: the country after what is dialled before it.
    let is_abroad = number.starts_with(b"00")
        && (11..=15).contains(&number.len())
        && matches!(number[2], b'1'..=b'9')
        && groups.len() > 1;
    if is_abroad {
        return Some(start..end);
    }
    let is_year = |digits: &[u8]| matches!(digits, [b'1', b'9', ..] | [b'2', b'0', ..]);
    let is_date = matches!(groups.as_slice(), [4, 2, 2] | [2, 2, 4])
        || (groups == [4, 4] && is_year(number) && is_year(&number[4..]));
    // A group of digits before it belongs to the same number, which is none of a telephone.
    let goes_on = start >= 2
        && is_before(bytes, start, |byte| byte == b' ')
        && is_before(bytes, start - 1, |byte| byte.is_ascii_digit());
    let named = !is_date
        && !goes_on
        && (has_context(bytes, start, PHONE_WORDS)
            || (number[0] == b'0'
                && groups.len() > 1
                && has_context_after(bytes, end, PHONE_WORDS)));
    named.then_some(start..end)
}

/// Area code and exchange of the North American numbering plan begin with 2 to 9.
fn is_nanp(number: &[u8]) -> bool {
    number.len() == 10 && number[0] >= b'2' && number[3] >= b'2' && &number[1..3] != b"11"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(Kind, &str)> {
        let bytes = text.as_bytes();
        (0..bytes.len()).find_map(|at| {
            let (kind, range) = match bytes[at] {
                b'+' => find_international(bytes, at),
                b'(' => find_in_parentheses(bytes, at),
                b'0'..=b'9' => find_card(bytes, at)
                    .map(|range| (Kind::CreditCard, range))
                    .or_else(|| find(bytes, at)),
                _ => None,
            }?;
            Some((kind, &text[range]))
        })
    }

    #[test]
    fn card_numbers_are_found() {
        for number in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "5500-0000-0000-0004",
            "378282246310005",
            "3782 822463 10005",
            "6011111111111117",
            "3530111333300000",
            "30569309025904",
            "2223003122003222",
        ] {
            let text = format!("card {number}, thanks");
            assert_eq!(found(&text), Some((Kind::CreditCard, number)));
        }
    }

    #[test]
    fn a_card_number_may_be_followed_by_other_numbers() {
        assert_eq!(
            found("4111 1111 1111 1111 123"),
            Some((Kind::CreditCard, "4111 1111 1111 1111"))
        );
    }

    #[test]
    fn wrong_check_digits_prefixes_and_lengths_are_no_card() {
        for text in [
            "4111111111111112",
            "9111111111111111",
            "41111111111111111111",
            "0000000000000000",
            "4111.1111.1111.1111",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn social_security_numbers_are_found() {
        assert_eq!(
            found("it is 123-45-6789."),
            Some((Kind::Ssn, "123-45-6789"))
        );
        assert_eq!(found("SSN: 123456789"), Some((Kind::Ssn, "123456789")));
        assert_eq!(
            found("social security 123 45 6789"),
            Some((Kind::Ssn, "123 45 6789"))
        );
    }

    #[test]
    fn numbers_never_issued_are_no_ssn() {
        for text in [
            "000-45-6789",
            "666-45-6789",
            "900-45-6789",
            "123-00-6789",
            "123-45-0000",
            "123456789",
            "123 45 6789",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn telephone_numbers_are_found() {
        for number in [
            "+49 30 901820",
            "+1 (212) 555-0187",
            "+442079460958",
            "+44 (0) 20 7946 0958",
            "(212) 555-0187",
            "212-555-0187",
            "212.555.0187",
            "1-212-555-0187",
        ] {
            let text = format!("reach me at {number} today");
            assert_eq!(found(&text), Some((Kind::Phone, number)));
        }
        assert_eq!(
            found("Telefon: 030 901820"),
            Some((Kind::Phone, "030 901820"))
        );
        assert_eq!(found("call 2125550187"), Some((Kind::Phone, "2125550187")));
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "2024-05-17",
            "1234567890",
            "7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "100 200 3000",
            "3.14159265358979",
            "+1 is more",
            "calls from 2017-2022",
            "order 88-20417-C",
            "112-555-0187",
            "1_000_000_000",
            "in 2024 and 2025",
            "978-3-16-148410-0",
            "1,234,567,890",
            "555-0100",
            "a+12345678",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
