//! The texts of a call, one after the other, whatever part of the call they stand in.

use crate::{
    ByteRange, Call, Fact, RequestedLimits, Role, Stage, Text, TextKind, ToolCall, ToolDefinition,
};

/// Where a piece of text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// A text that goes to the model.
    Input(Role),
    /// A text that the model answered.
    Output(Role),
    /// The arguments of a tool call, JSON text, with the name of the tool.
    Arguments(&'a str),
}

/// One text of a call.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// Where it comes from.
    pub origin: Origin<'a>,
    /// JSON Pointer of the place in the call.
    pub place: &'a str,
    /// The text itself.
    pub text: &'a str,
}

impl Piece<'_> {
    /// The byte range `start..end` of this piece, widened to character boundaries and cut at the end
    /// of the text.
    pub fn range(&self, start: usize, end: usize) -> ByteRange {
        let end = self.text.ceil_char_boundary(end);
        let start = self.text.floor_char_boundary(start.min(end));
        ByteRange {
            place: self.place.to_owned(),
            start: position(start),
            end: position(end),
        }
    }
}

/// All input texts, output texts and tool-call arguments of a call, in this order.
pub fn pieces(call: &Call) -> impl Iterator<Item = Piece<'_>> {
    let input = call
        .input
        .iter()
        .map(|text| of_text(Origin::Input(text.role), text));
    let output = call
        .output
        .iter()
        .map(|text| of_text(Origin::Output(text.role), text));
    let arguments = call.tool_calls.iter().map(|tool_call| Piece {
        origin: Origin::Arguments(&tool_call.name),
        place: &tool_call.place,
        text: &tool_call.arguments,
    });
    input.chain(output).chain(arguments)
}

/// The texts by which an application describes its tools to the model: description and parameters of
/// each, with the place of the definition. The contract has no ranges in them.
pub fn tool_definitions(call: &Call) -> impl Iterator<Item = (&str, &str)> {
    call.tool_definitions
        .iter()
        .flat_map(|definition: &ToolDefinition| {
            [
                definition.description.as_deref(),
                definition.parameters.as_deref(),
            ]
            .into_iter()
            .flatten()
            .map(|text| (definition.place.as_str(), text))
        })
}

/// What the host vouches for.
impl Call {
    /// The value of a fact, if the host gave it.
    pub fn fact(&self, key: &str) -> Option<&str> {
        let fact = self.facts.iter().find(|fact| fact.key == key)?;
        Some(&fact.value)
    }

    /// What a counter of this rule stood at before this call. `None` if the host keeps no counters, or
    /// what it says is not a number: a rule that limits something should then deny.
    pub fn counter(&self, name: &str) -> Option<u64> {
        let is_it = |key: &str| key.strip_prefix("counter.") == Some(name);
        let fact = self.facts.iter().find(|fact| is_it(&fact.key))?;
        fact.value.parse().ok()
    }
}

impl Text {
    /// A whole message.
    pub fn new(role: Role, place: &str, content: &str) -> Self {
        Self {
            role,
            kind: TextKind::Message,
            place: place.to_owned(),
            content: content.to_owned(),
            choice: 0,
            window: None,
        }
    }
}

impl ToolCall {
    /// A tool call of this answer.
    pub fn new(name: &str, arguments: &str, place: &str) -> Self {
        Self {
            id: None,
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            place: place.to_owned(),
            choice: 0,
            earlier: false,
        }
    }
}

/// Conveniences for tests and warm-up; a host builds its calls field by field.
impl Call {
    /// A chat call at admission with nothing in it.
    pub fn empty() -> Self {
        Self {
            stage: Stage::Admission,
            provider: String::new(),
            model: String::new(),
            operation: "chat".to_owned(),
            limits: RequestedLimits {
                max_output_tokens: None,
                temperature: None,
                choices: None,
                stream: false,
            },
            input: Vec::new(),
            tool_definitions: Vec::new(),
            output: Vec::new(),
            tool_calls: Vec::new(),
            attachments: Vec::new(),
            answer: None,
            final_: true,
            facts: Vec::new(),
        }
    }

    /// A chat call at admission with one user message at `/input/0`.
    pub fn of_text(content: &str) -> Self {
        let mut call = Self::empty();
        call.input.push(Text::new(Role::User, "/input/0", content));
        call
    }

    /// The same call, with one fact more.
    #[must_use]
    pub fn with_fact(mut self, key: &str, value: &str) -> Self {
        self.facts.push(Fact {
            key: key.to_owned(),
            value: value.to_owned(),
        });
        self
    }

    /// A call in which the model asks for one tool call, at `/tool_calls/0`.
    pub fn of_tool_call(name: &str, arguments: &str) -> Self {
        let mut call = Self::empty();
        call.stage = Stage::Commitment;
        call.tool_calls
            .push(ToolCall::new(name, arguments, "/tool_calls/0"));
        call
    }
}

fn of_text<'a>(origin: Origin<'a>, text: &'a Text) -> Piece<'a> {
    Piece {
        origin,
        place: &text.place,
        text: &text.content,
    }
}

/// The contract counts in 32 bits; a component's whole memory is no larger than that.
fn position(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_from_every_part_of_a_call() {
        let mut call = Call::of_tool_call("run", "{}");
        call.input = Call::of_text("question").input;
        call.output
            .push(Text::new(Role::Assistant, "/output/0", "answer"));
        let seen: Vec<_> = pieces(&call)
            .map(|piece| (piece.place, piece.text))
            .collect();
        assert_eq!(
            seen,
            [
                ("/input/0", "question"),
                ("/output/0", "answer"),
                ("/tool_calls/0", "{}")
            ]
        );
    }

    #[test]
    fn a_counter_is_a_number_or_unknown() {
        let mut call = Call::empty();
        assert_eq!(call.counter("calls"), None);
        for (key, value) in [
            ("counter.calls", "12"),
            ("counter.tokens", "many"),
            ("owner", "me"),
        ] {
            call.facts.push(crate::Fact {
                key: key.to_owned(),
                value: value.to_owned(),
            });
        }
        assert_eq!(call.counter("calls"), Some(12));
        assert_eq!(call.counter("tokens"), None);
        assert_eq!(call.fact("owner"), Some("me"));
    }

    #[test]
    fn a_range_never_splits_a_character() {
        let call = Call::of_text("a\u{e9}b");
        let piece = pieces(&call).next().unwrap();
        let range = piece.range(2, 2);
        assert_eq!((range.start, range.end), (1, 3));
    }

    #[test]
    fn a_range_past_the_end_is_cut() {
        let call = Call::of_text("abc");
        let range = pieces(&call).next().unwrap().range(1, 99);
        assert_eq!((range.start, range.end), (1, 3));
    }
}
