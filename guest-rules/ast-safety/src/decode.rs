//! Undoes the encodings that hide a name or a command in a string.

/// Base64 in either alphabet, with or without padding; nothing if it is not text.
pub(crate) fn base64(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0);
    let plain = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=');
    for byte in plain {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Pairs of hexadecimal digits; nothing if they are not text.
pub(crate) fn hex(text: &str) -> Option<String> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let bytes = digits?
        .chunks_exact(2)
        .map(|pair| (pair[0] * 16 + pair[1]) as u8)
        .collect();
    String::from_utf8(bytes).ok()
}

/// `%65` and `%u0065`.
pub(crate) fn percent(text: &str) -> String {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        plain.extend_from_slice(&rest.as_bytes()[..at]);
        let after = &rest[at + 1..];
        let (digits, length) = match after.strip_prefix('u') {
            Some(digits) => (digits.get(..4), 5),
            None => (after.get(..2), 2),
        };
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) if length == 2 => plain.push(code as u8),
            Some(code) => {
                plain.extend(char::from_u32(code).unwrap_or('?').to_string().into_bytes());
            }
            None => {
                plain.push(b'%');
                rest = after;
                continue;
            }
        }
        rest = &after[length..];
    }
    plain.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_undone() {
        assert_eq!(base64("ZXZhbA==").as_deref(), Some("eval"));
        assert_eq!(base64("ZXZhbA").as_deref(), Some("eval"));
        assert_eq!(base64("no base64!"), None);
        assert_eq!(base64("////"), None);
        assert_eq!(hex("6576616c").as_deref(), Some("eval"));
        assert_eq!(hex("xy"), None);
        assert_eq!(percent("%65v%u0061l%"), "eval%");
    }
}
