//! `bijotel rule inspect`: what a component is, also one that is refused.

use std::path::PathBuf;

use bijotel_kit::Inspection;
use clap::Args;

use crate::exit::{Exit, Failure};
use crate::output::{Output, Tone, harmless};

const EXAMPLES: &str = "\
Examples:
  bijotel rule inspect no_shouting.wasm
  bijotel rule inspect no_shouting.wasm --json

Exit codes: 0 a rule of this host; 1 no file, or a component that the host refuses";

/// Show what a rule's component is: digest, contract, imports, exports and the tools that made it
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component
    #[arg(value_name = "FILE")]
    component: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let component = std::fs::read(&arguments.component).map_err(|error| {
        Failure::not_found(format!(
            "cannot read the component {}: {error}",
            arguments.component.display()
        ))
    })?;
    let seen = Inspection::of(&component);
    if out.json() {
        out.document(&seen)?;
    } else {
        show(&seen, out)?;
    }
    Ok(match seen.refusal {
        None => Exit::Ok,
        Some(_) => Exit::Failed,
    })
}

fn show(seen: &Inspection, out: &mut Output) -> Result<(), Failure> {
    if let Some(refusal) = &seen.refusal {
        let word = out.toned(Tone::Bad, "REFUSED");
        out.line(format_args!("{word}: {}", harmless(refusal)))?;
    }
    out.line(format_args!("Digest:    sha256:{}", seen.digest))?;
    out.line(format_args!("Size:      {} bytes", seen.bytes))?;
    let contract = seen.contract.as_deref().unwrap_or("none");
    out.line(format_args!("Contract:  {}", harmless(contract)))?;
    for (label, names) in [("Imports:", &seen.imports), ("Exports:", &seen.exports)] {
        let names = match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        };
        out.line(format_args!("{label:<10} {}", harmless(&names)))?;
    }
    for producer in &seen.producers {
        out.line(format_args!(
            "Made with: {} {} ({})",
            harmless(&producer.name),
            harmless(&producer.version),
            harmless(&producer.field)
        ))?;
    }
    Ok(())
}
