//! The keys that a person typed, pasted or chose.

use bijotel_seal::ChainKey;
use bijotel_seal::export::Credentials;
use bijotel_seal::signature::ExportVerifyingKey;
use serde::Serialize;
use zeroize::Zeroizing;

/// Keys in the form that verification takes. The secret itself is not kept; what is derived from it
/// is overwritten when this is dropped.
#[derive(Debug, Default)]
pub struct Keys {
    key: Option<ChainKey>,
    public_key: Option<ExportVerifyingKey>,
}

/// An input that cannot be used; nothing was verified.
#[derive(Debug, Serialize)]
pub struct Refusal {
    /// The input: `secret`, `public_key` or `file`.
    pub about: &'static str,
    /// What is wrong with it and what to do, as a sentence.
    pub message: String,
}

impl Keys {
    /// Reads a secret in hexadecimal digits and a public key in PEM form.
    pub fn read(secret: Option<Vec<u8>>, public_key: Option<&str>) -> Result<Self, Refusal> {
        let secret = secret.map(Zeroizing::new);
        Ok(Self {
            key: secret
                .as_deref()
                .map(|bytes| chain_key(bytes))
                .transpose()?,
            public_key: public_key.map(verifying_key).transpose()?,
        })
    }

    /// Whether the secret was given.
    pub fn has_secret(&self) -> bool {
        self.key.is_some()
    }

    /// The keys as the verifier takes them.
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials {
            key: self.key.as_ref(),
            public_key: self.public_key.as_ref(),
        }
    }
}

fn chain_key(secret: &[u8]) -> Result<ChainKey, Refusal> {
    // What is not UTF-8 is not hexadecimal either.
    let text = std::str::from_utf8(secret).unwrap_or("?");
    ChainKey::from_hex(text).map_err(|error| Refusal {
        about: "secret",
        message: format!("The secret cannot be used: {error}."),
    })
}

fn verifying_key(pem: &str) -> Result<ExportVerifyingKey, Refusal> {
    let refuse = |message: String| Refusal {
        about: "public_key",
        message,
    };
    if pem.contains("PRIVATE KEY") {
        return Err(refuse(
            "This is a private key, which only the operator should hold. Give the public key \
             (-----BEGIN PUBLIC KEY-----)."
                .to_owned(),
        ));
    }
    ExportVerifyingKey::from_pem(pem.trim())
        .map_err(|error| refuse(format!("The public key cannot be used: it is {error}.")))
}
