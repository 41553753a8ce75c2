use super::*;
use bijotel_rule_sdk::{Verdict, testing};

const TOOLS: &str = r#"{
    "registry": {
        "search": {},
        "write": {"risk_tier": "high"},
        "pay": {"risk_tier": "HIGH", "irreversible": true},
        "note": {"risk_tier": "MEDIUM", "irreversible": true},
        "wipe": {"risk_tier": "CRITICAL", "irreversible": true},
        "read_file": {"arguments": {"path": {"kind": "path", "allowed": ["/srv/data"]}}},
        "fetch": {"arguments": {"url": {"kind": "url", "allowed": ["api.example.org"]}}},
        "ping": {"arguments": {"host": {"kind": "shell"}}, "only_listed_arguments": true},
        "set": {"arguments": {"mode": {"kind": "one_of", "allowed": ["on", "off"]}}}
    }
}"#;

fn codes(tool: &str, arguments: &str) -> Vec<String> {
    testing::codes::<ToolCallInspector>(TOOLS, &Call::of_tool_call(tool, arguments))
}

fn verdict(configuration: &str, tool: &str) -> Verdict {
    let call = Call::of_tool_call(tool, "{}");
    testing::ask::<ToolCallInspector>(configuration, &call)
        .unwrap()
        .verdict
}

#[test]
fn registered_tools_may_be_called_up_to_the_highest_tier() {
    assert_eq!(verdict(TOOLS, "search"), Verdict::Allow);
    assert_eq!(verdict(TOOLS, "write"), Verdict::Allow);
    let low = TOOLS.replacen('{', r#"{"max_allowed_tier":"LOW","#, 1);
    assert_eq!(verdict(&low, "write"), Verdict::Deny);
}

#[test]
fn nothing_may_be_called_unless_it_is_registered() {
    assert_eq!(verdict("{}", "search"), Verdict::Deny);
    assert_eq!(codes("Search", "{}"), ["tool_call_inspector.unregistered"]);
    assert_eq!(
        verdict(r#"{"allow_unregistered":true}"#, "search"),
        Verdict::Allow
    );
}

#[test]
fn what_cannot_be_undone_needs_a_person_from_a_tier_on() {
    assert_eq!(verdict(TOOLS, "pay"), Verdict::Escalate);
    assert_eq!(verdict(TOOLS, "note"), Verdict::Allow);
    let earlier = TOOLS.replacen('{', r#"{"escalate_at_tier":"LOW","#, 1);
    assert_eq!(verdict(&earlier, "note"), Verdict::Escalate);
}

#[test]
fn critical_tools_must_be_allowed_twice() {
    assert_eq!(codes("wipe", "{}"), ["tool_call_inspector.critical"]);
    let once = TOOLS.replacen('{', r#"{"allow_critical":true,"#, 1);
    assert_eq!(verdict(&once, "wipe"), Verdict::Deny);
    let twice = once.replacen('{', r#"{"max_allowed_tier":"CRITICAL","#, 1);
    assert_eq!(verdict(&twice, "wipe"), Verdict::Escalate);
}

#[test]
fn a_path_must_lie_in_its_folders() {
    assert!(codes("read_file", r#"{"path":"/srv/data/a"}"#).is_empty());
    for arguments in [
        r#"{"path":"/etc/passwd"}"#,
        r#"{"path":"/srv/data/..\u002f../etc/passwd"}"#,
        r#"{"path":[{"x":1},"/etc/passwd"]}"#,
        r#"{"deep":{"path":{"value":"/etc/passwd"}}}"#,
    ] {
        assert_eq!(
            codes("read_file", arguments),
            ["tool_call_inspector.path"],
            "{arguments}"
        );
    }
}

#[test]
fn an_address_must_name_an_allowed_host_and_scheme() {
    assert!(codes("fetch", r#"{"url":"https://api.example.org/v1?q=a"}"#).is_empty());
    for url in [
        "http://api.example.org/",
        "https://evil.test/",
        "https://api.example.org@evil.test/",
    ] {
        let arguments = format!(r#"{{"url":"{url}"}}"#);
        assert_eq!(
            codes("fetch", &arguments),
            ["tool_call_inspector.url"],
            "{url}"
        );
    }
}

#[test]
fn a_word_for_a_shell_must_mean_nothing_to_it() {
    assert!(codes("ping", r#"{"host":"example.org"}"#).is_empty());
    for host in [
        "a; id", "$(id)", "`id`", "a|b", "a\\nb", "-rf", "a -o b", "a>b", "*",
    ] {
        let arguments = format!(r#"{{"host":"{host}"}}"#);
        assert_eq!(
            codes("ping", &arguments),
            ["tool_call_inspector.shell"],
            "{host}"
        );
    }
}

#[test]
fn values_and_names_can_be_listed() {
    assert!(codes("set", r#"{"mode":"on","other":"x"}"#).is_empty());
    assert_eq!(
        codes("set", r#"{"mode":"On"}"#),
        ["tool_call_inspector.value"]
    );
    let unlisted = codes("ping", r#"{"host":"a","count":3}"#);
    assert_eq!(unlisted, ["tool_call_inspector.unlisted_argument"]);
}

#[test]
fn arguments_that_cannot_be_checked_are_denied() {
    for arguments in [
        "/srv/data",
        r#"{"path":"/srv/data/a","path":"/etc/passwd"}"#,
    ] {
        assert_eq!(
            codes("read_file", arguments),
            ["tool_call_inspector.arguments"]
        );
    }
    assert!(codes("search", "free text").is_empty(), "nothing to check");
}

#[test]
fn tool_calls_of_earlier_turns_were_judged_before() {
    let mut call = Call::of_tool_call("unknown", "{}");
    call.tool_calls[0].earlier = true;
    assert!(testing::codes::<ToolCallInspector>(TOOLS, &call).is_empty());
}

#[test]
fn every_tool_call_is_judged() {
    let mut call = Call::of_tool_call("search", "{}");
    call.tool_calls
        .push(ToolCall::new("pay", "{}", "/tool_calls/1"));
    call.tool_calls
        .push(ToolCall::new("wipe", "{}", "/tool_calls/2"));
    let evaluation = testing::ask::<ToolCallInspector>(TOOLS, &call).unwrap();
    assert_eq!(evaluation.verdict, Verdict::Deny);
    assert_eq!(evaluation.findings.len(), 2);
}

#[test]
fn checks_without_a_list_are_refused() {
    for (kind, allowed) in [
        ("path", "[]"),
        ("url", "[]"),
        ("one_of", "[]"),
        ("path", r#"["/a/../b"]"#),
    ] {
        let configuration = format!(
            r#"{{"registry":{{"t":{{"arguments":{{"a":{{"kind":"{kind}","allowed":{allowed}}}}}}}}}}}"#
        );
        let refusal = testing::refusal::<ToolCallInspector>(&configuration);
        assert!(refusal.contains("`registry.t.arguments.a`"), "{refusal}");
    }
}

#[test]
fn the_schema_says_what_the_rule_takes() {
    testing::check_schema::<ToolCallInspector>().unwrap();
}
