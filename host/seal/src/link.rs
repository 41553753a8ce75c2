//! The HMAC chain: each entry's link covers the previous link and the entry's body digest.
//!
//! `link = HMAC-SHA256(key, prev ++ body digest)` (RFC 2104), where both are 64 lower-case
//! hexadecimal digits as ASCII text, so the message is always 128 bytes.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::digest::{Digest, decode_hex};

/// The fewest bytes that a secret may have.
pub const MIN_SECRET_BYTES: usize = 16;

/// The secret of a chain: it makes links, and whoever holds it can forge them.
///
/// The secret itself is not kept, only the two SHA-256 states that HMAC derives from it; they are
/// overwritten when the key is dropped.
#[derive(Clone)]
pub struct ChainKey {
    keyed: Hmac<Sha256>,
}

/// Why a secret cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The text has something other than pairs of hexadecimal digits.
    #[error("the secret is not hexadecimal text (an even number of digits 0-9 a-f)")]
    NotHex,
    /// Fewer than [`MIN_SECRET_BYTES`] bytes.
    #[error("secret_key must be at least 16 bytes")]
    TooShort,
}

impl ChainKey {
    /// A key from the bytes of a secret, at least [`MIN_SECRET_BYTES`].
    pub fn from_bytes(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(KeyError::TooShort);
        }
        let keyed = Hmac::new_from_slice(secret).map_err(|_| KeyError::TooShort)?;
        Ok(Self { keyed })
    }

    /// A key from a secret in hexadecimal digits, as it stands in a key file.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let secret = Zeroizing::new(decode_hex(text.trim()).ok_or(KeyError::NotHex)?);
        Self::from_bytes(&secret)
    }

    /// The link of an entry: `prev_hash` is the previous link as it is stored, or
    /// [`GENESIS_LINK`](crate::digest::GENESIS_LINK).
    pub fn link(&self, prev_hash: &str, canonical_hash: &str) -> Digest {
        self.mac(&[prev_hash.as_bytes(), canonical_hash.as_bytes()])
    }

    /// HMAC-SHA256 over all `parts`, one after the other.
    pub fn mac(&self, parts: &[&[u8]]) -> Digest {
        let mut mac = self.keyed.clone();
        for part in parts {
            mac.update(part);
        }
        Digest(mac.finalize().into_bytes().into())
    }
}

impl std::fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChainKey(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::GENESIS_LINK;

    #[test]
    fn link_is_hmac_of_128_hex_digits() {
        let key =
            ChainKey::from_hex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
                .unwrap();
        let link = key.link(
            GENESIS_LINK,
            "90af3b822c3474172894b0d207a39ce0b1737d44090945b9a08ee603c3931470",
        );
        assert_eq!(
            link.to_string(),
            "34e6e50c24f3d8a84bab8b2b4dd9d92bd1230bac1e99448735b2470882700789"
        );
    }

    #[test]
    fn short_and_malformed_secrets_are_refused() {
        assert_eq!(
            ChainKey::from_hex("ffffffffffffffff").unwrap_err(),
            KeyError::TooShort
        );
        assert_eq!(ChainKey::from_hex("zz").unwrap_err(), KeyError::NotHex);
    }

    #[test]
    fn debug_text_has_no_secret() {
        let key = ChainKey::from_bytes(b"0123456789abcdef").unwrap();
        assert_eq!(format!("{key:?}"), "ChainKey(secret)");
    }
}
