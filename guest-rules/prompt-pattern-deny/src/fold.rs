//! What a character looks like to a reader of English, in ASCII.
//!
//! Not the full confusables table of Unicode TS #39: the look-alikes that are used to write English
//! words in disguise, without tables that would make the component large.

use unicode_normalization::char::decompose_compatible;

/// What becomes of one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    /// It is invisible, or a mark on the character before it.
    Drop,
    /// It separates words.
    Gap,
    /// It stands for this ASCII character (a lower-case letter, a digit, or a sign that is used in
    /// place of a letter).
    Ascii(u8),
    /// It stands for these letters.
    Letters(&'static str),
    /// A letter that looks like none of ours.
    Foreign,
}

/// Folds a character.
pub(crate) fn fold(character: char) -> Fold {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() => ascii(byte),
        _ => wide(character),
    }
}

fn ascii(byte: u8) -> Fold {
    match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'@' | b'$' | b'!' | b'|' => Fold::Ascii(byte),
        b'A'..=b'Z' => Fold::Ascii(byte.to_ascii_lowercase()),
        b'\'' | b'`' => Fold::Drop,
        _ => Fold::Gap,
    }
}

fn wide(character: char) -> Fold {
    if let Some(byte) = styled(character) {
        return ascii(byte);
    }
    match character {
        // Invisible: soft hyphen, zero-width and direction marks, variation selectors, tags.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0100}'..='\u{e01ef}' => Fold::Drop,
        // Marks on the letter before.
        '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}' => Fold::Drop,
        '\u{2018}' | '\u{2019}' | '\u{2bc}' | '\u{b4}' | '\u{2032}' => Fold::Drop,
        'ß' => Fold::Letters("ss"),
        'æ' | 'Æ' => Fold::Letters("ae"),
        'œ' | 'Œ' => Fold::Letters("oe"),
        'ﬀ' => Fold::Letters("ff"),
        'ﬁ' => Fold::Letters("fi"),
        'ﬂ' => Fold::Letters("fl"),
        'ﬃ' => Fold::Letters("ffi"),
        'ﬄ' => Fold::Letters("ffl"),
        'ﬅ' | 'ﬆ' => Fold::Letters("st"),
        _ => match look_alike(character) {
            Some(byte) => Fold::Ascii(byte),
            None if is_sign(character) => Fold::Gap,
            None => decomposed(character),
        },
    }
}

/// A letter with marks, or in a compatibility form, that is ASCII once decomposed (NFKD).
fn decomposed(character: char) -> Fold {
    // Scripts whose letters never are; asking would cost most there.
    if matches!(character, '\u{400}'..='\u{1cff}' | '\u{3040}'..='\u{d7ff}') {
        return Fold::Foreign;
    }
    let mut folded = None;
    decompose_compatible(character, |part| {
        if folded.is_none() {
            folded = Some(u8::try_from(part).ok().filter(u8::is_ascii).map(ascii));
        }
    });
    match folded.flatten() {
        Some(Fold::Ascii(byte)) => Fold::Ascii(byte),
        _ => Fold::Foreign,
    }
}

/// Blocks of punctuation, symbols and pictures; quicker than asking for the category.
fn is_sign(character: char) -> bool {
    matches!(
        character,
        '\u{80}'..='\u{bf}' | '\u{2000}'..='\u{2bff}' | '\u{2e00}'..='\u{2e7f}' | '\u{3000}'..='\u{3004}'
            | '\u{3008}'..='\u{3020}' | '\u{30fb}' | '\u{60c}' | '\u{61b}' | '\u{61f}' | '\u{6d4}' | '\u{964}'
            | '\u{e000}'..='\u{f8ff}' | '\u{fe10}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff65}' | '\u{fff0}'..='\u{ffff}'
            | '\u{1f000}'..='\u{1faff}'
    )
}

/// Characters that are ASCII in another style and lie in ASCII order in a block of their own.
fn styled(character: char) -> Option<u8> {
    let code = u32::from(character);
    let (offset, base, length) = match code {
        0xff01..=0xff5e => (code - 0xff01, b'!', 94),
        0xe0020..=0xe007e => (code - 0xe0020, b' ', 95),
        0x249c..=0x24b5 => (code - 0x249c, b'a', 26),
        0x24b6..=0x24cf => (code - 0x24b6, b'a', 26),
        0x24d0..=0x24e9 => (code - 0x24d0, b'a', 26),
        0x2460..=0x2468 => (code - 0x2460, b'1', 9),
        0x1f110..=0x1f129 => (code - 0x1f110, b'a', 26),
        0x1f130..=0x1f149 => (code - 0x1f130, b'a', 26),
        0x1f150..=0x1f169 => (code - 0x1f150, b'a', 26),
        0x1f170..=0x1f189 => (code - 0x1f170, b'a', 26),
        0x1f1e6..=0x1f1ff => (code - 0x1f1e6, b'a', 26),
        // Mathematical alphabets: thirteen styles of 26 capitals and 26 small letters.
        0x1d400..=0x1d6a3 => ((code - 0x1d400) % 26, b'a', 26),
        0x1d7ce..=0x1d7ff => ((code - 0x1d7ce) % 10, b'0', 10),
        _ => return None,
    };
    debug_assert!(offset < length);
    u8::try_from(offset).ok().map(|offset| base + offset)
}

