//! From a request as an application has it to a call that rules can be asked about.

use bijotel::seal::Value;
use bijotel::seal::canonical::{Object, read_json, read_sealed};
use bijotel::{Call, Stage, call_of_body};

use crate::exit::{Failure, without_values};

/// Members of requests that hold what goes to the model, and the span attributes that mean the same.
const CONTENTS: [(&str, &str); 6] = [
    ("system", "gen_ai.system_instructions"),
    ("instructions", "gen_ai.system_instructions"),
    ("messages", "gen_ai.input.messages"),
    ("input", "gen_ai.input.messages"),
    ("prompt", "gen_ai.input.messages"),
    ("tools", "gen_ai.tool.definitions"),
];

/// Members that hold limits, and the span attributes that mean the same.
const LIMITS: [(&str, &str); 8] = [
    ("model", "gen_ai.request.model"),
    ("max_tokens", "gen_ai.request.max_tokens"),
    ("max_completion_tokens", "gen_ai.request.max_tokens"),
    ("max_output_tokens", "gen_ai.request.max_tokens"),
    ("temperature", "gen_ai.request.temperature"),
    ("n", "gen_ai.request.choice.count"),
    ("stream", "gen_ai.request.stream"),
    ("provider", "gen_ai.provider.name"),
];

/// Reads a call in its own JSON form, the body of a request to OpenAI (chat completions, responses,
/// completions) or Anthropic (messages), or the sealed body of a span. `stage` replaces the call's
/// own; without either it is admission, and record for a sealed body.
pub(crate) fn read_call(text: &str, stage: Option<Stage>) -> Result<Call, Failure> {
    let refused = |problem: &str| Failure::failed(format!("the request {problem}"));
    let value = read_json(text).map_err(|error| refused(&format!("is not JSON: {error}")))?;
    let Value::Object(request) = value else {
        return Err(refused("must be a JSON object"));
    };
    if request.get("stage").is_some() {
        let mut call: Call = serde_json::from_str(text)
            .map_err(|error| refused(&format!("is not a call: {}", without_values(&error))))?;
        call.stage = stage.unwrap_or(call.stage);
        return Ok(call);
    }
    if request
        .get("attributes")
        .is_some_and(|member| member.as_object().is_some())
    {
        let body = read_sealed(text).unwrap_or(Value::Null);
        return Ok(call_of_body(&body, stage.unwrap_or(Stage::Record)));
    }
    if !["messages", "input", "prompt"]
        .iter()
        .any(|name| request.get(name).is_some())
    {
        return Err(refused(
            "is none that is known: give a call (it has a member \"stage\"), the body of a request to \
             OpenAI or Anthropic (\"messages\", \"input\" or \"prompt\"), or a sealed span body",
        ));
    }
    Ok(of_request(&request, stage.unwrap_or(Stage::Admission)))
}

/// The name of a stage on the command line.
pub(crate) fn parse_stage(name: &str) -> Result<Stage, String> {
    Stage::ALL
        .into_iter()
        .find(|stage| stage.as_str() == name)
        .ok_or_else(|| {
            let names = Stage::ALL.map(Stage::as_str).join(", ");
            format!("stages are {names}")
        })
}

/// Says a request as a span would, which is what calls are read from; places lead into the request.
fn of_request(request: &Object, stage: Stage) -> Call {
    let mut call = Call::new(stage);
    for (member, attribute) in CONTENTS {
        let Some(value) = request.get(member) else {
            continue;
        };
        let mut part = call_of_attributes([(attribute, value)], stage);
        let from = format!("/attributes/{attribute}");
        let rebase = |place: &mut String| {
            if let Some(rest) = place.strip_prefix(&from) {
                *place = format!("/{member}{rest}");
            }
        };
        part.input
            .iter_mut()
            .for_each(|text| rebase(&mut text.place));
        part.tool_calls
            .iter_mut()
            .for_each(|call| rebase(&mut call.place));
        part.tool_definitions
            .iter_mut()
            .for_each(|tool| rebase(&mut tool.place));
        call.input.append(&mut part.input);
        call.tool_calls.append(&mut part.tool_calls);
        call.tool_definitions.append(&mut part.tool_definitions);
    }
    let limits = LIMITS
        .iter()
        .filter_map(|(member, attribute)| Some((*attribute, request.get(member)?)));
    let limits = call_of_attributes(limits, stage);
    Call {
        provider: provider(request, limits.provider),
        model: limits.model,
        operation: "chat".to_owned(),
        limits: limits.limits,
        ..call
    }
}

