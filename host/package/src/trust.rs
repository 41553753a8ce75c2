//! Whose signatures an operator accepts, and for which rules.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::digest::RuleDigest;
use crate::note::{KeyName, NamedKey};
use crate::signature::SignatureFile;

/// The operator's trust list. Empty: nobody is trusted.
#[derive(Debug, Clone, Default)]
pub struct TrustList {
    keys: Vec<TrustedKey>,
}

/// A key, and the rules that it may sign.
#[derive(Debug, Clone)]
pub struct TrustedKey {
    /// The key with its name.
    pub key: NamedKey,
    /// Ids of rules; a rule that none of these matches, the key may not sign.
    pub rules: Vec<RulePattern>,
}

/// The ids of some rules: an id in which `*` stands for any characters, also none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePattern(String);

/// A text that matches no rule's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a rule pattern is 1 to 64 lower-case letters, digits, `_`, `-` and `*`, such as \"pii*\"")]
pub struct NotAPattern;

/// What trusted keys say of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The rule's id, as they signed it. The component must say the same of itself.
    pub rule: String,
    /// The rule's version, as they signed it.
    pub version: String,
    /// Who signed; at least one.
    pub signers: Vec<KeyName>,
}

/// Why nobody who is trusted vouches for a component.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TrustError {
    /// The signatures are over other bytes.
    #[error(
        "its signatures are over another component, {signed}: it was changed or exchanged after it was signed"
    )]
    OtherComponent {
        /// What they are over.
        signed: RuleDigest,
    },
    /// A signature that names a trusted key and is not that key's.
    #[error("the signature by {name} is not valid: the file of signatures was changed")]
    BadSignature {
        /// The key that is named.
        name: KeyName,
    },
    /// Signed, but by nobody in the list.
    #[error(
        "it is signed by {}, whom the trust list does not have; a `[[trust]]` entry with that name and public key would",
        list(signers)
    )]
    UnknownSigner {
        /// Who signed, as they call themselves.
        signers: Vec<KeyName>,
    },
    /// Signed by somebody who is trusted with other rules.
    #[error(
        "it is signed by {}, whom the trust list does not allow to sign the rule {rule}; `rules` of the `[[trust]]` entry says which",
        list(signers)
    )]
    NotForThisRule {
        /// Who signed validly.
        signers: Vec<KeyName>,
        /// The rule.
        rule: String,
    },
}

impl TrustList {
    /// A list of these keys.
    pub fn new(keys: Vec<TrustedKey>) -> Self {
        Self { keys }
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What the trusted keys say of the component with `digest`.
    ///
    /// As <https://c2sp.org/signed-note> demands, signatures of unknown keys are passed over, and one
    /// that names a known key and is not valid spoils the file.
    pub fn verify(&self, digest: RuleDigest, file: &SignatureFile) -> Result<Vouched, TrustError> {
        let statement = file.statement();
        if statement.digest() != digest {
            return Err(TrustError::OtherComponent {
                signed: statement.digest(),
            });
        }
        let (mut signers, mut known) = (Vec::new(), Vec::new());
        for signature in file.signatures() {
            for trusted in self.keys.iter().filter(|key| signature.is_by(&key.key)) {
                if !signature.verifies(file.note().text(), &trusted.key) {
                    return Err(TrustError::BadSignature {
                        name: signature.name.clone(),
                    });
                }
                if trusted.may_sign(statement.rule()) {
                    add(&mut signers, &signature.name);
                } else {
                    add(&mut known, &signature.name);
                }
            }
        }
        if !signers.is_empty() {
            return Ok(Vouched {
                rule: statement.rule().to_owned(),
                version: statement.version().to_owned(),
                signers,
            });
        }
        if !known.is_empty() {
            return Err(TrustError::NotForThisRule {
                signers: known,
                rule: statement.rule().to_owned(),
            });
        }
        for signature in file.signatures() {
            add(&mut known, &signature.name);
        }
        Err(TrustError::UnknownSigner { signers: known })
    }
}

impl TrustedKey {
    fn may_sign(&self, rule: &str) -> bool {
        self.rules.iter().any(|pattern| pattern.matches(rule))
    }
}

impl RulePattern {
    /// Whether a rule's id is one of these.
    pub fn matches(&self, rule: &str) -> bool {
        let mut pieces = self.0.split('*');
        // The piece before the first `*`; there is always one.
        let first = pieces.next().unwrap_or_default();
        let Some(mut rest) = rule.strip_prefix(first) else {
            return false;
        };
        let Some(last) = pieces.next_back() else {
            return rest.is_empty();
        };
        // Leftmost matches leave the most for what follows, so no other need be tried.
        for piece in pieces {
            match rest.find(piece) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl fmt::Display for RulePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RulePattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        let length = (1..=64).contains(&text.len());
        if length && text.bytes().all(|byte| is_id_byte(byte) || byte == b'*') {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAPattern)
        }
    }
}

impl Serialize for RulePattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RulePattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Whether a byte can be part of a rule's id.
pub(crate) fn is_id_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
}

fn add(names: &mut Vec<KeyName>, name: &KeyName) {
    if !names.contains(name) {
        names.push(name.clone());
    }
}

