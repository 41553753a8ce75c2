//! How answers are combined: the tables of `docs/engine.md`, held against what rule sets do.

mod guest;

use bijotel_policy::*;
use guest::Guest;

const BOOK: &str = include_str!("../../../docs/engine.md");

/// The rows of the table whose first header is `name`, its header row first.
fn table(name: &str) -> Vec<Vec<&'static str>> {
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect();
    let start = format!("| {name} |");
    let lines = BOOK.lines().skip_while(|line| !line.starts_with(&start));
    let lines = lines.take_while(|line| line.starts_with('|'));
    let rows: Vec<Vec<&str>> = lines
        .filter(|line| !line.starts_with("|---"))
        .map(cells)
        .collect();
    assert!(rows.len() > 1, "the book has no table `{name}`");
    rows
}

fn engine() -> Engine {
    Engine::new(EngineOptions::default()).unwrap()
}

fn call() -> Call {
    let mut call = Call::new(Stage::Admission);
    call.push_input("0123456789");
    call
}

fn rule(engine: &Engine, guest: &Guest, name: &str) -> RuleEntry {
    let rule = engine.load(guest.component(), &Configuration::default());
    RuleEntry {
        name: name.into(),
        ..RuleEntry::new(rule.unwrap())
    }
}

fn redacting(start: u32, end: u32, replacement: &str) -> Verdict {
    let range = ByteRange {
        place: "/input/0".into(),
        start,
        end,
    };
    Verdict::Redact {
        edits: vec![Edit {
            range,
            replacement: replacement.into(),
        }],
    }
}

/// The rule that a header of the table of verdicts stands for.
fn rule_that(engine: &Engine, does: &str, name: &str) -> RuleEntry {
    let (does, mode) = match does.strip_suffix(" in shadow") {
        Some(does) => (does, Mode::Shadow),
        None => (does, Mode::Enforce),
    };
    let model = "small".into();
    let (guest, on_failure) = match does {
        "allow" => (Guest::saying(Verdict::Allow), OnFailure::Deny),
        "advise" => (Guest::saying(Verdict::Advise { model }), OnFailure::Deny),
        "warn" => (Guest::saying(Verdict::Warn), OnFailure::Deny),
        "redact" => (Guest::saying(redacting(0, 1, "x")), OnFailure::Deny),
        "escalate" => (Guest::saying(Verdict::Escalate), OnFailure::Deny),
        "deny" => (Guest::saying(Verdict::Deny), OnFailure::Deny),
        "fail" => (Guest::new("unreachable"), OnFailure::Deny),
        "fail, may" => (Guest::new("unreachable"), OnFailure::Warn),
        other => panic!("the table has an unknown header: {other}"),
    };
    RuleEntry {
        mode,
        on_failure,
        ..rule(engine, &guest, name)
    }
}

#[test]
fn every_pair_of_answers_is_combined_as_the_table_says() {
    let engine = engine();
    let table = table("two rules");
    let second: Vec<RuleEntry> = table[0][1..]
        .iter()
        .map(|does| rule_that(&engine, does, "second"))
        .collect();
    assert_eq!(
        table.len(),
        table[0].len(),
        "every answer is row and column"
    );
    for row in &table[1..] {
        let first = rule_that(&engine, row[0], "first");
        for (column, second) in second.iter().enumerate() {
            let set = RuleSet::new(vec![first.clone(), second.clone()]).unwrap();
            let decision = set.evaluate(&call());
            let case = format!("{} and {}", row[0], table[0][column + 1]);
            assert_eq!(decision.verdict.as_str(), row[column + 1], "{case}");
            assert_eq!(decision.outcomes.len(), 2, "{case}");
        }
    }
}

#[test]
fn the_table_has_every_answer() {
    let table = table("two rules");
    let verdicts = ["allow", "advise", "warn", "redact", "escalate", "deny"];
    for answer in verdicts.iter().chain(&["fail", "fail, may"]) {
        assert!(table[0].contains(answer), "{answer}");
    }
    assert!(table[0].iter().any(|header| header.ends_with("in shadow")));
}

/// `2-8 XY` in the table: replace bytes 2 to 8 by XY.
fn edit(cell: &str) -> Verdict {
    let (range, replacement) = cell.trim_matches('`').split_once(' ').unwrap_or_default();
    let (start, end) = range.split_once('-').unwrap();
    redacting(start.parse().unwrap(), end.parse().unwrap(), replacement)
}

#[test]
fn edits_are_merged_as_the_table_says() {
    let engine = engine();
    for row in &table("first rule's edit")[1..] {
        let rules = ["first", "second"].into_iter().zip(&row[..2]);
        let rules = rules.map(|(name, cell)| rule(&engine, &Guest::saying(edit(cell)), name));
        let set = RuleSet::new(rules.collect()).unwrap();
        let mut call = call();
        let decision = set.evaluate(&call);
        apply_edits(&mut call, &decision.edits).unwrap();
        assert_eq!(format!("`{}`", call.input[0].content), row[2], "{row:?}");
    }
}

#[test]
fn a_rule_in_shadow_is_in_the_decision_and_has_no_part_in_it() {
    let engine = engine();
    let shadow = |verdict| RuleEntry {
        mode: Mode::Shadow,
        ..rule(&engine, &Guest::saying(verdict), "tried")
    };
    let model = "large".to_owned();
    for verdict in [
        Verdict::Deny,
        redacting(0, 1, "x"),
        Verdict::Advise { model },
    ] {
        let set = RuleSet::new(vec![shadow(verdict.clone())]).unwrap();
        let decision = set.evaluate(&call());
        assert_eq!(decision.verdict, VerdictKind::Allow);
        assert_eq!((&decision.reason, &decision.rule), (&None, &None));
        assert_eq!((decision.edits.len(), &decision.advice), (0, &None));
        assert_eq!(decision.outcomes[0].verdict, verdict);
        assert!(decision.outcomes[0].shadow);
        let sealed: serde_json::Value = serde_json::from_str(&decision.to_sealed_json()).unwrap();
        assert_eq!(sealed["rules"][0]["shadow"], true);
        assert_eq!(sealed["rules"][0]["verdict"], verdict.kind().as_str());
    }
}

#[test]
fn a_rule_that_fails_in_shadow_denies_nothing_and_its_failure_is_sealed() {
    let failing = RuleEntry {
        mode: Mode::Shadow,
        ..rule(&engine(), &Guest::new("unreachable"), "tried")
    };
    let decision = RuleSet::new(vec![failing]).unwrap().evaluate(&call());
    assert_eq!(decision.verdict, VerdictKind::Allow);
    assert!(decision.to_sealed_json().contains("failure.trap"));
}

#[test]
fn edits_of_a_rule_in_shadow_do_not_change_those_of_others() {
    let engine = engine();
    let shadow = RuleEntry {
        mode: Mode::Shadow,
        ..rule(&engine, &Guest::saying(redacting(0, 9, "long")), "tried")
    };
    let counts = rule(&engine, &Guest::saying(redacting(2, 3, "X")), "counts");
    let decision = RuleSet::new(vec![shadow, counts])
        .unwrap()
        .evaluate(&call());
    let mut call = call();
    apply_edits(&mut call, &decision.edits).unwrap();
    assert_eq!(call.input[0].content, "01X3456789");
}
