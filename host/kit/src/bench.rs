//! What an evaluation costs: time and fuel from a fresh state, with the host's own share beside.

use std::time::{Duration, Instant};

use bijotel_policy::{
    Call, Configuration, Engine, LoadError, Rule, RuleEntry, RuleFailure, RuleSet, Stage,
};
use serde::Serialize;

use crate::cases::Component;
use crate::empty_rule;

/// The sizes of the texts that are measured unless others are given.
pub const SIZES: [usize; 4] = [56, 1_000, 10_000, 100_000];

/// Evaluations before the measured ones.
const WARM_UP: u32 = 20;

/// The fewest and the most measured evaluations of one text.
const ROUNDS: std::ops::RangeInclusive<usize> = 20..=5_000;

/// How long one text is measured, beyond the fewest evaluations.
const BUDGET: Duration = Duration::from_millis(700);

/// A page of WebAssembly memory.
const PAGE: u64 = 65_536;

/// What evaluations of one text cost.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Bytes of the text.
    pub bytes: usize,
    /// How many evaluations were measured.
    pub evaluations: usize,
    /// Half of them took at most this, in microseconds, all included.
    pub p50_us: f64,
    /// Of a hundred 99 took at most this, in microseconds.
    pub p99_us: f64,
    /// The same for a rule that does nothing: a fresh instance, the call copied in, the answer read.
    pub host_p50_us: f64,
    /// Fuel of one evaluation; always the same.
    pub fuel: u64,
    /// Linear memory that it needs, in bytes, to the next page of 64 KiB.
    pub memory_bytes: u64,
    /// How the rule failed, if it did.
    pub failure: Option<String>,
}

impl Figures {
    /// Microseconds for each 1000 bytes, without the host's share.
    pub fn rule_us_per_kb(&self) -> f64 {
        (self.p50_us - self.host_p50_us).max(0.0) * 1000.0 / self.bytes.max(1) as f64
    }

    /// Fuel for each 1000 bytes.
    pub fn fuel_per_kb(&self) -> f64 {
        self.fuel as f64 * 1000.0 / self.bytes.max(1) as f64
    }
}

/// A rule loaded for measuring, and an empty one beside it.
pub struct Bench {
    rule: Rule,
    rules: RuleSet,
    empty: RuleSet,
    stage: Stage,
}

impl Bench {
    /// Load a rule and the empty rule.
    ///
    /// # Errors
    ///
    /// When the rule cannot be loaded.
    pub fn new(
        engine: &Engine,
        component: &Component,
        configuration: &Configuration,
    ) -> Result<Self, LoadError> {
        let empty = empty_rule::component().map_err(LoadError::Compile)?;
        let empty = engine.load(empty, &Configuration::default())?;
        let rule = component.load(engine, configuration)?;
        let stages = &rule.description().stages;
        let stage = match stages.contains(&Stage::Admission) {
            true => Stage::Admission,
            // INVARIANT: the host loads no rule that serves no stage.
            false => stages.first().copied().unwrap_or(Stage::Admission),
        };
        let alone = |rule: Rule| {
            // INVARIANT: the default limits and the rule's own id are always accepted.
            RuleSet::new(vec![RuleEntry::new(rule)])
                .map_err(|error| LoadError::Description(error.to_string()))
        };
        Ok(Self {
            rules: alone(rule.clone())?,
            empty: alone(empty)?,
            rule,
            stage,
        })
    }

    /// The rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The stage at which it is asked: admission if it serves that.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Measure evaluations of a call whose only text is this.
    pub fn measure(&self, text: &str) -> Figures {
        let mut call = Call::new(self.stage);
        call.push_input(text);
        let times = time(&self.rules, &call);
        let host = time(&self.empty, &call);
        let decision = self.rules.evaluate(&call);
        let outcome = decision.outcomes.first();
        Figures {
            bytes: text.len(),
            evaluations: times.len(),
            p50_us: percentile(&times, 50),
            p99_us: percentile(&times, 99),
            host_p50_us: percentile(&host, 50),
            fuel: outcome.map_or(0, |outcome| outcome.fuel),
            memory_bytes: self.memory(&call),
            failure: outcome
                .and_then(|outcome| outcome.failure.as_ref())
                .map(ToString::to_string),
        }
    }

