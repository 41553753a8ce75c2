//! Nothing that one evaluation wrote is there in the next one, of the same rule or of another, in one
//! thread or in many.

mod guest;

use bijotel_policy::*;
use guest::{Guest, HEAP};

const ROUNDS: usize = 200;
const THREADS: usize = 8;

/// A rule that denies if anything of an earlier call is left (a global, static data, its heap, pages it
/// had grown, the memory's size), and then leaves something everywhere.
fn rememberer(mark: u32) -> Guest {
    let mut guest = Guest::new("");
    let pristine = guest.answer(&evaluation(Verdict::Allow));
    let residue = guest.answer(&evaluation(Verdict::Deny));
    let counter = guest.words(&[0]);
    // From what the call itself does not touch to the end of the second page.
    let free = HEAP + 32_768;
    guest
        .fields("(global $calls (mut i32) (i32.const 0))")
        .evaluate(&format!(
            r#"
            (local $at i32) (local $end i32) (local $seen i32)
            ;; What is left?
            (local.set $seen (i32.or (global.get $calls) (i32.load (i32.const {counter}))))
            (local.set $seen (i32.or (local.get $seen) (i32.ne (memory.size) (i32.const 2))))
            (drop (memory.grow (i32.const 16)))
            (local.set $end (i32.shl (memory.size) (i32.const 16)))
            (local.set $at (i32.const {free}))
            (loop $scan
              (local.set $seen (i32.or (local.get $seen) (i32.load (local.get $at))))
              (local.set $at (i32.add (local.get $at) (i32.const 4)))
              (br_if $scan (i32.lt_u (local.get $at) (local.get $end))))
            ;; Leave something everywhere.
            (global.set $calls (i32.const {mark}))
            (i32.store (i32.const {counter}) (i32.const {mark}))
            (memory.fill (i32.const {free}) (i32.const {mark})
              (i32.sub (local.get $end) (i32.const {free})))
            (select (i32.const {residue}) (i32.const {pristine}) (local.get $seen))"#
        ))
}

/// The same with tables: their size, and entries that were empty.
fn table_rememberer() -> Guest {
    let mut guest = Guest::new("");
    let pristine = guest.answer(&evaluation(Verdict::Allow));
    let residue = guest.answer(&evaluation(Verdict::Deny));
    guest
        .fields("(table $table 4 funcref) (func $mark) (elem declare func $mark)")
        .evaluate(&format!(
            r#"
            (local $at i32) (local $seen i32)
            (local.set $seen (i32.ne (table.size $table) (i32.const 4)))
            (drop (table.grow $table (ref.null func) (i32.const 1000)))
            (loop $scan
              (local.set $seen (i32.or (local.get $seen)
                (i32.eqz (ref.is_null (table.get $table (local.get $at))))))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br_if $scan (i32.lt_u (local.get $at) (table.size $table))))
            (table.fill $table (i32.const 0) (ref.func $mark) (table.size $table))
            (select (i32.const {residue}) (i32.const {pristine}) (local.get $seen))"#
        ))
}

fn evaluation(verdict: Verdict) -> Evaluation {
    Evaluation::new(verdict, vec![])
}

fn call() -> Call {
    Call {
        input: vec![Text::new(Role::User, "/input/0", "remember me".repeat(100))],
        ..Call::new(Stage::Admission)
    }
}

/// One rule set for each guest, all in one engine with few slots, so that they share them.
fn rule_sets(engine: &Engine, guests: &[Guest]) -> Vec<RuleSet> {
    let load = |guest: &Guest| {
        let rule = engine
            .load(guest.component(), &Configuration::default())
            .unwrap();
        RuleSet::new(vec![RuleEntry::new(rule)]).unwrap()
    };
    guests.iter().map(load).collect()
}

fn few_slots() -> Engine {
    Engine::new(EngineOptions {
        concurrency: 2,
        ..EngineOptions::default()
    })
    .unwrap()
}

fn assert_pristine(rules: &RuleSet) {
    let decision = rules.evaluate(&call());
    assert_eq!(decision.outcomes[0].failure, None);
    assert_eq!(decision.verdict, VerdictKind::Allow, "something was left");
}

#[test]
fn the_test_rule_notices_what_is_left() {
    // With a global that starts as if a call had been there before.
    let guest = rememberer(1);
    let guest = guest.configure("(global.set $calls (i32.const 1)) (i32.const 1016)");
    let rules = &rule_sets(&few_slots(), &[guest])[0];
    assert_eq!(rules.evaluate(&call()).verdict, VerdictKind::Deny);
}

#[test]
fn a_rule_finds_nothing_of_its_earlier_calls() {
    let rules = &rule_sets(&few_slots(), &[rememberer(0x5a)])[0];
    for _ in 0..ROUNDS {
        assert_pristine(rules);
    }
}

#[test]
fn a_rule_finds_nothing_of_another_rule_in_the_same_slots() {
    let engine = few_slots();
    let sets = rule_sets(
        &engine,
        &[rememberer(0x5a).id("a"), rememberer(0x33).id("b")],
    );
    for _ in 0..ROUNDS {
        sets.iter().for_each(assert_pristine);
    }
}

