//! Ed25519 (RFC 8032): keys in PEM files, signatures over a chain signature's text.

use ed25519_dalek::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey,
    spki::der::pem::LineEnding,
};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::digest::{Digest, hex_text};

/// Why a key file or its text cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PemError {
    /// Not a private key.
    #[error("not an Ed25519 private key in PKCS#8 PEM form (-----BEGIN PRIVATE KEY-----)")]
    Private,
    /// Not a public key.
    #[error(
        "not an Ed25519 public key in SubjectPublicKeyInfo PEM form (-----BEGIN PUBLIC KEY-----)"
    )]
    Public,
}

/// A key that signs exports. Overwritten when dropped.
pub struct ExportSigner(SigningKey);

impl ExportSigner {
    /// A key from 32 random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// A key from PKCS#8 PEM text (RFC 5208).
    pub fn from_pem(pem: &str) -> Result<Self, PemError> {
        SigningKey::from_pkcs8_pem(pem)
            .map(Self)
            .map_err(|_| PemError::Private)
    }

    /// The PKCS#8 PEM text.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, PemError> {
        self.0
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| PemError::Private)
    }

    /// The public half.
    pub fn public(&self) -> ExportVerifyingKey {
        ExportVerifyingKey(self.0.verifying_key())
    }

    /// The 64 bytes of the signature over `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl std::fmt::Debug for ExportSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ExportSigner({})", self.public().fingerprint())
    }
}

/// A public key that an auditor was given by the operator, not by the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportVerifyingKey(VerifyingKey);

impl ExportVerifyingKey {
    /// A key from its 32 bytes; `None` if they are not a point of the curve.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes.try_into().ok()?)
            .ok()
            .map(Self)
    }

    /// A key from SubjectPublicKeyInfo PEM text (RFC 5280, RFC 8410).
    pub fn from_pem(pem: &str) -> Result<Self, PemError> {
        VerifyingKey::from_public_key_pem(pem)
            .map(Self)
            .map_err(|_| PemError::Public)
    }

    /// The SubjectPublicKeyInfo PEM text.
    pub fn to_pem(&self) -> Result<String, PemError> {
        self.0
            .to_public_key_pem(LineEnding::LF)
            .map_err(|_| PemError::Public)
    }

    /// The 32 bytes of the key.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The first 16 hexadecimal digits of the key's SHA-256: enough to tell keys apart, not to
    /// trust one.
    pub fn fingerprint(&self) -> String {
        hex_text(&Digest::of(&self.to_bytes()).0[..8])
    }

    /// Whether `signature` is this key's over `message`. Strict: refuses weak keys and signatures
    /// that could be rewritten.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}
