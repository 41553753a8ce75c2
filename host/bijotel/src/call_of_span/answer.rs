//! What a span says about the answer as a whole: model, finish reasons, tokens.

use bijotel_policy::Answer;
use bijotel_seal::canonical::{Object, Value};

/// Names of the attributes, the one of the newest conventions first.
const INPUT_TOKENS: &[&str] = &[
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.usage.prompt_tokens",
];
const OUTPUT_TOKENS: &[&str] = &[
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
];
const CACHED_INPUT_TOKENS: &[&str] = &[
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
];
const REASONING_TOKENS: &[&str] = &[
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
];
const FINISH_REASONS: &[&str] = &[
    "gen_ai.response.finish_reasons",
    "gen_ai.response.finish_reason",
];

/// What the attributes say about the answer; `None` if they say nothing.
pub(super) fn answer_of(attributes: &Object) -> Option<Answer> {
    let tokens = |keys: &[&str]| {
        let numbers = keys.iter().find_map(|key| match attributes.get(key)? {
            Value::Number(number) => Some(number.get()),
            _ => None,
        });
        // The cast saturates; a negative number is no count.
        numbers
            .filter(|number| *number >= 0.0)
            .map(|number| number as u64)
    };
    let reasons = FINISH_REASONS.iter().find_map(|key| attributes.get(key));
    let answer = Answer {
        model: attributes
            .get("gen_ai.response.model")
            .and_then(Value::as_str)
            .map(str::to_owned),
        finish_reasons: reasons.map(strings).unwrap_or_default(),
        input_tokens: tokens(INPUT_TOKENS),
        output_tokens: tokens(OUTPUT_TOKENS),
        cached_input_tokens: tokens(CACHED_INPUT_TOKENS),
        reasoning_tokens: tokens(REASONING_TOKENS),
    };
    (answer != Answer::default()).then_some(answer)
}

/// A list of strings, or one.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values
            .iter()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect(),
        _ => value.as_str().map(str::to_owned).into_iter().collect(),
    }
}
