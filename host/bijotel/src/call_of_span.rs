//! From what is sealed of a model call to what the rules see of it.
//!
//! A [`Call`] is made from the sealed body, not from the span as it came in: so a place in it is a
//! JSON Pointer (RFC 6901) into the body that is kept, and replaying a sealed body gives the same call.
//! Content is found in the attributes of the OpenTelemetry GenAI conventions, in their message form
//! (`parts`), in the plain forms of the OpenAI and Anthropic APIs, and in the older `gen_ai.prompt` and
//! `gen_ai.completion`.
//!
//! Every string becomes a text of its own; of a structured tool result, every string or number in it.
//! A number where a text is expected stands for its digits, because a prompt that is only a number was
//! sealed as one. Of images and files it is only said that they are there: their data is no text.

mod answer;
mod attachment;

use bijotel_policy::{Call, Role, Stage, Text, TextKind, ToolCall, ToolDefinition};
use bijotel_seal::Span;
use bijotel_seal::canonical::{MARK, Object, Value, read_sealed};

/// The call that a finished span tells of.
pub fn call_of_span(span: &Span, stage: Stage) -> Call {
    let canonical = span.bodies().canonical;
    // A span's canonical body is always UTF-8 and JSON; a call without content would be the safe
    // answer to anything else, because the rules still see that there is a call.
    let body = std::str::from_utf8(&canonical)
        .ok()
        .and_then(|text| read_sealed(text).ok());
    call_of_body(&body.unwrap_or(Value::Null), stage)
}

/// The call that a sealed span body tells of, as [`read_sealed`] reads it.
pub fn call_of_body(body: &Value, stage: Stage) -> Call {
    let mut reading = Reading::new(stage);
    let attributes = body
        .as_object()
        .and_then(|body| body.get("attributes")?.as_object());
    if let Some(attributes) = attributes {
        reading.parameters(attributes);
        reading.contents(attributes);
        reading.call.answer = answer::answer_of(attributes);
    }
    reading.call
}

/// The call in a list of messages in one of the plain forms, standing under `place`.
pub fn call_of_messages(messages: &Value, place: &str, stage: Stage) -> Call {
    let mut reading = Reading::new(stage);
    reading.messages(messages, place, Side::Input);
    reading.call
}

/// Whether a message went to the model or came from it.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Input,
    Output,
}

impl Side {
    /// Who speaks where a message does not say.
    fn speaker(self) -> Role {
        match self {
            Self::Input => Role::User,
            Self::Output => Role::Assistant,
        }
    }
}

struct Reading {
    call: Call,
    /// Of the message that is being read: which of the answer's choices it is.
    choice: u32,
    /// What the text that is being read is for.
    kind: TextKind,
}

impl Reading {
    fn new(stage: Stage) -> Self {
        Self {
            call: Call::new(stage),
            choice: 0,
            kind: TextKind::Message,
        }
    }

    fn parameters(&mut self, attributes: &Object) {
        let text = |keys: &[&str]| {
            let found = keys.iter().find_map(|key| attributes.get(key)?.as_str());
            found.unwrap_or_default().to_owned()
        };
        let number = |key| match attributes.get(key) {
            Some(Value::Number(number)) => Some(number.get()),
            _ => None,
        };
        self.call.provider = text(&["gen_ai.provider.name", "gen_ai.system"]);
        self.call.model = text(&["gen_ai.request.model", "gen_ai.response.model"]);
        self.call.operation = text(&["gen_ai.operation.name"]);
        let limits = &mut self.call.limits;
        // The casts saturate; a negative number is no limit.
        let count = |key| number(key).filter(|number| *number >= 0.0);
        limits.max_output_tokens = count("gen_ai.request.max_tokens").map(|count| count as u64);
        limits.temperature = number("gen_ai.request.temperature");
        limits.choices = count("gen_ai.request.choice.count").map(|count| count as u32);
        limits.stream = ["gen_ai.request.stream", "gen_ai.is_streaming"]
            .iter()
            .any(|key| attributes.get(key) == Some(&Value::Bool(true)));
    }

    fn contents(&mut self, attributes: &Object) {
        for (key, value) in attributes.iter() {
            let place = pointer("/attributes", key);
            match key {
                "gen_ai.system_instructions" => {
                    self.message(value, &place, Role::System, Side::Input);
                }
                "gen_ai.input.messages" | "gen_ai.prompt" => {
                    self.messages(value, &place, Side::Input);
                }
                "gen_ai.output.messages" | "gen_ai.completion" => {
                    self.messages(value, &place, Side::Output);
                }
                "gen_ai.tool.definitions" => self.tool_definitions(value, &place),
                "gen_ai.tool.call.arguments" => {
                    let text = |key: &str| Some(attributes.get(key)?.as_str()?.to_owned());
                    let name = text("gen_ai.tool.name").unwrap_or_default();
                    let id = text("gen_ai.tool.call.id");
                    self.tool_call(id, name, value, place, Side::Output);
                }
                "gen_ai.tool.call.result" => self.leaves(value, &place, Role::Tool, Side::Input),
                _ => self.numbered(attributes, key, value, place),
            }
        }
    }