/// Letters of other scripts, accented letters and signs that look like an ASCII letter.
fn look_alike(character: char) -> Option<u8> {
    Some(match character {
        'à'..='å'
        | 'À'..='Å'
        | 'ā'
        | 'Ā'
        | 'ă'
        | 'Ă'
        | 'ą'
        | 'Ą'
        | 'ǎ'
        | 'Ǎ'
        | 'ȧ'
        | 'ạ'
        | 'ả'
        | 'ɑ'
        | 'ᴀ'
        | 'α'
        | 'Α'
        | 'а'
        | 'А'
        | 'ª'
        | 'ᵃ'
        | 'ₐ'
        | '∀'
        | 'ά'
        | 'ɐ' => b'a',
        'ɓ' | 'ʙ' | 'в' | 'В' | 'Β' | 'β' | 'Ь' | 'ь' | 'ᵇ' | 'ƀ' | 'Ᏼ' => b'b',
        'ç' | 'Ç' | 'ć' | 'Ć' | 'ĉ' | 'ċ' | 'č' | 'Č' | 'ᴄ' | 'с' | 'С' | 'ϲ' | 'Ϲ' | '¢' | 'ᶜ'
        | 'ⅽ' | 'Ⅽ' | 'ℂ' => b'c',
        'ď' | 'Ď' | 'đ' | 'Đ' | 'ð' | 'Ð' | 'ᴅ' | 'ԁ' | 'ɖ' | 'ɗ' | 'ᵈ' | 'ⅾ' | 'Ⅾ' => {
            b'd'
        }
        'è'..='ë'
        | 'È'..='Ë'
        | 'ē'
        | 'Ē'
        | 'ĕ'
        | 'ė'
        | 'Ė'
        | 'ę'
        | 'Ę'
        | 'ě'
        | 'Ě'
        | 'ẹ'
        | 'ᴇ'
        | 'ε'
        | 'Ε'
        | 'е'
        | 'Е'
        | 'ё'
        | 'Ё'
        | 'є'
        | 'Є'
        | 'ҽ'
        | '℮'
        | 'ᵉ'
        | 'ₑ'
        | '€'
        | 'έ'
        | 'ə'
        | 'ɛ'
        | 'ℯ'
        | '∃' => b'e',
        'ƒ' | 'ꜰ' | 'ϝ' | 'ᶠ' | 'ғ' => b'f',
        'ĝ' | 'ğ' | 'Ğ' | 'ġ' | 'ģ' | 'ǧ' | 'ɡ' | 'ɢ' | 'ց' | 'ԍ' | 'ᵍ' => b'g',
        'ĥ' | 'ħ' | 'Ħ' | 'ʜ' | 'һ' | 'Һ' | 'н' | 'Н' | 'Η' | 'ʰ' | 'ℎ' | 'ℍ' => b'h',
        'ì'..='ï'
        | 'Ì'..='Ï'
        | 'ī'
        | 'Ī'
        | 'ĭ'
        | 'į'
        | 'İ'
        | 'ı'
        | 'ǐ'
        | 'ị'
        | 'ɪ'
        | 'ι'
        | 'Ι'
        | 'ί'
        | 'і'
        | 'І'
        | 'ї'
        | 'Ї'
        | 'ⁱ'
        | 'ᵢ'
        | 'ⅰ'
        | 'Ⅰ'
        | '¡'
        | 'ɩ'
        | 'ӏ' => b'i',
        'ĵ' | 'ј' | 'Ј' | 'ᴊ' | 'ʲ' | 'ϳ' => b'j',
        'ķ' | 'ᴋ' | 'κ' | 'Κ' | 'к' | 'К' | 'ᵏ' | 'қ' | 'Қ' => b'k',
        'ĺ' | 'ļ' | 'ľ' | 'ł' | 'Ł' | 'ʟ' | 'ˡ' | 'ⅼ' | 'Ⅼ' | 'ℓ' | '£' | 'Ӏ' | 'ǀ' | '∣' => {
            b'l'
        }
        'ᴍ' | 'м' | 'М' | 'Μ' | 'ᵐ' | 'ⅿ' | 'Ⅿ' | 'ɱ' => b'm',
        'ñ' | 'Ñ' | 'ń' | 'Ń' | 'ņ' | 'ň' | 'Ň' | 'ɴ' | 'η' | 'ν' | 'Ν' | 'п' | 'ո' | 'ⁿ' | 'ŋ'
        | 'ռ' | 'и' | 'И' => b'n',
        'ò'..='ö'
        | 'Ò'..='Ö'
        | 'ø'
        | 'Ø'
        | 'ō'
        | 'Ō'
        | 'ŏ'
        | 'ő'
        | 'Ő'
        | 'ọ'
        | 'ᴏ'
        | 'ο'
        | 'Ο'
        | 'σ'
        | 'ό'
        | 'о'
        | 'О'
        | 'օ'
        | 'º'
        | 'ᵒ'
        | 'ₒ'
        | 'ө'
        | 'ѳ' => b'o',
        'ᴘ' | 'р' | 'Р' | 'ρ' | 'Ρ' | 'ᵖ' | 'þ' | 'Þ' => b'p',
        'ԛ' | 'գ' | 'զ' => b'q',
        'ŕ' | 'ř' | 'Ř' | 'ʀ' | 'г' | 'ʳ' | 'ᵣ' | 'я' | 'Я' | 'ℝ' | 'Ꮢ' => b'r',
        'ś' | 'Ś' | 'ŝ' | 'ş' | 'Ş' | 'š' | 'Š' | 'ș' | 'ꜱ' | 'ѕ' | 'Ѕ' | '§' | 'ˢ' | 'ſ' => {
            b's'
        }
        'ţ' | 'ť' | 'Ť' | 'ț' | 'ŧ' | 'ᴛ' | 'т' | 'Т' | 'τ' | 'Τ' | 'ᵗ' | '†' => {
            b't'
        }
        'ù'..='ü'
        | 'Ù'..='Ü'
        | 'ū'
        | 'Ū'
        | 'ŭ'
        | 'ů'
        | 'Ů'
        | 'ű'
        | 'Ű'
        | 'ų'
        | 'ǔ'
        | 'ụ'
        | 'ᴜ'
        | 'υ'
        | 'ս'
        | 'ᵘ'
        | 'ᵤ'
        | 'µ'
        | 'μ'
        | 'ц' => b'u',
        'ᴠ' | 'ѵ' | 'Ѵ' | 'ᵛ' | 'ᵥ' | 'ⅴ' | 'Ⅴ' | '√' => b'v',
        'ŵ' | 'ᴡ' | 'ω' | 'ԝ' | 'Ԝ' | 'ш' | 'Ш' | 'щ' | 'ʷ' | 'ա' | 'ѡ' => b'w',
        'х' | 'Х' | 'χ' | 'Χ' | 'ⅹ' | 'Ⅹ' | 'ˣ' | '×' => b'x',
        'ý' | 'ÿ' | 'Ý' | 'Ÿ' | 'ŷ' | 'ʏ' | 'у' | 'У' | 'ү' | 'Ү' | 'γ' | 'Υ' | 'ʸ' | '¥' | 'ч' => {
            b'y'
        }
        'ź' | 'Ź' | 'ż' | 'Ż' | 'ž' | 'Ž' | 'ᴢ' | 'Ζ' | 'ᶻ' | 'ʐ' => b'z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let mut out = String::new();
        for character in text.chars() {
            match fold(character) {
                Fold::Drop => {}
                Fold::Gap => out.push(' '),
                Fold::Ascii(byte) => out.push(char::from(byte)),
                Fold::Letters(letters) => out.push_str(letters),
                Fold::Foreign => out.push('.'),
            }
        }
        out
    }

    #[test]
    fn cyrillic_and_greek_look_alikes_become_latin() {
        assert_eq!(folded("іgnоrе"), "ignore");
        assert_eq!(folded("ρrεvιουs"), "previous");
    }

    #[test]
    fn full_width_and_mathematical_letters_become_plain() {
        assert_eq!(folded("Ｉｇｎｏｒｅ"), "ignore");
        assert_eq!(folded("𝐈𝐠𝐧𝐨𝐫𝐞 𝓲𝓰𝓷𝓸𝓻𝓮 𝚒𝚐𝚗𝚘𝚛𝚎"), "ignore ignore ignore");
        assert_eq!(folded("ⓘⓖⓝⓞⓡⓔ 🅸🅶🅽🅾🆁🅴"), "ignore ignore");
    }

    #[test]
    fn accents_and_combining_marks_fall_away() {
        assert_eq!(folded("ígnörè"), "ignore");
        assert_eq!(folded("i\u{301}g\u{308}nore"), "ignore");
    }

    #[test]
    fn invisible_characters_disappear() {
        assert_eq!(folded("ig\u{200b}no\u{ad}re\u{2060}"), "ignore");
    }

    #[test]
    fn tag_characters_are_read_as_what_they_hide() {
        let hidden: String = "show"
            .bytes()
            .map(|b| char::from_u32(0xe0000 + u32::from(b)).unwrap())
            .collect();
        assert_eq!(folded(&hidden), "show");
    }

    #[test]
    fn other_scripts_stay_foreign() {
        assert_eq!(folded("雪"), ".");
    }
}
