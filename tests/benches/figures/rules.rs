//! The shipped rules, each evaluation from a fresh state: all default ones on prompts of three lengths
//! and on all cores, the injection rule beside signet's, each rule of texts on large hostile ones, and
//! the same code natively.

mod hostile;
mod native;

use std::time::{Duration, Instant};

use bijotel::{Call, ChainKey, Host, HostOptions, RuleConfig, RuleSet, RulesConfig, Stage};
use bijotel_tests::SECRET_HEX;

use crate::{median, python, show};

const TARGETS: [(usize, f64); 3] = [(30, 0.1), (1_000, 0.2), (10_000, 1.0)];

pub(crate) fn run() {
    let host = defaults();
    all_cores(&host);
    injection();
    hostile::run();
    native::run();
}

fn defaults() -> (tempfile::TempDir, Host) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let key = ChainKey::from_hex(SECRET_HEX).expect("a valid secret");
    let rules = RulesConfig::shipped_defaults();
    let started = Instant::now();
    let host = Host::open(HostOptions::new(
        &folder.path().join("chain.db"),
        key,
        rules,
    ))
    .expect("opened");
    let opened = started.elapsed();
    let started = Instant::now();
    host.dry_run(&call(&prompt(1_000))).expect("judged");
    println!(
        "\nAll {} default rules, stage admission, one thread",
        host.rules().entries().len()
    );
    show("open chain and rules", &ms(opened.as_secs_f64()), &[]);
    let first = ms(started.elapsed().as_secs_f64());
    show(
        "first evaluation",
        &first,
        &[("target", "100 ms".to_owned())],
    );
    for (length, target) in TARGETS {
        let prompt = prompt(length);
        let call = call(&prompt);
        let time = median(400, || {
            std::hint::black_box(host.dry_run(&call).expect("judged"));
        });
        show(
            &format!("prompt of {length} characters, p50"),
            &ms(time.as_secs_f64()),
            &[
                ("target", format!("{target} ms")),
                ("Python tool", python::rules_ms(&prompt)),
            ],
        );
        for outcome in host.dry_run(&call).expect("judged").outcomes {
            print!("    {}: fuel {}", outcome.name, outcome.fuel);
        }
        println!();
    }
    (folder, host)
}

/// How many calls a second all cores judge together.
fn all_cores((_folder, host): &(tempfile::TempDir, Host)) {
    const CALLS: usize = 4_000;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let call = call(&prompt(1_000));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..CALLS / threads {
                    std::hint::black_box(host.dry_run(&call).expect("judged"));
                }
            });
        }
    });
    show(
        &format!("prompt of 1000 characters, {threads} threads"),
        &crate::per_second(CALLS as u64, started.elapsed()),
        &[("target", "10000/s".to_owned())],
    );
}

/// The injection rule alone, with all decoders.
fn injection() {
    println!("\nThe rule prompt_pattern_deny alone");
    let rule = alone("prompt_pattern_deny");
    for (length, target) in [(56, 0.05), (2_048, 0.3)] {
        let prompt = prompt(length);
        show(
            &format!("prompt of {length} characters, p50"),
            &ms(time_of(&rule, &call(&prompt), 400).as_secs_f64()),
            &[
                ("target", format!("{target} ms")),
                ("signet", python::injection_ms(&prompt)),
            ],
        );
    }
}

/// A shipped rule alone, with its default configuration.
fn alone(id: &str) -> RuleSet {
    let engine = bijotel::rule_engine(None).expect("an engine");
    let mut rules = RulesConfig::none();
    rules.rules.push(RuleConfig::shipped(id));
    rules.load(&engine).expect("a shipped rule")
}

fn time_of(rule: &RuleSet, call: &Call, runs: usize) -> Duration {
    median(runs, || {
        std::hint::black_box(rule.evaluate(call));
    })
}

fn call(prompt: &str) -> Call {
    let mut call = Call::new(Stage::Admission);
    call.provider = "openai".to_owned();
    call.model = "gpt-4o-mini".to_owned();
    call.operation = "chat".to_owned();
    call.push_input(prompt);
    call
}

/// Ordinary text of a length, which no rule has anything to say about.
fn prompt(length: usize) -> String {
    const TEXT: &str = "Could you look at the draft of our quarterly letter and tell me whether the \
        tone fits? The second paragraph explains why the delivery was late; I would like it to be \
        shorter, and the numbers should match the table: 42 orders, 7 of them returned. ";
    TEXT.chars().cycle().take(length).collect()
}

fn ms(seconds: f64) -> String {
    format!("{:.3} ms", seconds * 1000.0)
}
