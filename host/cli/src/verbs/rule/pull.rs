//! `bijotel rule pull`: a package from a registry, into files.

use std::path::PathBuf;

use bijotel_package::registry::Reference;
use bijotel_package::signature_path;
use clap::Args;
use serde_json::json;

use super::package::{LoginArgs, pull, signers};
use super::sign::replace;
use crate::exit::{Exit, Failure};
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  bijotel rule pull oci://registry.example.org/rules/no_shouting@sha256:ba78…
  bijotel rule pull oci://localhost:5000/no_shouting:1.0.0 --output rules/no_shouting.wasm

Every byte is checked against the manifest's digests, and the manifest against the reference's digest.
A tag can be moved: what it named now is printed by its digest. Nothing is said of trust: `bijotel rule
verify` does that, and `bijotel rule install` does both.
Exit codes: 0 pulled; 1 not pulled; 2 wrong arguments or credentials";

/// Pull a rule and its signatures from an OCI registry
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What, as oci://HOST/REPOSITORY@sha256:DIGEST, or with :TAG instead of the digest
    #[arg(value_name = "REFERENCE")]
    reference: Reference,
    /// The component's new file. Default: the last part of the repository's name, with .wasm
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite files that are there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    login: LoginArgs,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let component = match &arguments.output {
        Some(path) => path.clone(),
        None => {
            let repository = arguments.reference.repository();
            let name = repository.rsplit('/').next().unwrap_or(repository);
            format!("{name}.wasm").into()
        }
    };
    let beside = signature_path(&component);
    for path in [&component, &beside] {
        if path.exists() && !arguments.force {
            let path = path.display();
            return Err(Failure::failed(format!(
                "{path} is there already; nothing was changed. --force overwrites it"
            )));
        }
    }
    let pulled = pull(&arguments.reference, &arguments.login)?;
    let package = &pulled.package;
    replace(&component, &package.component)?;
    match &package.signatures {
        Some(signatures) => replace(&beside, signatures.to_string().as_bytes())?,
        // Signatures of what was there before are none of this.
        None if beside.exists() => std::fs::remove_file(&beside).map_err(|error| {
            Failure::failed(format!("cannot remove {}: {error}", beside.display()))
        })?,
        None => {}
    }
    let signed_by = signers(package);
    let file = component.display().to_string();
    if out.json() {
        out.document(&json!({
            "component": file,
            "digest": package.digest,
            "bytes": package.component.len(),
            "signed_by": signed_by,
            "reference": pulled.reference,
            "manifest": pulled.manifest,
        }))?;
        return Ok(Exit::Ok);
    }
    let signed_by = match signed_by.is_empty() {
        true => "nobody".to_owned(),
        false => signed_by.join(", "),
    };
    out.line(format_args!("Pulled {file}"))?;
    out.line(format_args!("  Component: {}", package.digest))?;
    out.line(format_args!("  Signed by: {signed_by} (not checked)"))?;
    out.line(format_args!(
        "  To pull exactly this again: {}",
        pulled.reference
    ))?;
    Ok(Exit::Ok)
}
