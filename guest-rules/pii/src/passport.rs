//! Passports: the machine-readable zone of ICAO 9303, and numbers that are called one.

use std::ops::Range;

use crate::bytes::{has_context, is_at, is_before, is_word, run_end};

const WORDS: &[&str] = &[
    "passport",
    "reisepass",
    "passnummer",
    "passeport",
    "pasaporte",
    "passaporto",
    "passaporte",
    "paspoort",
    "paszport",
    "pasaport",
    "pasapor",
    "paspor",
    "pașaport",
    "passi",
    "pass-nr",
    "pass nr",
    "pasnummer",
    "passnr",
    "cestovní pas",
    "číslo pasu",
    "útlevél",
    "διαβατ",
    "паспорт",
    "Паспорт",
    "护照",
    "護照",
    "旅券",
    "パスポート",
    "여권",
    "جواز",
    "דרכון",
    "पासपोर्ट",
];

/// Length of the second line of the zone in a passport booklet.
const LINE: usize = 44;

/// A passport number that begins at `start`.
pub(crate) fn find(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    if is_before(bytes, start, |byte| is_word(byte) || byte == b'<') {
        return None;
    }
    machine_readable(bytes, start)
        .or_else(|| named(bytes, start))
        .or_else(|| spaced(bytes, start))
}

/// The second line of the zone: document number, birth date and expiry date, each with its check
/// digit.
fn machine_readable(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let line = bytes.get(start..start + LINE)?;
    let whole = line
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'<');
    let checked = whole
        && [(0..9, 9), (13..19, 19), (21..27, 27)]
            .into_iter()
            .all(|(field, check)| check_digit(&line[field]) == line[check]);
    (checked && !is_at(bytes, start + LINE, is_word)).then_some(start..start + LINE)
}

fn check_digit(field: &[u8]) -> u8 {
    let weighted = field.iter().zip([7u32, 3, 1].into_iter().cycle());
    let sum: u32 = weighted
        .map(|(byte, weight)| char::from(*byte).to_digit(36).unwrap_or(0) * weight)
        .sum();
    char::from_digit(sum % 10, 10).map_or(b'<', |digit| digit as u8)
}

/// Six to nine letters and digits, most of them digits, after a word for passport.
fn named(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let end = run_end(bytes, start, |byte| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit()
    });
    let digits = bytes[start..end]
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .count();
    let fits = (6..=9).contains(&(end - start))
        && digits >= 4
        && !is_at(bytes, end, is_word)
        && has_context(bytes, start, WORDS);
    fits.then_some(start..end)
}

/// Two and six or seven digits: Russia puts a space between series and number.
fn spaced(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let series = run_end(bytes, start, |byte| byte.is_ascii_digit());
    let middle = series + usize::from(is_at(bytes, series, |byte| byte == b' '));
    let end = run_end(bytes, middle, |byte| byte.is_ascii_digit());
    let fits = (2..=4).contains(&(series - start))
        && middle > series
        && (6..=7).contains(&(end - middle))
        && !is_at(bytes, end, is_word)
        && has_context(bytes, start, WORDS);
    fits.then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_line_of_a_machine_readable_zone_is_found() {
        // The specimen of ICAO 9303, part 4.
        let line = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
        assert_eq!(find(line.as_bytes(), 0), Some(0..44));
        let wrong = line.replacen("L898902C3", "L898902C4", 1);
        assert_eq!(find(wrong.as_bytes(), 0), None);
    }

    #[test]
    fn a_number_after_the_word_passport_is_found() {
        let text = "Passport No. C01X00T47, valid";
        assert_eq!(find(text.as_bytes(), 13), Some(13..22));
        let text = "Reisepass: 123456789";
        assert_eq!(find(text.as_bytes(), 11), Some(11..20));
    }

    #[test]
    fn the_same_number_without_the_word_is_left_alone() {
        assert_eq!(find(b"Part No. C01X00T47, valid", 9), None);
        assert_eq!(find(b"my passport is RED", 15), None);
    }
}
