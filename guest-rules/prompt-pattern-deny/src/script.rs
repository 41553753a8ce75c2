//! Which kind of writing a character belongs to, and its plainest form there.

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// How words are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// Latin letters, plain, accented or styled, and what is no letter at all.
    Latin,
    /// Any other script that separates words, such as Cyrillic, Arabic, Devanagari or Hangul.
    Spaced,
    /// A script without spaces between words, such as Chinese, Japanese or Thai.
    Dense,
}

/// The kind of writing a character belongs to.
pub(crate) fn script(character: char) -> Script {
    match u32::from(character) {
        ..0x370
        | 0x1d00..=0x1eff
        | 0x2000..=0x2bff
        | 0x2c60..=0x2c7f
        | 0xa720..=0xa7ff
        | 0xe000..=0xf8ff
        | 0xfb00..=0xfb06
        | 0xfe00..=0xfe0f
        | 0xfeff..=0xff5e
        | 0x1d400..=0x1faff
        | 0xe0000.. => Script::Latin,
        0xe00..=0xeff
        | 0x1000..=0x109f
        | 0x1780..=0x17ff
        | 0x2e80..=0x9fff
        | 0xf900..=0xfaff
        | 0xff66..=0xff9d
        | 0x20000..=0x3ffff => Script::Dense,
        _ => Script::Spaced,
    }
}

/// The letter without case, marks and presentation form; 0 if nothing is left of it.
pub(crate) fn plain_letter(character: char) -> u32 {
    match u32::from(character) {
        // Cyrillic letters without a mark, ideographs, kana without a mark, Hangul syllables.
        code @ (0x430..=0x438 | 0x43a..=0x44f | 0x4e00..=0x9fff | 0xac00..=0xd7a3) => code,
        code @ (0x410..=0x418 | 0x41a..=0x42f) => code + 0x20,
        // Arabic: the forms of alef and of the letters that are written in its place.
        0x622 | 0x623 | 0x625 | 0x671 => 0x627,
        0x649 => 0x64a,
        0x629 => 0x647,
        0x640 | 0x64b..=0x65f => 0,
        code @ 0x621..=0x64a => code,
        code @ (0x904..=0x93b | 0x93d..=0x963) => code,
        _ => decomposed(character),
    }
}

fn decomposed(character: char) -> u32 {
    let lower = character.to_lowercase().next().unwrap_or(character);
    let mut first = 0;
    decompose_compatible(lower, |part| {
        if first == 0 && canonical_combining_class(part) == 0 {
            first = u32::from(part);
        }
    });
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        text.chars()
            .filter_map(|character| char::from_u32(plain_letter(character)))
            .filter(|character| *character != '\0')
            .collect()
    }

    #[test]
    fn case_marks_and_presentation_forms_fall_away() {
        assert_eq!(plain("ПРАВИЛА Ёж"), "правила еж");
        assert_eq!(plain("ﾌﾟﾛﾝﾌﾟﾄ"), plain("フロンフト"));
        assert_eq!(plain("ﺗﻌﻠﻴﻤﺎﺕ"), "تعليمات");
        assert_eq!(plain("أُمّ"), "ام");
    }

    #[test]
    fn scripts_are_told_apart() {
        assert_eq!(script('é'), Script::Latin);
        assert_eq!(script('ж'), Script::Spaced);
        assert_eq!(script('글'), Script::Spaced);
        assert_eq!(script('字'), Script::Dense);
        assert_eq!(script('ไ'), Script::Dense);
    }
}