#[test]
fn a_rule_finds_nothing_of_calls_in_other_threads() {
    let engine = few_slots();
    let guests = [
        rememberer(0x5a).id("a"),
        rememberer(0x33).id("b"),
        table_rememberer().id("c"),
    ];
    let sets = rule_sets(&engine, &guests);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let sets = &sets;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    assert_pristine(&sets[(thread + round) % sets.len()]);
                }
            });
        }
    });
}

/// The same with what can be used up: passive data and elements, which a module can drop.
fn dropper() -> Guest {
    let mut guest = Guest::new("");
    let pristine = guest.answer(&evaluation(Verdict::Allow));
    guest
        .fields(
            r#"(data $once "mark") (elem $one func $mark) (func $mark)
               (table $table 4 funcref)"#,
        )
        // Each `init` traps if the segment was dropped before.
        .evaluate(&format!(
            r#"(memory.init $once (i32.const 98304) (i32.const 0) (i32.const 4))
               (table.init $table $one (i32.const 0) (i32.const 0) (i32.const 1))
               (data.drop $once)
               (elem.drop $one)
               (i32.const {pristine})"#
        ))
}

#[test]
fn what_a_call_used_up_is_there_again_in_the_next() {
    let rules = &rule_sets(&few_slots(), &[dropper()])[0];
    for _ in 0..ROUNDS {
        assert_pristine(rules);
    }
}

#[test]
fn threads_that_share_slots_find_nothing_however_memory_is_obtained() {
    let ways = [None, Some(Allocation::Pooled), Some(Allocation::OnDemand)];
    for allocation in ways {
        // So little stays resident that every call is cleaned in both ways: page by page and as a whole.
        for keep_resident in [None, Some(64 << 10)] {
            let engine = Engine::new(EngineOptions {
                allocation,
                keep_resident,
                concurrency: 2,
                ..EngineOptions::default()
            })
            .unwrap();
            let guests = [
                rememberer(0x5a).id("a"),
                rememberer(0x33).id("b"),
                table_rememberer().id("c"),
                dropper().id("d"),
            ];
            let sets = rule_sets(&engine, &guests);
            std::thread::scope(|scope| {
                for thread in 0..THREADS {
                    let sets = &sets;
                    scope.spawn(move || {
                        for round in 0..ROUNDS / 10 {
                            assert_pristine(&sets[(thread + round) % sets.len()]);
                        }
                    });
                }
            });
        }
    }
}

#[test]
fn a_rule_finds_nothing_however_memory_is_obtained() {
    for allocation in [Allocation::Pooled, Allocation::OnDemand] {
        let engine = Engine::new(EngineOptions {
            allocation: Some(allocation),
            concurrency: 2,
            ..EngineOptions::default()
        })
        .unwrap();
        assert_eq!(engine.allocation(), allocation);
        let sets = rule_sets(
            &engine,
            &[rememberer(0x5a).id("a"), table_rememberer().id("b")],
        );
        for _ in 0..ROUNDS {
            sets.iter().for_each(assert_pristine);
        }
    }
}

#[test]
fn a_rule_finds_nothing_in_its_tables() {
    let rules = &rule_sets(&few_slots(), &[table_rememberer()])[0];
    let preparation = rules.entries()[0].rule.preparation();
    assert!(
        !preparation.snapshot,
        "a rule that changes tables cannot be snapshotted"
    );
    for _ in 0..ROUNDS {
        assert_pristine(rules);
    }
}

#[test]
fn a_rule_finds_nothing_after_one_that_trapped() {
    let engine = few_slots();
    let trapping = Guest::new(
        r#"(drop (memory.grow (i32.const 16)))
           (memory.fill (i32.const 98304) (i32.const 0x77) (i32.const 1048576))
           unreachable"#,
    );
    let sets = rule_sets(&engine, &[trapping.id("a"), rememberer(0x5a).id("b")]);
    for _ in 0..ROUNDS {
        let trapped = sets[0].evaluate(&call());
        let failure = trapped.outcomes[0].failure.as_ref().unwrap();
        assert_eq!(failure.code(), "failure.trap");
        assert_pristine(&sets[1]);
    }
}

#[test]
fn what_configure_left_is_there_in_every_call() {
    let mut guest = Guest::new("");
    let configured = guest.answer(&evaluation(Verdict::Warn));
    let not = guest.answer(&evaluation(Verdict::Deny));
    let guest = guest
        .fields("(global $ready (mut i32) (i32.const 0))")
        .configure(
            r#"(global.set $ready (i32.const 1))
               (drop (memory.grow (i32.const 40)))
               (memory.fill (i32.const 2000000) (i32.const 7) (i32.const 100000))
               (i32.const 1016)"#,
        )
        .evaluate(&format!(
            r#"(select (i32.const {configured}) (i32.const {not})
                 (i32.and (global.get $ready)
                   (i32.eq (i32.load (i32.const 2099996)) (i32.const 0x07070707))))
               (memory.fill (i32.const 2000000) (i32.const 9) (i32.const 100000))
               (global.set $ready (i32.const 0))"#
        ));
    let rules = &rule_sets(&few_slots(), &[guest])[0];
    assert!(rules.entries()[0].rule.preparation().snapshot);
    for _ in 0..ROUNDS {
        assert_eq!(rules.evaluate(&call()).verdict, VerdictKind::Warn);
    }
}