    /// The attributes of older instrumentations that number their messages, as in
    /// `gen_ai.prompt.0.content` beside `gen_ai.prompt.0.role`.
    fn numbered(&mut self, attributes: &Object, key: &str, value: &Value, place: String) {
        let (side, rest) = match key.strip_prefix("gen_ai.prompt.") {
            Some(rest) => (Side::Input, rest),
            None => match key.strip_prefix("gen_ai.completion.") {
                Some(rest) => (Side::Output, rest),
                None => return,
            },
        };
        let sibling = |from: &str, to: &str| {
            let stem = key.strip_suffix(from)?;
            Some(attributes.get(&format!("{stem}{to}"))?.as_str()?.to_owned())
        };
        if rest.ends_with(".content") {
            let role = sibling("content", "role");
            let role = role.map_or(side.speaker(), |role| Role::from_name(&role));
            self.content(value, &place, role, side);
        } else if rest.ends_with(".arguments") {
            let name = sibling("arguments", "name").unwrap_or_default();
            self.tool_call(sibling("arguments", "id"), name, value, place, side);
        }
    }

    /// A list of messages, one message, or text that is none.
    fn messages(&mut self, value: &Value, place: &str, side: Side) {
        match value {
            Value::Array(messages) => {
                for (index, message) in messages.iter().enumerate() {
                    // Each message of an answer is one of its choices.
                    if side == Side::Output {
                        self.choice = u32::try_from(index).unwrap_or(u32::MAX);
                    }
                    self.message(message, &pointer(place, index), side.speaker(), side);
                    self.choice = 0;
                }
            }
            _ => self.message(value, place, side.speaker(), side),
        }
    }

    fn message(&mut self, value: &Value, place: &str, speaker: Role, side: Side) {
        let Some(message) = plain_object(value) else {
            return self.content(value, place, speaker, side);
        };
        if let Some(inner @ Value::Object(_)) = message.get("message") {
            return self.message(inner, &pointer(place, "message"), speaker, side);
        }
        let role = message.get("role").and_then(Value::as_str);
        let role = role.map_or(speaker, Role::from_name);
        let is_message = ["role", "parts", "tool_calls", "function_call"]
            .iter()
            .any(|name| message.get(name).is_some());
        if !is_message {
            // Instructions are a list of parts without a message around them.
            return self.part(message, place, role, side);
        }
        for (name, value) in message.iter() {
            let place = pointer(place, name);
            match name {
                "parts" | "content" => self.content(value, &place, role, side),
                "refusal" => self.leaves(value, &place, role, side),
                "reasoning" | "reasoning_content" => {
                    self.kind = TextKind::Reasoning;
                    self.leaves(value, &place, role, side);
                    self.kind = TextKind::Message;
                }
                "tool_calls" | "function_call" => self.tool_calls(value, &place, side),
                _ => {}
            }
        }
    }

