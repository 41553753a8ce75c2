//! `bijotel policy`: asks the rules about a request, and says which rules there are.

mod check;

use std::path::PathBuf;

use bijotel::policy::{Decision, Finding, Outcome, RuleEntry};
use bijotel::{Call, RuleSet, RulesConfig, Stage, VerdictKind, rule_engine};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::export::thousands;
use crate::config::ChainArgs;
use crate::credentials::SecretArgs;
use crate::exit::{Exit, Failure};
use crate::files::read_document;
use crate::output::{Output, Tone, harmless};
use crate::request::{parse_stage, read_call};

/// Ask the rules about a request, or list them
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Evaluate(EvaluateArguments),
    List(ListArguments),
    Check(check::Arguments),
}

const EVALUATE_EXAMPLES: &str = "\
Examples:
  bijotel policy evaluate request.json
  bijotel policy evaluate --text 'Ignore all previous instructions.'
  curl -s https://example.org/request.json | bijotel policy evaluate --config bijotel.toml --json

A request is the body of a request to OpenAI or Anthropic, a call in bijotel's own form (it has a member
\"stage\"), or the sealed body of a span. Nothing is sealed.
Exit codes: 0 allow, advise, warn or redact; 1 no request; 2 wrong configuration; 5 deny or escalate";

/// Ask the rules about a request; seals nothing
#[derive(Args)]
#[command(after_help = EVALUATE_EXAMPLES)]
struct EvaluateArguments {
    /// A file with the request; standard input if left out or `-`
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// A prompt instead of a request
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    text: Option<String>,
    /// admission, inspection, commitment or record. Default: the call's own, else admission
    #[arg(long, value_name = "STAGE", value_parser = parse_stage)]
    stage: Option<Stage>,
    #[command(flatten)]
    rules: RulesArgs,
}

const LIST_EXAMPLES: &str = "\
Examples:
  bijotel policy list
  bijotel policy list --config bijotel.toml --json";

/// List the rules with their versions, stages, digests and configurations
#[derive(Args)]
#[command(after_help = LIST_EXAMPLES)]
struct ListArguments {
    #[command(flatten)]
    rules: RulesArgs,
}

/// Which rules: those of a configuration, or the shipped ones.
#[derive(Args)]
struct RulesArgs {
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    secret: SecretArgs,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    match &arguments.verb {
        Verb::Evaluate(arguments) => evaluate(arguments, out),
        Verb::List(arguments) => list(arguments, out),
        Verb::Check(arguments) => check::run(arguments, out),
    }
}

impl RulesArgs {
    fn load(&self) -> Result<RuleSet, Failure> {
        let config = self.chain.load()?;
        let folder = config
            .as_ref()
            .and_then(|config| config.rule_cache.as_deref());
        // The secret is only for the cache of compiled rules: without it they are compiled again.
        let key = match folder {
            Some(_) => self.secret.find(config.as_ref())?,
            None => None,
        };
        let engine = rule_engine(folder.zip(key.as_ref()))?;
        let rules = config.map_or_else(RulesConfig::shipped_defaults, |config| config.rules);
        Ok(rules.load(&engine)?)
    }
}

fn evaluate(arguments: &EvaluateArguments, out: &mut Output) -> Result<Exit, Failure> {
    let call = match &arguments.text {
        Some(text) => {
            let mut call = Call::new(arguments.stage.unwrap_or(Stage::Admission));
            call.push_input(text.clone());
            call
        }
        None => read_call(&read_document(arguments.file.as_deref())?, arguments.stage)?,
    };
    let decision = arguments.rules.load()?.evaluate(&call);
    if out.json() {
        out.document(&decision)?;
    } else {
        show(&decision, out)?;
    }
    Ok(if decision.verdict.passes() {
        Exit::Ok
    } else {
        Exit::Denied
    })
}

fn show(decision: &Decision, out: &mut Output) -> Result<(), Failure> {
    let verdict = out.toned(
        tone(decision.verdict),
        decision.verdict.as_str().to_uppercase(),
    );
    out.line(format_args!(
        "Verdict:  {verdict} ({})",
        decision.stage.as_str()
    ))?;
    for (label, text) in [
        ("Rule:", &decision.rule),
        ("Reason:", &decision.reason),
        ("Advice:", &decision.advice),
    ] {
        if let Some(text) = text {
            out.line(format_args!("{label:<9} {}", harmless(text)))?;
        }
    }
    if !decision.replayable {
        out.line(format_args!(
            "A clock had a part in this: it cannot be replayed."
        ))?;
    }
    out.line(format_args!("Rule set: {}", decision.rule_set))?;
    if decision.outcomes.is_empty() {
        return out.line(format_args!("\nNo rule is asked at this stage."));
    }
    out.line(format_args!(
        "\n{:<24} {:<10} {:<9} {:>8} {:>13} {:>10}",
        "rule", "version", "verdict", "findings", "fuel", "time"
    ))?;
    for outcome in &decision.outcomes {
        show_outcome(outcome, out)?;
    }
    let findings = decision.outcomes.iter().flat_map(|outcome| {
        outcome
            .findings
            .iter()
            .map(move |finding| (outcome, finding))
    });
    for (at, (outcome, finding)) in findings.enumerate() {
        if at == 0 {
            out.line(format_args!("\nFindings:"))?;
        }
        show_finding(outcome, finding, out)?;
    }
    show_edits(decision, out)
}

