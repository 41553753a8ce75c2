//! `rule inspect`, `bench` and `lint`, and `policy check`.

use crate::folder::Folder;

/// A component that is no rule of this host.
const NO_RULE: &[u8] = b"\0asm\x0d\0\x01\0";

#[test]
fn a_refused_component_is_shown_all_the_same() {
    let folder = Folder::new();
    folder.write("empty.wasm", NO_RULE);
    let ran = folder.run("rule inspect empty.wasm --json");
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    let seen = ran.json();
    assert_eq!(seen["bytes"], 8);
    assert!(
        seen["refusal"]
            .as_str()
            .unwrap()
            .contains("bijotel:policy/rule")
    );
}

#[test]
fn a_bench_shows_the_share_of_the_host() {
    let ran = Folder::new().run("rule bench pii_detection --json");
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    let texts = ran.json()["texts"].as_array().unwrap().clone();
    let sizes: Vec<_> = texts
        .iter()
        .map(|text| text["bytes"].as_u64().unwrap())
        .collect();
    assert_eq!(sizes, [56, 1_000, 10_000, 100_000]);
    for text in texts {
        assert!(text["fuel"].as_u64().unwrap() > 0);
        assert!(text["host_p50_us"].as_f64().unwrap() > 0.0);
        assert!(text["memory_bytes"].as_u64().unwrap() >= 65_536);
    }
}

#[test]
fn a_lint_of_a_shipped_rule_finds_no_error() {
    let ran = Folder::new().run("rule lint routing --json");
    assert_eq!(ran.exit, Some(0), "{ran:?}");
}

#[test]
fn a_configuration_that_can_run_is_said_with_its_rule_set() {
    let folder = Folder::new();
    folder.write(
        "bijotel.toml",
        "[[rule]]\nname = 'pii_detection'\n[rule.configuration]\naction = 'deny'\n",
    );
    let ran = folder.run("policy check --json");
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    let listed = folder.run("policy list --json").json();
    assert_eq!(ran.json()["rule_set"], listed["rule_set"]);
}

#[test]
fn a_wrong_configuration_is_pointed_at_without_its_values() {
    let folder = Folder::new();
    folder.write(
        "bijotel.toml",
        "[[rule]]\nname = 'pii_detection'\n[rule.configuration]\naction = 's3cret'\nalow = ['s3cret']\nallow = ['a', 5]\n",
    );
    let ran = folder.run("policy check");
    assert_eq!(ran.exit, Some(2), "{ran:?}");
    for place in [
        "bijotel.toml:4:1:",
        "bijotel.toml:5:1:",
        "bijotel.toml:6:15:",
    ] {
        assert!(ran.stdout.contains(place), "{place}: {ran:?}");
    }
    assert!(
        !ran.stdout.contains("s3cret") && !ran.stderr.contains("s3cret"),
        "{ran:?}"
    );
}
