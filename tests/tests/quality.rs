//! How well the shipped rules find what they are for, on the half of each corpus that no rule was
//! tuned on. `cargo xtask quality` prints the figures behind these floors.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use xtask::quality::{Half, Measurement, Source, Subject, measure};

/// What a rule reached when these were written. A change must not fall behind; whoever makes a rule better
/// raises its floor.
struct Floor {
    recall: f64,
    false_positives: f64,
}

/// The aim is a recall of 0.95 at 0.01.
const INJECTION: Floor = Floor {
    recall: 0.86,
    false_positives: 0.024,
};

/// The aim itself.
const PII_F2: f64 = 0.97;

/// The aim is a recall of 1 and no false positive.
const AST: Floor = Floor {
    recall: 0.99,
    false_positives: 0.0,
};

#[test]
fn prompt_injection_is_found_as_well_as_before() {
    holds(&on_test_half(Subject::Injection), &INJECTION);
}

#[test]
fn personal_data_is_found_as_well_as_before() {
    at_least(on_test_half(Subject::Pii).total.f2(), PII_F2);
}

#[test]
fn dangerous_code_is_found_as_well_as_before() {
    holds(&on_test_half(Subject::Ast), &AST);
}

#[test]
fn no_text_stands_in_both_halves() {
    for subject in Subject::ALL {
        let folder = corpus().join(subject.folder());
        let tuning: HashSet<String> = bodies(&folder.join(Half::Tuning.as_str())).collect();
        assert!(!tuning.is_empty());
        for body in bodies(&folder.join(Half::Test.as_str())) {
            assert!(!tuning.contains(&body), "{}: {body}", subject.folder());
        }
    }
}

#[test]
fn no_training_text_is_one_of_the_test_half() {
    let trained_on: HashSet<String> = rule_prompt_pattern_deny::training::examples()
        .iter()
        .map(|source| bare(&source.example.text))
        .collect();
    assert!(trained_on.len() > 50_000);
    let folder = corpus().join("injection/test");
    let mut tested = 0;
    for file in fs::read_dir(folder).unwrap() {
        for line in fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            let item: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = bare(item["text"].as_str().unwrap());
            assert!(!trained_on.contains(&text), "{}", item["id"]);
            tested += 1;
        }
    }
    assert!(tested > 1_500);
}

fn on_test_half(subject: Subject) -> Measurement {
    let source = Source {
        corpus: corpus(),
        rules: bijotel_tests::rules(),
    };
    let measurement = measure(&source, subject, Half::Test)
        .unwrap()
        .expect("the test half is in tests/corpus");
    assert_eq!(measurement.failures, 0, "the rule failed on some items");
    measurement
}

fn holds(measurement: &Measurement, floor: &Floor) {
    at_least(measurement.total.recall(), floor.recall);
    at_most(
        measurement.total.false_positive_rate(),
        floor.false_positives,
    );
}

/// Letters and digits of a text in lower case: what two texts have to differ in.
fn bare(text: &str) -> String {
    (text.chars().filter(|sign| sign.is_alphanumeric()))
        .flat_map(char::to_lowercase)
        .collect()
}

fn at_least(ratio: Option<f64>, threshold: f64) {
    let ratio = ratio.unwrap();
    assert!(ratio >= threshold, "{ratio:.4} is below {threshold}");
}

fn at_most(ratio: Option<f64>, threshold: f64) {
    let ratio = ratio.unwrap();
    assert!(ratio <= threshold, "{ratio:.4} is above {threshold}");
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The text or tool call of every item of a half, and what disguises it.
fn bodies(folder: &Path) -> impl Iterator<Item = String> {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let lines = files.flat_map(|file| {
        let text = fs::read_to_string(file).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    lines.map(|line| {
        let item: serde_json::Value = serde_json::from_str(&line).unwrap();
        format!("{} {} {}", item["text"], item["tool"], item["disguise"])
    })
}
