//! The `bijotel` command: seals, verifies, exports and serves chains from a shell.
//!
//! What it prints for the verbs of the Python tool of the same name is what that tool prints;
//! `docs/cli.md` describes everything beyond that.

mod app;
mod config;
mod credentials;
mod exit;
mod files;
mod indent;
mod output;
mod prices;
mod progress;
mod range;
mod request;
mod summary;
mod times;
mod verbs;

use std::process::ExitCode;

fn main() -> ExitCode {
    app::run()
}
