//! Reads a text character by character, with the escapes in it undone.
//!
//! Percent encoding (`%69`), backslash escapes (`\x69`, `\u0069`, `\u{69}`, `\n`, as JSON and most
//! languages write them) and numeric character references (`&#105;`, `&#x69;`) are read as what they
//! stand for. What is not a whole escape stands for itself.

/// A character and the bytes of the text that stand for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) character: char,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A percent sign may itself be escaped, and that again; this often is it followed.
const MAX_NESTING: usize = 3;

/// Reads the character at the byte offset `start`, which must be a character boundary.
pub(crate) fn read(text: &str, start: usize) -> Option<Read> {
    let rest = text.get(start..)?;
    let (character, length) = match rest.as_bytes().first()? {
        b'%' => percent(rest),
        b'\\' => backslash(rest),
        b'&' => reference(rest),
        _ => None,
    }
    .or_else(|| {
        rest.chars()
            .next()
            .map(|character| (character, character.len_utf8()))
    })?;
    Some(Read {
        character,
        start,
        end: start + length,
    })
}

/// One character of percent-encoded UTF-8. A byte that is not UTF-8 is read as U+FFFD.
fn percent(rest: &str) -> Option<(char, usize)> {
    let (mut first, mut length) = percent_byte(rest.as_bytes())?;
    for _ in 0..MAX_NESTING {
        // `%2569` is `%69` once decoded, and `i` when decoded again.
        if first != b'%' {
            break;
        }
        let Some(inner) = hex(rest.get(length..length + 2)) else {
            break;
        };
        first = u8::try_from(inner).ok()?;
        length += 2;
    }
    if first.is_ascii() {
        return Some((char::from(first), length));
    }
    let mut bytes = vec![first];
    let mut end = length;
    while bytes.len() < 4 {
        let Some((byte, more)) = rest.as_bytes().get(end..).and_then(percent_byte) else {
            break;
        };
        bytes.push(byte);
        end += more;
        if let Ok(decoded) = std::str::from_utf8(&bytes) {
            return decoded.chars().next().map(|character| (character, end));
        }
    }
    Some(('\u{fffd}', length))
}

fn percent_byte(rest: &[u8]) -> Option<(u8, usize)> {
    if rest.first() != Some(&b'%') {
        return None;
    }
    let digits = std::str::from_utf8(rest.get(1..3)?).ok()?;
    u8::try_from(hex(Some(digits))?).ok().map(|byte| (byte, 3))
}

fn backslash(rest: &str) -> Option<(char, usize)> {
    let simple = |character| Some((character, 2));
    match rest.as_bytes().get(1)? {
        b'n' | b'r' | b't' | b'f' | b'v' => simple(' '),
        b'"' => simple('"'),
        b'\'' => simple('\''),
        b'/' => simple('/'),
        // An escaped backslash may begin another escape, in text that was escaped twice.
        b'\\' => {
            let (character, length) =
                backslash(rest.get(1..)?).filter(|(inner, _)| *inner != '\\')?;
            Some((character, length + 1))
        }
        b'x' => Some((character(hex(rest.get(2..4))?), 4)),
        b'u' if rest.as_bytes().get(2) == Some(&b'{') => {
            let digits = rest.get(3..)?.split_once('}')?.0;
            let code = hex(Some(digits).filter(|digits| digits.len() <= 6))?;
            Some((character(code), digits.len() + 4))
        }
        b'u' => {
            let high = hex(rest.get(2..6))?;
            if !(0xd800..0xdc00).contains(&high) {
                return Some((character(high), 6));
            }
            let low = rest
                .get(6..8)
                .filter(|prefix| *prefix == "\\u")
                .and_then(|_| hex(rest.get(8..12)));
            match low.filter(|low| (0xdc00..0xe000).contains(low)) {
                Some(low) => Some((
                    character(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)),
                    12,
                )),
                None => Some(('\u{fffd}', 6)),
            }
        }
        _ => None,
    }
}

fn reference(rest: &str) -> Option<(char, usize)> {
    let body = rest.strip_prefix("&#")?;
    let window = body.as_bytes().get(..body.len().min(9))?;
    let length = window.iter().position(|byte| *byte == b';')?;
    let digits = body.get(..length)?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => hex(Some(digits))?,
        None if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        None => return None,
    };
    Some((char::from_u32(code)?, length + 3))
}

fn hex(digits: Option<&str>) -> Option<u32> {
    let digits = digits?;
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if whole {
        u32::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

fn character(code: u32) -> char {
    char::from_u32(code).unwrap_or('\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        let mut out = String::new();
        let mut at = 0;
        while let Some(read) = read(text, at) {
            out.push(read.character);
            at = read.end;
        }
        assert_eq!(at, text.len());
        out
    }

    #[test]
    fn percent_encoding_is_undone() {
        assert_eq!(plain("%69gn%6Fre%20%C3%A9"), "ignore é");
    }

    #[test]
    fn double_percent_encoding_is_undone() {
        assert_eq!(plain("%2569gnore %252569t"), "ignore it");
    }

    #[test]
    fn backslash_escapes_are_undone() {
        assert_eq!(plain(r#"\x69\u0067\u{6e}ore\n\"all\""#), "ignore \"all\"");
        assert_eq!(plain(r"\ud83d\ude42"), "🙂");
        assert_eq!(plain(r"a\\nb"), "a b");
    }

    #[test]
    fn character_references_are_undone() {
        assert_eq!(plain("&#105;&#x67;nore &amp; go"), "ignore &amp; go");
    }

    #[test]
    fn what_is_no_escape_stands_for_itself() {
        for text in [
            "100% sure",
            "%",
            "%6",
            r"C:\",
            r"\q \u12 \ud800x",
            "&#;",
            "&#99999999;",
            "&#xg;",
            "%é",
        ] {
            let read_back = plain(text);
            assert_eq!(read_back.chars().next(), text.chars().next(), "{text}");
        }
        assert_eq!(plain("100% sure"), "100% sure");
    }
}
