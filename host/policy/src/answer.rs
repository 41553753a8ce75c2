//! Whether a rule's answer, or its description, makes sense.
//!
//! Nothing of the answer is quoted in an error: a hostile rule could put text of the call there.

use std::collections::HashMap;

use crate::call::{Call, Stage};
use crate::counter::{Counter, check_charges};
use crate::edits;
use crate::error::{EditError, LoadError};
use crate::failure::RuleFailure;
use crate::verdict::{ByteRange, Description, Evaluation, Finding, Verdict};

const MAX_FINDINGS: usize = 1_000;
const MAX_RANGES: usize = 10_000;
const MAX_EDITS: usize = 10_000;
const MAX_CODE: usize = 64;
/// How the codes begin under which the host reports failures.
const FAILURE: &str = "failure.";

const MAX_REASON: usize = 1_024;
const MAX_MODEL: usize = 256;

/// The texts of a call by their place.
pub(crate) struct Places<'a>(HashMap<&'a str, Content<'a>>);

/// What stands at a place.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    /// The second value: so many bytes at its start were judged before and cannot be edited.
    Text(&'a str, u32),
    Arguments(&'a str),
    /// A tool definition, which can be pointed at but not into.
    Definition,
    /// Something that is not text. No range may name it.
    Attachment,
}

impl<'a> Places<'a> {
    /// # Errors
    ///
    /// When two texts have one place.
    pub(crate) fn new(call: &'a Call) -> Result<Self, RuleFailure> {
        let texts = call.input.iter().chain(&call.output);
        let all = texts
            .map(|text| {
                let judged = text.window.map_or(0, |window| window.judged);
                (text.place.as_str(), Content::Text(&text.content, judged))
            })
            .chain(call.tool_calls.iter().map(|call| {
                let arguments = Content::Arguments(&call.arguments);
                (call.place.as_str(), arguments)
            }))
            .chain(call.tool_definitions.iter().map(|tool| {
                let definition = Content::Definition;
                (tool.place.as_str(), definition)
            }))
            .chain(
                call.attachments
                    .iter()
                    .map(|attachment| (attachment.place.as_str(), Content::Attachment)),
            );
        let mut places = HashMap::new();
        for (place, content) in all {
            if places.insert(place, content).is_some() {
                return Err(RuleFailure::AmbiguousCall);
            }
        }
        Ok(Self(places))
    }

    pub(crate) fn get(&self, place: &str) -> Option<Content<'a>> {
        self.0.get(place).copied()
    }

    /// Whether the range is one of this call's, on character boundaries.
    fn holds(&self, range: &ByteRange) -> Result<(), &'static str> {
        let text = match self.get(&range.place) {
            None => return Err("names a place that the call does not have"),
            Some(Content::Attachment) => return Err("names a place that has no text"),
            Some(Content::Text(text, _) | Content::Arguments(text)) => text,
            Some(Content::Definition) => "",
        };
        match text.get(range.start as usize..range.end as usize) {
            Some(_) => Ok(()),
            None => Err("is not within its text, or cuts a character"),
        }
    }
}

/// Check a rule's answer against the call it is about, and the counters that the rule has.
pub(crate) fn check(
    evaluation: &Evaluation,
    places: &Places<'_>,
    counters: &[Counter],
    stage: Stage,
) -> Result<(), RuleFailure> {
    let bad = |problem: String| Err(RuleFailure::Answer { problem });
    if let Err(problem) = check_charges(&evaluation.charges, counters, stage) {
        return bad(problem);
    }
    if evaluation.findings.len() > MAX_FINDINGS {
        return bad(format!("more than {MAX_FINDINGS} findings"));
    }
    for (number, finding) in evaluation.findings.iter().enumerate() {
        if let Err(problem) = check_finding(finding, places) {
            return bad(format!("finding {number} {problem}"));
        }
    }
    match &evaluation.verdict {
        Verdict::Allow | Verdict::Warn | Verdict::Escalate | Verdict::Deny => Ok(()),
        Verdict::Advise { model } => {
            if model.is_empty() || model.len() > MAX_MODEL || model.contains(char::is_control) {
                return bad("the model it advises has no usable name".into());
            }
            Ok(())
        }
        Verdict::Redact { edits } => {
            if edits.is_empty() {
                return bad("it redacts, but names no edit".into());
            }
            if edits.len() > MAX_EDITS {
                return bad(format!("more than {MAX_EDITS} edits"));
            }
            for (number, edit) in edits.iter().enumerate() {
                if let Err(problem) = places.holds(&edit.range) {
                    return bad(format!("edit {number} {problem}"));
                }
                match places.get(&edit.range.place) {
                    Some(Content::Definition) => {
                        return bad(format!("edit {number} is for a tool definition"));
                    }
                    Some(Content::Text(_, judged)) if edit.range.start < judged => {
                        return bad(format!("edit {number} is for text that was judged before"));
                    }
                    _ => {}
                }
            }
            match edits::check_arguments(&edits::merge([edits.as_slice()]), places) {
                Ok(()) => Ok(()),
                Err(error @ EditError::Arguments) => bad(error.to_string()),
                Err(error) => bad(error.to_string()),
            }
        }
    }
}

