//! Prepared rules: on disk and shipped.

mod guest;

use std::fs;
use std::path::{Path, PathBuf};

use bijotel_policy::*;
use guest::Guest;

const HOST_KEY: &[u8] = b"a key of this host, 32 bytes....";

fn guest() -> Guest {
    Guest::answering(&Evaluation::new(Verdict::Escalate, vec![]))
}

/// Load the rule in a new engine with this folder as its cache; how it got ready.
fn load(folder: &Path, key: &[u8], configuration: &str) -> Preparation {
    let engine = Engine::new(EngineOptions {
        cache: Some(RuleCache::new(folder, key).unwrap()),
        ..EngineOptions::default()
    })
    .unwrap();
    let configuration = Configuration::from_json(configuration).unwrap();
    let rule = engine.load(guest().component(), &configuration).unwrap();
    let preparation = rule.preparation().clone();
    let rules = RuleSet::new(vec![RuleEntry::new(rule)]).unwrap();
    let decision = rules.evaluate(&Call::new(Stage::Admission));
    assert_eq!(decision.verdict, VerdictKind::Escalate);
    preparation
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn the_second_load_compiles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        load(folder.path(), HOST_KEY, "{}").from,
        CodeSource::Compiled
    );
    assert_eq!(load(folder.path(), HOST_KEY, "{}").from, CodeSource::Cache);
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn another_configuration_is_another_file() {
    let folder = tempfile::tempdir().unwrap();
    load(folder.path(), HOST_KEY, "{}");
    let other = load(folder.path(), HOST_KEY, r#"{"a":1}"#);
    assert_eq!(other.from, CodeSource::Compiled);
    assert_eq!(files(folder.path()).len(), 2);
}

#[test]
fn a_changed_or_cut_file_is_not_run_and_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    load(folder.path(), HOST_KEY, "{}");
    let file = &files(folder.path())[0];
    let whole = fs::read(file).unwrap();
    for at in [0, 20, 60, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(file, &changed).unwrap();
        assert_eq!(
            load(folder.path(), HOST_KEY, "{}").from,
            CodeSource::Compiled
        );
        assert_eq!(fs::read(file).unwrap(), whole);
        fs::write(file, &whole[..at]).unwrap();
        assert_eq!(
            load(folder.path(), HOST_KEY, "{}").from,
            CodeSource::Compiled
        );
    }
}

#[test]
fn a_file_of_another_host_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    load(folder.path(), b"the key of quite another host...", "{}");
    assert_eq!(
        load(folder.path(), HOST_KEY, "{}").from,
        CodeSource::Compiled
    );
}

#[test]
fn an_authentic_file_under_the_name_of_another_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    load(folder.path(), HOST_KEY, "{}");
    let first = files(folder.path()).remove(0);
    load(folder.path(), HOST_KEY, r#"{"a":1}"#);
    let second = files(folder.path())
        .into_iter()
        .find(|file| *file != first)
        .unwrap();
    fs::copy(&first, &second).unwrap();
    let preparation = load(folder.path(), HOST_KEY, r#"{"a":1}"#);
    assert_eq!(preparation.from, CodeSource::Compiled);
}

#[test]
fn a_folder_that_cannot_be_written_costs_only_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let preparation = load(&file.join("below"), HOST_KEY, "{}");
    assert_eq!(preparation.from, CodeSource::Compiled);
    assert!(preparation.cache_problem.unwrap().contains("cannot create"));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    load(folder.path(), HOST_KEY, "{}");
    let metadata = fs::metadata(&files(folder.path())[0]).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_short_key_is_refused() {
    let error = RuleCache::new("anywhere", b"too short").unwrap_err();
    assert!(error.to_string().contains("9 bytes"), "{error}");
}

/// The rule as a build ships it.
fn shipped(engine: &Engine) -> ShippedRule {
    let component = guest().component();
    let prepared = engine.prepare(&component, &Configuration::default());
    ShippedRule {
        component: component.leak(),
        precompiled: prepared.unwrap().bytes.leak(),
    }
}

#[test]
fn a_shipped_rule_needs_no_compiling() {
    let shipped = shipped(&Engine::new(EngineOptions::default()).unwrap());
    let engine = Engine::new(EngineOptions::default()).unwrap();
    let rule = engine
        .load_shipped(&shipped, &Configuration::default())
        .unwrap();
    assert_eq!(rule.preparation().from, CodeSource::Shipped);
    assert!(rule.preparation().snapshot);
}

#[test]
fn a_shipped_rule_with_a_configuration_of_its_own_is_compiled() {
    let engine = Engine::new(EngineOptions::default()).unwrap();
    let configuration = Configuration::from_json(r#"{"a":1}"#).unwrap();
    let rule = engine
        .load_shipped(&shipped(&engine), &configuration)
        .unwrap();
    assert_eq!(rule.preparation().from, CodeSource::Compiled);
}

#[test]
fn a_shipped_rule_whose_code_does_not_fit_is_compiled() {
    let engine = Engine::new(EngineOptions::default()).unwrap();
    let shipped = shipped(&engine);
    let other = Guest::new("unreachable").component();
    for broken in [
        ShippedRule {
            precompiled: b"",
            ..shipped
        },
        ShippedRule {
            component: other.leak(),
            ..shipped
        },
    ] {
        let rule = engine
            .load_shipped(&broken, &Configuration::default())
            .unwrap();
        assert_eq!(rule.preparation().from, CodeSource::Compiled);
    }
}

#[test]
fn preparing_twice_gives_the_same_bytes() {
    let engine = Engine::new(EngineOptions::default()).unwrap();
    let component = guest().component();
    let prepare = || {
        let prepared = engine.prepare(&component, &Configuration::default());
        prepared.unwrap().bytes
    };
    let prepared = prepare();
    assert_eq!(prepared, prepare());
    assert!(engine.is_current(&component, &Configuration::default(), &prepared));
    assert!(!engine.is_current(b"another", &Configuration::default(), &prepared));
}
