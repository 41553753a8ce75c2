//! SHA-256 digests and their lower-case hexadecimal text, which is what the chain stores and links.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

/// The 64 lower-case hexadecimal digits of a digest, as ASCII bytes.
pub type HexDigest = [u8; 64];

/// What stands in place of a previous link in the first entry of a chain.
pub const GENESIS_LINK: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A SHA-256 digest (FIPS 180-4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of all `parts`, one after the other.
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The digest that 64 lower-case hexadecimal digits stand for; `None` for any other text.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 64 {
            return None;
        }
        let mut out = [0; 32];
        for (byte, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
            *byte = lower_hex_value(pair[0])? << 4 | lower_hex_value(pair[1])?;
        }
        Some(Self(out))
    }

    /// The lower-case hexadecimal text.
    pub fn hex(&self) -> HexDigest {
        let mut out = [0; 64];
        encode_hex(&self.0, &mut out);
        out
    }

    /// Whether `text` is this digest in lower-case hexadecimal. For digests that are no secret.
    pub fn is_hex(&self, text: &str) -> bool {
        self.hex() == text.as_bytes()
    }

    /// Whether `text` is this authentication code in lower-case hexadecimal, compared in constant
    /// time: how much of a guess was right must not show.
    pub fn is_code(&self, text: &str) -> bool {
        Self::from_hex(text).is_some_and(|other| self.ct_eq(&other))
    }

    /// Whether two authentication codes are the same, compared in constant time.
    pub fn ct_eq(&self, other: &Self) -> bool {
        bool::from(self.0.ct_eq(&other.0))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Hexadecimal digits are ASCII, so this never takes the other branch.
        f.write_str(std::str::from_utf8(&self.hex()).unwrap_or_default())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// The bytes that hexadecimal digits of either case stand for; `None` for any other text.
pub fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| {
            let high = lower_hex_value(pair[0].to_ascii_lowercase())?;
            let low = lower_hex_value(pair[1].to_ascii_lowercase())?;
            Some(high << 4 | low)
        })
        .collect()
}

/// Lower-case hexadecimal text of any bytes.
pub fn hex_text(bytes: &[u8]) -> String {
    let mut out = vec![0; bytes.len() * 2];
    encode_hex(bytes, &mut out);
    out.into_iter().map(char::from).collect()
}

fn encode_hex(bytes: &[u8], out: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

fn lower_hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_text_reads_back() {
        let digest = Digest::of(b"abc");
        let text = digest.to_string();
        assert_eq!(
            text,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(Digest::from_hex(&text), Some(digest));
        assert!(digest.is_hex(&text));
        assert!(digest.is_code(&text));
    }

    #[test]
    fn upper_case_is_another_text() {
        let digest = Digest::of(b"abc");
        let upper = digest.to_string().to_uppercase();
        assert_eq!(Digest::from_hex(&upper), None);
        assert!(!digest.is_hex(&upper));
        assert!(!digest.is_code(&upper));
        assert!(!digest.is_hex(""));
    }

    #[test]
    fn secrets_may_be_written_in_either_case() {
        assert_eq!(decode_hex("00fFAb"), Some(vec![0, 255, 171]));
        assert_eq!(decode_hex("0"), None);
        assert_eq!(decode_hex("zz"), None);
        assert_eq!(hex_text(&[0, 255, 171]), "00ffab");
    }
}
