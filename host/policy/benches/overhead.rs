//! What the host itself costs: `cargo bench -p bijotel-policy --bench overhead`.
//!
//! A decision by one rule that does nothing, every time in a fresh instance, is all host: the call is
//! handed over, the instance made, limited, asked, read and cleaned. Beside it the same for a shipped
//! rule, whose memory is what makes freshness cost something, and for twenty shipped rules that take
//! turns in the pool's slots. Each with every way to obtain memory, and with 1, 2, 4 and 8 threads.
//!
//! The shipped rules need `cargo xtask rules`. `cpu` is what a decision takes of a processor, user and
//! system time together: it tells contention from a machine that is busy with something else.
#![allow(clippy::print_stdout, reason = "a benchmark reports there")]

#[path = "../tests/guest/mod.rs"]
mod guest;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use bijotel_policy::{
    Allocation, Call, Configuration, Engine, EngineOptions, Evaluation, RuleEntry, RuleSet,
    ShippedRule, Stage, Verdict,
};
use guest::Guest;

const THREADS: [usize; 4] = [1, 2, 4, 8];
const SECONDS_EACH: f64 = 0.4;

/// The ways to obtain memory, with what each keeps resident.
const WAYS: [(Allocation, usize); 7] = [
    (Allocation::PooledTracking, 8 << 20),
    (Allocation::PooledTracking, 1 << 20),
    (Allocation::PooledTracking, 128 << 10),
    (Allocation::Pooled, 0),
    (Allocation::Pooled, 64 << 10),
    (Allocation::Pooled, 1 << 20),
    (Allocation::OnDemand, 0),
];

fn main() {
    println!(
        "{} processors; the engine chooses {:?}",
        thread::available_parallelism().map_or(0, |n| n.get()),
        Engine::new(EngineOptions::default())
            .expect("an engine starts")
            .allocation()
    );
    let components = components();
    println!("p50 and p99 of a decision in us, decisions a second of all threads together");
    println!(
        "{:<15}{:>9}  {:<20}{:>8}{:>9}{:>9}{:>9}{:>10}",
        "memory", "resident", "rules", "threads", "p50", "p99", "cpu", "per s"
    );
    for (allocation, keep_resident) in WAYS {
        let engine = Engine::new(EngineOptions {
            allocation: Some(allocation),
            keep_resident: Some(keep_resident),
            ..EngineOptions::default()
        });
        let Ok(engine) = engine else {
            println!("{allocation:?}: this system cannot do it");
            continue;
        };
        let is_injection = |path: &&PathBuf| path.ends_with("prompt_pattern_deny.wasm");
        let injection = components.iter().find(is_injection);
        let injection: Vec<RuleSet> = (injection.into_iter())
            .filter_map(|component| shipped(&engine, component))
            .collect();
        let twenty: Vec<RuleSet> = (components.iter().cycle().take(20))
            .filter_map(|component| shipped(&engine, component))
            .collect();
        for (name, sets) in [
            ("empty", &[empty(&engine)][..]),
            ("prompt_pattern_deny", &injection),
            ("20 in turn", &twenty),
        ] {
            for threads in THREADS {
                if sets.is_empty() {
                    continue;
                }
                let Measured {
                    p50,
                    p99,
                    cpu,
                    rate,
                } = measure(sets, threads);
                println!(
                    "{:<15}{:>5} KiB  {name:<20}{threads:>8}{p50:>9.1}{p99:>9.1}{cpu:>9.1}{rate:>10.0}",
                    format!("{allocation:?}"),
                    keep_resident >> 10,
                );
            }
        }
    }
}

/// Of one decision, in microseconds; `rate` is of all threads together, a second.
struct Measured {
    p50: f64,
    p99: f64,
    cpu: f64,
    rate: f64,
}

/// The rule sets in turn, in this many threads.
fn measure(sets: &[RuleSet], threads: usize) -> Measured {
    let mut call = Call::new(Stage::Admission);
    call.push_input("Please summarise the minutes of the meeting. ".repeat(22));
    let run = || {
        let mut times: Vec<Duration> = Vec::new();
        let until = Instant::now() + Duration::from_secs_f64(SECONDS_EACH);
        for set in sets.iter().cycle() {
            let started = Instant::now();
            black_box(set.evaluate(black_box(&call)));
            let ended = Instant::now();
            times.push(ended - started);
            if ended > until {
                break;
            }
        }
        times
    };
    for set in sets {
        for _ in 0..10 {
            black_box(set.evaluate(&call));
        }
    }
    let (started, cpu) = (Instant::now(), processor_time());
    let mut times: Vec<Duration> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let times = running.into_iter().flat_map(|thread| thread.join());
        times.flatten().collect()
    });
    let (elapsed, cpu) = (started.elapsed(), processor_time() - cpu);
    times.sort();
    let micros = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1e6;
    Measured {
        p50: micros(50),
        p99: micros(99),
        cpu: cpu * 1e6 / times.len() as f64,
        rate: times.len() as f64 / elapsed.as_secs_f64(),
    }
}

/// User and system time of this process in seconds, from `/proc`; 0 where there is none.
fn processor_time() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name, in brackets, may hold spaces. Times are the 14th and 15th field, in hundredths.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(11).take(2);
    fields
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

fn empty(engine: &Engine) -> RuleSet {
    let guest = Guest::answering(&Evaluation::new(Verdict::Allow, vec![]));
    let rule = engine.load(guest.component(), &Configuration::default());
    RuleSet::new(vec![RuleEntry::new(rule.expect("it loads"))]).expect("one rule")
}

/// The shipped rules that work without a configuration, by name.
fn components() -> Vec<PathBuf> {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"),
        PathBuf::from,
    );
    let files = fs::read_dir(folder.join("rules")).into_iter().flatten();
    let mut files: Vec<PathBuf> = (files.flatten().map(|file| file.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "wasm"))
        .filter(|path| path.with_extension("cwasm").is_file())
        .collect();
    files.sort();
    files
}

/// A shipped rule. Loaded anew it is a rule of its own, with memory of its own.
fn shipped(engine: &Engine, component: &Path) -> Option<RuleSet> {
    let read = |extension| Some(&*fs::read(component.with_extension(extension)).ok()?.leak());
    let shipped = ShippedRule {
        component: read("wasm")?,
        precompiled: read("cwasm")?,
    };
    let rule = engine.load_shipped(&shipped, &Configuration::default());
    Some(RuleSet::new(vec![RuleEntry::new(rule.ok()?)]).expect("one rule"))
}
