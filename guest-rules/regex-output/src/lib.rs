//! Rule `regex_output`: the operator's patterns in what the model answers.
//!
//! `docs/rules/regex_output.md` says what it catches and what it cannot.

use bijotel_rule_sdk::{
    Call, Description, Evaluation, Origin, PatternConfig, Patterns, Piece, Rule, Stage, export_rule,
};
use serde::Deserialize;

const SCHEMA: &str = include_str!("config.schema.json");

/// The configuration of the rule.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The patterns. Default none, so that nothing is found.
    pub patterns: Vec<PatternConfig>,
}

/// The rule.
#[derive(Debug)]
pub struct RegexOutput(Patterns);

impl Rule for RegexOutput {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            look_back: 1024,
            ..bijotel_rule_sdk::description(
                "regex_output",
                env!("CARGO_PKG_VERSION"),
                "Blocks or redacts what the operator's patterns match in the answer.",
                &[Stage::Inspection, Stage::Commitment, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        Ok(Self(Patterns::new("regex_output", &config.patterns)?))
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut search = self.0.search();
        // When a tool call is judged, the text before it was judged already and may have been released.
        let texts = match call.stage {
            Stage::Commitment => &[],
            _ => call.output.as_slice(),
        };
        for text in texts {
            let piece = Piece {
                origin: Origin::Output(text.role),
                place: &text.place,
                text: &text.content,
            };
            let judged = text.window.map_or(0, |window| window.judged);
            search.text(&piece, usize::try_from(judged).unwrap_or(usize::MAX));
        }
        for tool_call in call
            .tool_calls
            .iter()
            .filter(|tool_call| !tool_call.earlier)
        {
            let piece = Piece {
                origin: Origin::Arguments(&tool_call.name),
                place: &tool_call.place,
                text: &tool_call.arguments,
            };
            search.text(&piece, 0);
        }
        search.finish().finish()
    }
}

export_rule!(RegexOutput);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{Role, Text, Verdict, Window, testing};

    const REDACT: &str =
        r#"{"patterns":[{"pattern":"T-\\d{4}","action":"redact","label":"ticket"}]}"#;

    fn answered(text: &str) -> Call {
        let mut call = Call::of_text("T-9999");
        call.stage = Stage::Inspection;
        call.output
            .push(Text::new(Role::Assistant, "/output/0", text));
        call
    }

    fn ask(call: &Call) -> Evaluation {
        testing::ask::<RegexOutput>(REDACT, call).unwrap()
    }

    #[test]
    fn without_patterns_nothing_is_found() {
        assert!(testing::codes::<RegexOutput>("{}", &answered("anything")).is_empty());
    }

    #[test]
    fn the_answer_is_searched_and_not_the_question() {
        assert_eq!(ask(&answered("none")).verdict, Verdict::Allow);
        let evaluation = ask(&answered("see T-1234"));
        assert_eq!(evaluation.findings[0].code, "regex_output.ticket");
        assert_eq!(evaluation.findings[0].ranges[0].place, "/output/0");
    }

    #[test]
    fn what_stands_across_two_windows_is_seen_and_its_rest_replaced() {
        let mut call = answered("see T-1234");
        call.output[0].window = Some(Window {
            offset: 0,
            judged: 7,
            last: true,
        });
        let Verdict::Redact(edits) = ask(&call).verdict else {
            panic!("nothing was redacted");
        };
        assert_eq!((edits[0].range.start, edits[0].range.end), (7, 10));
    }

    #[test]
    fn what_was_judged_is_not_found_again() {
        let mut call = answered("see T-1234 and more");
        call.output[0].window = Some(Window {
            offset: 0,
            judged: 10,
            last: false,
        });
        assert_eq!(ask(&call).verdict, Verdict::Allow);
    }

    #[test]
    fn arguments_of_tool_calls_are_part_of_the_answer() {
        let call = Call::of_tool_call("t", r#"{"id":"T-1234"}"#);
        assert!(matches!(ask(&call).verdict, Verdict::Redact(_)));
    }

    #[test]
    fn with_a_tool_call_only_its_arguments_are_judged() {
        let mut call = answered("see T-1234");
        call.stage = Stage::Commitment;
        assert_eq!(ask(&call).verdict, Verdict::Allow);
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<RegexOutput>().unwrap();
    }
}
