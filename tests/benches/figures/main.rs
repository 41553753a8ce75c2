//! The figures of the README: `cargo xtask bench`.
//!
//! Every figure is compared in the same run with what limits it (bare SQLite commits, bare SHA-256) and
//! with the Python tool where it has the function. Nothing here passes or fails.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

mod memory;
mod python;
mod rules;
mod seal;
mod spans;
mod start;
mod verify;

use std::time::{Duration, Instant};

fn main() {
    // `cargo test --all-targets` starts benchmarks with `--test`: there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let only = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let sections: [(&str, fn()); 4] = [
        ("seal", seal::run),
        ("verify", verify::run),
        ("rules", rules::run),
        ("start", start::run),
    ];
    for (name, section) in sections {
        if only.as_ref().is_none_or(|only| only == name) {
            section();
        }
    }
}

/// Prints one figure and what it is compared with.
fn show(what: &str, value: &str, compared: &[(&str, String)]) {
    print!("{what:<46} {value:>16}");
    for (name, value) in compared {
        print!("   {name} {value}");
    }
    println!();
}

/// How long `work` takes: the median of `runs`.
fn median(runs: usize, mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn per_second(count: u64, time: Duration) -> String {
    format!("{:.0}/s", count as f64 / time.as_secs_f64())
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}
