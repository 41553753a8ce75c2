//! `bijotel rule push`: a package into a registry.

use bijotel_kit::Inspection;
use bijotel_package::registry::{About, Interfaces, Reference, Registry};
use clap::Args;
use serde_json::json;

use super::package::{LoginArgs, RulesArgs, describe, read_package, signers};
use crate::exit::{Exit, Failure};
use crate::output::{Output, harmless};
use crate::progress::Progress;

const EXAMPLES: &str = "\
Examples:
  bijotel rule push no_shouting.wasm oci://registry.example.org/rules/no_shouting
  bijotel rule push no_shouting.wasm oci://localhost:5000/no_shouting:latest

The signatures beside the component go with it. Without a tag, the rule's version is the tag. What is
printed is the reference by digest, which is what to hand on: tags can be moved.
Credentials are taken from BIJOTEL_REGISTRY_USER and BIJOTEL_REGISTRY_PASSWORD, from
BIJOTEL_REGISTRY_TOKEN, from what `docker login` has stored, or from --username and --password-stdin.
Exit codes: 0 pushed; 1 not pushed; 2 wrong arguments or credentials";

/// Push a rule and its signatures to an OCI registry
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component's file, or its digest in the rule store
    #[arg(value_name = "FILE|DIGEST")]
    component: String,
    /// Where to, as oci://HOST/REPOSITORY[:TAG]
    #[arg(value_name = "REFERENCE")]
    reference: Reference,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    login: LoginArgs,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let store = arguments.rules.load()?.rule_store();
    let package = read_package(&arguments.component, &store)?;
    let description = describe(&package.component)?;
    let inspection = Inspection::of(&package.component);
    let about = About {
        rule: description.id,
        version: description.version,
        interfaces: Interfaces {
            exports: inspection.exports,
            imports: inspection.imports,
        },
    };
    let credentials = arguments.login.find(&arguments.reference)?;
    let mut registry = Registry::open(&arguments.reference, credentials)?;
    let mut progress = Progress::new("Pushing", "bytes");
    let pushed = registry.push(&package, &about, &mut |done, total| {
        progress.update(done, total);
    })?;
    drop(progress);
    let signed_by = signers(&package);
    if out.json() {
        out.document(&json!({
            "reference": pushed.reference,
            "manifest": pushed.manifest,
            "rule": about.rule,
            "version": about.version,
            "digest": package.digest,
            "signed_by": signed_by,
        }))?;
        return Ok(Exit::Ok);
    }
    out.line(format_args!(
        "Pushed {} {}",
        harmless(&about.rule),
        harmless(&about.version)
    ))?;
    out.line(format_args!("  Reference: {}", pushed.reference))?;
    out.line(format_args!("  Component: {}", package.digest))?;
    match signed_by.is_empty() {
        true => out.line(format_args!(
            "  Nobody signed it: `bijotel rule sign`, then push again"
        ))?,
        false => out.line(format_args!("  Signed by: {}", signed_by.join(", ")))?,
    }
    Ok(Exit::Ok)
}
