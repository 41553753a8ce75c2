use std::path::Path;

use bijotel_policy::{Role, Stage, VerdictKind};

use super::*;

fn parse(text: &str) -> Result<CaseFile, CaseFileError> {
    CaseFile::parse(Path::new("cases.yaml"), text)
}

/// The only case of a file that has just this one, below its name and before what is expected.
fn case(keys: &str) -> Case {
    let text = format!("cases:\n  - name: x\n{keys}\n    expect: allow\n");
    parse(&text).unwrap().cases.remove(0)
}

fn problem(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn a_text_alone_is_a_call() {
    let case = case("    user: hello");
    assert_eq!(case.line, 2);
    assert_eq!(case.stage, None);
    let [text] = case.call.input.as_slice() else {
        panic!("{:?}", case.call);
    };
    assert_eq!((text.role, text.place.as_str()), (Role::User, "/input/0"));
    assert_eq!(text.content, "hello");
    assert_eq!(case.expected.verdict, Some(VerdictKind::Allow));
}

#[test]
fn texts_stand_in_the_order_system_user_tool_result_messages() {
    let case = case(
        "    messages: [{assistant: e}, {developer: f}]\n    tool_result: d\n    user: [b, c]\n    system: a\n    output: z",
    );
    let texts: Vec<_> = case
        .call
        .input
        .iter()
        .map(|text| text.content.as_str())
        .collect();
    assert_eq!(texts, ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(case.call.input[3].role, Role::Tool);
    assert_eq!(case.call.output[0].place, "/output/0");
}

#[test]
fn arguments_may_be_json_or_text() {
    let written = case("    tool: bash\n    arguments: {command: ls}");
    assert_eq!(written.call.tool_calls[0].arguments, r#"{"command":"ls"}"#);
    let text = case("    tool: bash\n    arguments: '{\"command\": '");
    assert_eq!(text.call.tool_calls[0].arguments, "{\"command\": ");
    assert_eq!(text.call.tool_calls[0].place, "/tool_calls/0");
}

#[test]
fn a_text_can_be_repeated() {
    let case = case("    user: {repeat: ab, times: 3}");
    assert_eq!(case.call.input[0].content, "ababab");
    let huge = "cases: [{name: x, user: {repeat: ab, times: 9999999999}, expect: allow}]";
    assert!(problem(huge).contains("longer than"), "{}", problem(huge));
}

#[test]
fn a_value_that_looks_like_a_number_or_a_truth_is_a_text() {
    let case = case("    user: [0123, no, 'true', 1.5]");
    let texts: Vec<_> = case
        .call
        .input
        .iter()
        .map(|text| text.content.as_str())
        .collect();
    assert_eq!(texts[1..], ["no", "true", "1.5"]);
}

#[test]
fn short_keys_add_to_the_full_form() {
    let case = case(
        "    call: {stage: record, model: m, limits: {max_output_tokens: 5}, input: [{role: system, place: /messages/0/content, content: a}]}\n    user: b",
    );
    assert_eq!(
        (case.stage, case.call.model.as_str()),
        (Some(Stage::Record), "m")
    );
    assert_eq!(case.call.limits.max_output_tokens, Some(5));
    let places: Vec<_> = case
        .call
        .input
        .iter()
        .map(|text| text.place.as_str())
        .collect();
    assert_eq!(places, ["/messages/0/content", "/input/1"]);
}

#[test]
fn defaults_hold_for_every_case_that_says_nothing_else() {
    let file = parse(
        "rule: pii_detection
defaults:
  stage: record
  configuration: {a: 1}
  facts: {owner: me, agent: 7}
  limits: {fuel: 5}
cases:
  - {name: one, user: x, expect: allow}
  - {name: two, user: x, stage: admission, configuration: {}, facts: {owner: you}, expect: allow}
",
    )
    .unwrap();
    assert_eq!(file.rule.as_deref(), Some("pii_detection"));
    let [one, two] = file.cases.as_slice() else {
        panic!("{file:?}");
    };
    assert_eq!(
        (one.stage, two.stage),
        (Some(Stage::Record), Some(Stage::Admission))
    );
    assert_eq!(
        (one.configuration.as_str(), two.configuration.as_str()),
        (r#"{"a":1}"#, "{}")
    );
    let facts = |case: &Case| {
        let facts = case.call.facts.iter();
        facts
            .map(|fact| format!("{}={}", fact.key, fact.value))
            .collect::<Vec<_>>()
    };
    assert_eq!(facts(one), ["agent=7", "owner=me"]);
    assert_eq!(facts(two), ["agent=7", "owner=you"]);
    assert_eq!(one.limits.fuel, 5);
}

#[test]
fn what_is_expected_may_be_short_or_long() {
    let file = parse(
        "cases:
  - name: x
    user: x
    expect:
      verdict: redact
      findings: [pii.email, {code: pii.phone, text: '+1', place: [/input/0]}]
      edited: x
",
    )
    .unwrap();
    let expected = &file.cases[0].expected;
    let findings = expected.findings.as_ref().unwrap();
    assert_eq!(
        findings[0],
        ExpectedFinding {
            code: "pii.email".into(),
            ..ExpectedFinding::default()
        }
    );
    assert_eq!(findings[1].text.as_deref(), Some(&["+1".to_owned()][..]));
    assert_eq!(expected.edited_text.as_deref(), Some("x"));
}

#[test]
fn a_misspelt_key_is_named_with_its_line() {
    let text = "cases:\n  - name: x\n    usr: hello\n    expect: allow\n";
    let said = problem(text);
    assert!(
        said.starts_with("cases.yaml:3:") && said.contains("usr"),
        "{said}"
    );
    let text = "cases:\n  - name: x\n    user: hello\n    expect: {verdikt: allow}\n";
    let said = problem(text);
    assert!(
        said.starts_with("cases.yaml:4:") && said.contains("verdikt"),
        "{said}"
    );
    let text = "cases:\n  - name: x\n    call: {inptu: []}\n    expect: allow\n";
    let said = problem(text);
    assert!(
        said.starts_with("cases.yaml:2:") && said.contains("inptu"),
        "{said}"
    );
}

#[test]
fn an_unknown_verdict_is_refused() {
    let said = problem("cases: [{name: x, user: x, expect: block}]");
    assert!(said.contains("`block`") && said.contains("deny"), "{said}");
}

#[test]
fn two_cases_of_one_name_are_refused() {
    let said = problem("cases:\n  - {name: x, expect: allow}\n  - {name: x, expect: deny}\n");
    assert!(said.starts_with("cases.yaml:3:"), "{said}");
}

#[test]
fn a_file_without_cases_is_refused() {
    assert!(problem("cases: []").contains("no case"));
}

#[test]
fn deep_and_self_multiplying_files_are_refused() {
    let deep = format!("cases: {}", "[".repeat(10_000));
    parse(&deep).unwrap_err();
    let mut bomb = String::from("x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n");
    for level in 1..12 {
        let items = vec![format!("*x{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("x{level}: &x{level} [{items}]\n"));
    }
    parse(&bomb).unwrap_err();
}