    /// The least memory limit within which the evaluation works, found by halving.
    fn memory(&self, call: &Call) -> u64 {
        let (mut too_little, mut enough) = (0, bijotel_policy::MAX_MEMORY / PAGE);
        while enough - too_little > 1 {
            let middle = too_little.midpoint(enough);
            match self.fits(call, middle * PAGE) {
                true => enough = middle,
                false => too_little = middle,
            }
        }
        enough * PAGE
    }

    fn fits(&self, call: &Call, memory_bytes: u64) -> bool {
        let mut entry = RuleEntry::new(self.rule.clone());
        entry.limits.memory_bytes = memory_bytes;
        let Ok(rules) = RuleSet::new(vec![entry]) else {
            return false;
        };
        let decision = rules.evaluate(call);
        decision.outcomes.iter().all(|outcome| {
            // A host that cannot start it has too little memory too: the snapshot does not fit.
            !matches!(
                outcome.failure,
                Some(RuleFailure::Memory { .. } | RuleFailure::Host { .. })
            )
        })
    }
}

/// Ordinary text of this many bytes, always the same.
pub fn sample_text(bytes: usize) -> String {
    const WORDS: [&str; 24] = [
        "the",
        "report",
        "shows",
        "that",
        "42",
        "customers",
        "of",
        "our",
        "branch",
        "in",
        "Lyon",
        "asked",
        "for",
        "a",
        "refund",
        "on",
        "Monday;",
        "please",
        "check",
        "order",
        "A-1093",
        "and",
        "answer",
        "soon.",
    ];
    let mut text = String::with_capacity(bytes + 16);
    // A simple linear congruence orders the words; only that it never changes matters.
    let mut state: u32 = 12_345;
    while text.len() < bytes {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        text.push_str(WORDS[(state >> 16) as usize % WORDS.len()]);
        text.push(if state & 0x1f_0000 == 0 { '\n' } else { ' ' });
    }
    text.truncate(bytes);
    text
}

/// Microseconds of each evaluation, ascending.
fn time(rules: &RuleSet, call: &Call) -> Vec<f64> {
    let started = Instant::now();
    for _ in 0..WARM_UP {
        rules.evaluate(call);
        if started.elapsed() > BUDGET {
            break;
        }
    }
    let mut times = Vec::new();
    let started = Instant::now();
    while times.len() < *ROUNDS.start()
        || (times.len() < *ROUNDS.end() && started.elapsed() < BUDGET)
    {
        let began = Instant::now();
        rules.evaluate(call);
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    times
}

fn percentile(ascending: &[f64], percent: usize) -> f64 {
    let at = (ascending.len() * percent).div_ceil(100).saturating_sub(1);
    ascending.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_text_has_its_size_and_never_changes() {
        for bytes in SIZES {
            assert_eq!(sample_text(bytes).len(), bytes);
            assert_eq!(sample_text(bytes), sample_text(bytes));
        }
    }

    #[test]
    fn percentiles_are_of_the_measured_times() {
        let times: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(
            (percentile(&times, 50), percentile(&times, 99)),
            (100.0, 198.0)
        );
        assert_eq!(percentile(&[3.0], 99), 3.0);
    }

    #[test]
    fn an_evaluation_is_measured_in_fuel_and_memory() {
        let engine = Engine::new(bijotel_policy::EngineOptions::default()).unwrap();
        let empty = Component::Bytes(empty_rule::component().unwrap().into());
        let bench = Bench::new(&engine, &empty, &Configuration::default()).unwrap();
        let figures = bench.measure(&sample_text(300_000));
        assert_eq!(figures.failure, None);
        assert!(figures.fuel > 0);
        // The text, and a few pages for the rule's own data and the records around the text.
        let beyond = figures.memory_bytes - 300_000;
        assert!(beyond < 4 * PAGE, "{beyond}");
    }
}
