//! `rule test`: what is compared, and what is said when it differs.

use serde_json::Value;

use crate::folder::{Folder, Ran};

/// Asks the shipped rule for personal data about one case with these keys.
fn ask(keys: &str) -> (Ran, Value) {
    let folder = Folder::new();
    let text = format!("rule: pii_detection\ncases:\n  - name: x\n    {keys}\n");
    folder.write("cases.yaml", text);
    let ran = folder.run("rule test --json");
    let json = ran.json();
    (ran, json)
}

fn passes(keys: &str) {
    let (ran, _) = ask(keys);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
}

/// The differences, as `what: expected / found`.
fn fails(keys: &str) -> Vec<String> {
    let (ran, json) = ask(keys);
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    let text = |difference: &Value, key: &str| difference[key].as_str().unwrap().to_owned();
    let differences = json["cases"][0]["differences"].as_array().unwrap().iter();
    differences
        .map(|d| {
            format!(
                "{}: {} / {}",
                text(d, "what"),
                text(d, "expected"),
                text(d, "found")
            )
        })
        .collect()
}

const MAIL: &str =
    "user: Write to jane@example.org\n    configuration: {action: redact}\n    expect: ";

#[test]
fn a_wrong_verdict_is_a_difference() {
    let differences = fails(&format!("{MAIL} deny"));
    assert_eq!(differences, ["verdict: deny / redact"]);
}

#[test]
fn a_finding_is_compared_by_code_text_and_place() {
    passes(&format!(
        "{MAIL} {{findings: [{{code: pii.email, text: jane@example.org, place: /input/0}}]}}"
    ));
    let differences = fails(&format!(
        "{MAIL} {{findings: [{{code: pii.email, text: jane, place: /output/0}}]}}"
    ));
    assert_eq!(
        differences,
        [
            "finding pii.email, text: jane / jane@example.org",
            "finding pii.email, place: /output/0 / /input/0"
        ]
    );
}

#[test]
fn a_finding_too_many_or_too_few_is_a_difference() {
    let too_many = fails(&format!("{MAIL} {{findings: []}}"));
    assert!(
        too_many[0].starts_with("finding:  / pii.email"),
        "{too_many:?}"
    );
    let too_few = fails(&format!("{MAIL} {{findings: [pii.email, pii.iban]}}"));
    assert_eq!(too_few, ["finding: pii.iban / "]);
    passes(&format!(
        "{MAIL} {{includes: [pii.email], excludes: [pii.iban]}}"
    ));
    let excluded = fails(&format!("{MAIL} {{excludes: [pii.email]}}"));
    assert_eq!(excluded, ["finding:  / pii.email"]);
}

#[test]
fn edits_are_compared_by_the_text_that_they_make() {
    passes(&format!("{MAIL} {{edited: 'Write to [REDACTED:email]'}}"));
    passes(&format!(
        "{MAIL} {{edited: {{/input/0: 'Write to [REDACTED:email]'}}}}"
    ));
    let differences = fails(&format!("{MAIL} {{edited: {{/input/1: x}}}}"));
    assert_eq!(
        differences,
        [
            "edited text /input/0:  / Write to [REDACTED:email]",
            "edited text /input/1: x / "
        ]
    );
}

#[test]
fn a_failure_must_be_expected() {
    let starved = "user: Write to jane@example.org\n    limits: {fuel: 10}\n    expect: ";
    passes(&format!(
        "{starved} {{verdict: deny, failure: failure.fuel}}"
    ));
    let differences = fails(&format!("{starved} deny"));
    assert_eq!(
        differences,
        ["failure:  / failure.fuel: it used up its fuel of 10"]
    );
}

#[test]
fn a_configuration_that_the_rule_refuses_can_be_expected() {
    passes("configuration: {aktion: warn}\n    expect: {refuses: aktion}");
    let differences = fails("configuration: {}\n    expect: {refuses: aktion}");
    assert_eq!(differences, ["refusal of the configuration: aktion / "]);
    let differences = fails("configuration: {aktion: warn}\n    expect: allow");
    assert!(differences[0].contains("aktion"), "{differences:?}");
}

#[test]
fn a_failed_case_is_shown_with_its_file_and_line() {
    let folder = Folder::new();
    folder.write(
        "pii.yaml",
        "rule: pii_detection\ncases:\n  - {name: one, user: x, expect: allow}\n  - {name: two, user: x, expect: deny}\n",
    );
    let ran = folder.run("rule test pii.yaml");
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    let shown = ran.stdout.split_once("1 FAILED").unwrap();
    assert_eq!(
        shown.0,
        "FAIL pii.yaml:4: two\n     verdict\n       - expected deny\n       + found    allow\n"
    );
    assert!(shown.1.starts_with(": 1 of 2 cases passed"), "{ran:?}");
}

#[test]
fn only_cases_with_the_filter_in_their_names_are_asked() {
    let folder = Folder::new();
    folder.write(
        "pii.yaml",
        "rule: pii_detection\ncases: [{name: one, user: x, expect: allow}, {name: two, user: x, expect: deny}]\n",
    );
    assert_eq!(folder.run("rule test pii.yaml --filter one").exit, Some(0));
    assert_eq!(
        folder.run("rule test pii.yaml --filter three").exit,
        Some(1)
    );
}

#[test]
fn a_file_that_is_not_in_the_form_ends_with_2() {
    let folder = Folder::new();
    folder.write("cases.yaml", "cases:\n  - name: x\n    expected: allow\n");
    let ran = folder.run("rule test");
    assert_eq!(ran.exit, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("cases.yaml:3:5"), "{ran:?}");
    assert_eq!(Folder::new().run("rule test").exit, Some(2));
}
