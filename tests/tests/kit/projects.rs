//! `rule new`, `build` and `test` in each language, with the real toolchains.
//!
//! npm and pip keep what they fetch in their own caches. Each language builds one component and asks it
//! with one configuration (Rust with more): compiling a JavaScript or Python rule is the longest part.

use crate::documents::blocks;
use crate::folder::{Folder, ran};

/// Makes, builds and tests a project; what `rule inspect` says of the component.
fn project(folder: &Folder, language: &str) -> serde_json::Value {
    let run = |line: &str, at: &str| {
        let mut command = folder.command(line.split_whitespace());
        let ran = ran(command.current_dir(folder.path(at)));
        assert_eq!(ran.exit, Some(0), "{line}: {ran:?}");
        ran
    };
    run(&format!("rule new my-rule --language {language}"), "");
    let built = run("rule build --json", "my-rule").json();
    let tested = run("rule test --json", "my-rule").json();
    assert_eq!(tested["failed"], 0);
    let seen = run("rule inspect dist/my-rule.wasm --json", "my-rule").json();
    assert_eq!(built["digest"], seen["digest"]);
    assert_eq!(seen["description"]["id"], "my-rule");
    seen
}

/// One test, because the dependencies are compiled once for all of it.
#[test]
fn a_rust_project_builds_and_its_cases_pass_and_so_does_the_short_rule_of_the_tutorial() {
    let folder = Folder::new();
    let seen = project(&folder, "rust");
    assert_eq!(seen["snapshot"], true, "{seen}");

    let [rule] = blocks("rule-author.md", "// A whole rule.")
        .try_into()
        .unwrap();
    let [cases] = blocks("rule-author.md", "# The cases of the whole rule.")
        .try_into()
        .unwrap();
    folder.write("my-rule/src/lib.rs", rule);
    folder.write("my-rule/cases.yaml", cases);
    let run = |line: &str| {
        let mut command = folder.command(line.split_whitespace());
        ran(command.current_dir(folder.path("my-rule")))
    };
    let tested = run("rule test --json");
    assert_eq!(tested.exit, Some(0), "{tested:?}");
    assert_eq!(tested.json()["passed"], 3);
    let linted = run("rule lint --strict");
    assert_eq!(linted.exit, Some(0), "{linted:?}");

    folder.write("my-rule/src/lib.rs", "fn broken( {}");
    let broken = run("rule build");
    assert_eq!(broken.exit, Some(1), "{broken:?}");
    assert!(broken.stderr.contains("src/lib.rs:1"), "{broken:?}");
    assert!(broken.stderr.contains("messages above"), "{broken:?}");
}

#[test]
fn a_javascript_project_builds_and_its_cases_pass() {
    project(&Folder::new(), "javascript");
}

#[test]
fn a_python_project_builds_and_its_cases_pass() {
    project(&Folder::new(), "python");
}

#[test]
fn a_folder_without_a_manifest_is_no_project() {
    let ran = Folder::new().run("rule build");
    assert_eq!(ran.exit, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("bijotel rule new"), "{ran:?}");
}
