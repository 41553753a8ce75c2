//! A text as it looks rather than as it is written: digits of other scripts, odd dashes and spaces,
//! full-width letters and letters of other alphabets that look the same become ASCII, and what has no
//! width is left out. Every byte can be traced back.

use std::borrow::Cow;
use std::ops::Range;

/// The zeros of scripts that count with digits of their own.
const ZEROS: &[u32] = &[
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810,
];

/// Letters that look like one of ASCII.
const LOOKALIKES: &[(&str, &str)] = &[
    ("АВЕКМНОРСТУХІЈЅаеорсухіјѕ", "ABEKMHOPCTYXIJSaeopcyxijs"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοα", "ABEZHIKMNOPTYXoa"),
];

/// A text and the way back to the one it was made of.
pub(crate) struct View<'a> {
    text: Cow<'a, str>,
    /// For each byte, and for the end, where it came from; empty if nothing was changed.
    origins: Vec<usize>,
}

impl<'a> View<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let unchanged = Self {
            text: Cow::Borrowed(text),
            origins: Vec::new(),
        };
        if text.is_ascii() || !text.chars().any(may_change) {
            return unchanged;
        }
        let mut plain = String::with_capacity(text.len());
        let mut origins = Vec::with_capacity(text.len() + 1);
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let mut beside_ascii = || {
                plain
                    .bytes()
                    .next_back()
                    .is_some_and(|byte| byte.is_ascii_alphanumeric())
                    || characters
                        .peek()
                        .is_some_and(|(_, next)| next.is_ascii_alphanumeric())
            };
            let made = match plain_form(character) {
                Form::Same => Some(
                    lookalike(character)
                        .filter(|_| beside_ascii())
                        .unwrap_or(character),
                ),
                Form::Nothing => None,
                Form::Other(other) => Some(other),
            };
            if let Some(made) = made {
                plain.push(made);
                origins.resize(plain.len(), at);
            }
        }
        origins.push(text.len());
        Self {
            text: Cow::Owned(plain),
            origins,
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the original that a range was made from.
    pub(crate) fn origin(&self, range: &Range<usize>) -> Range<usize> {
        if self.origins.is_empty() {
            return range.clone();
        }
        let last = self.origins.len() - 1;
        self.origins[range.start.min(last)]..self.origins[range.end.min(last)]
    }
}

enum Form {
    Same,
    Nothing,
    Other(char),
}

fn may_change(character: char) -> bool {
    !character.is_ascii()
        && (!matches!(plain_form(character), Form::Same) || lookalike(character).is_some())
}

fn plain_form(character: char) -> Form {
    let code = u32::from(character);
    let ascii = |code: u32| char::from_u32(code).map_or(Form::Same, Form::Other);
    match code {
        0..0x80 => Form::Same,
        0xAD
        | 0x200B..=0x200F
        | 0x202A..=0x202E
        | 0x2060..=0x2064
        | 0xFEFF
        | 0xFE00..=0xFE0F
        | 0xE0000..=0xE007F => Form::Nothing,
        0xA0 | 0x1680 | 0x2000..=0x200A | 0x202F | 0x205F | 0x3000 => Form::Other(' '),
        0x2010..=0x2015 | 0x2212 | 0xFE58 | 0xFE63 => Form::Other('-'),
        0x2024 | 0xFE52 => Form::Other('.'),
        0xFE6B => Form::Other('@'),
        0xFF01..=0xFF5E => ascii(code - 0xFEE0),
        0x1D400..=0x1D6A3 => {
            let letter = (code - 0x1D400) % 52;
            ascii(if letter < 26 {
                0x41 + letter
            } else {
                0x61 + letter - 26
            })
        }
        0x1D7CE..=0x1D7FF => ascii(0x30 + (code - 0x1D7CE) % 10),
        _ => match ZEROS
            .iter()
            .find(|zero| (**zero..**zero + 10).contains(&code))
        {
            Some(zero) => ascii(0x30 + code - zero),
            None => Form::Same,
        },
    }
}

fn lookalike(character: char) -> Option<char> {
    if !('\u{370}'..='\u{458}').contains(&character) {
        return None;
    }
    LOOKALIKES.iter().find_map(|(odd, plain)| {
        let place = odd.chars().position(|odd| odd == character)?;
        plain.chars().nth(place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        View::new(text).text().to_owned()
    }

    #[test]
    fn disguises_become_ascii() {
        assert_eq!(plain("４１１１ ＠ａ"), "4111 @a");
        assert_eq!(plain("4\u{200b}1\u{ad}1"), "411");
        assert_eq!(plain("123\u{2011}45\u{2013}6789"), "123-45-6789");
        assert_eq!(plain("+49\u{a0}30\u{202f}90"), "+49 30 90");
        assert_eq!(plain("٠١٢ ०१२ 𝟘𝟙𝐀𝐛"), "012 012 01Ab");
        assert_eq!(plain("\u{410}KIA"), "AKIA");
    }

    #[test]
    fn other_text_is_left_alone() {
        for text in ["Größe", "тел. Анна", "電話", "🙂", "plain"] {
            assert!(
                matches!(View::new(text).text, Cow::Borrowed(_)) || plain(text) == text,
                "{text}"
            );
        }
    }

    #[test]
    fn ranges_lead_back() {
        let text = "ü４２\u{200b}x";
        let view = View::new(text);
        let at = view.text().find("42x").unwrap();
        assert_eq!(&text[view.origin(&(at..at + 3))], "４２\u{200b}x");
    }
}
