//! Runs a freshly configured rule over ordinary text, before the host takes its snapshot.
//!
//! Regular expressions build their automata lazily, while they read. What is built before the
//! snapshot is there in every evaluation; what is not is built again in every single one, which
//! costs a hundred times as much. So the text must be varied, and long enough (about 17 KB were
//! measured to suffice), and nothing about it may depend on time or chance: the same component and
//! configuration must always give the same snapshot.

use std::hint::black_box;

use crate::{Call, Role, Rule, Text, ToolCall};

const TEXTS: [&str; 4] = [
    include_str!("warm_up/prose.txt"),
    include_str!("warm_up/talk.txt"),
    include_str!("warm_up/code.txt"),
    include_str!("warm_up/world.txt"),
];

pub(crate) fn run<R: Rule>(rule: &R) {
    let calls = TEXTS
        .iter()
        .map(|text| (*text).to_owned())
        .chain(TEXTS.iter().map(|text| text.to_ascii_uppercase()))
        .chain(TEXTS.iter().map(|text| shuffled(text)))
        .flat_map(|text| [paragraphs(&text), vec![text]])
        .chain(
            R::EXAMPLES
                .iter()
                .map(|example| vec![(*example).to_owned()]),
        )
        .map(|texts| call(&texts));
    for mut call in calls {
        for stage in R::describe().stages {
            call.stage = stage;
            black_box(rule.evaluate(&call));
        }
    }
}

/// The same words in another order: every word is followed by another neighbour.
fn shuffled(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    // A step that shares no factor with the number of words visits each of them once.
    let step = (words.len() / 3..)
        .find(|step| gcd(*step, words.len()) == 1)
        .unwrap_or(1);
    let order = (0..words.len()).map(|index| words[index * step % words.len()]);
    order.collect::<Vec<_>>().join(" ")
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Short texts take other ways through a regular expression engine than long ones.
fn paragraphs(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A call that carries each text as an input, as an output, and as an argument of a tool call.
fn call(texts: &[String]) -> Call {
    let mut call = Call::empty();
    call.model = "gpt-4o".to_owned();
    let roles = [Role::System, Role::User, Role::Assistant, Role::Tool];
    for (index, content) in texts.iter().enumerate() {
        let role = roles[index % roles.len()];
        call.input
            .push(Text::new(role, &format!("/input/{index}"), content));
    }
    for (index, content) in texts.iter().take(4).enumerate() {
        call.output.push(Text::new(
            Role::Assistant,
            &format!("/output/{index}"),
            content,
        ));
        let arguments = serde_json::json!({ "code": content }).to_string();
        let place = format!("/tool_calls/{index}");
        call.tool_calls
            .push(ToolCall::new("run_code", &arguments, &place));
    }
    call
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_enough_text_to_warm_up_on() {
        let length: usize = TEXTS.iter().map(|text| text.len()).sum();
        assert!(length >= 17_000, "{length}");
    }

    #[test]
    fn shuffling_keeps_every_word() {
        let mut before: Vec<_> = TEXTS[0].split_whitespace().collect();
        let text = shuffled(TEXTS[0]);
        let mut after: Vec<_> = text.split_whitespace().collect();
        assert_ne!(before, after);
        before.sort_unstable();
        after.sort_unstable();
        assert_eq!(before, after);
    }
}
