//! A model call as a rule sees it: plain types, with the JSON form that REST, the command line and
//! tests use.
//!
//! The JSON form follows the records of `wit/policy.wit` field by field, in snake case. Every field but
//! `stage` may be left out; a field nobody knows is an error, so that a misspelt one is not ignored.

use serde::{Deserialize, Serialize};

/// Where in the life of a model call a rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Before the call is sent to the model.
    Admission,
    /// While the answer arrives.
    Inspection,
    /// Before a tool call of the model is released to the application.
    Commitment,
    /// When a finished call is sealed; nothing can be stopped any more.
    Record,
}

impl Stage {
    /// All stages, in the order of a call's life.
    pub const ALL: [Self; 4] = [
        Self::Admission,
        Self::Inspection,
        Self::Commitment,
        Self::Record,
    ];

    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admission => "admission",
            Self::Inspection => "inspection",
            Self::Commitment => "commitment",
            Self::Record => "record",
        }
    }
}

/// Who wrote a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The operator's instructions.
    System,
    /// Instructions of the application, where a provider tells them from the system's.
    Developer,
    /// A person, or whoever speaks for one.
    User,
    /// The model.
    Assistant,
    /// A tool's result.
    Tool,
    /// Anything else.
    #[default]
    Other,
}

impl Role {
    /// The role that a provider's spelling means; [`Role::Other`] if it is none of the known ones.
    pub fn from_name(name: &str) -> Self {
        match name {
            "system" => Self::System,
            "developer" => Self::Developer,
            "user" | "human" => Self::User,
            "assistant" | "ai" | "model" => Self::Assistant,
            "tool" | "function" => Self::Tool,
            _ => Self::Other,
        }
    }
}

/// What a text is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// What is said: an instruction, a message, a tool's result, an answer.
    #[default]
    Message,
    /// What the model thinks before it answers.
    Reasoning,
    /// A document that is handed to the model beside the messages.
    Document,
}

/// Which part of a longer text a text is, while an answer streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Bytes of the whole text before the first one of the content.
    pub offset: u64,
    /// So many bytes at the start of the content were judged before; no edit may touch them.
    pub judged: u32,
    /// Nothing more of this text follows.
    pub last: bool,
}

/// One text of the call: one content block of one message or of one choice of the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Who wrote it.
    #[serde(default)]
    pub role: Role,
    /// What it is for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: TextKind,
    /// Where it stands in the call: a JSON Pointer (RFC 6901), unique within the call.
    pub place: String,
    /// The text itself.
    pub content: String,
    /// Of an answer: which of the requested choices it belongs to, from 0.
    #[serde(default, skip_serializing_if = "is_default")]
    pub choice: u32,
    /// Which part of a streamed text the content is; `None` if it is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

impl Text {
    /// A whole message.
    pub fn new(role: Role, place: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            role,
            place: place.into(),
            content: content.into(),
            ..Self::default()
        }
    }
}

/// Something of the call that is not text, such as an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Who sent it.
    #[serde(default)]
    pub role: Role,
    /// Where it stands in the call: a JSON Pointer (RFC 6901).
    pub place: String,
    /// Media type, such as `image/png` or `image/*`; empty if unknown.
    #[serde(default)]
    pub media_type: String,
    /// Its size in bytes, if it is in the call and not only referred to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// A tool that the application offers to the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolDefinition {
    /// The tool's name.
    pub name: String,
    /// What the model is told about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of the parameters, as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<String>,
    /// Where the definition stands in the call: a JSON Pointer (RFC 6901).
    pub place: String,
}

/// A tool call that the model asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// The provider's id of this call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The tool's name.
    pub name: String,
    /// The arguments as JSON text, exactly as the model wrote them.
    pub arguments: String,
    /// Where the arguments stand in the call: a JSON Pointer (RFC 6901).
    pub place: String,
    /// Which of the requested choices asks for it, from 0.
    #[serde(default, skip_serializing_if = "is_default")]
    pub choice: u32,
    /// It is of an earlier turn, now part of what goes to the model.
    #[serde(default, skip_serializing_if = "is_default")]
    pub earlier: bool,
}

/// What the provider said about its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// The model that answered; often more exact than the requested one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Of each choice, as the provider spells it.
    pub finish_reasons: Vec<String>,
    /// Tokens of what went to the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens of the answer, those of reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// Of the input tokens, those read from the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_input_tokens: Option<u64>,
    /// Of the output tokens, those of reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
}

/// What the caller asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestedLimits {
    /// The most tokens the answer may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// Sampling temperature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// How many answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<u32>,
    /// Whether the answer is streamed.
    pub stream: bool,
}

/// Something the host vouches for, such as an owner or a counter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The key, documented by the host.
    pub key: String,
    /// The value, as text.
    pub value: String,
}

