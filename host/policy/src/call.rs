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

/// One text of the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Who wrote it.
    #[serde(default)]
    pub role: Role,
    /// Where it stands in the call: a JSON Pointer (RFC 6901), unique within the call.
    pub place: String,
    /// The text itself.
    pub content: String,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// In a stream: true when nothing more follows. Otherwise always true.
    #[serde(default = "yes")]
    pub r#final: bool,
    /// What the host vouches for. A rule gets only the keys that its description names.
    #[serde(default)]
    pub facts: Vec<Fact>,
}

fn yes() -> bool {
    true
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
            r#final: true,
            facts: Vec::new(),
        }
    }

    /// Add what the user says. Its place is `/input/N`, where N counts from 0.
    pub fn push_input(&mut self, content: impl Into<String>) {
        let place = format!("/input/{}", self.input.len());
        self.input.push(Text {
            role: Role::User,
            place,
            content: content.into(),
        });
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
            "output": [{"role": "assistant", "place": "/output/0", "content": "ho"}],
            "tool_calls": [{"id": "1", "name": "t", "arguments": "{}", "place": "/output/1"}],
            "final": false,
            "facts": [{"key": "owner", "value": "me"}],
        });
        let call: Call = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&call).unwrap(), json);
    }
}