fn list(names: &[KeyName]) -> String {
    let names: Vec<&str> = names.iter().map(KeyName::as_str).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use bijotel_seal::signature::ExportSigner;

    use super::*;
    use crate::signature::Statement;

    fn signer(seed: u8) -> ExportSigner {
        ExportSigner::from_seed(&[seed; 32])
    }

    fn name(seed: u8) -> KeyName {
        format!("example.org/{seed}").parse().unwrap()
    }

    fn trusted(seed: u8, pattern: &str) -> TrustedKey {
        TrustedKey {
            key: NamedKey {
                name: name(seed),
                key: signer(seed).public(),
            },
            rules: vec![pattern.parse().unwrap()],
        }
    }

    fn signed(seeds: &[u8]) -> SignatureFile {
        let statement = Statement::new("pii_uk", "1.0.0", RuleDigest::of(b"abc")).unwrap();
        let mut file = SignatureFile::sign(statement.clone(), name(seeds[0]), &signer(seeds[0]));
        for seed in &seeds[1..] {
            let more = SignatureFile::sign(statement.clone(), name(*seed), &signer(*seed));
            file.merge(&more).unwrap();
        }
        file
    }

    fn verify(keys: Vec<TrustedKey>, file: &SignatureFile) -> Result<Vouched, TrustError> {
        TrustList::new(keys).verify(RuleDigest::of(b"abc"), file)
    }

    #[test]
    fn a_trusted_key_vouches() {
        let vouched = verify(vec![trusted(1, "pii*")], &signed(&[1])).unwrap();
        assert_eq!(
            (vouched.rule.as_str(), vouched.version.as_str()),
            ("pii_uk", "1.0.0")
        );
        assert_eq!(vouched.signers, [name(1)]);
    }

    #[test]
    fn an_empty_list_trusts_nobody() {
        let error = verify(vec![], &signed(&[1])).unwrap_err();
        assert_eq!(
            error,
            TrustError::UnknownSigner {
                signers: vec![name(1)]
            }
        );
    }

    #[test]
    fn one_trusted_signature_among_unknown_ones_is_enough() {
        let vouched = verify(vec![trusted(2, "*")], &signed(&[1, 2, 3])).unwrap();
        assert_eq!(vouched.signers, [name(2)]);
    }

    #[test]
    fn a_key_signs_only_its_rules() {
        let error = verify(vec![trusted(1, "routing*")], &signed(&[1])).unwrap_err();
        assert!(
            matches!(error, TrustError::NotForThisRule { .. }),
            "{error}"
        );
        assert!(
            verify(
                vec![trusted(1, "routing*"), trusted(1, "pii_uk")],
                &signed(&[1])
            )
            .is_ok()
        );
    }

    #[test]
    fn signatures_over_other_bytes_are_none() {
        let error = TrustList::new(vec![trusted(1, "*")])
            .verify(RuleDigest::of(b"changed"), &signed(&[1]))
            .unwrap_err();
        assert!(
            matches!(error, TrustError::OtherComponent { .. }),
            "{error}"
        );
    }

    #[test]
    fn what_was_said_cannot_be_changed() {
        let text = signed(&[1]).to_string();
        for (from, to) in [("pii_uk", "pii_us"), ("1.0.0", "1.0.1")] {
            let changed = SignatureFile::parse(text.replace(from, to).as_bytes()).unwrap();
            let error = verify(vec![trusted(1, "*")], &changed).unwrap_err();
            assert_eq!(error, TrustError::BadSignature { name: name(1) });
        }
    }

    #[test]
    fn a_bad_signature_of_a_known_key_spoils_good_ones() {
        let mut text = signed(&[2]).to_string();
        let other = Statement::new("other", "1.0.0", RuleDigest::of(b"abc")).unwrap();
        let other = SignatureFile::sign(other, name(1), &signer(1)).to_string();
        text.push_str(other.lines().last().unwrap());
        text.push('\n');
        let file = SignatureFile::parse(text.as_bytes()).unwrap();
        assert!(verify(vec![trusted(2, "*")], &file).is_ok());
        let error = verify(vec![trusted(1, "*"), trusted(2, "*")], &file).unwrap_err();
        assert_eq!(error, TrustError::BadSignature { name: name(1) });
    }

    #[test]
    fn patterns_match_as_shells_do() {
        let matches = |pattern: &str, rule: &str| {
            let pattern: RulePattern = pattern.parse().unwrap();
            pattern.matches(rule)
        };
        for (pattern, rule) in [
            ("pii", "pii"),
            ("pii*", "pii"),
            ("pii*", "pii_uk"),
            ("*", "anything"),
            ("*_uk", "pii_uk"),
            ("a*b*c", "a-b-b-c"),
            ("a**c", "abc"),
        ] {
            assert!(matches(pattern, rule), "{pattern} {rule}");
        }
        for (pattern, rule) in [
            ("pii", "pii_uk"),
            ("pii*", "api_pii"),
            ("a*b*c", "a-c-b"),
            ("ab*ba", "aba"),
        ] {
            assert!(!matches(pattern, rule), "{pattern} {rule}");
        }
        for text in ["", "PII", "a b", "a?"] {
            assert_eq!(text.parse::<RulePattern>(), Err(NotAPattern));
        }
    }
}