/// A model call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Where in its life the call is.
    pub stage: Stage,
    /// For example `openai` or `anthropic`; empty if unknown.
    #[serde(default)]
    pub provider: String,
    /// The requested model; empty if unknown.
    #[serde(default)]
    pub model: String,
    /// For example `chat`, `text_completion`, `embeddings`, `execute_tool`.
    #[serde(default)]
    pub operation: String,
    /// What the caller asked for.
    #[serde(default)]
    pub limits: RequestedLimits,
    /// What goes to the model: instructions, messages of all roles, tool results.
    #[serde(default)]
    pub input: Vec<Text>,
    /// Tools offered to the model.
    #[serde(default)]
    pub tool_definitions: Vec<ToolDefinition>,
    /// What the model has answered so far.
    #[serde(default)]
    pub output: Vec<Text>,
    /// Tool calls of the model, in earlier turns and in this answer.
    #[serde(default)]
    pub tool_calls: Vec<ToolCall>,
    /// What is not text, such as images.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// What the provider said about its answer, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// In a stream: true when nothing more follows. Otherwise always true.
    #[serde(default = "yes")]
    pub r#final: bool,
    /// What the host vouches for. A rule gets only the keys that its description names, and its
    /// counters.
    #[serde(default)]
    pub facts: Vec<Fact>,
}

fn yes() -> bool {
    true
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Call {
    /// A call that says nothing yet.
    pub fn new(stage: Stage) -> Self {
        Self {
            stage,
            provider: String::new(),
            model: String::new(),
            operation: String::new(),
            limits: RequestedLimits::default(),
            input: Vec::new(),
            tool_definitions: Vec::new(),
            output: Vec::new(),
            tool_calls: Vec::new(),
            attachments: Vec::new(),
            answer: None,
            r#final: true,
            facts: Vec::new(),
        }
    }

    /// Add what the user says. Its place is `/input/N`, where N counts from 0.
    pub fn push_input(&mut self, content: impl Into<String>) {
        let place = format!("/input/{}", self.input.len());
        self.input.push(Text::new(Role::User, place, content));
    }

    /// How many bytes of text a rule would be handed, with 64 added for every record.
    ///
    /// This is what [`Limits::input_bytes`](crate::Limits::input_bytes) limits.
    pub fn size(&self) -> u64 {
        const RECORD: usize = 64;
        let text = |text: &Text| RECORD + text.place.len() + text.content.len();
        let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let total = RECORD
            + self.provider.len()
            + self.model.len()
            + self.operation.len()
            + self.input.iter().map(text).sum::<usize>()
            + self.output.iter().map(text).sum::<usize>()
            + self
                .tool_definitions
                .iter()
                .map(|tool| {
                    RECORD
                        + tool.name.len()
                        + tool.place.len()
                        + optional(&tool.description)
                        + optional(&tool.parameters)
                })
                .sum::<usize>()
            + self
                .tool_calls
                .iter()
                .map(|call| {
                    RECORD
                        + call.name.len()
                        + call.place.len()
                        + call.arguments.len()
                        + optional(&call.id)
                })
                .sum::<usize>()
            + self
                .attachments
                .iter()
                .map(|part| RECORD + part.place.len() + part.media_type.len())
                .sum::<usize>()
            + self.answer.as_ref().map_or(0, |answer| {
                let reasons = answer.finish_reasons.iter();
                RECORD
                    + optional(&answer.model)
                    + reasons.map(|reason| 8 + reason.len()).sum::<usize>()
            })
            + self
                .facts
                .iter()
                .map(|fact| RECORD + fact.key.len() + fact.value.len())
                .sum::<usize>();
        total as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_alone_is_a_call() {
        let call: Call = serde_json::from_str(r#"{"stage":"record"}"#).unwrap();
        assert_eq!(call, Call::new(Stage::Record));
        assert!(call.r#final);
    }

    #[test]
    fn a_misspelt_field_is_refused_by_name() {
        let error = serde_json::from_str::<Call>(r#"{"stage":"record","inptu":[]}"#).unwrap_err();
        assert!(error.to_string().contains("inptu"), "{error}");
    }

    #[test]
    fn stage_names_are_their_json() {
        for stage in Stage::ALL {
            let json = serde_json::to_string(&stage).unwrap();
            assert_eq!(json, format!("\"{}\"", stage.as_str()));
        }
    }

    #[test]
    fn json_keeps_every_field() {
        let json = serde_json::json!({
            "stage": "admission", "provider": "openai", "model": "m", "operation": "chat",
            "limits": {"max_output_tokens": 5, "temperature": 0.5, "choices": 2, "stream": true},
            "input": [{"role": "user", "place": "/input/0", "content": "hi"}],
            "tool_definitions": [{"name": "t", "description": "d", "parameters": "{}", "place": "/tools/0"}],
            "output": [{"role": "assistant", "kind": "reasoning", "place": "/output/0", "content": "ho",
                        "choice": 1, "window": {"offset": 8, "judged": 1, "last": true}}],
            "tool_calls": [{"id": "1", "name": "t", "arguments": "{}", "place": "/output/1",
                            "choice": 1, "earlier": true}],
            "attachments": [{"role": "user", "place": "/input/1", "media_type": "image/png", "size": 9}],
            "answer": {"model": "m-1", "finish_reasons": ["stop"], "input_tokens": 1, "output_tokens": 2,
                       "cached_input_tokens": 3, "reasoning_tokens": 4},
            "final": false,
            "facts": [{"key": "owner", "value": "me"}],
        });
        let call: Call = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&call).unwrap(), json);
    }
}
