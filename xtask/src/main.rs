//! Builds, set-up and checks that need more than cargo: `cargo xtask VERB`.

mod bench;
mod instructions;
mod quality_command;
mod rules;
mod run;
mod steps;
mod test;
mod tools;
mod verifier;
mod wasm_target;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask VERB

  run           build what is missing, make a configuration if there is none, and serve;
                further arguments go to `bijotel serve`
  test          set up what is missing, and run every check and test
  bench         print the figures of the README; `bench seal`, `verify`, `rules` or `start` for one part,
                `bench instructions` for counts that a busy machine does not change
  quality       measure the rules on tests/corpus and write docs/quality.md; `--misses` says what went wrong,
                `--rule ID` and `--half tuning|test` choose a part, `--corpus DIR` measures another corpus
  contract      write the reference part of docs/contract.md from wit/policy.wit
  rules         build all rules of guest-rules as components, and prepare them for embedding
  verifier      build the browser verifier: one HTML file that needs nothing else
  wasm-target   make `cargo build --target wasm32-unknown-unknown` work
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let verb = arguments.first().map_or("", String::as_str);
    let result = match verb {
        "run" => run::run_host(arguments.get(1..).unwrap_or_default()),
        "test" => test::run_tests(),
        "bench" => bench::run_figures(arguments.get(1..).unwrap_or_default()),
        "quality" => quality_command::run(arguments.get(1..).unwrap_or_default()),
        "contract" => xtask::contract::write(workspace::root()),
        "rules" => rules::run(),
        "verifier" => verifier::run(),
        "wasm-target" => wasm_target::run(),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{verb}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
