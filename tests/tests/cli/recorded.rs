//! What the Python tool printed, and what ours prints for the same.

use std::path::Path;

use bijotel_tests::vectors;
use serde_json::Value;

use crate::folder::{Folder, Ran, ran};

/// Verbs of the Python tool that this release does not have yet.
const LATER: [&str; 7] = [
    "archive",
    "cross-view",
    "energy",
    "integrity",
    "regression",
    "replay",
    "verify-continuity",
];

/// One recorded run of the Python tool.
struct Recorded {
    name: String,
    arguments: Vec<String>,
    stdout: String,
    stderr: String,
    exit: i32,
}

impl Recorded {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let (command, rest) = text.split_once('\n').unwrap();
        let (output, exit) = rest.rsplit_once("[exit ").unwrap();
        let (stdout, stderr) = output.split_once("[stderr]\n").unwrap_or((output, ""));
        let words = command.strip_prefix("$ bijotel").unwrap();
        Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            arguments: words.split_whitespace().map(str::to_owned).collect(),
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
            exit: exit.trim_end_matches("]\n").parse().unwrap(),
        }
    }

    fn all() -> Vec<Self> {
        let files = std::fs::read_dir(vectors().join("cli")).unwrap();
        let paths = files.map(|file| file.unwrap().path());
        let mut all: Vec<_> = paths
            .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
            .map(|path| Self::read(&path))
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }
}

#[test]
fn recorded_runs_are_repeated_byte_for_byte() {
    let folder = Folder::with("exports/chain_0012.v2.json");
    for chain in ["chain_0000", "chain_0012", "chain_1000"] {
        folder.copy(&format!("chains/{chain}.db"));
    }
    let mut repeated = 0;
    for recorded in Recorded::all() {
        let verb = recorded.arguments.first().map_or("", String::as_str);
        if LATER.contains(&verb) || ["", "foo"].contains(&verb) {
            continue;
        }
        let ran = folder.run(&recorded.arguments.join(" "));
        assert_eq!(ran.stdout, recorded.stdout, "{}", recorded.name);
        assert_eq!(ran.stderr, recorded.stderr, "{}", recorded.name);
        assert_eq!(ran.exit, Some(recorded.exit), "{}", recorded.name);
        repeated += 1;
    }
    assert_eq!(repeated, 21);
}

#[test]
fn a_command_line_without_a_verb_or_with_an_unknown_one_ends_with_2_and_the_usage() {
    for recorded in Recorded::all() {
        if ["noargs", "badcmd"].contains(&recorded.name.as_str()) {
            let ran = Folder::new().run(&recorded.arguments.join(" "));
            assert_eq!(ran.exit, Some(recorded.exit), "{ran:?}");
            assert!(ran.stdout.is_empty() && ran.stderr.contains("Usage: bijotel"));
        }
    }
}

/// Cases of the manifest in which our exit code differs without the verdict being another: what it is,
/// and why.
const OTHER_EXITS: [(&str, i32); 2] = [
    // A secret that is too short says nothing of the file.
    ("secret shorter than 16 bytes", 2),
    // The Python tool ends with a traceback.
    (
        "canonical_body of seq 2 stored as TEXT with the same bytes",
        3,
    ),
];

#[test]
fn every_file_of_the_manifest_has_the_python_tools_exit_code_or_a_documented_one() {
    let mut seen = 0;
    for case in cases() {
        let ran = run_case(&case);
        let change = case["change"].as_str().unwrap();
        let python = case["expected_2_17_0"]["exit"].as_i64().unwrap();
        let other = OTHER_EXITS.iter().find(|(other, _)| *other == change);
        let expected = documented(&case)
            .or(other.map(|(_, exit)| *exit))
            .unwrap_or(i32::try_from(python).unwrap());
        assert_eq!(ran.exit, Some(expected), "{change}: {ran:?}");
        assert!(!ran.stderr.contains("defect"), "{change}: {ran:?}");
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn an_intact_file_is_reported_byte_for_byte_as_the_python_tool_does() {
    let mut seen = 0;
    for case in cases() {
        let accepted = case["expected_2_17_0"]["exit"] == 0;
        if accepted && documented(&case).is_none() {
            let lines = case["stdout_2_17_0"].as_array().unwrap().iter();
            let python: Vec<_> = lines.map(|line| line.as_str().unwrap()).collect();
            let ran = run_case(&case);
            assert_eq!(ran.stdout.trim_end(), python.join("\n").trim_end());
            assert_eq!(ran.stderr, "");
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
}

/// Commands of the manifest for verbs that are there.
fn cases() -> Vec<Value> {
    let text = std::fs::read_to_string(vectors().join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    let cases = manifest["cases"].as_array().unwrap().iter();
    cases
        .filter(|case| !LATER.contains(&case["cmd"][1].as_str().unwrap()))
        .cloned()
        .collect()
}

fn run_case(case: &Value) -> Ran {
    let arguments = case["cmd"].as_array().unwrap().iter().skip(1);
    let mut command = Folder::new().command(arguments.map(|a| a.as_str().unwrap()));
    command.current_dir(vectors());
    if case["env_secret"] == true {
        command.env("BIJOTEL_HMAC_SECRET", bijotel_tests::SECRET_HEX);
    }
    ran(&mut command)
}

/// The exit code of the verdict that docs/differences.md gives for a case.
fn documented(case: &Value) -> Option<i32> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/differences.md");
    let text = std::fs::read_to_string(page).unwrap();
    let file = format!(
        "`{}`: {} ",
        case["file"].as_str()?,
        case["change"].as_str()?
    );
    let row = text.lines().find(|line| line.contains(&file))?;
    match row.split(" | ").nth(3)? {
        "INVALID" => Some(1),
        "BROKEN" => Some(3),
        "INCOMPLETE" => Some(4),
        other => panic!("{other}"),
    }
}
