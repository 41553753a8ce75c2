//! `bijotel rule inspect`: what a rule is, also one that the host refuses.

use std::path::{Path, PathBuf};

use bijotel::policy::{Configuration, Counter, Description, LoadError, Stage};
use bijotel_kit::{DeveloperCache, Inspection};
use clap::Args;
use serde_json::{Value, json};

use super::component::read_component;
use crate::exit::{Exit, Failure};
use crate::output::{Output, Tone, harmless};

const EXAMPLES: &str = "\
Examples:
  bijotel rule inspect no_shouting.wasm
  bijotel rule inspect no_shouting.wasm --json

The first time a component is compiled, which takes seconds, for JavaScript and Python half a minute.
Exit codes: 0 a rule of this host; 1 no file, or a component that the host refuses";

/// Show what a rule is: manifest, contract, digest, imports, schema, and the tools that made it
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component
    #[arg(value_name = "FILE")]
    component: PathBuf,
    /// Look at the file only, and run nothing of it
    #[arg(long)]
    quick: bool,
}

/// What the rule says about itself.
#[derive(Default)]
struct Manifest {
    description: Option<Description>,
    /// With the configuration `{}`.
    counters: Option<Vec<Counter>>,
    snapshot: Option<bool>,
    problem: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let component = read_component(&arguments.component)?;
    let seen = Inspection::of(&component);
    let signatures = signature_file(&arguments.component);
    let manifest = match seen.refusal.is_none() && !arguments.quick {
        true => Manifest::of(&component)?,
        false => Manifest::default(),
    };
    if out.json() {
        let mut json = manifest.json(&seen)?;
        json["signature_file"] = json!(signatures);
        out.document(&json)?;
    } else {
        show(&seen, &manifest, out)?;
        let file = signatures.map_or("none beside it".to_owned(), |file| {
            format!("in {}; `bijotel rule verify` checks them", file.display())
        });
        out.line(format_args!("Signatures: {file}"))?;
    }
    Ok(match (&seen.refusal, &manifest.problem) {
        (None, None) => Exit::Ok,
        _ => Exit::Failed,
    })
}

/// The file of signatures beside a component, if it is there.
fn signature_file(component: &Path) -> Option<PathBuf> {
    let mut name = component.as_os_str().to_owned();
    name.push(".sig");
    Some(PathBuf::from(name)).filter(|file| file.is_file())
}

impl Manifest {
    fn of(component: &[u8]) -> Result<Self, Failure> {
        let engine = DeveloperCache::engine().map_err(Failure::failed)?;
        Ok(match engine.load(component, &Configuration::default()) {
            Ok(rule) => Self {
                description: Some(rule.description().clone()),
                counters: Some(rule.counters().to_vec()),
                snapshot: Some(rule.preparation().snapshot),
                problem: None,
            },
            // A rule may need a configuration.
            Err(LoadError::Configuration { .. }) => match engine.describe(component) {
                Ok(description) => Self {
                    description: Some(description),
                    ..Self::default()
                },
                Err(error) => Self::failed(&error),
            },
            Err(error) => Self::failed(&error),
        })
    }

    fn failed(error: &LoadError) -> Self {
        Self {
            problem: Some(error.to_string()),
            ..Self::default()
        }
    }

    fn json(&self, seen: &Inspection) -> Result<Value, Failure> {
        let unwritable = |error| Failure::failed(format!("cannot write the result: {error}"));
        let mut json = serde_json::to_value(seen).map_err(unwritable)?;
        if let Some(problem) = &self.problem {
            json["refusal"] = problem.as_str().into();
        }
        json["description"] = match &self.description {
            None => Value::Null,
            Some(description) => {
                let mut json = serde_json::to_value(description).map_err(unwritable)?;
                json["configuration_schema"] = schema(description);
                json
            }
        };
        json["counters"] = json!(self.counters);
        json["snapshot"] = json!(self.snapshot);
        Ok(json)
    }
}

/// The host loads no rule whose schema is not JSON.
fn schema(description: &Description) -> Value {
    serde_json::from_str(&description.configuration_schema).unwrap_or(Value::Null)
}

fn show(seen: &Inspection, manifest: &Manifest, out: &mut Output) -> Result<(), Failure> {
    if let Some(refusal) = seen.refusal.as_ref().or(manifest.problem.as_ref()) {
        let word = out.toned(Tone::Bad, "REFUSED");
        out.line(format_args!("{word}: {}", harmless(refusal)))?;
    }
    if let Some(description) = &manifest.description {
        show_description(description, out)?;
    }
    out.line(format_args!("Digest:    sha256:{}", seen.digest))?;
    out.line(format_args!("Size:      {} bytes", seen.bytes))?;
    let contract = seen.contract.as_deref().unwrap_or("none");
    out.line(format_args!("Contract:  {}", harmless(contract)))?;
    for (label, names) in [("Imports:", &seen.imports), ("Exports:", &seen.exports)] {
        out.line(format_args!("{label:<10} {}", harmless(&listed(names))))?;
    }
    if let Some(snapshot) = manifest.snapshot {
        let text = match snapshot {
            true => "yes: every call starts from the configured state",
            false => "not possible: every call configures the rule anew",
        };
        out.line(format_args!("Snapshot:  {text}"))?;
    }
    for producer in &seen.producers {
        out.line(format_args!(
            "Made with: {} {} ({})",
            harmless(&producer.name),
            harmless(&producer.version),
            harmless(&producer.field)
        ))?;
    }
    if let Some(description) = &manifest.description {
        let schema = serde_json::to_string_pretty(&schema(description)).unwrap_or_default();
        out.line(format_args!("Configuration schema:"))?;
        for line in schema.lines() {
            out.line(format_args!("  {}", harmless(line)))?;
        }
    }
    Ok(())
}

fn show_description(description: &Description, out: &mut Output) -> Result<(), Failure> {
    let stages: Vec<String> = (description.stages.iter())
        .map(|stage: &Stage| stage.as_str().to_owned())
        .collect();
    for (label, text) in [
        (
            "Rule:",
            format!("{} {}", description.id, description.version),
        ),
        ("Summary:", description.summary.clone()),
        ("Stages:", listed(&stages)),
        ("Facts:", listed(&description.facts)),
        ("Look-back:", format!("{} bytes", description.look_back)),
    ] {
        out.line(format_args!("{label:<10} {}", harmless(&text)))?;
    }
    Ok(())
}

fn listed(names: &[String]) -> String {
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}