    /// The content of a message: text, or a list of parts.
    fn content(&mut self, value: &Value, place: &str, role: Role, side: Side) {
        match value {
            Value::Array(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    let place = pointer(place, index);
                    match plain_object(part) {
                        Some(part) => self.part(part, &place, role, side),
                        None => self.leaves(part, &place, role, side),
                    }
                }
            }
            _ => match plain_object(value) {
                Some(part) => self.part(part, place, role, side),
                None => self.leaves(value, place, role, side),
            },
        }
    }

    fn part(&mut self, part: &Object, place: &str, role: Role, side: Side) {
        let text = |name: &str| Some(part.get(name)?.as_str()?.to_owned());
        match part.get("type").and_then(Value::as_str).unwrap_or_default() {
            "tool_call" | "tool_use" | "function_call" | "server_tool_call" | "server_tool_use" => {
                let arguments = ["arguments", "input", "server_tool_call"];
                let found = arguments
                    .iter()
                    .find_map(|name| Some((name, part.get(name)?)));
                let id = text("id").or_else(|| text("call_id"));
                let name = text("name").unwrap_or_default();
                match found {
                    Some((at, value)) => {
                        self.tool_call(id, name, value, pointer(place, at), side);
                    }
                    None => {
                        let place = pointer(place, "arguments");
                        self.tool_call(id, name, &Value::Null, place, side);
                    }
                }
            }
            "tool_call_response" | "tool_result" | "function_call_output" => {
                self.members(part, place, Role::Tool, side);
            }
            kind => {
                if let Some(attachment) = attachment::attachment_of(part, place, role) {
                    self.call.attachments.push(attachment);
                }
                self.kind = match kind {
                    "reasoning" | "thinking" => TextKind::Reasoning,
                    "document" | "search_result" | "file" | "input_file" => TextKind::Document,
                    _ => TextKind::Message,
                };
                self.members(part, place, role, side);
                self.kind = TextKind::Message;
            }
        }
    }

    /// All texts in the members of a part, whatever kind of part it is.
    fn members(&mut self, part: &Object, place: &str, role: Role, side: Side) {
        // Of the second kind is the audio of OpenAI's API.
        let base64 = matches!(
            part.get("type").and_then(Value::as_str),
            Some("blob" | "base64")
        ) || part.get("format").is_some();
        for (name, value) in part.iter() {
            let about = matches!(name, "type" | "id" | "call_id" | "tool_use_id" | "role")
                || matches!(
                    name,
                    "mime_type" | "media_type" | "modality" | "cache_control"
                )
                || (base64
                    && matches!(name, "content" | "data")
                    && value.as_str().is_some_and(attachment::is_base64));
            let inline_file = matches!(name, "url" | "uri" | "image_url" | "file_data")
                && value.as_str().is_some_and(|url| url.starts_with("data:"));
            if !about && !inline_file {
                self.leaves(value, &pointer(place, name), role, side);
            }
        }
    }

    /// Every text in a value of any shape.
    fn leaves(&mut self, value: &Value, place: &str, role: Role, side: Side) {
        match value {
            Value::String(content) => self.text(content.clone(), place.to_owned(), role, side),
            Value::Number(_) => {
                let content = String::from_utf8_lossy(&value.to_canonical()).into_owned();
                self.text(content, place.to_owned(), role, side);
            }
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.leaves(value, &pointer(place, index), role, side);
                }
            }
            Value::Object(object) => match object.get(MARK).and_then(Value::as_str) {
                None => self.members(object, place, role, side),
                Some("bytes") => {}
                Some(_) => {
                    for (name, value) in object.iter().filter(|(name, _)| *name != MARK) {
                        self.leaves(value, &pointer(place, name), role, side);
                    }
                }
            },
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn text(&mut self, content: String, place: String, role: Role, side: Side) {
        let texts = match side {
            Side::Input => &mut self.call.input,
            Side::Output => &mut self.call.output,
        };
        texts.push(Text {
            kind: self.kind,
            choice: self.choice,
            ..Text::new(role, place, content)
        });
    }

    /// Tool calls beside the content of a message, as OpenAI's API has them.
    fn tool_calls(&mut self, value: &Value, place: &str, side: Side) {
        if let Value::Array(calls) = value {
            for (index, call) in calls.iter().enumerate() {
                self.tool_calls(call, &pointer(place, index), side);
            }
        } else if let Some(call) = plain_object(value) {
            let id = call.get("id").and_then(Value::as_str).map(str::to_owned);
            let (function, place) = match call.get("function").and_then(plain_object) {
                Some(function) => (function, pointer(place, "function")),
                None => (call, place.to_owned()),
            };
            let name = function
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let arguments = function.get("arguments").unwrap_or(&Value::Null);
            let place = pointer(&place, "arguments");
            self.tool_call(id, name.to_owned(), arguments, place, side);
        }
    }

    fn tool_call(
        &mut self,
        id: Option<String>,
        name: String,
        arguments: &Value,
        place: String,
        side: Side,
    ) {
        let arguments = json_text(arguments).unwrap_or_default();
        self.call.tool_calls.push(ToolCall {
            id,
            name,
            arguments,
            place,
            choice: self.choice,
            earlier: side == Side::Input,
        });
    }

    fn tool_definitions(&mut self, value: &Value, place: &str) {
        let Value::Array(definitions) = value else {
            // Not the JSON that it should be: shown whole, rather than not at all.
            if let Some(text) = json_text(value) {
                let place = place.to_owned();
                let (name, parameters) = (String::new(), None);
                let description = Some(text);
                let definition = ToolDefinition {
                    name,
                    description,
                    parameters,
                    place,
                };
                self.call.tool_definitions.push(definition);
            }
            return;
        };
        for (index, definition) in definitions.iter().enumerate() {
            let place = pointer(place, index);
            let Some(definition) = plain_object(definition) else {
                continue;
            };
            let function = definition
                .get("function")
                .and_then(plain_object)
                .unwrap_or(definition);
            let text = |name| Some(function.get(name)?.as_str()?.to_owned());
            let parameters = ["parameters", "input_schema"];
            let parameters = parameters
                .iter()
                .find_map(|name| json_text(function.get(name)?));
            let (name, description) = (text("name").unwrap_or_default(), text("description"));
            let definition = ToolDefinition {
                name,
                description,
                parameters,
                place,
            };
            self.call.tool_definitions.push(definition);
        }
    }
}

/// An object that is not a marked form.
fn plain_object(value: &Value) -> Option<&Object> {
    value
        .as_object()
        .filter(|object| object.get(MARK).is_none())
}

/// A string as it is, any other value but null as canonical JSON.
fn json_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        // Canonical JSON is UTF-8: nothing is lost.
        _ => Some(String::from_utf8_lossy(&value.to_canonical()).into_owned()),
    }
}

/// The JSON Pointer of the member or item `step` of what stands at `place`.
fn pointer(place: &str, step: impl std::fmt::Display) -> String {
    let step = step.to_string();
    if step.contains(['~', '/']) {
        format!("{place}/{}", step.replace('~', "~0").replace('/', "~1"))
    } else {
        format!("{place}/{step}")
    }
}

#[cfg(test)]
mod tests;
