//! Several processors: `cargo bench -p bijotel-policy --bench cores`.
//!
//! First when it pays to judge one call on several processors: the same decision with the rules in turn
//! and side by side, by the size of the text. Then how many calls a second all processors together judge
//! with all shipped rules. Needs `cargo xtask rules`.
#![allow(clippy::print_stdout, reason = "a benchmark reports there")]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use bijotel_policy::{
    Call, Configuration, Engine, EngineOptions, RuleEntry, RuleSet, ShippedRule, Stage,
};

const SIZES: [usize; 7] = [100, 1_000, 3_000, 10_000, 30_000, 100_000, 1_000_000];

fn main() {
    let processors = thread::available_parallelism().map_or(1, |n| n.get());
    let in_turn = rules(u64::MAX);
    let side_by_side = rules(0);
    println!("{processors} processors, {} rules", in_turn.entries().len());
    println!(
        "{:>9}{:>14}{:>17}   p50 in us",
        "bytes", "in turn", "side by side"
    );
    for size in SIZES {
        let call = call(size);
        let [turn, side] = [&in_turn, &side_by_side].map(|rules| p50(rules, &call));
        println!("{size:>9}{turn:>14.1}{side:>17.1}");
    }
    let call = call(1_000);
    for threads in [1, processors, 4 * processors] {
        let rate = rate(&in_turn, &call, threads);
        println!("1000 bytes, {threads} threads: {rate:.0} calls/s");
    }
}

fn p50(rules: &RuleSet, call: &Call) -> f64 {
    let started = Instant::now();
    let mut times = Vec::new();
    while times.len() < 20 || started.elapsed() < Duration::from_millis(500) {
        let asked = Instant::now();
        black_box(rules.evaluate(black_box(call)));
        times.push(asked.elapsed());
    }
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6
}

fn rate(rules: &RuleSet, call: &Call, threads: usize) -> f64 {
    let until = Instant::now() + Duration::from_secs(2);
    let count = || {
        let mut calls = 0_u64;
        while Instant::now() < until {
            black_box(rules.evaluate(black_box(call)));
            calls += 1;
        }
        calls
    };
    let calls: u64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(count)).collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .sum()
    });
    calls as f64 / 2.0
}

fn call(size: usize) -> Call {
    const PROSE: &str = "Please look at the minutes of the meeting on 12 March and write a short \
        summary for the team. Anna wanted the budget table first; the open questions about the new \
        warehouse in Rotterdam can follow. Keep the tone friendly, and name who does what by when. ";
    let mut call = Call::new(Stage::Admission);
    call.push_input(PROSE.chars().cycle().take(size).collect::<String>());
    call
}

fn rules(side_by_side_from: u64) -> RuleSet {
    let engine = Engine::new(EngineOptions {
        side_by_side_from: Some(side_by_side_from),
        ..EngineOptions::default()
    });
    let engine = engine.expect("an engine starts");
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"),
        PathBuf::from,
    );
    let folder = folder.join("rules");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|_| panic!("no {}: run `cargo xtask rules` first", folder.display()))
        .map(|file| file.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "wasm"))
        .collect();
    files.sort();
    let read = |path: &Path| &*fs::read(path).expect("a readable file").leak();
    let load = |path: &PathBuf| {
        let shipped = ShippedRule {
            component: read(path),
            precompiled: read(&path.with_extension("cwasm")),
        };
        let rule = engine.load_shipped(&shipped, &Configuration::default());
        RuleEntry::new(rule.expect("a shipped rule loads"))
    };
    RuleSet::new(files.iter().map(load).collect()).expect("different names")
}
