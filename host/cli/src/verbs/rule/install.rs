//! `bijotel rule install`: a package into the rule store.

use bijotel_package::registry::Reference;
use bijotel_package::store::Installed;
use clap::Args;
use serde_json::json;

use super::package::{LoginArgs, RulesArgs, check, pull, read_package, signers};
use crate::exit::{Exit, Failure};
use crate::output::{Output, harmless};

const EXAMPLES: &str = "\
Examples:
  bijotel rule install no_shouting.wasm
  bijotel rule install oci://registry.example.org/rules/no_shouting@sha256:ba78…
  bijotel rule install no_shouting.wasm --allow-unsigned

The rule is checked against the trust list of the configuration and kept under its digest, with its
signatures. The host checks both again whenever it loads it.
Exit codes: 0 it is in the store; 1 not trusted, not found or not reachable; 2 wrong arguments,
configuration or credentials";

/// Put a rule into the rule store, from a file or a registry
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component's file, or its reference, which begins with oci://
    #[arg(value_name = "FILE|REFERENCE")]
    source: String,
    /// Install it although no key of the trust list has signed it. The host will load it only where
    /// the configuration says `allow_unsigned`, too
    #[arg(long)]
    allow_unsigned: bool,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    login: LoginArgs,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let rules = arguments.rules.load()?;
    let store = rules.rule_store();
    let package = if Reference::is_meant(&arguments.source) {
        let reference: Reference = arguments.source.parse().map_err(Failure::usage)?;
        pull(&reference, &arguments.login)?.package
    } else {
        read_package(&arguments.source, &store)?
    };
    let (description, vouched) = check(&package, &rules, arguments.allow_unsigned)?;
    let installed = store.install(&package)?;
    let (id, version) = (harmless(&description.id), harmless(&description.version));
    if out.json() {
        out.document(&json!({
            "rule": id,
            "version": version,
            "digest": package.digest,
            "store": store.folder().display().to_string(),
            "installed": match installed {
                Installed::New => "new",
                Installed::Signatures => "signatures",
                Installed::Already => "already",
            },
            "signed_by": signers(&package),
            "trusted_by": vouched.map(|vouched| vouched.signers).unwrap_or_default(),
        }))?;
        return Ok(Exit::Ok);
    }
    let what = match installed {
        Installed::New => "Installed",
        Installed::Signatures => "Added signatures to",
        Installed::Already => "Nothing to do for",
    };
    let folder = store.folder().display();
    out.line(format_args!("{what} {id} {version} in {folder}\n"))?;
    out.line(format_args!("To ask it, write into bijotel.toml:"))?;
    out.line(format_args!(
        "  [[rule]]\n  name = \"{id}\"\n  digest = \"{}\"",
        package.digest
    ))?;
    if vouched.is_none() {
        out.line(format_args!("  allow_unsigned = true"))?;
    }
    Ok(Exit::Ok)
}
