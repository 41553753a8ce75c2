//! `bijotel rule verify`: who signed a component, and whether that counts.

use bijotel::Untrusted;
use bijotel::trust::{admit, check_description};
use bijotel_package::Package;
use clap::Args;
use serde_json::json;

use super::package::{RulesArgs, describe, read_package, signers};
use crate::exit::{Exit, Failure};
use crate::output::{Output, Tone, harmless};

const EXAMPLES: &str = "\
Examples:
  bijotel rule verify no_shouting.wasm
  bijotel rule verify sha256:ba78… --config /etc/bijotel/bijotel.toml --json

The trust list is that of the configuration ([[trust]]), whatever its allow_unsigned says.
Exit codes: 0 TRUSTED; 1 NOT TRUSTED, or no such rule; 2 the configuration is wrong";

/// Check a rule's signatures against the trust list
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component, or its digest in the rule store
    #[arg(value_name = "FILE|DIGEST")]
    component: String,
    #[command(flatten)]
    rules: RulesArgs,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let rules = arguments.rules.load()?;
    let package = read_package(&arguments.component, &rules.rule_store())?;
    let trust = rules.trust_list()?;
    let verdict = match admit(package.digest, package.signatures.as_ref(), &trust, false) {
        Ok(Some(vouched)) => {
            let description = describe(&package.component)?;
            check_description(&vouched, &description).map(|()| vouched)
        }
        Ok(None) => Err(Untrusted::Unsigned {
            digest: package.digest,
        }),
        Err(problem) => Err(problem),
    };
    let trusted_by = match &verdict {
        Ok(vouched) => vouched.signers.as_slice(),
        Err(_) => &[],
    };
    if out.json() {
        let statement = package.signatures.as_ref().map(|file| file.statement());
        out.document(&json!({
            "verdict": if verdict.is_ok() { "TRUSTED" } else { "NOT TRUSTED" },
            "digest": package.digest,
            "rule": statement.map(|statement| statement.rule()),
            "version": statement.map(|statement| statement.version()),
            "signed_by": signers(&package),
            "trusted_by": trusted_by,
            "problem": verdict.as_ref().err().map(ToString::to_string),
        }))?;
    } else {
        let trusted_by: Vec<_> = trusted_by
            .iter()
            .map(|name| harmless(name.as_str()))
            .collect();
        show(
            &package,
            &trusted_by.join(", "),
            verdict.as_ref().err(),
            out,
        )?;
    }
    Ok(match verdict {
        Ok(_) => Exit::Ok,
        Err(_) => Exit::Failed,
    })
}

fn show(
    package: &Package,
    trusted_by: &str,
    problem: Option<&Untrusted>,
    out: &mut Output,
) -> Result<(), Failure> {
    match problem {
        None => {
            let word = out.toned(Tone::Good, "TRUSTED");
            out.line(format_args!("{word}: signed by {trusted_by}"))?;
        }
        Some(problem) => {
            let word = out.toned(Tone::Bad, "NOT TRUSTED");
            out.line(format_args!("{word}: {}", harmless(&problem.to_string())))?;
        }
    }
    if let Some(file) = &package.signatures {
        let statement = file.statement();
        out.line(format_args!(
            "Signed as:  {} {}",
            statement.rule(),
            statement.version()
        ))?;
        out.line(format_args!("Signatures: {}", signers(package).join(", ")))?;
    }
    out.line(format_args!("Digest:     {}", package.digest))
}
