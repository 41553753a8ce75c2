//! How long a start takes: `cargo bench -p bijotel-policy --bench load`.
//!
//! Twenty rules, the shipped components in turn with configurations of their own, from a cache of
//! prepared rules that is authenticated while it is read. The first run compiles them into
//! `target/bench-rule-cache`, which takes a minute or two; the figures are of later loads, with the
//! files in the system's memory. Needs `cargo xtask rules`.
#![allow(clippy::print_stdout, reason = "a benchmark reports there")]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Instant;

use bijotel_policy::{
    CodeSource, Component, Configuration, Engine, EngineOptions, Rule, RuleCache,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

const RULES: usize = 20;
const ROUNDS: usize = 11;
const KEY: &[u8; 32] = b"a key of a host, for benchmarks.";

fn main() {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"),
        PathBuf::from,
    );
    let components = components(&folder.join("rules"));
    let rules = configured(&components);
    let cache = folder.join("bench-rule-cache");
    let threads = thread::available_parallelism().map_or(1, |n| n.get());

    let engine = engine(&cache);
    let new = compiled(&load(&engine, &components, &rules, threads));
    println!("{new} of {RULES} rules were not in the cache and have been compiled");

    let files: Vec<PathBuf> = fs::read_dir(&cache)
        .expect("the cache is there")
        .map(|file| file.expect("a readable entry").path())
        .collect();
    let bytes: Vec<Vec<u8>> = files.iter().map(|file| read(file)).collect();
    let total: usize = bytes.iter().map(Vec::len).sum();
    let component_bytes: usize = components.iter().map(|(_, bytes)| bytes.len()).sum();
    println!(
        "{} files, {:.1} MB of prepared code; {} components, {:.1} MB",
        files.len(),
        total as f64 / 1e6,
        components.len(),
        component_bytes as f64 / 1e6,
    );

    println!("\n{:<40}{:>8}{:>12}", "in ms", "median", "processor");
    report("read all files, one thread", || {
        for file in &files {
            black_box(read(file));
        }
    });
    report("HMAC-SHA256 over them, one thread", || {
        for bytes in &bytes {
            let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("any length");
            mac.update(bytes);
            black_box(mac.finalize());
        }
    });
    report("keyed BLAKE3 over them, one thread", || {
        for bytes in &bytes {
            black_box(blake3::keyed_hash(KEY, bytes));
        }
    });
    report("SHA-256 of all components, one thread", || {
        for (_, bytes) in &components {
            black_box(Sha256::digest(bytes));
        }
    });
    for threads in [1, threads] {
        report(&format!("load 20 rules, threads: {threads}"), || {
            let loaded = load(&self::engine(&cache), &components, &rules, threads);
            assert_eq!(compiled(&loaded), 0, "all from the cache");
            loaded
        });
    }
    report("of that, starting the engine", || self::engine(&cache));
}

fn report<T>(what: &str, work: impl Fn() -> T) {
    let cpu = processor_time();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            // What was made is dropped after the clock has stopped.
            let made = work();
            let elapsed = started.elapsed().as_secs_f64() * 1e3;
            drop(black_box(made));
            elapsed
        })
        .collect();
    let cpu = (processor_time() - cpu) * 1e3 / ROUNDS as f64;
    times.sort_by(f64::total_cmp);
    println!("{what:<40}{:>8.1}{cpu:>12.1}", times[ROUNDS / 2]);
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

fn engine(cache: &Path) -> Engine {
    Engine::new(EngineOptions {
        cache: Some(RuleCache::new(cache, KEY).expect("a key of enough bytes")),
        ..EngineOptions::default()
    })
    .expect("an engine starts")
}

/// Load all rules.
fn load(
    engine: &Engine,
    components: &[(String, Arc<[u8]>)],
    rules: &[(usize, Configuration)],
    threads: usize,
) -> Vec<Rule> {
    // Each component is hashed once, however many rules are made of it.
    let shared: Vec<OnceLock<Component>> = components.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let load = || {
        let mine = std::iter::from_fn(|| rules.get(next.fetch_add(1, Ordering::Relaxed)));
        let load = |(number, configuration): &(usize, Configuration)| {
            let bytes = &components[*number].1;
            let component = shared[*number].get_or_init(|| Component::from(Arc::clone(bytes)));
            let rule = engine.load(component.clone(), configuration);
            rule.expect("a shipped rule with a valid configuration loads")
        };
        mine.map(load).collect::<Vec<Rule>>()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(load)).collect();
        let loaded = threads.into_iter().map(|thread| thread.join());
        loaded.flat_map(|rules| rules.expect("no panic")).collect()
    })
}

fn compiled(rules: &[Rule]) -> usize {
    let compiled = |rule: &&Rule| rule.preparation().from == CodeSource::Compiled;
    rules.iter().filter(compiled).count()
}

fn components(folder: &Path) -> Vec<(String, Arc<[u8]>)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|_| panic!("no {}: run `cargo xtask rules` first", folder.display()))
        .map(|file| file.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "wasm"))
        .collect();
    files.sort();
    let id = |path: &Path| path.file_stem().unwrap_or_default().display().to_string();
    files
        .iter()
        .map(|path| (id(path), read(path).into()))
        .collect()
}

/// Twenty rules of these components in turn, as different as their configurations allow.
fn configured(components: &[(String, Arc<[u8]>)]) -> Vec<(usize, Configuration)> {
    let rules = components
        .iter()
        .enumerate()
        .cycle()
        .take(RULES)
        .enumerate();
    rules
        .map(|(number, (component, (id, _)))| {
            let configuration = match id.as_str() {
                "ast_safety" => format!(r#"{{"max_code_bytes":{}}}"#, 100_000 + number),
                "pii_detection" => format!(r#"{{"allow":["{number}@example.org"]}}"#),
                "prompt_pattern_deny" => format!(r#"{{"max_bytes":{}}}"#, 1_000_000 + number),
                "routing" => format!(r#"{{"low_budget":0.{number}}}"#),
                _ => "{}".to_owned(),
            };
            let configuration = Configuration::from_json(&configuration).expect("valid");
            (component, configuration)
        })
        .collect()
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("a readable file")
}
