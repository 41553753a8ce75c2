//! How many tokens a call has: what the provider counted, or else an estimate from its texts.
//!
//! The estimate takes a quarter of a token for each ASCII letter and each white space, half a token for
//! every other ASCII character and for every byte of other characters, and eight tokens for each
//! message, for what stands around it. It is meant to be too high rather than too low: English prose has
//! some four and a half characters a token, code and figures fewer, Chinese about one character.

use crate::{Attachment, Call, Stage};

/// Tokens for the role of a message and what else stands around a text.
const OVERHEAD: u64 = 8;

/// Tokens of an image, and the least of any other attachment. Providers ask 85 to 1 600 for one.
const ATTACHMENT: u64 = 1600;

/// Bytes of an attachment that is neither text nor image, for one token. A page of a document has tens
/// of thousands of bytes and up to 3 000 tokens.
const BYTES_PER_TOKEN: u64 = 30;

/// The tokens of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Of what goes to the model.
    pub input: u64,
    /// Of `input`, those that the provider read from its cache; 0 where that is not known.
    pub cached_input: u64,
    /// Of the answer, those of reasoning included.
    pub output: u64,
}

impl Tokens {
    /// At the record stage what the call has used, at any other what it may use at most.
    ///
    /// `assumed_output` is the length of an answer for which the call asks for no limit.
    pub fn of(call: &Call, assumed_output: u64) -> Self {
        if call.stage == Stage::Record {
            Self::used(call)
        } else {
            Self::planned(call, assumed_output)
        }
    }

    /// What a call may use: its input, estimated, and the longest answer it asks for, once for each
    /// choice. Embeddings have no answer in tokens.
    pub fn planned(call: &Call, assumed_output: u64) -> Self {
        let longest = call.limits.max_output_tokens.unwrap_or(assumed_output);
        let choices = u64::from(call.limits.choices.unwrap_or(1).max(1));
        let output = match call.operation.as_str() {
            "embeddings" => 0,
            _ => longest.saturating_mul(choices),
        };
        Self {
            input: input(call),
            cached_input: 0,
            output,
        }
    }

