//! Rule `routing`: which model a call should go to.
//!
//! It scores how hard the latest message of the user is, asks for a quality that fits, and advises
//! the cheapest model of the Pareto frontier over cost, quality and latency that has it, if that is
//! not the requested one. A budget that runs low lowers the quality asked for.
//!
//! `docs/rules/routing.md` says what it does and what it cannot.

mod budget;
mod catalogue;
mod complexity;
mod config;

use std::collections::BTreeMap;

use bijotel_rule_sdk::{
    Call, Counter, Description, Evaluation, Finding, Role, Rule, Stage, Verdict, export_rule,
};

use budget::{Account, Budget};
pub use budget::{BUDGET_REMAINING, BudgetConfig};
pub use catalogue::Model;
use catalogue::frontier;
use complexity::{Complexity, Signs};
pub use config::Config;

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
    models: Vec<Model>,
    budget: Option<Budget>,
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
        let models = config.catalogue();
        for model in models.iter().filter(is_usable) {
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
        let budget = config.budget.clone().map(Budget::new).transpose()?;
        Ok(Self {
            config,
            models,
            budget,
            complexity: Complexity::new()?,
            frontiers,
        })
    }

    fn counters(&self) -> Vec<Counter> {
        self.budget.iter().map(Budget::counter).collect()
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut evaluation = Evaluation {
            verdict: Verdict::Allow,
            findings: Vec::new(),
            charges: Vec::new(),
        };
        if !call.is_model_call() {
            return evaluation;
        }
        let account = Account::of(call, self.budget.as_ref());
        evaluation.charges = account.charges;
        evaluation.findings = account.findings;
        let requested = self.models.iter().find(|model| model.name == call.model);
        if let Some(requested) = requested
            && OPERATIONS.contains(&call.operation.as_str())
        {
            let signs = self.complexity.read(request(call));
            let quality = self.needed_quality(signs.score(), account.left);
            let advised = self.choose(requested, quality);
            if advised.name != requested.name {
                evaluation.findings.push(Finding {
                    code: "routing.advice".to_owned(),
                    reason: self.explain(&signs, account.left, quality, requested, advised),
                    ranges: Vec::new(),
                });
                evaluation.verdict = Verdict::Advise(advised.name.clone());
            }
        }
        evaluation
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

    /// Why a model is advised: how the request was measured, what it needs, and how the two models
    /// compare.
    fn explain(
        &self,
        signs: &Signs,
        budget: f64,
        quality: f64,
        requested: &Model,
        advised: &Model,
    ) -> String {
        let score = signs.score();
        let mut reason = format!(
            "The request scores {score:.2} of 1 ({}: {signs}) and needs a quality of {quality:.2}",
            self.class(score)
        );
        if budget < self.config.low_budget {
            let percent = budget * 100.0;
            reason += &format!(", as {percent:.0} % of the budget is left");
        }
        let choice = if advised.quality >= quality {
            "is the cheapest that has it"
        } else {
            "comes nearest to it"
        };
        reason += &format!(
            "; {} {choice}: quality {} against the requested model's {}, cost {} against {}, latency {} against {}",
            advised.name,
            advised.quality,
            requested.quality,
            advised.cost,
            requested.cost,
            advised.latency,
            requested.latency
        );
        reason
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

export_rule!(Routing);

#[cfg(test)]
mod tests;
