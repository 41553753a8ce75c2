//! Which rules a host lets in: those that a trusted key has signed, and those that its operator
//! allows without.
//!
//! Shipped rules are part of the program and are trusted as it is. Of every other component the bytes
//! that are checked here are the bytes that are loaded: they are read once.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bijotel_package::note::{KeyName, NamedKey};
use bijotel_package::trust::{RulePattern, TrustError};
use bijotel_package::{RuleDigest, SignatureFile, TrustList, TrustedKey, Vouched};
use bijotel_policy::Description;
use bijotel_seal::signature::{ExportVerifyingKey, PemError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

// What can be packaged can be loaded.
const _: () = assert!(bijotel_package::MAX_COMPONENT == bijotel_policy::MAX_COMPONENT);

/// No file of a public key is longer.
const MAX_KEY_FILE: usize = 64 << 10;

/// A key whose signatures count, and for which rules: one `[[trust]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustConfig {
    /// The key's name; its signatures carry it.
    pub name: KeyName,
    /// The key itself, or where it is.
    pub public_key: PublicKey,
    /// The ids of the rules that it may sign; `*` stands for any characters.
    pub rules: Vec<RulePattern>,
}

/// An Ed25519 public key as a configuration gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum PublicKey {
    /// PEM text, or the base64 of the key's 32 bytes.
    Inline(String),
    /// A PEM file.
    File(PathBuf),
}

/// Why a `[[trust]]` entry gives no key.
#[derive(Debug, Error)]
pub enum TrustConfigError {
    /// The key's file.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The key.
    #[error("{0}; `bijotel keygen` makes one, and base64 of its 32 bytes will do, too")]
    Pem(#[from] PemError),
    /// 32 bytes that are none.
    #[error("the 32 bytes of public_key are no Ed25519 key")]
    NotAKey,
    /// An entry that says nothing.
    #[error("`rules` is empty: name the rules that the key may sign, as in rules = [\"pii*\"]")]
    NoRules,
}

/// Why a component is not let in.
#[derive(Debug, Error)]
pub enum Untrusted {
    /// Nobody signed it.
    #[error(
        "its component {digest} is not signed. Sign it with `bijotel rule sign` and name the key in a [[trust]] entry, or write allow_unsigned = true into its [[rule]]"
    )]
    Unsigned {
        /// The component.
        digest: RuleDigest,
    },
    /// Nobody who is trusted signed it.
    #[error(
        "its component {digest} is not trusted: {source}. To load it all the same, write allow_unsigned = true into its [[rule]]"
    )]
    Signature {
        /// The component.
        digest: RuleDigest,
        /// What is wrong with its signatures.
        source: TrustError,
    },
    /// Its signatures were changed, or are another component's. `allow_unsigned` does not help.
    #[error(
        "its component {digest} is not what was signed: {source}. Get component and signatures again, both from their author"
    )]
    Changed {
        /// The component.
        digest: RuleDigest,
        /// What is wrong with its signatures.
        source: TrustError,
    },
    /// Another component than the configuration names.
    #[error(
        "its component is {found}, but `digest` says {pinned}: it was exchanged. If that was you, change `digest`"
    )]
    Pinned {
        /// What the configuration says.
        pinned: RuleDigest,
        /// What is there.
        found: RuleDigest,
    },
    /// Signed as another rule, or in another version, than it says it is.
    #[error("it was signed as {signed}, but says that it is {said}: have it signed again")]
    Description {
        /// Id and version that were signed.
        signed: String,
        /// Id and version that the component gives.
        said: String,
    },
}

impl TrustConfig {
    /// The key, read from its file if it is in one.
    pub fn key(&self) -> Result<TrustedKey, TrustConfigError> {
        if self.rules.is_empty() {
            return Err(TrustConfigError::NoRules);
        }
        Ok(TrustedKey {
            key: NamedKey {
                name: self.name.clone(),
                key: self.public_key.read()?,
            },
            rules: self.rules.clone(),
        })
    }
}

impl PublicKey {
    /// The key.
    pub fn read(&self) -> Result<ExportVerifyingKey, TrustConfigError> {
        match self {
            Self::Inline(text) => match key_bytes(text) {
                Some(bytes) => {
                    ExportVerifyingKey::from_bytes(&bytes).ok_or(TrustConfigError::NotAKey)
                }
                None => Ok(ExportVerifyingKey::from_pem(text)?),
            },
            Self::File(path) => Ok(ExportVerifyingKey::from_pem(&read_key(path)?)?),
        }
    }
}

/// A text that is PEM, or 32 bytes in base64, is the key; any other is the path of a file.
impl From<String> for PublicKey {
    fn from(text: String) -> Self {
        if text.contains("-----BEGIN") || key_bytes(&text).is_some() {
            Self::Inline(text)
        } else {
            Self::File(text.into())
        }
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        match key {
            PublicKey::Inline(text) => text,
            PublicKey::File(path) => path.display().to_string(),
        }
    }
}

/// Lets the component with this digest in, or says why not. What is returned is to be compared with what the component
/// says of itself, by [`check_description`]; `None` if it is let in without signatures that count.
///
/// `allow_unsigned` lets in what nobody signed and what only strangers signed, not what was changed
/// after a trusted key signed it.
pub fn admit(
    digest: RuleDigest,
    signatures: Option<&SignatureFile>,
    trust: &TrustList,
    allow_unsigned: bool,
) -> Result<Option<Vouched>, Untrusted> {
    let Some(signatures) = signatures else {
        return match allow_unsigned {
            true => Ok(None),
            false => Err(Untrusted::Unsigned { digest }),
        };
    };
    match trust.verify(digest, signatures) {
        Ok(vouched) => Ok(Some(vouched)),
        Err(source @ (TrustError::OtherComponent { .. } | TrustError::BadSignature { .. })) => {
            Err(Untrusted::Changed { digest, source })
        }
        Err(_) if allow_unsigned => Ok(None),
        Err(source) => Err(Untrusted::Signature { digest, source }),
    }
}

/// Whether a component is what was signed: signed as another rule it could be taken for that.
pub fn check_description(vouched: &Vouched, description: &Description) -> Result<(), Untrusted> {
    let Vouched { rule, version, .. } = vouched;
    if *rule == description.id && *version == description.version {
        return Ok(());
    }
    Err(Untrusted::Description {
        signed: format!("{rule} {version}"),
        said: format!("{} {}", description.id, description.version),
    })
}

fn key_bytes(text: &str) -> Option<[u8; 32]> {
    BASE64_STANDARD.decode(text.trim()).ok()?.try_into().ok()
}

fn read_key(path: &Path) -> Result<String, TrustConfigError> {
    use std::io::Read;
    let failed = |source| TrustConfigError::File {
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    std::fs::File::open(path)
        .map_err(failed)?
        .take(MAX_KEY_FILE as u64)
        .read_to_string(&mut text)
        .map_err(failed)?;
    Ok(text)
}