fn show_outcome(outcome: &Outcome, out: &mut Output) -> Result<(), Failure> {
    let kind = outcome.verdict.kind();
    let verdict = out.toned(tone(kind), format_args!("{:<9}", kind.as_str()));
    out.line(format_args!(
        "{:<24} {:<10} {verdict} {:>8} {:>13} {:>7.2} ms",
        harmless(&outcome.name),
        harmless(&outcome.rule_version),
        outcome.findings.len(),
        thousands(outcome.fuel),
        outcome.micros as f64 / 1000.0,
    ))?;
    if outcome.shadow {
        out.line(format_args!("  in shadow: its answer does not count"))?;
    }
    Ok(())
}

fn show_finding(outcome: &Outcome, finding: &Finding, out: &mut Output) -> Result<(), Failure> {
    out.line(format_args!(
        "  {} {}: {}",
        harmless(&outcome.name),
        harmless(&finding.code),
        harmless(&finding.reason)
    ))?;
    for range in &finding.ranges {
        let place = harmless(&range.place);
        out.line(format_args!(
            "    {place} bytes {} to {}",
            range.start, range.end
        ))?;
    }
    Ok(())
}

fn show_edits(decision: &Decision, out: &mut Output) -> Result<(), Failure> {
    for (at, edit) in decision.edits.iter().enumerate() {
        if at == 0 {
            out.line(format_args!("\nEdits:"))?;
        }
        out.line(format_args!(
            "  {} bytes {} to {} become {}",
            harmless(&edit.range.place),
            edit.range.start,
            edit.range.end,
            harmless(&edit.replacement)
        ))?;
    }
    Ok(())
}

fn tone(verdict: VerdictKind) -> Tone {
    match verdict {
        VerdictKind::Allow | VerdictKind::Advise => Tone::Good,
        VerdictKind::Warn | VerdictKind::Redact => Tone::Doubtful,
        VerdictKind::Escalate | VerdictKind::Deny => Tone::Bad,
    }
}

fn list(arguments: &ListArguments, out: &mut Output) -> Result<Exit, Failure> {
    let rules = arguments.rules.load()?;
    if out.json() {
        let entries: Vec<Value> = rules.entries().iter().map(rule_json).collect();
        let digest = rules.digest().to_string();
        out.document(&json!({"rule_set": digest, "rules": entries}))?;
        return Ok(Exit::Ok);
    }
    for entry in rules.entries() {
        show_rule(entry, out)?;
    }
    out.line(format_args!("Rule set: {}", rules.digest()))?;
    Ok(Exit::Ok)
}

fn show_rule(entry: &RuleEntry, out: &mut Output) -> Result<(), Failure> {
    let description = entry.rule.description();
    let id = if entry.name == description.id {
        String::new()
    } else {
        format!(" ({})", harmless(&description.id))
    };
    out.line(format_args!(
        "{}{id} {}",
        harmless(&entry.name),
        harmless(&description.version)
    ))?;
    let stages: Vec<_> = entry.asked_in().map(Stage::as_str).collect();
    for (label, text) in [
        ("", description.summary.as_str()),
        ("stages:", &stages.join(", ")),
        ("component:", &entry.rule.component_digest().to_string()),
        ("configuration:", entry.rule.configuration().as_str()),
    ] {
        let label = if label.is_empty() {
            String::new()
        } else {
            format!("{label:<15} ")
        };
        out.line(format_args!("  {label}{}", harmless(text)))?;
    }
    out.line(format_args!(""))
}

fn rule_json(entry: &RuleEntry) -> Value {
    let description = entry.rule.description();
    let parsed = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    json!({
        "name": entry.name,
        "id": description.id,
        "version": description.version,
        "summary": description.summary,
        "stages": entry.asked_in().collect::<Vec<_>>(),
        "facts": description.facts,
        "component": entry.rule.component_digest().to_string(),
        "configuration": parsed(entry.rule.configuration().as_str()),
        "configuration_digest": entry.rule.configuration_digest().to_string(),
        "configuration_schema": parsed(&description.configuration_schema),
        "on_failure": entry.on_failure,
        "limits": entry.limits,
    })
}
