use super::*;
use bijotel_rule_sdk::{Answer, Role, Text, Verdict, Window, testing};

fn codes(configuration: &str, call: &Call) -> Vec<String> {
    testing::codes::<ScopeDrift>(configuration, call)
}

fn answered(bytes: usize, asked: Option<u64>) -> Call {
    let mut call = Call::of_text("hi");
    call.stage = Stage::Inspection;
    call.limits.max_output_tokens = asked;
    let text = "a".repeat(bytes);
    call.output
        .push(Text::new(Role::Assistant, "/output/0", &text));
    call
}

fn scoped(tool: &str, arguments: &str) -> Call {
    Call::of_tool_call(tool, arguments)
        .with_fact(SCOPE_TOOLS, r#"["fetch","read"]"#)
        .with_fact(SCOPE_HOSTS, r#"["api.example.org"]"#)
        .with_fact(SCOPE_PATHS, r#"["/srv/data"]"#)
}

#[test]
fn an_answer_may_be_as_long_as_asked_for_and_a_little_longer() {
    assert!(codes("{}", &answered(880, Some(100))).is_empty());
    assert_eq!(
        codes("{}", &answered(881, Some(100))),
        ["scope_drift.length"]
    );
    assert!(codes("{}", &answered(100_000, None)).is_empty());
    let strict = r#"{"token_tolerance":0,"char_per_token_estimate":4}"#;
    assert_eq!(codes(strict, &answered(401, Some(100))).len(), 1);
}

#[test]
fn all_of_a_streamed_answer_counts() {
    let mut call = answered(100, Some(100));
    call.output[0].window = Some(Window {
        offset: 781,
        judged: 0,
        last: false,
    });
    assert_eq!(codes("{}", &call), ["scope_drift.length"]);
}

#[test]
fn each_choice_has_its_own_length() {
    let mut call = answered(800, Some(100));
    let mut other = call.output[0].clone();
    other.place = "/output/1".to_owned();
    call.output.push(other);
    assert_eq!(codes("{}", &call).len(), 1);
    call.output[1].choice = 1;
    assert!(codes("{}", &call).is_empty());
}

#[test]
fn the_provider_counts_better_than_bytes() {
    let mut call = answered(100_000, Some(100));
    call.answer = Some(Answer {
        model: None,
        finish_reasons: Vec::new(),
        input_tokens: None,
        output_tokens: Some(110),
        cached_input_tokens: None,
        reasoning_tokens: None,
    });
    assert!(codes("{}", &call).is_empty());
    if let Some(answer) = &mut call.answer {
        answer.output_tokens = Some(111);
    }
    assert_eq!(codes("{}", &call), ["scope_drift.length"]);
}

#[test]
fn declared_tools_hosts_and_paths_are_in_order() {
    for (tool, arguments) in [
        ("fetch", r#"{"url":"https://api.example.org/a"}"#),
        ("read", r#"{"path":"/srv/data/a.txt"}"#),
        ("read", r#"{"text":"and/or a relative path"}"#),
    ] {
        assert!(
            codes("{}", &scoped(tool, arguments)).is_empty(),
            "{arguments}"
        );
    }
}

#[test]
fn whatever_else_a_tool_call_names_is_drift() {
    for (tool, arguments, code) in [
        ("write", "{}", "scope_drift.tool"),
        (
            "fetch",
            r#"{"a":["see https://evil.test/x"]}"#,
            "scope_drift.host",
        ),
        (
            "fetch",
            r#"{"url":"https://api.example.org@evil.test"}"#,
            "scope_drift.host",
        ),
        ("read", r#"{"path":"/etc/passwd"}"#, "scope_drift.path"),
        (
            "read",
            r#"{"path":"a/../../etc/passwd"}"#,
            "scope_drift.path",
        ),
        ("read", r#"{"path":"~/.ssh/id"}"#, "scope_drift.path"),
        ("read", r#"{"path":"c:\\x"}"#, "scope_drift.path"),
        ("read", r#"{"path":"file:/etc/passwd"}"#, "scope_drift.path"),
        (
            "read",
            r#"{"path":"/srv/data/a","path":"/etc/passwd"}"#,
            "scope_drift.arguments",
        ),
    ] {
        assert_eq!(codes("{}", &scoped(tool, arguments)), [code], "{arguments}");
    }
}

#[test]
fn what_is_not_declared_is_not_limited_unless_it_must_be() {
    let call = Call::of_tool_call("write", r#"{"path":"/etc/passwd"}"#);
    assert!(codes("{}", &call).is_empty());
    assert_eq!(
        codes(r#"{"require_scope":true}"#, &call),
        ["scope_drift.undeclared"]
    );
    let none = call.with_fact(SCOPE_TOOLS, "[]");
    assert_eq!(codes("{}", &none), ["scope_drift.tool"]);
}

#[test]
fn a_scope_that_cannot_be_read_is_no_scope() {
    for (key, value) in [
        (SCOPE_TOOLS, "write"),
        (SCOPE_PATHS, r#"["a/../b"]"#),
        (SCOPE_HOSTS, r#"["a b"]"#),
    ] {
        let call = Call::of_tool_call("write", "{}").with_fact(key, value);
        let evaluation = testing::ask::<ScopeDrift>("{}", &call).unwrap();
        assert_eq!(evaluation.verdict, Verdict::Deny);
        assert_eq!(evaluation.findings[0].code, "scope_drift.bad_fact");
    }
}

#[test]
fn figures_must_make_sense() {
    for key in ["token_tolerance", "char_per_token_estimate"] {
        for value in ["-1", "10000"] {
            let refusal = testing::refusal::<ScopeDrift>(&format!(r#"{{"{key}":{value}}}"#));
            assert!(refusal.contains(key), "{refusal}");
        }
    }
}

#[test]
fn the_schema_says_what_the_rule_takes() {
    testing::check_schema::<ScopeDrift>().unwrap();
}
