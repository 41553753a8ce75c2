//! The name of a component: the SHA-256 (FIPS 180-4) of its bytes, written as OCI writes digests.

use std::fmt;
use std::str::FromStr;

use bijotel_seal::Digest;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

const ALGORITHM: &str = "sha256:";

/// A component's digest. Its text is `sha256:` and 64 lower-case hexadecimal digits, and no other
/// text is read as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleDigest(Digest);

/// A text that is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a digest is `sha256:` and 64 lower-case hexadecimal digits")]
pub struct NotADigest;

impl RuleDigest {
    /// The digest of a component.
    pub fn of(component: &[u8]) -> Self {
        Self(Digest::of(component))
    }

    /// The 64 hexadecimal digits alone.
    pub fn hex(&self) -> String {
        self.0.to_string()
    }

    /// The digest that 64 lower-case hexadecimal digits stand for.
    pub fn from_hex(hex: &str) -> Result<Self, NotADigest> {
        Digest::from_hex(hex).map(Self).ok_or(NotADigest)
    }
}

impl From<Digest> for RuleDigest {
    fn from(digest: Digest) -> Self {
        Self(digest)
    }
}

impl fmt::Display for RuleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}{}", self.0)
    }
}

impl FromStr for RuleDigest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        Self::from_hex(text.strip_prefix(ALGORITHM).ok_or(NotADigest)?)
    }
}

impl Serialize for RuleDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RuleDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_text_reads_back() {
        let digest = RuleDigest::of(b"abc");
        assert_eq!(digest.to_string(), ABC);
        assert_eq!(ABC.parse(), Ok(digest));
    }

    #[test]
    fn no_other_text_is_a_digest() {
        let upper = ABC.to_uppercase();
        for text in [
            "",
            &ABC[7..],
            &ABC[..70],
            &upper,
            "sha512:00",
            &format!(" {ABC}"),
        ] {
            assert_eq!(text.parse::<RuleDigest>(), Err(NotADigest), "{text}");
        }
    }
}
