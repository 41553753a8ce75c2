//! Rule `routing`: which model a call should go to.
//!
//! It scores how hard the latest message of the user is, asks for a quality that fits, and advises
//! the cheapest model of the Pareto frontier over cost, quality and latency that has it, if that is
//! not the requested one. A budget that runs low lowers the quality asked for (fact
//! [`BUDGET_REMAINING`]).
//!
//! What it cannot do: the score counts signs on the surface; a short question may be hard and a long
//! one easy. The figures of the catalogue are the operator's to keep true. It advises only; whether
//! the call is rerouted is for the host to say. A model that is not in the catalogue, and calls other
//! than for text, are left alone.

mod catalogue;
mod complexity;
mod config;

use std::collections::BTreeMap;

use bijotel_rule_sdk::{
    Call, Description, Evaluation, Finding, Role, Rule, Stage, Verdict, export_rule,
};

pub use catalogue::Model;
use catalogue::frontier;
use complexity::Complexity;
pub use config::Config;

/// The fact that says which part of its budget the caller has left: a decimal number from 0 to 1.
pub const BUDGET_REMAINING: &str = "budget.remaining";

/// Operations that any model of the catalogue can do.
const OPERATIONS: &[&str] = &[
    "chat",
    "text_completion",
    "generate_content",
    "responses",
    "",
];

/// The rule.
#[derive(Debug)]
pub struct Routing {
    config: Config,
    complexity: Complexity,
    /// What to choose from: by provider, or under the empty name if the provider does not matter.
    frontiers: BTreeMap<String, Vec<Model>>,
}

impl Rule for Routing {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: config::SCHEMA.to_owned(),
            facts: vec![BUDGET_REMAINING.to_owned()],
            ..bijotel_rule_sdk::description(
                "routing",
                env!("CARGO_PKG_VERSION"),
                "Advises the cheapest model that is good enough for the request.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        config.check()?;
        let mut candidates: BTreeMap<String, Vec<Model>> = BTreeMap::new();
        let is_usable = |model: &&Model| {
            model.latency <= config.max_latency && model.quality >= config.simple_quality
        };
        for model in config.models.iter().filter(is_usable) {
            let provider = if config.same_provider {
                model.provider.as_str()
            } else {
                ""
            };
            candidates
                .entry(provider.to_owned())
                .or_default()
                .push(model.clone());
        }
        let best = |(provider, models): (String, Vec<Model>)| (provider, frontier(&models));
        let frontiers = candidates.into_iter().map(best).collect();
        Ok(Self {
            config,
            complexity: Complexity::new()?,
            frontiers,
        })
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let requested = self
            .config
            .models
            .iter()
            .find(|model| model.name == call.model);
        let (Some(requested), true) = (requested, OPERATIONS.contains(&call.operation.as_str()))
        else {
            return Evaluation {
                verdict: Verdict::Allow,
                findings: Vec::new(),
                charges: Vec::new(),
            };
        };
        let mut findings = Vec::new();
        let budget = match remaining_budget(call) {
            Ok(budget) => budget,
            Err(finding) => {
                findings.push(finding);
                1.0
            }
        };
        let score = self.complexity.score(request(call));
        let advised = self.choose(requested, self.needed_quality(score, budget));
        let verdict = if advised.name == requested.name {
            Verdict::Allow
        } else {
            findings.push(Finding {
                code: "routing.advice".to_owned(),
                reason: format!(
                    "The request scores {score:.2} ({}); {} is the cheapest model that is good enough for it",
                    self.class(score),
                    advised.name
                ),
                ranges: Vec::new(),
            });
            Verdict::Advise(advised.name.clone())
        };
        Evaluation {
            verdict,
            findings,
            charges: Vec::new(),
        }
    }
}

impl Routing {
    /// The quality that a request of this score needs, when this part of the budget is left.
    fn needed_quality(&self, score: f64, budget: f64) -> f64 {
        let config = &self.config;
        let span = config.complex_threshold - config.simple_threshold;
        let share = if score >= config.complex_threshold {
            1.0
        } else if score < config.simple_threshold || span <= 0.0 {
            0.0
        } else {
            (score - config.simple_threshold) / span
        };
        let thrift = if budget < config.low_budget {
            budget / config.low_budget
        } else {
            1.0
        };
        config.simple_quality + (config.complex_quality - config.simple_quality) * share * thrift
    }

    /// The cheapest model of the frontier with the quality, or the best there is if none has it. The
    /// requested model is kept if it is as good a choice.
    fn choose<'a>(&'a self, requested: &'a Model, quality: f64) -> &'a Model {
        let provider = if self.config.same_provider {
            requested.provider.as_str()
        } else {
            ""
        };
        let Some(frontier) = self.frontiers.get(provider) else {
            return requested;
        };
        let enough = frontier.iter().find(|model| model.quality >= quality);
        let best = || {
            frontier.iter().min_by(|a, b| {
                b.quality
                    .total_cmp(&a.quality)
                    .then(a.cost.total_cmp(&b.cost))
            })
        };
        match enough.or_else(best) {
            Some(chosen) if !chosen.equals(requested) => chosen,
            _ => requested,
        }
    }

    fn class(&self, score: f64) -> &'static str {
        if score < self.config.simple_threshold {
            "simple"
        } else if score < self.config.complex_threshold {
            "moderate"
        } else {
            "complex"
        }
    }
}

/// The text that is to be answered: the latest message of the user.
fn request(call: &Call) -> &str {
    let mut texts = call.input.iter().rev();
    let latest = texts
        .clone()
        .find(|text| text.role == Role::User)
        .or_else(|| texts.next());
    latest.map_or("", |text| &text.content)
}

/// The part of the budget that is left; all of it if the host says nothing.
fn remaining_budget(call: &Call) -> Result<f64, Finding> {
    let Some(fact) = call.facts.iter().find(|fact| fact.key == BUDGET_REMAINING) else {
        return Ok(1.0);
    };
    let budget = fact
        .value
        .parse::<f64>()
        .ok()
        .filter(|budget| (0.0..=1.0).contains(budget));
    budget.ok_or_else(|| Finding {
        code: "routing.bad_fact".to_owned(),
        reason: format!(
            "The fact {BUDGET_REMAINING} is not a number from 0 to 1 and was left out of account"
        ),
        ranges: Vec::new(),
    })
}

export_rule!(Routing);

#[cfg(test)]
mod tests;
