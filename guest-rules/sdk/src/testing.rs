//! What a rule author's tests need beside the rule itself.

use serde_json::Value;

use crate::{ByteRange, Call, Evaluation, Instance, Rule, Verdict, pieces};

/// What a rule says about a call, with a configuration.
///
/// # Errors
/// If the configuration is refused, or what the rule answers makes no sense ([`check_answer`]).
pub fn ask<R: Rule>(configuration: &str, call: &Call) -> Result<Evaluation, String> {
    let rule = Instance::<R>::new();
    rule.configure(configuration)?;
    let evaluation = rule.evaluate(call)?;
    check_answer(call, &evaluation)?;
    Ok(evaluation)
}

/// The codes of what a rule finds in a call, with a configuration; or why there is no answer.
pub fn codes<R: Rule>(configuration: &str, call: &Call) -> Vec<String> {
    match ask::<R>(configuration, call) {
        Ok(evaluation) => {
            let findings = evaluation.findings.into_iter();
            findings.map(|finding| finding.code).collect()
        }
        Err(error) => vec![error],
    }
}

/// Why a rule refuses a configuration; empty if it does not.
pub fn refusal<R: Rule>(configuration: &str) -> String {
    let configured = Instance::<R>::new().configure(configuration);
    configured.err().unwrap_or_default()
}

/// Says what is wrong with the schema of a rule's configuration, if anything.
///
/// It must refuse unknown keys; every key must be described, and have a default unless it is required.
/// The rule must refuse a configuration without the required keys and, if there are none, accept the
/// defaults as the schema states them.
///
/// # Errors
/// A sentence that names the key.
pub fn check_schema<R: Rule>() -> Result<(), String> {
    let schema: Value = serde_json::from_str(&R::describe().configuration_schema)
        .map_err(|error| format!("the schema is not JSON: {error}"))?;
    if schema["additionalProperties"] != Value::Bool(false) {
        return Err("the schema takes unknown keys".to_owned());
    }
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut defaults = serde_json::Map::new();
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        if !property["description"].is_string() {
            return Err(format!("the key `{key}` has no description"));
        }
        match property.get("default") {
            Some(default) => {
                defaults.insert(key.clone(), default.clone());
            }
            None if required.contains(&Value::from(key.as_str())) => {}
            None => {
                return Err(format!(
                    "the key `{key}` has no default and is not required"
                ));
            }
        }
    }
    match (required.is_empty(), refusal::<R>("{}").is_empty()) {
        (true, false) => Err("the rule refuses `{}`, and no key is required".to_owned()),
        (false, true) => Err("the rule takes `{}`, although a key is required".to_owned()),
        (false, false) => Ok(()),
        (true, true) => match refusal::<R>(&Value::Object(defaults).to_string()) {
            problem if problem.is_empty() => Ok(()),
            problem => Err(format!(
                "the rule refuses the defaults of its schema: {problem}"
            )),
        },
    }
}

/// Says what is wrong with an evaluation, if anything: the host treats a rule that answers so as one
/// that failed.
///
/// Every range must lie in a text or in the arguments of a tool call of `call`, on character
/// boundaries, or name a tool definition as a whole; edits must not overlap; codes must be lower case with dots.
///
/// # Errors
/// A sentence that names the finding or edit.
pub fn check_answer(call: &Call, evaluation: &Evaluation) -> Result<(), String> {
    for finding in &evaluation.findings {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.');
        if finding.code.is_empty() || !finding.code.bytes().all(allowed) {
            return Err(format!(
                "the code `{}` is not lower case with dots",
                finding.code
            ));
        }
        for range in &finding.ranges {
            check_range(call, range).map_err(|error| format!("{}: {error}", finding.code))?;
        }
    }
    let Verdict::Redact(edits) = &evaluation.verdict else {
        return Ok(());
    };
    for (index, edit) in edits.iter().enumerate() {
        check_range(call, &edit.range).map_err(|error| format!("edit {index}: {error}"))?;
        let overlaps = |other: &ByteRange| {
            other.place == edit.range.place
                && other.start < edit.range.end
                && edit.range.start < other.end
        };
        if edits[..index].iter().any(|other| overlaps(&other.range)) {
            return Err(format!("edit {index} overlaps one before it"));
        }
    }
    Ok(())
}

fn check_range(call: &Call, range: &ByteRange) -> Result<(), String> {
    let mut definitions = call.tool_definitions.iter();
    if (range.start, range.end) == (0, 0) && definitions.any(|tool| tool.place == range.place) {
        return Ok(());
    }
    let piece = pieces(call).find(|piece| piece.place == range.place);
    let Some(piece) = piece else {
        return Err("a range names no text of the call".to_owned());
    };
    let part = usize::try_from(range.start)
        .ok()
        .zip(usize::try_from(range.end).ok())
        .and_then(|(start, end)| piece.text.get(start..end));
    match part {
        Some(_) => Ok(()),
        None => Err("a range is not a part of its text, or splits a character".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Report};

    fn answer(start: u32, end: u32) -> Result<(), String> {
        let call = Call::of_text("a\u{e9}b");
        let mut report = Report::default();
        let range = ByteRange {
            place: "/input/0".to_owned(),
            start,
            end,
        };
        report.find(Action::Warn, "test.code", "A test", range);
        check_answer(&call, &report.finish())
    }

    #[test]
    fn a_range_must_lie_in_its_text_on_character_boundaries() {
        assert_eq!(answer(0, 4), Ok(()));
        assert!(answer(0, 5).is_err());
        assert!(answer(0, 2).is_err());
        assert!(answer(3, 1).is_err());
    }

    #[test]
    fn edits_must_not_overlap() {
        let call = Call::of_text("abcdef");
        let mut report = Report::default();
        for (start, end) in [(0, 3), (2, 4)] {
            let range = ByteRange {
                place: "/input/0".to_owned(),
                start,
                end,
            };
            report.redact("test.code", "A test", range, "x");
        }
        assert!(check_answer(&call, &report.finish()).is_err());
    }
}
