//! All default rules on prompts of three lengths, each evaluation from a fresh state.

use std::time::Instant;

use bijotel::{Call, ChainKey, Host, HostOptions, RulesConfig, Stage};
use bijotel_tests::SECRET_HEX;

use crate::{median, python, show};

const TARGETS: [(usize, f64); 3] = [(30, 0.1), (1_000, 0.2), (10_000, 1.0)];

pub(crate) fn run() {
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
    host.dry_run(&call(&prompt(1_000)));
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
            std::hint::black_box(host.dry_run(&call));
        });
        show(
            &format!("prompt of {length} characters, p50"),
            &ms(time.as_secs_f64()),
            &[
                ("target", format!("{target} ms")),
                ("Python tool", python::rules_ms(&prompt)),
            ],
        );
        for outcome in host.dry_run(&call).outcomes {
            print!("    {}: fuel {}", outcome.name, outcome.fuel);
        }
        println!();
    }
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
