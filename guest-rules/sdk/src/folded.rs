//! Text as it is read, for comparing: compatibility forms (NFKD) made plain, what is invisible left out,
//! any run of white space one space, ASCII in upper case.

use std::ops::Range;

use unicode_normalization::char::decompose_compatible;

/// A text made plain, byte for byte traceable.
#[derive(Debug, Default)]
pub struct Folded {
    text: String,
    /// For each byte of `text`, the first byte of the original that it was made from.
    starts: Vec<usize>,
    /// And the byte after the last.
    ends: Vec<usize>,
}

impl Folded {
    /// Makes a text plain; `keep_case` leaves capitals and small letters as they are.
    pub fn new(original: &str, keep_case: bool) -> Self {
        let mut made = Self::default();
        made.text.reserve(original.len());
        for (start, character) in original.char_indices() {
            let end = start + character.len_utf8();
            if character.is_ascii() {
                made.push(character, start..end, keep_case);
            } else if !is_invisible(character) {
                decompose_compatible(character, |part| made.push(part, start..end, keep_case));
            }
        }
        made
    }

    /// The plain text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the original from which a range of [`Self::text`] was made.
    pub fn origin(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.starts.get(range.start).copied().unwrap_or(0);
        let last = range.end.checked_sub(1);
        let end = last.and_then(|last| self.ends.get(last)).copied();
        start..end.unwrap_or(start).max(start)
    }

    fn push(&mut self, character: char, origin: Range<usize>, keep_case: bool) {
        let mut character = character;
        if character.is_whitespace() {
            if self.text.ends_with(' ') {
                return;
            }
            character = ' ';
        } else if !keep_case {
            character.make_ascii_uppercase();
        }
        self.text.push(character);
        self.starts.resize(self.text.len(), origin.start);
        self.ends.resize(self.text.len(), origin.end);
    }
}

/// Characters that show nothing: soft hyphen, joiners, marks of direction, variation selectors, tags.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguises_are_made_plain() {
        for disguised in ["secret", "ＳＥＣＲＥＴ", "S\u{200b}EC\u{ad}RET", "ⓈⒺⒸⓇⒺⓉ"]
        {
            assert_eq!(Folded::new(disguised, false).text(), "SECRET");
        }
        assert_eq!(
            Folded::new("top \t secret\n  x", false).text(),
            "TOP SECRET X"
        );
        assert_eq!(Folded::new("Secret", true).text(), "Secret");
    }

    #[test]
    fn ranges_are_traced_back() {
        let original = "a \u{ff33}\u{200b}E b";
        let folded = Folded::new(original, false);
        let at = folded.text().find("SE").unwrap();
        assert_eq!(&original[folded.origin(&(at..at + 2))], "\u{ff33}\u{200b}E");
    }

    #[test]
    fn nothing_is_traced_to_nothing() {
        assert_eq!(Folded::new("", false).origin(&(0..0)), 0..0);
        assert_eq!(Folded::new("\u{200b}", false).origin(&(0..4)), 0..0);
    }
}