    /// What a call has used: the provider's figures, and where it gave none, an estimate from what the
    /// answer consists of. Reasoning that the provider does not show is then not counted.
    pub fn used(call: &Call) -> Self {
        let answer = call.answer.as_ref();
        let input = answer
            .and_then(|answer| answer.input_tokens)
            .unwrap_or_else(|| input(call));
        let cached = answer.and_then(|answer| answer.cached_input_tokens);
        Self {
            input,
            cached_input: cached.unwrap_or(0).min(input),
            output: answer
                .and_then(|answer| answer.output_tokens)
                .unwrap_or_else(|| output(call)),
        }
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

impl Call {
    /// Whether this is a call of a model, and not another operation that telemetry also reports, such
    /// as a tool that was executed or an agent that was invoked. Their figures repeat those of the
    /// model calls in them.
    pub fn is_model_call(&self) -> bool {
        !matches!(
            self.operation.as_str(),
            "execute_tool" | "create_agent" | "invoke_agent" | "invoke_workflow"
        )
    }
}

/// Roughly how many tokens a text has; see the module for how.
pub(crate) fn estimate(text: &str) -> u64 {
    let quarters: u64 = text.bytes().map(quarters).sum();
    quarters.div_ceil(4)
}

fn quarters(byte: u8) -> u64 {
    if byte.is_ascii_alphabetic() || byte.is_ascii_whitespace() {
        1
    } else {
        2
    }
}

fn input(call: &Call) -> u64 {
    let texts = call.input.iter().map(|text| estimate(&text.content));
    let definitions = call.tool_definitions.iter().map(|tool| {
        let parts = [tool.description.as_deref(), tool.parameters.as_deref()];
        let parts = parts.into_iter().flatten().map(estimate).sum::<u64>();
        estimate(&tool.name) + parts
    });
    let earlier = call.tool_calls.iter().filter(|tool_call| tool_call.earlier);
    let earlier =
        earlier.map(|tool_call| estimate(&tool_call.name) + estimate(&tool_call.arguments));
    let written = texts.chain(definitions).chain(earlier);
    let attached = call.attachments.iter().map(attachment).sum::<u64>();
    written.map(|tokens| tokens + OVERHEAD).sum::<u64>() + attached
}

fn output(call: &Call) -> u64 {
    let texts = call.output.iter().map(|text| estimate(&text.content));
    let asked = call
        .tool_calls
        .iter()
        .filter(|tool_call| !tool_call.earlier);
    let asked = asked.map(|tool_call| estimate(&tool_call.name) + estimate(&tool_call.arguments));
    texts.chain(asked).map(|tokens| tokens + OVERHEAD).sum()
}

fn attachment(attachment: &Attachment) -> u64 {
    let size = attachment.size.unwrap_or(0);
    let kind = attachment.media_type.split('/').next().unwrap_or_default();
    match kind {
        "image" => ATTACHMENT,
        "text" => ATTACHMENT.max(size / 2),
        _ => ATTACHMENT.max(size / BYTES_PER_TOKEN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Role, Text, ToolCall, ToolDefinition};

    fn answer(input: Option<u64>, output: Option<u64>) -> Answer {
        Answer {
            model: None,
            finish_reasons: Vec::new(),
            input_tokens: input,
            output_tokens: output,
            cached_input_tokens: None,
            reasoning_tokens: None,
        }
    }

    #[test]
    fn a_text_is_estimated_by_its_characters() {
        assert_eq!(estimate(""), 0);
        assert_eq!(estimate("abcd"), 1);
        assert_eq!(estimate("abcd efgh"), 3, "rounded up");
        assert_eq!(estimate("0123"), 2, "figures take more tokens than words");
        assert_eq!(
            estimate("\u{8bed}\u{8a00}"),
            3,
            "so do signs that stand for words"
        );
    }

    #[test]
    fn everything_that_goes_to_the_model_counts() {
        let mut call = Call::of_text("abcd");
        assert_eq!(Tokens::planned(&call, 0).input, 1 + 8);
        call.tool_definitions.push(ToolDefinition {
            name: "abcd".to_owned(),
            description: Some("abcd".to_owned()),
            parameters: Some("abcd".to_owned()),
            place: "/tools/0".to_owned(),
        });
        assert_eq!(Tokens::planned(&call, 0).input, 9 + 3 + 8);
        let mut earlier = ToolCall::new("abcd", "abcd", "/input/1");
        call.tool_calls.push(earlier.clone());
        assert_eq!(
            Tokens::planned(&call, 0).input,
            20,
            "a tool call of the answer is no input"
        );
        earlier.earlier = true;
        call.tool_calls.push(earlier);
        assert_eq!(Tokens::planned(&call, 0).input, 30);
    }

    #[test]
    fn attachments_count_by_kind_and_size() {
        let tokens = |media_type: &str, size| {
            attachment(&Attachment {
                role: Role::User,
                place: "/input/1".to_owned(),
                media_type: media_type.to_owned(),
                size,
            })
        };
        assert_eq!(tokens("image/png", Some(5_000_000)), 1600);
        assert_eq!(tokens("application/pdf", Some(300_000)), 10_000);
        assert_eq!(tokens("text/csv", Some(300_000)), 150_000);
        assert_eq!(tokens("", None), 1600);
    }

    #[test]
    fn an_answer_is_planned_as_long_as_asked_for_each_choice() {
        let mut call = Call::of_text("hi");
        assert_eq!(Tokens::planned(&call, 100).output, 100);
        call.limits.max_output_tokens = Some(7);
        call.limits.choices = Some(3);
        assert_eq!(Tokens::planned(&call, 100).output, 21);
        call.limits.max_output_tokens = Some(u64::MAX);
        assert_eq!(Tokens::planned(&call, 100).total(), u64::MAX);
        call.operation = "embeddings".to_owned();
        assert_eq!(Tokens::planned(&call, 100).output, 0);
    }

    #[test]
    fn what_the_provider_counted_is_used() {
        let mut call = Call::of_text("hi");
        call.stage = Stage::Record;
        call.answer = Some(Answer {
            cached_input_tokens: Some(4),
            ..answer(Some(11), Some(5))
        });
        let expected = Tokens {
            input: 11,
            cached_input: 4,
            output: 5,
        };
        assert_eq!(Tokens::of(&call, 100), expected);
    }

    #[test]
    fn what_the_provider_did_not_count_is_estimated_from_the_answer() {
        let mut call = Call::of_text("abcd");
        call.stage = Stage::Record;
        assert_eq!(Tokens::of(&call, 100).output, 0, "no answer, no output");
        call.output
            .push(Text::new(Role::Assistant, "/output/0", "abcdefgh"));
        call.tool_calls
            .push(ToolCall::new("abcd", "abcd", "/output/1"));
        call.answer = Some(answer(None, None));
        let tokens = Tokens::of(&call, 100);
        assert_eq!((tokens.input, tokens.output), (9, 20));
    }
}
