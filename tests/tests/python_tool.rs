//! The Python tool itself, in two releases, reads what we wrote and goes on where we stopped.

use std::path::{Path, PathBuf};
use std::process::Output;

use bijotel::seal::{Draft, Span, SpanKind, StatusCode, Value};
use bijotel::store::{OpenOptions, Seal, SqliteStore, Store};
use bijotel::{ChainKey, ExportOptions, Range, export_chain, verify_chain};
use bijotel_tests::{SECRET_HEX, python, python_tool, vectors};
use tempfile::TempDir;

const RELEASES: [&str; 2] = ["2.17.0", "2.0.6"];

fn secret() -> ChainKey {
    ChainKey::from_hex(SECRET_HEX).unwrap()
}

fn span(number: u64, messages: &str) -> Span {
    Span {
        trace_id: (u128::from(number) + 1).to_be_bytes(),
        span_id: (number + 1).to_be_bytes(),
        name: "chat test-model".to_owned(),
        kind: SpanKind::Client,
        attributes: vec![
            (
                "gen_ai.request.model".to_owned(),
                Value::string("test-model"),
            ),
            ("gen_ai.input.messages".to_owned(), Value::string(messages)),
            ("gen_ai.usage.input_tokens".to_owned(), Value::integer(12)),
            ("x.ratio".to_owned(), Value::float(0.1)),
        ],
        status_code: StatusCode::Ok,
        status_description: Some("fine — ✓".to_owned()),
        start_time_ns: 1_800_000_000_000_000_000 + number,
        end_time_ns: 1_800_000_000_500_000_000 + number,
    }
}

fn seal_some(path: &Path) {
    let key = secret();
    let store = SqliteStore::open(OpenOptions {
        path: path.to_owned(),
        key,
        create: true,
    })
    .unwrap();
    let messages = [
        r#"[{"role":"user","content":"What is a hash chain?"}]"#,
        r#"[{"n":9007199254740993,"s":"\ud800","x":NaN}]"#,
        "not JSON",
    ];
    let seals = messages
        .iter()
        .zip(0..)
        .map(|(text, number)| Seal::entry(Draft::of_span(&span(number, text)).unwrap()));
    store.seal(seals.collect()).unwrap();
}

/// A copy of a chain that the Python tool wrote, continued by us; or a chain of our own.
fn continued(name: Option<&str>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    if let Some(name) = name {
        std::fs::copy(vectors().join("chains").join(name), &path).unwrap();
    }
    seal_some(&path);
    (folder, path)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn both_releases_verify_chains_that_we_began_or_continued() {
    for name in [
        None,
        Some("chain_0012.db"),
        Some("chain_0000.db"),
        Some("legacy_no_semhash.db"),
    ] {
        let (_folder, path) = continued(name);
        let entries = verify_chain(&path, &secret()).unwrap().entries;
        for release in RELEASES {
            let output = python_tool(release)
                .args(["verify", "--db"])
                .arg(&path)
                .output()
                .unwrap();
            let text = text(&output);
            assert!(output.status.success(), "{release} on {name:?}: {text}");
            assert!(
                text.contains(&format!("Chain VALID ({entries} entries).")),
                "{text}"
            );
        }
    }
}

#[test]
fn both_releases_read_every_kind_of_entry_that_we_write() {
    let (_folder, path) = continued(Some("chain_0012.db"));
    for release in RELEASES {
        for verb in ["list", "stats"] {
            let output = python_tool(release)
                .args([verb, "--db"])
                .arg(&path)
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{release} {verb}: {}",
                text(&output)
            );
        }
        for seq in ["13", "15"] {
            let output = python_tool(release)
                .args(["inspect", "--db"])
                .arg(&path)
                .arg(seq)
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{release} inspect {seq}: {}",
                text(&output)
            );
        }
    }
}

#[test]
fn both_releases_verify_exports_that_we_wrote() {
    let (folder, path) = continued(Some("chain_0012.db"));
    let out = folder.path().join("export.json");
    let options = ExportOptions {
        key: secret(),
        signer: None,
        range: Range::All,
        created_at: "2026-01-01T00:00:00.000000+00:00".to_owned(),
    };
    export_chain(&path, &options, &out, &mut |_, _| {}).unwrap();
    for release in RELEASES {
        let output = python_tool(release)
            .arg("verify-export")
            .arg(&out)
            .output()
            .unwrap();
        assert!(output.status.success(), "{release}: {}", text(&output));
    }
}

#[test]
fn the_python_tool_goes_on_where_we_stopped() {
    let (_folder, path) = continued(Some("chain_0012.db"));
    let before = verify_chain(&path, &secret()).unwrap();
    let code = "
import sys
from bijotel.processors.hmac_chain import append_event
append_event(sys.argv[1], bytes.fromhex(sys.argv[2]), {'from': 'python', 'n': 1})
";
    let output = std::process::Command::new(python("bijotel-2.17.0"))
        .args(["-c", code])
        .arg(&path)
        .arg(SECRET_HEX)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let after = verify_chain(&path, &secret()).unwrap();
    assert_eq!(after.broken, None);
    assert_eq!(after.entries, before.entries + 1);
    seal_some(&path);
    assert_eq!(verify_chain(&path, &secret()).unwrap().broken, None);
}
