//! `bijotel rule sign`: a signature over a component, in the file beside it.

use std::io::Write;
use std::path::{Path, PathBuf};

use bijotel_package::note::{KeyName, NamedKey};
use bijotel_package::{Package, SignatureFile, Statement, signature_path};
use clap::Args;
use serde_json::json;

use super::package::{describe, signers};
use crate::credentials::read_signer;
use crate::exit::{Exit, Failure};
use crate::output::{Output, harmless};

const EXAMPLES: &str = "\
Examples:
  bijotel keygen
  bijotel rule sign no_shouting.wasm --sign-key keys/bijotel_private.pem --name example.org/rules

What is signed is the rule's id, its version and the SHA-256 of its component, each as the component
gives it. The signature is added to no_shouting.wasm.sig; several people may sign one component.
docs/formats/rule-package.md describes the file.
Exit codes: 0 signed; 1 no file, or no rule; 2 the key cannot be used";

/// Sign a rule's component with an Ed25519 key
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component
    #[arg(value_name = "FILE")]
    component: PathBuf,
    /// The private key, as `bijotel keygen` makes it
    #[arg(long, value_name = "FILE")]
    sign_key: PathBuf,
    /// What the key is called in trust lists, such as example.org/rules
    #[arg(long, value_name = "NAME")]
    name: KeyName,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let signer = read_signer(&arguments.sign_key)?;
    let mut package = Package::read(&arguments.component)?;
    let description = describe(&package.component)?;
    let statement = Statement::new(&description.id, &description.version, package.digest)
        .map_err(|error| Failure::failed(format!("the rule cannot be signed: {error}")))?;
    let new = SignatureFile::sign(statement, arguments.name.clone(), &signer);
    let path = signature_path(&arguments.component);
    match &mut package.signatures {
        None => package.signatures = Some(new),
        Some(there) => there
            .merge(&new)
            .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?,
    }
    if let Some(signatures) = &package.signatures {
        replace(&path, signatures.to_string().as_bytes())?;
    }
    let key = NamedKey {
        name: arguments.name.clone(),
        key: signer.public(),
    };
    let path = path.display();
    if out.json() {
        out.document(&json!({
            "rule": description.id,
            "version": description.version,
            "digest": package.digest,
            "signatures": path.to_string(),
            "signed_by": signers(&package),
            "fingerprint": key.key.fingerprint(),
        }))?;
        return Ok(Exit::Ok);
    }
    out.line(format_args!(
        "Signed {} {} as {} (key {})",
        harmless(&description.id),
        harmless(&description.version),
        harmless(key.name.as_str()),
        key.key.fingerprint()
    ))?;
    out.line(format_args!("  Digest:     {}", package.digest))?;
    out.line(format_args!("  Signatures: {path}\n"))?;
    out.line(format_args!(
        "Whoever trusts this key writes into bijotel.toml:"
    ))?;
    out.line(format_args!(
        "  [[trust]]\n  name = \"{}\"\n  public_key = \"bijotel_public.pem\"\n  rules = [\"{}\"]",
        harmless(key.name.as_str()),
        harmless(&description.id)
    ))?;
    Ok(Exit::Ok)
}

/// Writes a file beside `path` and gives it that name, so that there is never half a file.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let draft = path.with_extension(format!("{}.partial", std::process::id()));
    let written = std::fs::File::create(&draft)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&draft, path));
    written.map_err(|error| {
        // What is half written helps nobody.
        let _ = std::fs::remove_file(&draft);
        Failure::failed(format!("cannot write {}: {error}", path.display()))
    })
}
