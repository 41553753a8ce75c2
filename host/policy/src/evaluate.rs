//! Asking the rules of a set about a call: one after the other, or several at once.
//!
//! What is asked and what is answered is the same either way, so the sealed decision is too. A call that
//! is large enough to pay for it, and finds processors idle, is shared with the engine's workers: whoever
//! is free takes the next rule. The calling thread never waits for a worker to begin, only for rules that
//! a worker has taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::answer::Places;
use crate::call::{Call, Fact};
use crate::contract::WitCall;
use crate::decision::{Decision, Outcome};
use crate::failure::RuleFailure;
use crate::ruleset::RuleSet;

impl RuleSet {
    /// Ask every rule of the call's stage, and combine their verdicts.
    ///
    /// Every rule sees the original call and a fresh instance. A rule that fails denies, unless its
    /// entry says otherwise. Can be called from many threads at once; waits when more evaluations run
    /// than [`EngineOptions::concurrency`](crate::EngineOptions) allows.
    pub fn evaluate(&self, call: &Call) -> Decision {
        let started = Instant::now();
        let question = Question::new(call);
        let asked: Vec<usize> = (0..)
            .zip(self.entries())
            .filter(|(_, entry)| entry.asked_in().any(|stage| stage == call.stage))
            .map(|(index, _)| index)
            .collect();
        let outcomes = match self.helpers(&question, &asked) {
            0 => asked.iter().map(|&at| self.ask(at, &question)).collect(),
            helpers => self.ask_side_by_side(&asked, &question, helpers),
        };
        let facts = self.facts_given(&asked, call);
        let (places, stage) = (&question.places, call.stage);
        Decision::combine(self.digest(), stage, facts, outcomes, places, started)
    }

    /// Ask one rule.
    fn ask(&self, at: usize, question: &Question<'_>) -> Outcome {
        let (entry, keys, tally) = self.part(at);
        let started = Instant::now();
        let facts = entry.facts(question.call, keys);
        let (answer, fuel) = entry.judge(&question.wit, question.size, &question.places, &facts);
        let took = started.elapsed();
        let outcome = Outcome::new(entry, answer, fuel, took);
        tally.count(&outcome, took);
        outcome
    }

    /// The facts that at least one of these rules is given, ordered.
    fn facts_given(&self, asked: &[usize], call: &Call) -> Vec<Fact> {
        let mut given: Vec<&Fact> = Vec::new();
        for &at in asked {
            let (entry, keys, _) = self.part(at);
            given.extend(entry.facts(call, keys).iter().map(|given| given.fact));
        }
        given.sort();
        given.dedup();
        given.into_iter().cloned().collect()
    }

    /// How many workers are to help with this call: none, unless it is large and processors are idle.
    fn helpers(&self, question: &Question<'_>, asked: &[usize]) -> usize {
        let Some(&first) = asked.first() else {
            return 0;
        };
        let engine = &self.entries()[first].rule.engine().inner;
        if asked.len() < 2 || question.size < engine.side_by_side_from {
            return 0;
        }
        let idle = engine
            .workers
            .count()
            .saturating_sub(engine.ticker.running());
        idle.min(asked.len() - 1)
    }

    fn ask_side_by_side(
        &self,
        asked: &[usize],
        question: &Question<'_>,
        helpers: usize,
    ) -> Vec<Outcome> {
        let shared = Arc::new(Shared {
            rules: self.clone(),
            call: question.call.clone(),
            asked: asked.to_vec(),
            next: AtomicUsize::new(0),
        });
        let engine = self.entries()[asked[0]].rule.engine();
        let (answers, answered) = mpsc::channel();
        for _ in 0..helpers {
            let (shared, answers) = (Arc::clone(&shared), answers.clone());
            engine.inner.workers.run(Box::new(move || {
                let question = Question::new(&shared.call);
                while let Some(place) = shared.take() {
                    let outcome = shared.rules.ask(shared.asked[place], &question);
                    // Nobody listens any more if the caller's thread panicked.
                    let _ = answers.send((place, outcome));
                }
            }));
        }
        drop(answers);

        let mut outcomes: Vec<Option<Outcome>> = asked.iter().map(|_| None).collect();
        let mut missing = asked.len();
        while let Some(place) = shared.take() {
            outcomes[place] = Some(self.ask(asked[place], question));
            missing -= 1;
        }
        // Fewer come only if a worker panicked.
        for (place, outcome) in answered.iter().take(missing) {
            outcomes[place] = Some(outcome);
        }
        outcomes
            .into_iter()
            .zip(asked)
            .map(|(outcome, &at)| outcome.unwrap_or_else(|| self.lost(at)))
            .collect()
    }

    /// What is decided for a rule whose thread ended.
    fn lost(&self, at: usize) -> Outcome {
        let failure = RuleFailure::Host {
            problem: "its thread ended".into(),
        };
        let (entry, _, tally) = self.part(at);
        let outcome = Outcome::new(entry, Err(failure), 0, Duration::ZERO);
        tally.count(&outcome, Duration::ZERO);
        outcome
    }
}

/// A call, as it is put to every rule.
struct Question<'a> {
    call: &'a Call,
    wit: WitCall<'a>,
    places: Result<Places<'a>, RuleFailure>,
    size: u64,
}

impl<'a> Question<'a> {
    fn new(call: &'a Call) -> Self {
        Self {
            call,
            wit: WitCall::new(call),
            places: Places::new(call),
            size: call.size(),
        }
    }
}

/// What the threads share that judge one call.
struct Shared {
    rules: RuleSet,
    call: Call,
    asked: Vec<usize>,
    /// Which of `asked` nobody has taken yet.
    next: AtomicUsize,
}

impl Shared {
    fn take(&self) -> Option<usize> {
        let place = self.next.fetch_add(1, Relaxed);
        (place < self.asked.len()).then_some(place)
    }
}
