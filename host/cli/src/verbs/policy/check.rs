//! `bijotel policy check`: the whole configuration, before anything runs with it.

use std::path::{Path, PathBuf};

use bijotel::policy::{Configuration, Description, Engine, LoadError};
use bijotel::{HostError, RuleConfig, RuleSet, RulesConfig, shipped_rules};
use bijotel_kit::{ConfigurationProblem, ConfigurationSchema, DeveloperCache, TomlPlaces};
use clap::Args;
use serde_json::{Value, json};

use crate::config::{Config, FILE_NAME};
use crate::exit::{Exit, Failure};
use crate::output::{Output, Tone, harmless};

const EXAMPLES: &str = "\
Examples:
  bijotel policy check
  bijotel policy check --config /etc/bijotel.toml --json

Exit codes: 0 it can run; 2 something is wrong, said with file, line and column";

/// Check a configuration file: every key, every rule against its own schema; load the rules, and say
/// what would run
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The configuration. Default: bijotel.toml in this folder
    #[arg(long, value_name = "FILE", env = "BIJOTEL_CONFIG", default_value = FILE_NAME)]
    config: PathBuf,
}

/// Something wrong with a rule of the configuration.
struct Problem {
    rule: String,
    /// From 1.
    line: usize,
    column: usize,
    message: String,
}

pub(super) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let path = arguments.config.as_path();
    let config = Config::read(path)?;
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!(
            "cannot read the configuration {}: {error}",
            path.display()
        ))
    })?;
    let places = TomlPlaces::new(&text);
    let engine = DeveloperCache::engine().map_err(Failure::failed)?;
    let mut problems = Vec::new();
    for (number, rule) in config.rules.rules.iter().enumerate() {
        check_rule(&engine, &config.rules, rule, number, &places, &mut problems);
    }
    let rules = match problems.is_empty() {
        true => Some(config.rules.load(&engine)?),
        false => None,
    };
    if out.json() {
        out.document(&json!({
            "file": path.display().to_string(),
            "problems": problems.iter().map(Problem::json).collect::<Vec<_>>(),
            "rule_set": rules.as_ref().map(|rules| rules.digest().to_string()),
            "rules": rules.iter().flat_map(RuleSet::entries).map(super::rule_json).collect::<Vec<_>>(),
        }))?;
    } else {
        show(path, &problems, rules.as_ref(), out)?;
    }
    Ok(if problems.is_empty() {
        Exit::Ok
    } else {
        Exit::Usage
    })
}

fn show(
    path: &Path,
    problems: &[Problem],
    rules: Option<&RuleSet>,
    out: &mut Output,
) -> Result<(), Failure> {
    for Problem {
        rule,
        line,
        column,
        message,
    } in problems
    {
        let (path, rule) = (path.display(), harmless(rule));
        out.line(format_args!(
            "{path}:{line}:{column}: rule {rule}: {}",
            harmless(message)
        ))?;
    }
    let Some(rules) = rules else {
        let word = out.toned(Tone::Bad, format_args!("{} problems", problems.len()));
        return out.line(format_args!("{word}; nothing would run"));
    };
    for entry in rules.entries() {
        super::show_rule(entry, out)?;
    }
    let word = out.toned(Tone::Good, "ok");
    out.line(format_args!(
        "{word}: {} rules would run as rule set {}",
        rules.entries().len(),
        rules.digest()
    ))
}

/// The rule's own schema is asked first: it says more than the first thing the rule complains about.
fn check_rule(
    engine: &Engine,
    rules: &RulesConfig,
    rule: &RuleConfig,
    number: usize,
    places: &TomlPlaces<'_>,
    problems: &mut Vec<Problem>,
) {
    let value = Value::Object(rule.configuration.clone());
    let mut complain = |path: &[String], key: Option<&str>, message: String| {
        let (line, column) = places.configuration(number, path, key);
        problems.push(Problem {
            rule: rule.name.clone(),
            line,
            column,
            message,
        });
    };
    if let Err(error) = Configuration::from_value(&value) {
        return complain(&[], None, error.to_string());
    }
    let (description, refusal) = match describe(engine, rules, rule) {
        Ok(described) => described,
        Err(problem) => return complain(&[], None, problem),
    };
    let found: Vec<ConfigurationProblem> =
        match ConfigurationSchema::new(&description.configuration_schema) {
            Ok(schema) => schema.check(&value),
            // The rule itself has judged the configuration.
            Err(_) => Vec::new(),
        };
    for problem in &found {
        complain(
            &problem.path,
            problem.unknown_key.as_deref(),
            problem.to_string(),
        );
    }
    if let Some(refusal) = refusal
        && found.is_empty()
    {
        complain(&[], None, refusal);
    }
}

/// What the rule says about itself, and why it does not accept the configuration, if so. The rule is
/// loaded as the host loads it, with its signatures and limits.
fn describe(
    engine: &Engine,
    rules: &RulesConfig,
    rule: &RuleConfig,
) -> Result<(Description, Option<String>), String> {
    let alone = RulesConfig {
        rules: vec![rule.clone()],
        ..rules.clone()
    };
    match alone.load(engine) {
        Ok(loaded) => match loaded.entries().first() {
            Some(entry) => Ok((entry.rule.description().clone(), None)),
            None => Err("it was not loaded".to_owned()),
        },
        Err(HostError::Load {
            source: LoadError::Configuration { .. },
            ..
        }) => {
            let component = component(rules, rule)?;
            let description = engine.describe(&component);
            // The rule's own sentence is not shown: it may quote a value.
            let refusal = "the rule does not accept its configuration, though it fits its schema";
            Ok((
                description.map_err(|error| error.to_string())?,
                Some(refusal.to_owned()),
            ))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The bytes of the rule's component, which was admitted before.
fn component(rules: &RulesConfig, rule: &RuleConfig) -> Result<Vec<u8>, String> {
    let path = match (&rule.component, rule.digest) {
        (Some(path), _) => path.clone(),
        (None, Some(digest)) => rules.rule_store().component_path(digest),
        (None, None) => {
            let shipped = shipped_rules().find(|(id, _)| *id == rule.name);
            return shipped
                .map(|(_, shipped)| shipped.component.to_vec())
                .ok_or_else(|| "there is no shipped rule of this name".to_owned());
        }
    };
    std::fs::read(&path)
        .map_err(|error| format!("cannot read the component {}: {error}", path.display()))
}

impl Problem {
    fn json(&self) -> Value {
        json!({
            "rule": self.rule,
            "line": self.line,
            "column": self.column,
            "message": self.message,
        })
    }
}
