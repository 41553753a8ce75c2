//! `bijotel keygen`: a key pair that signs exports.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bijotel::seal::signature::ExportSigner;
use clap::{Args, ValueEnum};
use serde_json::json;
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};
use crate::files::{create_private, create_public, folder_name, tidy};
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  bijotel keygen
  bijotel keygen --output-dir /etc/bijotel/keys

Exit codes: 0 made, 2 not made";

/// Make an Ed25519 key pair for signed exports
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The folder for bijotel_private.pem (mode 0600) and bijotel_public.pem
    #[arg(long, value_name = "FOLDER", default_value = "./keys")]
    output_dir: PathBuf,
    /// The kind of key
    #[arg(long, value_enum, default_value_t = KeyType::Ed25519)]
    r#type: KeyType,
    /// Overwrite a key that is there. Exports that it signed no longer match
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KeyType {
    /// For exports
    Ed25519,
    /// For anchoring in Rekor; not made yet
    Ecdsa,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    if arguments.r#type == KeyType::Ecdsa {
        return Err(Failure::usage(
            "ECDSA keys are for anchoring in Rekor, which comes later; leave --type out for Ed25519",
        ));
    }
    let folder = tidy(&arguments.output_dir);
    let private = folder.join("bijotel_private.pem");
    let public = folder.join("bijotel_public.pem");
    let signer = new_signer()?;
    let unwritable = |what: &Path| {
        let what = what.display().to_string();
        move |error| Failure::usage(format!("cannot write {what}: {error}"))
    };
    let unusable = |error| Failure::usage(format!("cannot write the key: {error}"));
    let private_pem = signer.to_pem().map_err(unusable)?;
    let public_pem = signer.public().to_pem().map_err(unusable)?;
    std::fs::create_dir_all(&arguments.output_dir).map_err(unwritable(&arguments.output_dir))?;
    if arguments.force {
        replace(&private, |path| create_private(path, &private_pem))
            .map_err(unwritable(&private))?;
    } else {
        create_private(&private, &private_pem).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::usage(format!(
                "{} already exists. Pass --force to overwrite (this rotates your signing key — old \
                 signatures will no longer carry a matching key).",
                private.display()
            )),
            _ => unwritable(&private)(error),
        })?;
    }
    replace(&public, |path| create_public(path, &public_pem)).map_err(unwritable(&public))?;
    show(
        &folder,
        &private,
        &public,
        &signer.public().fingerprint(),
        out,
    )?;
    Ok(Exit::Ok)
}

fn new_signer() -> Result<ExportSigner, Failure> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)
        .map_err(|error| Failure::failed(format!("the system gives no random bytes: {error}")))?;
    Ok(ExportSigner::from_seed(&seed))
}

/// Writes a file beside `path` and gives it that name, so that a full disk costs no key.
fn replace(path: &Path, create: impl Fn(&Path) -> std::io::Result<()>) -> std::io::Result<()> {
    let draft = path.with_extension(format!("{}.partial", std::process::id()));
    create(&draft)?;
    std::fs::rename(&draft, path)
}

fn show(
    folder: &Path,
    private: &Path,
    public: &Path,
    fingerprint: &str,
    out: &mut Output,
) -> Result<(), Failure> {
    let (folder, private, public) = (folder_name(folder), private.display(), public.display());
    if out.json() {
        return out.document(&json!({
            "type": "ed25519",
            "private_key": private.to_string(),
            "public_key": public.to_string(),
            "fingerprint": fingerprint,
        }));
    }
    out.line(format_args!("Generated Ed25519 keypair in {folder}/"))?;
    out.line(format_args!(
        "  Private key: {private}  (mode 0o600 — keep secret)"
    ))?;
    out.line(format_args!(
        "  Public key:  {public}   (share with auditors)"
    ))?;
    out.line(format_args!("  Fingerprint: {fingerprint}\n"))?;
    out.line(format_args!("Next steps:"))?;
    out.line(format_args!(
        "  bijotel export --db chain.db -o export.json --sign-key {private}"
    ))?;
    out.line(format_args!(
        "  bijotel verify-export export.json --public-key {public} [--secret-hex <hex>]"
    ))
}