fn call_of_attributes<'v>(
    attributes: impl IntoIterator<Item = (&'v str, &'v Value)>,
    stage: Stage,
) -> Call {
    let attributes = attributes
        .into_iter()
        .map(|(name, value)| (String::from(name), value.clone()));
    let body = [("attributes".to_owned(), Value::object(attributes))];
    call_of_body(&Value::object(body), stage)
}

/// Whose API has such a request.
fn provider(request: &Object, named: String) -> String {
    let model = request
        .get("model")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !named.is_empty() {
        named
    } else if request.get("system").is_some() || model.starts_with("claude") {
        "anthropic".to_owned()
    } else {
        "openai".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use bijotel::policy::Role;

    use super::*;

    fn call(text: &str) -> Call {
        read_call(text, None).unwrap()
    }

    #[test]
    fn a_chat_completions_request_is_read() {
        let call = call(
            r#"{"model":"gpt-4o","max_completion_tokens":7,"stream":true,"messages":[
                {"role":"system","content":"Be brief."},
                {"role":"user","content":[{"type":"text","text":"Hi"}]},
                {"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]}],
                "tools":[{"type":"function","function":{"name":"f","parameters":{}}}]}"#,
        );
        assert_eq!(
            (call.provider.as_str(), call.model.as_str()),
            ("openai", "gpt-4o")
        );
        assert_eq!(
            (call.limits.max_output_tokens, call.limits.stream),
            (Some(7), true)
        );
        let texts: Vec<_> = call
            .input
            .iter()
            .map(|text| (text.role, text.place.as_str(), text.content.as_str()))
            .collect();
        assert_eq!(
            texts,
            [
                (Role::System, "/messages/0/content", "Be brief."),
                (Role::User, "/messages/1/content/0/text", "Hi"),
            ]
        );
        assert_eq!(
            call.tool_calls[0].place,
            "/messages/2/tool_calls/0/function/arguments"
        );
        assert_eq!(call.tool_definitions[0].place, "/tools/0");
    }

    #[test]
    fn an_anthropic_request_is_read() {
        let call = call(
            r#"{"model":"claude-x","max_tokens":9,"system":"Be kind.",
                "messages":[{"role":"user","content":"Hi"}]}"#,
        );
        assert_eq!(call.provider, "anthropic");
        assert_eq!(call.limits.max_output_tokens, Some(9));
        assert_eq!(call.input[0].role, Role::System);
        assert_eq!(call.input[0].place, "/system");
        assert_eq!(call.input[1].place, "/messages/0/content");
    }

    #[test]
    fn responses_and_completions_requests_are_read() {
        let responses = call(r#"{"model":"m","instructions":"Be calm.","input":"Hi"}"#);
        assert_eq!(responses.input.len(), 2);
        assert_eq!(responses.input[1].place, "/input");
        assert_eq!(call(r#"{"model":"m","prompt":["a","b"]}"#).input.len(), 2);
    }

    #[test]
    fn a_call_is_read_as_it_is() {
        let text = r#"{"stage":"record","input":[{"place":"/x","content":"Hi"}]}"#;
        assert_eq!(call(text).stage, Stage::Record);
        let moved = read_call(text, Some(Stage::Admission)).unwrap();
        assert_eq!(moved.stage, Stage::Admission);
    }

    #[test]
    fn a_sealed_span_body_is_read_for_the_record() {
        let call = call(r#"{"attributes":{"gen_ai.input.messages":"Hi"},"name":"x"}"#);
        assert_eq!((call.stage, call.input.len()), (Stage::Record, 1));
    }

    #[test]
    fn what_is_no_request_is_refused_without_quoting_it() {
        for text in [
            "",
            "[]",
            "5",
            "{}",
            "{\"a\":\"feedface\"}",
            "feedface",
            r#"{"stage":"feedface"}"#,
            r#"{"stage":"record","model":["feedface"]}"#,
        ] {
            let problem = read_call(text, None).unwrap_err().line();
            assert!(!problem.contains("feedface"), "{problem}");
        }
    }
}
