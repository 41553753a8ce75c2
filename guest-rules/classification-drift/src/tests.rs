use super::*;
use bijotel_rule_sdk::{Role, Text, ToolCall, Verdict, testing};

fn answered(text: &str) -> Call {
    let mut call = Call::of_text("hi");
    call.stage = Stage::Inspection;
    call.output
        .push(Text::new(Role::Assistant, "/output/0", text));
    call
}

fn codes(configuration: &str, call: &Call) -> Vec<String> {
    testing::codes::<ClassificationDrift>(configuration, call)
}

fn is_found(text: &str) -> bool {
    !codes("{}", &answered(text)).is_empty()
}

#[test]
fn a_marking_above_the_declared_level_is_denied() {
    let call = answered("SECRET//NOFORN plans").with_fact(CLASSIFICATION, "CUI");
    let evaluation = testing::ask::<ClassificationDrift>("{}", &call).unwrap();
    assert_eq!(evaluation.verdict, Verdict::Deny);
    assert_eq!(evaluation.findings[0].code, "classification_drift.output");
    let range = &evaluation.findings[0].ranges[0];
    assert_eq!((range.start, range.end), (0, 14));
}

#[test]
fn a_marking_up_to_the_declared_level_is_in_order() {
    for level in ["SECRET", "TS", "TS/SCI"] {
        let call = answered("(S) SECRET//NOFORN plans (C)").with_fact(CLASSIFICATION, level);
        assert!(codes("{}", &call).is_empty(), "{level}");
    }
}

#[test]
fn without_a_declaration_any_marking_is_too_high() {
    for text in [
        "FOUO",
        "CUI//SP",
        "(TS//SCI) x",
        "secret//rel to",
        "x//NOFORN",
        "(top  secret)",
    ] {
        assert!(is_found(text), "{text}");
    }
    assert!(!is_found("(U) nothing"));
}

#[test]
fn disguises_are_seen_through() {
    for text in [
        "ＳＥＣＲＥＴ//ＮＯＦＯＲＮ",
        "SEC\u{200b}RET//NO\u{ad}FORN",
        "Top\nSecret//SCI",
    ] {
        assert!(is_found(text), "{text}");
    }
}

#[test]
fn common_text_is_no_marking() {
    for text in [
        "item(S)",
        "item(s)",
        "(c) 2024 Acme",
        "(C) 2024 Acme",
        "(s) and (ts)",
        "it is a secret",
        "a FOUOx",
        "confidential",
        "https://example.org//a",
    ] {
        assert!(!is_found(text), "{text}");
    }
}

#[test]
fn arguments_and_input_are_read_too() {
    let call = Call::of_tool_call("mail", r#"{"text":"\u0053ECRET//NOFORN"}"#);
    assert_eq!(codes("{}", &call), ["classification_drift.arguments"]);
    let call = Call::of_text("SECRET//NOFORN");
    assert_eq!(codes("{}", &call), ["classification_drift.input"]);
}

#[test]
fn the_input_can_be_left_out() {
    let mut call = Call::of_text("SECRET//NOFORN");
    let mut earlier = ToolCall::new("mail", r#"{"text":"SECRET//NOFORN"}"#, "/input/1");
    earlier.earlier = true;
    call.tool_calls.push(earlier);
    assert!(codes(r#"{"check_input":false}"#, &call).is_empty());
}

#[test]
fn own_levels_and_markings_can_be_given() {
    let own =
        r#"{"levels":[{"name":"public"},{"name":"internal"}],"markers":{"[internal]":"internal"}}"#;
    assert_eq!(codes(own, &answered("[Internal] plan")).len(), 1);
    assert!(codes(own, &answered("SECRET//NOFORN")).is_empty());
    let exact = own.replacen('{', r#"{"case_sensitive":true,"#, 1);
    assert!(codes(&exact, &answered("[Internal] plan")).is_empty());
    assert_eq!(codes(&exact, &answered("[internal] plan")).len(), 1);
}

#[test]
fn a_level_that_nobody_knows_is_reported() {
    let call = answered("hi").with_fact(CLASSIFICATION, "COSMIC");
    assert_eq!(
        codes("{}", &call),
        ["classification_drift.unknown_classification"]
    );
}

#[test]
fn markings_must_stand_for_a_level() {
    for markers in [r#"{"x":"y"}"#, r#"{" ":"CUI"}"#] {
        let refusal =
            testing::refusal::<ClassificationDrift>(&format!(r#"{{"markers":{markers}}}"#));
        assert!(refusal.contains("`markers`"), "{refusal}");
    }
}

#[test]
fn the_schema_says_what_the_rule_takes() {
    testing::check_schema::<ClassificationDrift>().unwrap();
}
