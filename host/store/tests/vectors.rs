//! Databases of the Python tool: its verdict, or the one in the book's table of differences.

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;

use bijotel_seal::ChainKey;
use bijotel_seal::check::Fault;
use bijotel_seal::export::Verdict;
use bijotel_store::verify::{ChainReport, Range, VerifyOptions, verify};
use bijotel_store::{ChainReader, StoreError};
use common::{copied, manifest, secret, vectors};
use serde_json::Value as Json;

fn verify_range(name: &str, key: ChainKey, range: Range) -> Result<ChainReport, StoreError> {
    let (_folder, path) = copied(name);
    let options = VerifyOptions {
        key,
        range,
        archives: Vec::new(),
    };
    verify(&path, &options, &mut |_, _| {})
}

fn range(text: &str) -> Range {
    let (from, to) = text.split_once(':').unwrap();
    Range::Seq {
        from: from.parse().ok(),
        to: to.parse().ok(),
    }
}

/// What one case of the manifest comes to.
fn outcome(case: &Json) -> Option<String> {
    let args: Vec<&str> = case["cmd"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arg| arg.as_str().unwrap())
        .collect();
    if args[1] != "verify" || !case["env_secret"].as_bool().unwrap() {
        return None;
    }
    let option = |name: &str| {
        args.iter()
            .position(|arg| *arg == name)
            .map(|at| args[at + 1].to_owned())
    };
    let file = option("--db").unwrap();
    if !vectors().join(&file).exists() {
        return None;
    }
    let key = option("--secret-hex").map_or_else(secret, |hex| ChainKey::from_hex(&hex).unwrap());
    let range = option("--range").map_or(Range::All, |text| range(&text));
    Some(match verify_range(&file, key, range) {
        Ok(report) => match report.broken {
            None => {
                assert_eq!(report.verdict, Verdict::Valid);
                format!("VALID {}", report.entries)
            }
            Some(broken) => {
                assert_eq!(report.verdict, Verdict::Invalid);
                format!("BROKEN at seq={}: {}", broken.seq, broken.fault)
            }
        },
        Err(error) => format!("ERROR: {error}"),
    })
}

#[test]
fn verdicts_are_those_of_the_python_tool_or_stand_in_the_table_of_differences() {
    let book = vectors().join("../../../docs/differences.md");
    let book = std::fs::read_to_string(book).unwrap();
    let mut documented: BTreeMap<String, String> = BTreeMap::new();
    for row in book.lines().filter(|row| row.starts_with("| database |")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        documented.insert(cells[2].replace('`', ""), cells[4].to_owned());
    }
    let mut compared = 0;
    for case in manifest()["cases"].as_array().unwrap() {
        let Some(ours) = outcome(case) else { continue };
        compared += 1;
        let theirs = &case["expected_2_17_0"];
        let name = format!(
            "{}: {}",
            case["file"].as_str().unwrap(),
            case["change"].as_str().unwrap()
        );
        if ours.starts_with("VALID") == (theirs["verdict"] == "accepted") {
            continue;
        }
        let row = documented.remove(&name).unwrap_or_else(|| {
            panic!("not in docs/differences.md: {name}\n  ours: {ours}\n  theirs: {theirs}")
        });
        assert!(
            ours.starts_with(&row),
            "{name}: the book says {row}, the code {ours}"
        );
    }
    assert!(compared > 35, "only {compared} cases");
    assert!(
        documented.is_empty(),
        "in the book, but no case differs: {documented:?}"
    );
}

#[test]
fn broken_entries_are_named_in_the_words_of_the_python_tool() {
    let mut compared = 0;
    for case in manifest()["cases"].as_array().unwrap() {
        let theirs = case["expected_2_17_0"]["reason"]
            .as_str()
            .unwrap_or_default();
        let (Some(ours), Some(theirs)) = (outcome(case), theirs.strip_prefix("Chain ")) else {
            continue;
        };
        // Where the first entries are gone, ours says so instead of naming the link that misses them.
        if theirs.starts_with("BROKEN") && !ours.contains("the chain starts at") {
            assert_eq!(ours, theirs, "{}", case["file"]);
            compared += 1;
        }
    }
    assert!(compared >= 12, "only {compared} cases");
}

#[test]
fn a_trimmed_chain_is_valid_together_with_its_archive() {
    let (_live_folder, live) = copied("chains/trimmed_live.db");
    let (_archive_folder, archive) = copied("chains/archive_head.db");
    let verify_with = |archives: Vec<PathBuf>| {
        let options = VerifyOptions {
            key: secret(),
            range: Range::All,
            archives,
        };
        verify(&live, &options, &mut |_, _| {}).unwrap()
    };
    let report = verify_with(vec![archive]);
    assert_eq!((report.verdict, report.entries), (Verdict::Valid, 7));
    let alone = verify_with(Vec::new());
    assert_eq!(alone.broken.unwrap().fault, Fault::HeadMissing { first: 6 });
    let (_other_folder, other) = copied("chains/chain_0001.db");
    assert!(
        verify_with(vec![other]).broken.is_some(),
        "any valid archive is not enough"
    );
}

#[test]
fn an_archive_that_was_cut_does_not_stand_in() {
    let (_live_folder, live) = copied("chains/trimmed_live.db");
    let (_archive_folder, archive) = copied("chains/archive_head.db");
    let connection = rusqlite::Connection::open(&archive).unwrap();
    connection
        .execute("DELETE FROM chain WHERE seq = 2", [])
        .unwrap();
    drop(connection);
    let options = VerifyOptions {
        key: secret(),
        range: Range::All,
        archives: vec![archive],
    };
    assert!(
        verify(&live, &options, &mut |_, _| {})
            .unwrap()
            .broken
            .is_some()
    );
}

#[test]
fn a_dropped_table_is_an_error_that_says_so() {
    let error = verify_range("tampered_db/dropped_table.db", secret(), Range::All).unwrap_err();
    assert!(
        error.to_string().contains("it has no table named chain"),
        "{error}"
    );
}

#[test]
fn a_body_stored_as_text_is_a_fault_of_its_entry() {
    let report = verify_range("tampered_db/body_as_text.db", secret(), Range::All).unwrap();
    let broken = report.broken.unwrap();
    assert_eq!(broken.seq, 2);
    assert_eq!(
        broken.fault.to_string(),
        "canonical_body is stored as TEXT, not as BLOB"
    );
}

#[test]
fn ids_of_entries_that_the_python_tool_wrote_are_named_as_not_authenticated() {
    let name = "tampered_db/trace_span_id_changed.db";
    let report = verify_range(name, secret(), Range::All).unwrap();
    assert!(
        report
            .not_authenticated
            .iter()
            .any(|line| line.starts_with("trace_id") && line.ends_with(": 12"))
    );
}

#[test]
fn statistics_are_those_of_the_python_tool() {
    for (name, entries, bodies, references) in [
        ("chain_0000", 0, 0, 0),
        ("chain_0012", 12, 11, 11),
        ("chain_1000", 1000, 888, 1000),
    ] {
        let (_folder, path) = copied(&format!("chains/{name}.db"));
        let stats = ChainReader::open(&path).unwrap().stats().unwrap();
        let counted = (stats.entries, stats.cas_bodies, stats.cas_references);
        assert_eq!(counted, (entries, bodies, references), "{name}");
    }
}