fn check_finding(finding: &Finding, places: &Places<'_>) -> Result<(), String> {
    let code_character =
        |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'.' | b'_' | b'-');
    if finding.code.is_empty()
        || finding.code.len() > MAX_CODE
        || !finding.code.bytes().all(code_character)
    {
        return Err(format!(
            "has no usable code (1 to {MAX_CODE} of a-z, 0-9, `.`, `_`, `-`)"
        ));
    }
    if finding.code.starts_with(FAILURE) {
        return Err(format!(
            "has a code that begins with `{FAILURE}`, which is the host's own"
        ));
    }
    if finding.reason.len() > MAX_REASON || finding.reason.contains(char::is_control) {
        return Err(format!(
            "has no usable reason (one line of at most {MAX_REASON} bytes)"
        ));
    }
    if finding.ranges.len() > MAX_RANGES {
        return Err(format!("has more than {MAX_RANGES} ranges"));
    }
    for (number, range) in finding.ranges.iter().enumerate() {
        places
            .holds(range)
            .map_err(|problem| format!("has a range ({number}) that {problem}"))?;
    }
    Ok(())
}

/// Check what a rule says about itself.
pub(crate) fn check_description(description: &Description) -> Result<(), LoadError> {
    let bad = |problem: &str| Err(LoadError::Description(problem.into()));
    if !is_name(&description.id) {
        return bad("its id is not 1 to 64 lower case letters, digits, `_` and `-`");
    }
    if !is_version(&description.version) {
        return bad("its version is not a semantic version such as 1.0.0");
    }
    if description.summary.len() > MAX_REASON || description.summary.contains(char::is_control) {
        return bad("its summary is not one line of at most 1024 bytes");
    }
    if description.stages.is_empty() {
        return bad("it serves no stage");
    }
    if description.facts.len() > 64 || description.facts.iter().any(|key| key.len() > 128) {
        return bad("it names more than 64 facts, or one of more than 128 bytes");
    }
    if !is_json(&description.configuration_schema) {
        return bad("its configuration schema is not JSON");
    }
    Ok(())
}

/// Whether a text can name a rule: 1 to 64 lower case letters, digits, `_` and `-`.
pub(crate) fn is_name(text: &str) -> bool {
    let character =
        |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'_' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(character)
}

pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Whether a text looks like a semantic version: three numbers, then perhaps `-` or `+` and more.
fn is_version(text: &str) -> bool {
    let (core, rest) = match text.find(['-', '+']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let number = |part: &str| {
        (1..=9).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit())
    };
    let character = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'+');
    text.len() <= 64
        && core.split('.').count() == 3
        && core.split('.').all(number)
        && rest.len() != 1
        && rest.bytes().all(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Attachment, Role, Stage, Text, ToolCall, ToolDefinition, Window};
    use crate::verdict::Edit;

    fn call() -> Call {
        Call {
            input: vec![Text::new(Role::User, "/input/0", "grün")],
            tool_calls: vec![ToolCall {
                id: None,
                name: "t".into(),
                arguments: r#"{"a":"bc"}"#.into(),
                place: "/output/0".into(),
                ..ToolCall::default()
            }],
            tool_definitions: vec![ToolDefinition {
                name: "t".into(),
                description: None,
                parameters: None,
                place: "/tools/0".into(),
            }],
            ..Call::new(Stage::Admission)
        }
    }

    fn range(place: &str, start: u32, end: u32) -> ByteRange {
        ByteRange {
            place: place.into(),
            start,
            end,
        }
    }

    fn finding(code: &str, range: ByteRange) -> Result<(), RuleFailure> {
        let call = call();
        let finding = Finding {
            code: code.into(),
            reason: "A reason.".into(),
            ranges: vec![range],
        };
        check_answer(&Evaluation::new(Verdict::Warn, vec![finding]), &call)
    }

    fn edit(range: ByteRange, replacement: &str) -> Result<(), RuleFailure> {
        edit_in(&call(), range, replacement)
    }

    fn edit_in(call: &Call, range: ByteRange, replacement: &str) -> Result<(), RuleFailure> {
        let edits = vec![Edit {
            range,
            replacement: replacement.into(),
        }];
        check_answer(&Evaluation::new(Verdict::Redact { edits }, vec![]), call)
    }

    fn check_answer(evaluation: &Evaluation, call: &Call) -> Result<(), RuleFailure> {
        check(evaluation, &Places::new(call).unwrap(), &[], call.stage)
    }

    #[test]
    fn text_that_was_judged_before_can_be_pointed_at_but_not_edited() {
        let mut call = call();
        call.input[0].window = Some(Window {
            offset: 10,
            judged: 2,
            last: false,
        });
        edit_in(&call, range("/input/0", 1, 2), "x").unwrap_err();
        edit_in(&call, range("/input/0", 2, 4), "x").unwrap();
    }

    #[test]
    fn an_attachment_has_no_text_to_point_at() {
        let mut call = call();
        call.attachments.push(Attachment {
            place: "/input/1".into(),
            ..Attachment::default()
        });
        edit_in(&call, range("/input/1", 0, 0), "x").unwrap_err();
    }

    #[test]
    fn a_range_within_a_text_is_accepted() {
        finding("a.b", range("/input/0", 0, 5)).unwrap();
        finding("a.b", range("/output/0", 1, 4)).unwrap();
    }

    #[test]
    fn a_tool_definition_can_only_be_pointed_at_as_a_whole() {
        finding("a.b", range("/tools/0", 0, 0)).unwrap();
        finding("a.b", range("/tools/0", 0, 1)).unwrap_err();
        edit(range("/tools/0", 0, 0), "x").unwrap_err();
    }

    #[test]
    fn a_range_beyond_its_text_is_refused() {
        finding("a.b", range("/input/0", 0, 6)).unwrap_err();
        finding("a.b", range("/input/0", 0, u32::MAX)).unwrap_err();
    }

    #[test]
    fn a_range_that_runs_backwards_is_refused() {
        finding("a.b", range("/input/0", 2, 1)).unwrap_err();
    }

    #[test]
    fn a_range_that_cuts_a_character_is_refused() {
        finding("a.b", range("/input/0", 0, 3)).unwrap_err();
        edit(range("/input/0", 3, 5), "x").unwrap_err();
    }

    #[test]
    fn an_unknown_place_is_refused_and_not_quoted() {
        let failure = finding("a.b", range("/secret words", 0, 0)).unwrap_err();
        assert_eq!(failure.code(), "failure.answer");
        assert!(!failure.to_string().contains("secret"), "{failure}");
    }

    #[test]
    fn a_code_that_could_carry_text_is_refused() {
        for code in ["", "A", "with space", "ä", &"a".repeat(65)] {
            finding(code, range("/input/0", 0, 0)).unwrap_err();
        }
    }

    #[test]
    fn a_rule_cannot_pretend_that_it_failed() {
        finding("failure.fuel", range("/input/0", 0, 0)).unwrap_err();
        finding("failures.fuel", range("/input/0", 0, 0)).unwrap();
    }

    #[test]
    fn an_edit_that_breaks_the_json_of_arguments_is_refused() {
        edit(range("/output/0", 6, 8), "x").unwrap();
        edit(range("/output/0", 5, 8), "x").unwrap_err();
    }

    #[test]
    fn two_texts_at_one_place_are_ambiguous() {
        let mut call = call();
        call.output.push(call.input[0].clone());
        assert_eq!(Places::new(&call).err(), Some(RuleFailure::AmbiguousCall));
    }

    #[test]
    fn versions_are_semantic() {
        for good in ["0.1.0", "1.0.0-rc.1", "1.2.3+build"] {
            assert!(is_version(good), "{good}");
        }
        for bad in [
            "", "1", "1.0", "1.0.0.0", "v1.0.0", "1.0.x", "1.0.0-", "1.0.0 ",
        ] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
