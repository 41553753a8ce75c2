//! `bijotel rule store`: what is in the rule store, and taking it out.

use std::io::{self, BufRead, IsTerminal, Write};

use bijotel::rule_engine;
use bijotel_package::RuleDigest;
use bijotel_package::store::{Described, IndexEntry};
use clap::{Args, Subcommand};
use serde_json::json;

use super::package::RulesArgs;
use crate::exit::{Exit, Failure};
use crate::output::{Output, Tone, harmless};
use crate::verbs::export::thousands;

/// List and remove the rules of the rule store
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    List(ListArguments),
    Remove(RemoveArguments),
}

const LIST_EXAMPLES: &str = "\
Examples:
  bijotel rule store list
  bijotel rule store list --rebuild --json

Ids and versions come from the store's index. What is not in it is described by the component itself,
which takes a second each; --rebuild does that for all of them, and finds components that were changed.
Exit codes: 0 listed; 1 the store cannot be read";

/// List the rules that are installed
#[derive(Args)]
#[command(after_help = LIST_EXAMPLES)]
struct ListArguments {
    /// Read every component, check its digest, and make the index anew
    #[arg(long)]
    rebuild: bool,
    #[command(flatten)]
    rules: RulesArgs,
}

const REMOVE_EXAMPLES: &str = "\
Examples:
  bijotel rule store remove sha256:ba78…
  bijotel rule store remove sha256:ba78… --yes

A configuration that names the rule no longer loads. What was sealed keeps its own copy of the rule.
Exit codes: 0 removed; 1 no such rule, or not confirmed; 2 nobody there to confirm, and no --yes";

/// Remove a rule from the store
#[derive(Args)]
#[command(after_help = REMOVE_EXAMPLES)]
struct RemoveArguments {
    /// The component's digest
    #[arg(value_name = "DIGEST")]
    digest: RuleDigest,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    rules: RulesArgs,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    match &arguments.verb {
        Verb::List(arguments) => list(arguments, out),
        Verb::Remove(arguments) => remove(arguments, out),
    }
}

fn list(arguments: &ListArguments, out: &mut Output) -> Result<Exit, Failure> {
    let store = arguments.rules.load()?.rule_store();
    let engine = rule_engine(None)?;
    let rules = store.list(arguments.rebuild, &mut |component| {
        let description = engine.describe(component).ok()?;
        Some(Described {
            rule: description.id,
            version: description.version,
        })
    })?;
    let folder = store.folder().display().to_string();
    if out.json() {
        let rules: Vec<_> = rules.iter().map(entry_json).collect();
        out.document(&json!({"store": folder, "rules": rules}))?;
        return Ok(Exit::Ok);
    }
    if rules.is_empty() {
        out.line(format_args!("No rules in {folder}."))?;
    }
    for entry in &rules {
        show(entry, out)?;
    }
    Ok(Exit::Ok)
}

fn show(entry: &IndexEntry, out: &mut Output) -> Result<(), Failure> {
    let what = match &entry.described {
        Some(described) => format!(
            "{} {}",
            harmless(&described.rule),
            harmless(&described.version)
        ),
        None => out.toned(Tone::Bad, "changed, or no rule of this host"),
    };
    let names: Vec<_> = entry
        .signed_by
        .iter()
        .map(|name| harmless(name.as_str()))
        .collect();
    let signed_by = match names.is_empty() {
        true => "nobody".to_owned(),
        false => names.join(", "),
    };
    out.line(format_args!("{what}"))?;
    out.line(format_args!("  {}", entry.digest))?;
    out.line(format_args!(
        "  {} bytes, signed by {signed_by}",
        thousands(entry.bytes)
    ))
}

fn entry_json(entry: &IndexEntry) -> serde_json::Value {
    let described = entry.described.as_ref();
    json!({
        "digest": entry.digest,
        "rule": described.map(|described| &described.rule),
        "version": described.map(|described| &described.version),
        "bytes": entry.bytes,
        "signed_by": entry.signed_by,
    })
}

fn remove(arguments: &RemoveArguments, out: &mut Output) -> Result<Exit, Failure> {
    let store = arguments.rules.load()?.rule_store();
    let digest = arguments.digest;
    if !store.component_path(digest).exists() {
        // The store says it better than a question about nothing.
        store.read(digest)?;
    }
    if !arguments.yes
        && !confirmed(&format!(
            "Remove {digest} from {}?",
            store.folder().display()
        ))?
    {
        return Err(Failure::failed("not confirmed: nothing was removed"));
    }
    store.remove(digest)?;
    if out.json() {
        out.document(&json!({"removed": digest}))?;
    } else {
        out.line(format_args!("Removed {digest}."))?;
    }
    Ok(Exit::Ok)
}

fn confirmed(question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "nobody is there to confirm that: add --yes if it is meant",
        ));
    }
    let unasked = |error| Failure::failed(format!("cannot ask: {error}"));
    write!(io::stderr(), "{question} [y/N] ").map_err(unasked)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(unasked)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
