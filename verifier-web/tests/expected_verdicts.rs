//! The browser's verifier says what `verify_export` says, and both say what the table of expected
//! verdicts says; the browser tests hold the page to the same table.

use std::fs;
use std::path::{Path, PathBuf};

use bijotel_seal::export::{Verdict, verify_export};
use bijotel_verifier_web::{Keys, Outcome, Verification};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Expected {
    file: String,
    keys: String,
    verdict: String,
    headline: String,
}

fn tests_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

fn read(name: &str) -> Vec<u8> {
    fs::read(tests_folder().join("bijotel").join(name)).unwrap()
}

fn keys(name: &str) -> Keys {
    let manifest: Json = serde_json::from_slice(&read("manifest.json")).unwrap();
    let secret = manifest["secret_hex"].as_str().unwrap().as_bytes().to_vec();
    let pem = String::from_utf8(read("keys/signer_public.pem")).unwrap();
    match name {
        "secret" => Keys::read(Some(secret), None),
        "public key" => Keys::read(None, Some(&pem)),
        "secret and public key" => Keys::read(Some(secret), Some(&pem)),
        _ => Keys::read(None, None),
    }
    .unwrap()
}

fn files() -> Vec<String> {
    let mut files = Vec::new();
    for folder in ["exports", "tampered_export"] {
        for entry in fs::read_dir(tests_folder().join("bijotel").join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            files.push(format!("{folder}/{name}"));
        }
    }
    files.sort();
    files
}

fn word(verdict: Verdict) -> String {
    serde_json::to_value(verdict)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

/// What `verify_export` says, in the words that a command line would print.
fn native(file: &[u8], keys: &Keys) -> (String, String) {
    match verify_export(file, keys.credentials(), |_| {}) {
        Ok(report) => (word(report.verdict), report.headline),
        Err(error) => ("INVALID".to_owned(), format!("Export INVALID: {error}")),
    }
}

fn in_the_page(file: &[u8], keys: &Keys) -> (String, String) {
    match Verification::new(file).verify(keys) {
        Outcome::Verdict(judgement) => (word(judgement.verdict), judgement.headline),
        Outcome::Refused(refusal) => panic!("{}", refusal.message),
    }
}

fn all() -> Vec<Expected> {
    let mut rows = Vec::new();
    for file in files() {
        for name in ["secret", "public key", "secret and public key", "none"] {
            let (verdict, headline) = native(&read(&file), &keys(name));
            rows.push(Expected {
                file: file.clone(),
                keys: name.to_owned(),
                verdict,
                headline,
            });
        }
    }
    rows
}

#[test]
fn every_vector_has_the_expected_verdict() {
    let path = tests_folder().join("expected-export-verdicts.json");
    let rows = all();
    if std::env::var_os("BIJOTEL_WRITE_EXPECTED").is_some() {
        fs::write(&path, serde_json::to_string_pretty(&rows).unwrap() + "\n").unwrap();
    }
    let expected: Vec<Expected> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert!(expected.len() > 200);
    for (ours, expected) in rows.iter().zip(&expected) {
        assert_eq!(
            ours, expected,
            "if the change is meant, run this test with BIJOTEL_WRITE_EXPECTED=1 and read the diff"
        );
    }
    assert_eq!(rows.len(), expected.len());
}

#[test]
fn the_page_says_what_the_command_line_says() {
    for row in all() {
        let ours = in_the_page(&read(&row.file), &keys(&row.keys));
        assert_eq!(
            ours,
            (row.verdict, row.headline),
            "{} with {}",
            row.file,
            row.keys
        );
    }
}
