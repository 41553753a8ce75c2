//! What WebAssembly costs: each rule in the host, from a fresh state, against the same code compiled for
//! this machine and kept.

use bijotel_rule_sdk::{Instance, Rule};

use super::{alone, call, prompt, time_of};
use crate::{median, show};

pub(super) fn run() {
    println!("\nIn WebAssembly against native, prompt of 10000 characters");
    compare::<rule_prompt_pattern_deny::PromptPatternDeny>();
    compare::<rule_pii::PiiDetection>();
    compare::<rule_ast_safety::AstSafety>();
    compare::<rule_routing::Routing>();
}

fn compare<R: Rule>() {
    let id = R::describe().id;
    let prompt = prompt(10_000);
    let native = Instance::<R>::new();
    native.configure("{}").expect("the default configuration");
    let native_call = bijotel_rule_sdk::Call::of_text(&prompt);
    let native = median(200, || {
        std::hint::black_box(native.evaluate(&native_call)).expect("configured");
    });
    let sandboxed = time_of(&alone(&id), &call(&prompt), 200);
    show(
        &id,
        &format!(
            "{:.2} times",
            sandboxed.as_secs_f64() / native.as_secs_f64()
        ),
        &[
            ("target", "2 times".to_owned()),
            ("in WebAssembly", super::ms(sandboxed.as_secs_f64())),
            ("native", super::ms(native.as_secs_f64())),
        ],
    );
}
