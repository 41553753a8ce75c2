//! Every shipped rule answers the cases in its folder as they say.

use std::path::{Path, PathBuf};

use crate::folder::Folder;

/// The case files in the folders of the shipped rules, in alphabetical order.
fn case_files() -> Vec<PathBuf> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest-rules");
    let folders = std::fs::read_dir(rules).unwrap();
    let mut files: Vec<PathBuf> = folders
        .map(|folder| folder.unwrap().path().join("cases.yaml"))
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    files
}

/// One command for all of them: a rule is compiled once for all its configurations.
#[test]
fn the_cases_of_the_shipped_rules_pass() {
    let folder = Folder::new();
    let files = case_files();
    let command = ["rule", "test", "--json"].map(PathBuf::from);
    let ran = crate::folder::ran(&mut folder.command(command.iter().chain(&files)));
    let cases = ran.json()["cases"].as_array().unwrap().clone();
    let failed: Vec<_> = (cases.iter())
        .filter(|case| case["passed"] != true)
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(ran.exit, Some(0), "{ran:?}");
}

#[test]
fn every_shipped_rule_has_cases() {
    let named = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        let rule = text.lines().find_map(|line| line.strip_prefix("rule: "));
        rule.unwrap().trim().to_owned()
    };
    let mut with_cases: Vec<String> = case_files().iter().map(named).collect();
    with_cases.sort();
    let mut shipped: Vec<&str> = bijotel::shipped_rules().map(|(id, _)| id).collect();
    shipped.sort_unstable();
    assert_eq!(with_cases, shipped);
}
