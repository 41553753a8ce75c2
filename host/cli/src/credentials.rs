//! Secrets and keys: from where they are taken, and that they are never shown.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use bijotel::ChainKey;
use bijotel::seal::KeyError;
use bijotel::seal::signature::{ExportSigner, ExportVerifyingKey};
use clap::Args;
use zeroize::Zeroizing;

use crate::config::Config;
use crate::exit::Failure;
use crate::output::complain;

/// The variable that holds the secret in hexadecimal digits.
const VARIABLE: &str = "BIJOTEL_HMAC_SECRET";

/// No key file is longer.
const MAX_KEY_FILE: u64 = 64 << 10;

/// Where the chain's secret is. Not `Debug`: it may hold the secret itself.
#[derive(Args)]
pub(crate) struct SecretArgs {
    /// The chain's secret in hexadecimal digits. Other users of this machine can read it in the list of
    /// processes: prefer a file or BIJOTEL_HMAC_SECRET
    #[arg(long, value_name = "HEX")]
    secret_hex: Option<String>,
    /// A file with the chain's secret in hexadecimal digits, not readable by others
    #[arg(
        long,
        value_name = "FILE",
        alias = "key-file",
        conflicts_with = "secret_hex"
    )]
    secret_file: Option<PathBuf>,
}

impl SecretArgs {
    /// The secret from the arguments, the environment or the configuration, in this order; an error
    /// with the sentence `missing` if there is none.
    pub(crate) fn require(
        &self,
        config: Option<&Config>,
        missing: &str,
    ) -> Result<ChainKey, Failure> {
        self.find(config)?
            .ok_or_else(|| Failure::credentials(missing))
    }

    /// The secret, if there is one.
    pub(crate) fn find(&self, config: Option<&Config>) -> Result<Option<ChainKey>, Failure> {
        if let Some(hex) = &self.secret_hex {
            return key(hex).map(Some);
        }
        if let Some(file) = &self.secret_file {
            return read_secret(file).map(Some);
        }
        match std::env::var(VARIABLE).map(Zeroizing::new) {
            Ok(hex) if !hex.is_empty() => return key(&hex).map(Some),
            Err(std::env::VarError::NotUnicode(_)) => return Err(not_hex()),
            _ => {}
        }
        match config.and_then(|config| config.secret_file.as_deref()) {
            Some(file) => read_secret(file).map(Some),
            None => Ok(None),
        }
    }
}

/// Reads a key that signs exports.
pub(crate) fn read_signer(path: &Path) -> Result<ExportSigner, Failure> {
    let pem = read_key_file(path, "--sign-key", Privacy::Advised)?;
    ExportSigner::from_pem(&pem)
        .map_err(|error| Failure::credentials(format!("{}: {error}", path.display())))
}

/// Reads a key that checks an export's signature.
pub(crate) fn read_public_key(path: &Path) -> Result<ExportVerifyingKey, Failure> {
    let pem = read_key_file(path, "--public-key", Privacy::None)?;
    ExportVerifyingKey::from_pem(&pem)
        .map_err(|error| Failure::credentials(format!("{}: {error}", path.display())))
}

/// Reads the chain's secret from a file.
pub(crate) fn read_secret(path: &Path) -> Result<ChainKey, Failure> {
    key(&read_key_file(path, "--secret-file", Privacy::Demanded)?)
}

fn key(hex: &str) -> Result<ChainKey, Failure> {
    ChainKey::from_hex(hex).map_err(|error| match error {
        KeyError::NotHex => not_hex(),
        KeyError::TooShort => Failure::credentials(
            "secret_key must be at least 16 bytes (32 hexadecimal digits); `bijotel init` makes one",
        ),
    })
}

/// Says nothing of the text: it may be a secret with one wrong letter.
fn not_hex() -> Failure {
    Failure::credentials(
        "Invalid hex in secret (not shown): it must be pairs of the digits 0-9 and a-f",
    )
}

/// What is made of a key file that other users may read or change.
#[derive(Clone, Copy, PartialEq)]
enum Privacy {
    /// It is refused.
    Demanded,
    /// It is complained about: the Python tool takes it.
    Advised,
    /// Nothing: it holds no secret.
    None,
}

fn read_key_file(
    path: &Path,
    argument: &str,
    privacy: Privacy,
) -> Result<Zeroizing<String>, Failure> {
    let failed = |error: std::io::Error| {
        let path = path.display();
        Failure::credentials(match error.kind() {
            std::io::ErrorKind::NotFound => format!("{argument} path not found: {path}"),
            // Its words would not quote the file.
            std::io::ErrorKind::InvalidData => format!("{path} is not a text file"),
            _ => format!("cannot read {path}: {error}"),
        })
    };
    let file = File::open(path).map_err(failed)?;
    check_privacy(path, &file.metadata().map_err(failed)?, privacy)?;
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_KEY_FILE)
        .read_to_string(&mut text)
        .map_err(failed)?;
    Ok(text)
}

/// A secret that everybody on the machine can read or change is none. A group that may read is
/// complained about only: some container platforms hand out secrets that way.
#[cfg(unix)]
fn check_privacy(path: &Path, metadata: &Metadata, privacy: Privacy) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    if privacy == Privacy::None || !metadata.is_file() || mode & 0o067 == 0 {
        return Ok(());
    }
    let path = path.display();
    let advice = format!(
        "{path} can be used by other users of this machine (mode {mode:04o}); run `chmod 600 {path}`"
    );
    if privacy == Privacy::Demanded && mode & 0o027 != 0 {
        return Err(Failure::credentials(advice));
    }
    complain(format_args!("warning: {advice}"));
    Ok(())
}

#[cfg(not(unix))]
fn check_privacy(_: &Path, _: &Metadata, _: Privacy) -> Result<(), Failure> {
    Ok(())
}
