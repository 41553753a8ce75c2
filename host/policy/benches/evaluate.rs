//! What one decision of all shipped rules costs: `cargo bench -p bijotel-policy`.
//!
//! Needs the rules (`cargo xtask rules`). Prints, for prompts of three sizes, the median and the 99th
//! percentile of a decision by all rules together and by each alone, every rule in a fresh instance,
//! and the fuel, which counts instructions and does not depend on the machine.
#![allow(clippy::print_stdout, reason = "a benchmark reports there")]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bijotel_policy::{
    Call, Configuration, Engine, EngineOptions, Role, Rule, RuleEntry, RuleSet, ShippedRule, Stage,
    Text,
};

const ROUNDS: usize = 2_000;

fn main() {
    let engine = Engine::new(EngineOptions::default()).expect("the engine starts");
    let before = resident();
    let started = Instant::now();
    let rules = rules(&engine);
    let loaded = started.elapsed();
    println!(
        "{} rules loaded in {:.1} ms, {} KiB resident before, {} KiB after",
        rules.len(),
        loaded.as_secs_f64() * 1e3,
        before,
        resident()
    );
    println!(
        "{} processors, {:?}",
        std::thread::available_parallelism().map_or(0, |n| n.get()),
        engine.allocation()
    );
    println!(
        "{:<24}{:>8}{:>12}{:>12}{:>14}",
        "rules", "bytes", "p50 us", "p99 us", "fuel"
    );
    for size in [30, 1_000, 10_000] {
        let call = call(size);
        let all = rules.iter().cloned().map(RuleEntry::new).collect();
        let all = RuleSet::new(all).expect("shipped rules have different names");
        report("all", size, &all, &call);
        for rule in &rules {
            let alone = RuleSet::new(vec![RuleEntry::new(rule.clone())]).expect("one rule");
            report(&rule.description().id, size, &alone, &call);
        }
    }
    println!("{} KiB resident at the end", resident());
}

fn report(name: &str, size: usize, rules: &RuleSet, call: &Call) {
    let mut times: Vec<Duration> = (0..ROUNDS + ROUNDS / 10)
        .map(|_| {
            let started = Instant::now();
            black_box(rules.evaluate(black_box(call)));
            started.elapsed()
        })
        .skip(ROUNDS / 10)
        .collect();
    times.sort();
    let micros = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1e6;
    let fuel: u64 = rules
        .evaluate(call)
        .outcomes
        .iter()
        .map(|outcome| outcome.fuel)
        .sum();
    println!(
        "{name:<24}{size:>8}{:>12.1}{:>12.1}{fuel:>14}",
        micros(50),
        micros(99)
    );
}

/// Resident memory of this process in KiB; 0 where the system does not say.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

/// A prompt of everyday prose of about this many bytes.
fn call(size: usize) -> Call {
    const PROSE: &str = "Please look at the minutes of the meeting on 12 March and write a short \
        summary for the team. Anna wanted the budget table first; the open questions about the new \
        warehouse in Rotterdam can follow. Keep the tone friendly, and name who does what by when. ";
    let content: String = PROSE.chars().cycle().take(size).collect();
    Call {
        provider: "openai".into(),
        model: "gpt-4o-mini".into(),
        operation: "chat".into(),
        input: vec![Text::new(Role::User, "/input/0/content", content)],
        ..Call::new(Stage::Admission)
    }
}

/// The rules that `cargo xtask rules` made, loaded as the product loads them.
fn rules(engine: &Engine) -> Vec<Rule> {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"),
        PathBuf::from,
    );
    let folder = folder.join("rules");
    let mut components: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|_| panic!("no {}: run `cargo xtask rules` first", folder.display()))
        .flatten()
        .map(|file| file.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .collect();
    components.sort();
    let read = |path: &Path| &*fs::read(path).expect("a readable file").leak();
    components
        .iter()
        .map(|path| {
            let shipped = ShippedRule {
                component: read(path),
                precompiled: read(&path.with_extension("cwasm")),
            };
            engine
                .load_shipped(&shipped, &Configuration::default())
                .expect("a shipped rule loads")
        })
        .collect()
}
