//! Cases asked of a rule in the real host: loaded, configured, snapshotted, evaluated.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use bijotel_policy::{
    Configuration, Engine, LoadError, Rule, RuleEntry, RuleSet, ShippedRule, Stage,
};
use serde::Serialize;

use super::{Case, Difference};

/// The rule that cases are asked of.
#[derive(Clone, Debug)]
pub enum Component {
    /// A component's bytes.
    Bytes(Arc<[u8]>),
    /// A rule that is built into the program; with its default configuration it need not be compiled.
    Shipped(ShippedRule),
}

impl Component {
    /// The component's bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Shipped(shipped) => shipped.component,
        }
    }

    /// Get the rule ready.
    ///
    /// # Errors
    ///
    /// As for [`Engine::load`].
    pub fn load(&self, engine: &Engine, configuration: &Configuration) -> Result<Rule, LoadError> {
        match self {
            Self::Bytes(bytes) => engine.load(Arc::clone(bytes), configuration),
            Self::Shipped(shipped) => engine.load_shipped(shipped, configuration),
        }
    }
}

/// One rule, and the cases that are asked of it.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// The rule.
    pub component: Component,
    /// The cases, of one file or of several.
    pub cases: Vec<&'a Case>,
}

/// What became of a case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseResult {
    /// Nothing if it passed.
    pub differences: Vec<Difference>,
    /// Fuel that the evaluation used; 0 if there was none.
    pub fuel: u64,
}

impl CaseResult {
    /// Whether everything was as expected.
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }

    fn failed(difference: Difference) -> Self {
        Self {
            differences: vec![difference],
            fuel: 0,
        }
    }
}

/// Ask the rule about all cases; the results are in the order of the cases.
///
/// Cases with the same configuration share one loaded rule. Configurations that were never seen take
/// seconds of compiling, one after the other, because each takes all processors.
pub fn run(engine: &Engine, run: &Run<'_>) -> Vec<CaseResult> {
    let mut configurations: Vec<&Configuration> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let loaded_for: Vec<usize> = (run.cases.iter())
        .map(|case| {
            *numbers
                .entry(case.configuration.as_str())
                .or_insert_with(|| {
                    configurations.push(&case.configuration);
                    configurations.len() - 1
                })
        })
        .collect();
    let rules: Vec<_> = (configurations.iter())
        .map(|configuration| run.component.load(engine, configuration))
        .collect();
    in_parallel(run.cases.len(), |number| {
        judge(run.cases[number], &rules[loaded_for[number]])
    })
}

fn judge(case: &Case, rule: &Result<Rule, LoadError>) -> CaseResult {
    let rule = match (rule, &case.expected.refuses) {
        (Ok(rule), None) => rule,
        (Ok(_), Some(part)) => {
            let what = "refusal of the configuration";
            return CaseResult::failed(Difference::new(what, part.as_str(), ""));
        }
        (Err(LoadError::Configuration { problem }), Some(part)) => {
            if problem.contains(part.as_str()) {
                return CaseResult {
                    differences: Vec::new(),
                    fuel: 0,
                };
            }
            let what = "refusal of the configuration";
            return CaseResult::failed(Difference::new(what, part.as_str(), problem.as_str()));
        }
        (Err(error), _) => {
            return CaseResult::failed(Difference::new("loading", "", error.to_string()));
        }
    };
    let served = &rule.description().stages;
    let stage = match case.stage {
        Some(stage) => stage,
        None if served.contains(&Stage::Admission) => Stage::Admission,
        // INVARIANT: the host loads no rule that serves no stage.
        None => served.first().copied().unwrap_or(Stage::Admission),
    };
    let mut call = case.call.clone();
    call.stage = stage;
    let mut entry = RuleEntry::new(rule.clone());
    entry.limits = case.limits;
    entry.on_failure = case.on_failure;
    // A case calls counters as the rule does; the host puts the rule's name before.
    for fact in &mut call.facts {
        if let Some(counter) = fact.key.strip_prefix("counter.") {
            fact.key = entry.counter_fact(counter);
        }
    }
    let decision = match RuleSet::new(vec![entry]) {
        Ok(rules) => rules.evaluate(&call),
        Err(error) => {
            return CaseResult::failed(Difference::new("limits", "", error.to_string()));
        }
    };
    match decision.outcomes.first() {
        Some(outcome) => CaseResult {
            differences: case.expected.compare(&call, outcome),
            fuel: outcome.fuel,
        },
        None => {
            let served: Vec<_> = served.iter().map(|stage| stage.as_str()).collect();
            let served = served.join(", ");
            CaseResult::failed(Difference::new(
                "stage the rule serves",
                stage.as_str(),
                served,
            ))
        }
    }
}

/// The results of `work` for 0 to `count`, in this order, from as many threads as there are processors.
fn in_parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(count));
    let threads = thread::available_parallelism()
        .map_or(1, |n| n.get())
        .min(count);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    let result = work(number);
                    results
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((number, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}
