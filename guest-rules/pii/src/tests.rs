//! What the rule as a whole says about calls.

use bijotel_rule_sdk::{Call, Edit, Evaluation, Instance, Role, Text, Verdict};

use super::PiiDetection;

fn evaluate(configuration: &str, call: &Call) -> Evaluation {
    let rule = Instance::<PiiDetection>::new();
    rule.configure(configuration).unwrap();
    rule.evaluate(call).unwrap()
}

/// The text with all edits made, as the host makes them.
fn redacted(text: &str, evaluation: &Evaluation) -> String {
    let Verdict::Redact(edits) = &evaluation.verdict else {
        panic!("{:?}", evaluation.verdict)
    };
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.range.start));
    edits.iter().fold(text.to_owned(), |mut text, edit| {
        text.replace_range(
            edit.range.start as usize..edit.range.end as usize,
            &edit.replacement,
        );
        text
    })
}

#[test]
fn by_default_a_finding_warns() {
    let evaluation = evaluate("{}", &Call::of_text("mail anna@example.org"));
    assert_eq!(evaluation.verdict, Verdict::Warn);
    assert_eq!(evaluation.findings[0].code, "pii.email");
    assert_eq!(
        (
            evaluation.findings[0].ranges[0].start,
            evaluation.findings[0].ranges[0].end
        ),
        (5, 21)
    );
}

#[test]
fn nothing_found_allows() {
    assert_eq!(
        evaluate("{}", &Call::of_text("good morning")).verdict,
        Verdict::Allow
    );
}

#[test]
fn redaction_replaces_in_place() {
    let text = "Ärger: anna@example.org, card 4111 1111 1111 1111.";
    let evaluation = evaluate(r#"{"action":"redact"}"#, &Call::of_text(text));
    assert_eq!(
        redacted(text, &evaluation),
        "Ärger: [REDACTED:email], card [REDACTED:credit_card]."
    );
}

#[test]
fn a_kind_can_have_an_action_of_its_own() {
    let call = Call::of_text("anna@example.org 4111 1111 1111 1111");
    let verdict = |configuration| evaluate(configuration, &call).verdict;
    assert_eq!(
        verdict(r#"{"kinds":{"credit_card":"deny"}}"#),
        Verdict::Deny
    );
    assert_eq!(
        verdict(r#"{"kinds":{"credit_card":"off","email":"off"}}"#),
        Verdict::Allow
    );
}

#[test]
fn outputs_and_tool_arguments_are_looked_at() {
    let mut call = Call::of_tool_call("mail", r#"{"to":"anna@example.org"}"#);
    call.output
        .push(Text::new(Role::Assistant, "/output/0", "bob@example.org"));
    let evaluation = evaluate("{}", &call);
    let places: Vec<_> = evaluation.findings[0]
        .ranges
        .iter()
        .map(|range| range.place.as_str())
        .collect();
    assert_eq!(places, ["/output/0", "/tool_calls/0"]);
}

#[test]
fn parts_can_be_left_out() {
    let call = Call::of_text("anna@example.org");
    assert_eq!(
        evaluate(r#"{"parts":["output"]}"#, &call).verdict,
        Verdict::Allow
    );
}

#[test]
fn allowed_texts_are_no_finding() {
    let call = Call::of_text("Support@Example.org");
    assert_eq!(
        evaluate(r#"{"allow":["support@example.org"]}"#, &call).verdict,
        Verdict::Allow
    );
}

#[test]
fn redacted_arguments_are_still_json() {
    let text = r#"{"body":"Hi\nanna\u0040example.org","phone":4111111111111111,"x":["\\bob@example.org"]}"#;
    let evaluation = evaluate(r#"{"action":"redact"}"#, &Call::of_tool_call("mail", text));
    let json: serde_json::Value = serde_json::from_str(&redacted(text, &evaluation)).unwrap();
    let expected = serde_json::json!({
        "body": "Hi\n[REDACTED:email]",
        "phone": "[REDACTED:credit_card]",
        "x": ["\\[REDACTED:email]"],
    });
    assert_eq!(json, expected);
}

#[test]
fn disguised_values_are_found_and_redacted_whole() {
    for (text, kind) in [
        ("card ４１１１ １１１１ １１１１ １１１１ ok", "credit_card"),
        ("ssn 123\u{2011}45\u{2011}6789 ok", "ssn"),
        ("card 4111\u{a0}1111\u{a0}1111\u{a0}1111 ok", "credit_card"),
        ("an\u{200b}na@exa\u{ad}mple.org ok", "email"),
        ("mail anna＠example.org ok", "email"),
        ("see YW5uYUBleGFtcGxlLm9yZyBpcyBoZXJl ok", "encoded"),
        ("to=anna%40example.org ok", "encoded"),
    ] {
        let evaluation = evaluate(r#"{"mode":"redact"}"#, &Call::of_text(text));
        let expected = format!("[REDACTED:{kind}] ok");
        assert!(redacted(text, &evaluation).ends_with(&expected), "{text}");
    }
}

#[test]
fn more_encoded_text_than_is_looked_into_is_a_finding() {
    let text = "aGVsbG8gd29ybGQsIGhvdyBhcmUgeW91 ".repeat(4000);
    let evaluation = evaluate("{}", &Call::of_text(&text));
    assert_eq!(evaluation.findings[0].code, "pii.undecoded");
}

#[test]
fn block_and_the_older_names_of_kinds_are_understood() {
    let call = Call::of_text("123-45-6789");
    assert_eq!(
        evaluate(r#"{"mode":"block"}"#, &call).verdict,
        Verdict::Deny
    );
    assert_eq!(
        evaluate(r#"{"kinds":{"ssn_us":"off"}}"#, &call).verdict,
        Verdict::Allow
    );
}

#[test]
fn findings_never_contain_the_text() {
    let evaluation = evaluate("{}", &Call::of_text("anna@example.org, 123-45-6789"));
    for finding in evaluation.findings {
        assert!(!finding.reason.contains("anna") && !finding.reason.contains("6789"));
    }
}

#[test]
fn an_unknown_kind_is_an_error_that_names_its_key() {
    let error = Instance::<PiiDetection>::new()
        .configure(r#"{"kinds":{"aura":"deny"}}"#)
        .unwrap_err();
    assert!(error.contains("kinds"), "{error}");
}

#[test]
fn the_schema_is_json() {
    serde_json::from_str::<serde_json::Value>(super::config::SCHEMA).unwrap();
}
