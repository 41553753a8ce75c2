//! A case's call: short keys for what most cases need, added to the JSON form of a call.

use std::collections::BTreeMap;

use bijotel_policy::{Call, Stage};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The longest text that `repeat` makes, in bytes.
const MAX_REPEATED: usize = 16 << 20;

/// The short keys of a case.
pub(super) struct Short {
    pub(super) system: Part,
    pub(super) user: Part,
    pub(super) messages: Part,
    pub(super) tool_result: Part,
    pub(super) output: Part,
    pub(super) tool: Option<String>,
    pub(super) arguments: Option<Value>,
    pub(super) facts: BTreeMap<String, Fact>,
}

/// One text, or several.
pub(super) type Part = Option<Value>;

/// A fact's value: facts are texts, but a number is easier to write.
#[derive(Clone, Deserialize)]
#[serde(from = "Value")]
pub(super) struct Fact(Value);

impl From<Value> for Fact {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl From<u64> for Fact {
    fn from(value: u64) -> Self {
        Self(value.into())
    }
}

impl Short {
    /// The call, and its stage if that was written in it.
    pub(super) fn add_to(
        self,
        mut call: Map<String, Value>,
    ) -> Result<(Call, Option<Stage>), String> {
        let texts = [
            ("system", self.system),
            ("user", self.user),
            ("tool", self.tool_result),
        ];
        for (role, part) in texts {
            for text in texts_of(part)? {
                push(&mut call, "input", json!({"role": role, "content": text}))?;
            }
        }
        for (role, text) in messages_of(self.messages)? {
            push(&mut call, "input", json!({"role": role, "content": text}))?;
        }
        for text in texts_of(self.output)? {
            let text = json!({"role": "assistant", "content": text});
            push(&mut call, "output", text)?;
        }
        match (self.tool, self.arguments) {
            (None, None) => {}
            (None, Some(_)) => return Err("`arguments` are of a `tool`, which is not named".into()),
            (Some(name), arguments) => {
                let arguments = match arguments {
                    None => "{}".to_owned(),
                    Some(Value::String(text)) => text,
                    Some(value) => value.to_string(),
                };
                let tool = json!({"name": name, "arguments": arguments});
                push(&mut call, "tool_calls", tool)?;
            }
        }
        for (key, Fact(value)) in self.facts {
            let value = match value {
                Value::String(text) => text,
                Value::Null | Value::Array(_) | Value::Object(_) => {
                    return Err(format!("the fact `{key}` must be a text or a number"));
                }
                plain => plain.to_string(),
            };
            push(&mut call, "facts", json!({"key": key, "value": value}))?;
        }
        finish(call)
    }
}

/// Add an item to one of the lists of a call. What has no place gets `/LIST/N`.
fn push(call: &mut Map<String, Value>, list: &str, item: Value) -> Result<(), String> {
    let list_value = call.entry(list).or_insert_with(|| json!([]));
    match list_value {
        Value::Array(items) => items.push(item),
        _ => return Err(format!("`call`: `{list}` must be a list")),
    }
    Ok(())
}

fn finish(mut call: Map<String, Value>) -> Result<(Call, Option<Stage>), String> {
    let staged = call.contains_key("stage");
    call.entry("stage").or_insert_with(|| json!("admission"));
    for list in [
        "input",
        "output",
        "tool_calls",
        "tool_definitions",
        "attachments",
    ] {
        let items = call.get_mut(list).and_then(Value::as_array_mut);
        for (number, item) in items.into_iter().flatten().enumerate() {
            if let Value::Object(fields) = item {
                fields
                    .entry("place")
                    .or_insert_with(|| format!("/{list}/{number}").into());
            }
        }
    }
    let call: Call = serde_path_to_error::deserialize(Value::Object(call)).map_err(|error| {
        let path = error.path().to_string();
        format!("`call`: {path}: {}", error.into_inner())
    })?;
    let stage = staged.then_some(call.stage);
    Ok((call, stage))
}

/// A part is a text, `{repeat, times}`, or a list of these.
fn texts_of(part: Part) -> Result<Vec<String>, String> {
    match part {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items.into_iter().map(text_of).collect(),
        Some(one) => Ok(vec![text_of(one)?]),
    }
}

fn text_of(value: Value) -> Result<String, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Repeated {
        repeat: String,
        times: usize,
    }
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(bool) => Ok(bool.to_string()),
        Value::Object(_) => {
            let repeated: Repeated = serde_json::from_value(value).map_err(|error| {
                format!("a text is written as such or as `{{repeat: TEXT, times: N}}`: {error}")
            })?;
            match repeated.repeat.len().checked_mul(repeated.times) {
                Some(0..=MAX_REPEATED) => Ok(repeated.repeat.repeat(repeated.times)),
                _ => Err(format!(
                    "a repeated text is longer than {MAX_REPEATED} bytes"
                )),
            }
        }
        Value::Null | Value::Array(_) => {
            Err("a text is written as such or as `{repeat: TEXT, times: N}`".into())
        }
    }
}

/// `messages` is a list of `ROLE: TEXT`.
fn messages_of(part: Part) -> Result<Vec<(String, String)>, String> {
    let wrong = || "`messages` is a list of `ROLE: TEXT`, such as `- user: hello`".to_owned();
    let items = match part {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(wrong()),
    };
    let mut messages = Vec::with_capacity(items.len());
    for item in items {
        let Value::Object(fields) = item else {
            return Err(wrong());
        };
        let mut fields = fields.into_iter();
        let (Some((role, text)), None) = (fields.next(), fields.next()) else {
            return Err(wrong());
        };
        messages.push((role, text_of(text)?));
    }
    Ok(messages)
}
