//! Trains the learned detector: `cargo run --release -p rule-prompt-pattern-deny --example train`.
//!
//! Prints what cross-validation says of the settings, and writes `src/weights.bin` from all texts.
//! With `check` it writes nothing; with `misses` it also prints what it gets wrong.
#![allow(clippy::print_stdout, reason = "a tool reports there")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rule_prompt_pattern_deny::training::{
    Prepared, Scorer, Settings, Source, examples, vocabulary,
};

/// Parts of the cross-validation.
const FOLDS: usize = 8;

fn main() {
    let options: Vec<String> = std::env::args().skip(1).collect();
    let is_asked = |option: &str| options.iter().any(|given| given == option);
    let settings = Settings::default();
    let sources = examples();
    let texts: Vec<_> = sources
        .iter()
        .map(|source| source.example.clone())
        .collect();
    let prepared = Prepared::new(&texts);
    let results = cross_validate(&prepared, &sources, &settings);
    report(&sources, &results);
    if is_asked("misses") {
        print_misses(&sources, &results);
    }
    if !is_asked("check") {
        let words = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/words.txt");
        if fs::read_to_string(&words).ok() != Some(vocabulary(&texts)) {
            fs::write(&words, vocabulary(&texts)).expect("a writable folder");
            println!(
                "wrote {}; run this once more, it is built in",
                words.display()
            );
            return;
        }
        let all: Vec<usize> = (0..sources.len()).collect();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/weights.bin");
        fs::write(&file, prepared.train(&all, &settings)).expect("a writable folder");
        println!("wrote {}", file.display());
    }
}

/// What a model that has not seen a text says of it.
struct Outcome {
    score: i32,
    phrase: Option<i32>,
    category_is_right: bool,
}

fn cross_validate(prepared: &Prepared, sources: &[Source], settings: &Settings) -> Vec<Outcome> {
    let mut outcomes: Vec<Option<Outcome>> = sources.iter().map(|_| None).collect();
    for fold in 0..FOLDS {
        let (seen, unseen): (Vec<usize>, Vec<usize>) =
            (0..sources.len()).partition(|index| sources[*index].fold(FOLDS) != fold);
        let scorer = Scorer::new(prepared.train(&seen, settings));
        for index in unseen {
            outcomes[index] = Some(Outcome {
                score: prepared.score(index, &scorer),
                phrase: prepared.score_of_phrase(index, &scorer),
                category_is_right: sources[index].example.category
                    == Some(prepared.category(index, &scorer)),
            });
        }
    }
    outcomes.into_iter().flatten().collect()
}

fn report(sources: &[Source], outcomes: &[Outcome]) {
    for (name, corpus_only) in [("corpus", true), ("all", false)] {
        let chosen: Vec<usize> = (0..sources.len())
            .filter(|index| sources[*index].is_corpus || !corpus_only)
            .collect();
        let (attacks, harmless): (Vec<usize>, Vec<usize>) = chosen
            .iter()
            .partition(|index| sources[**index].example.category.is_some());
        let share = |of: &[usize], is_found: &dyn Fn(&Outcome) -> bool| {
            let found = of
                .iter()
                .filter(|index| is_found(&outcomes[**index]))
                .count();
            found as f64 / of.len().max(1) as f64
        };
        println!(
            "{name}: {} attacks, {} harmless",
            attacks.len(),
            harmless.len()
        );
        let mut scores: Vec<i32> = harmless
            .iter()
            .map(|index| outcomes[*index].score)
            .collect();
        scores.sort_by_key(|score| std::cmp::Reverse(*score));
        for rate in [0.005, 0.0075, 0.01, 0.02, 0.03, 0.05, 0.1] {
            let threshold = scores[(scores.len() as f64 * rate) as usize] + 1;
            println!(
                "  false positives <= {rate}: threshold {threshold}, recall {:.3}",
                share(&attacks, &|o| o.score >= threshold)
            );
        }
        let any = |of| share(of, &|o: &Outcome| o.phrase.is_some());
        println!(
            "  phrases alone: recall {:.3}, false positives {:.4}",
            any(&attacks),
            any(&harmless)
        );
        let threshold = scores[(scores.len() as f64 * 0.01) as usize] + 1;
        for veto in [0, -100, -200, -1000] {
            let both = |o: &Outcome| o.score >= threshold || o.phrase.is_some_and(|s| s >= veto);
            println!(
                "  at {threshold}, phrases from {veto}: recall {:.3}, false positives {:.4}",
                share(&attacks, &both),
                share(&harmless, &both)
            );
        }
        let found: Vec<usize> = attacks
            .iter()
            .copied()
            .filter(|index| outcomes[*index].score >= threshold)
            .collect();
        println!(
            "  of these with the right category: {:.3}",
            share(&found, &|o| o.category_is_right)
        );
        let mut languages: BTreeMap<&str, [Vec<usize>; 2]> = BTreeMap::new();
        for index in &chosen {
            let source = &sources[*index];
            languages.entry(&source.language).or_default()
                [usize::from(source.example.category.is_none())]
            .push(*index);
        }
        for (language, [attacks, harmless]) in &languages {
            let found = |of| share(of, &|o: &Outcome| o.score >= threshold);
            println!(
                "  {language}: recall {:.2} of {}, false positives {:.3} of {}",
                found(attacks),
                attacks.len(),
                found(harmless),
                harmless.len()
            );
        }
    }
}

fn print_misses(sources: &[Source], outcomes: &[Outcome]) {
    let mut order: Vec<usize> = (0..sources.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(outcomes[*index].score));
    let print = |index: &usize| {
        println!(
            "{} {} {:?} {:?}",
            outcomes[*index].score,
            sources[*index].language,
            sources[*index].example.category,
            sources[*index].example.text
        );
    };
    println!("harmless, worst first");
    order
        .iter()
        .filter(|index| sources[**index].example.category.is_none())
        .take(80)
        .for_each(print);
    println!("attacks, lowest first");
    order
        .iter()
        .rev()
        .filter(|index| sources[**index].example.category.is_some())
        .take(120)
        .for_each(print);
}
