//! What the verbs do beyond the Python tool.

use serde_json::json;

use crate::folder::{Folder, ran};

#[test]
fn an_event_is_sealed_and_shown() {
    let folder = Folder::with("chains/chain_0012.db");
    let sealed = folder.run_with_input(
        "append --db chain_0012.db --name release --timestamp 2026-05-01T00:00:00Z --json",
        r#"{"version":"1.4","big":9007199254740993}"#,
    );
    assert_eq!(
        (sealed.exit, sealed.json()["seq"].as_i64()),
        (Some(0), Some(14)),
        "{sealed:?}"
    );
    let shown = folder.run("inspect --db chain_0012.db 14 --json").json();
    assert_eq!(shown["span_name"], "release");
    assert_eq!(shown["timestamp"], "2026-05-01T00:00:00Z");
    assert_eq!(shown["hmac_hash"], sealed.json()["hmac_hash"]);
    assert_eq!(shown["body"]["version"], "1.4");
    assert!(shown["sealed"]["sealed_at_ns"].is_i64());
    assert_eq!(
        folder.run("verify --db chain_0012.db").stdout,
        "Chain VALID (14 entries).\n"
    );
}

#[test]
fn a_trimmed_chain_is_valid_only_together_with_its_archive() {
    let folder = Folder::with("chains/trimmed_live.db");
    folder.copy("chains/archive_head.db");
    let alone = folder.run("verify --db trimmed_live.db");
    assert_eq!(alone.exit, Some(3));
    assert!(
        alone.stderr.contains("give the archives with --archive"),
        "{alone:?}"
    );
    let both = folder.run("verify --db trimmed_live.db --archive archive_head.db");
    assert_eq!(
        (both.exit, both.stdout.as_str()),
        (Some(0), "Chain VALID (7 entries).\n")
    );
}

#[test]
fn a_broken_chain_says_what_was_expected_and_is_not_exported() {
    let folder = Folder::with("tampered_db/timestamp_changed.db");
    let verify = folder.run("verify --db timestamp_changed.db --json");
    assert_eq!(verify.exit, Some(3));
    let report = verify.json();
    assert_eq!(report["verdict"], "BROKEN");
    assert_eq!(report["broken"]["seq"], 4);
    assert_eq!(report["broken"]["column"], "timestamp_ns");
    assert!(report["broken"]["expected"] != report["broken"]["found"]);
    let export = folder.run("export --db timestamp_changed.db -o e.json");
    assert_eq!(
        (export.exit, folder.path("e.json").exists()),
        (Some(3), false)
    );
}

#[test]
fn details_name_what_nothing_vouches_for() {
    let folder = Folder::with("chains/chain_0012.db");
    folder.copy("exports/chain_0012.v1.json");
    let chain = folder.run("verify --db chain_0012.db --details");
    assert!(
        chain
            .stdout
            .starts_with("Chain VALID (12 entries).\nNot authenticated")
    );
    assert!(
        chain
            .stdout
            .contains("\n  trace_id and span_id of entries that bijotel did not seal itself: 12\n"),
        "{chain:?}"
    );
    let export = folder.run("verify-export chain_0012.v1.json --details");
    assert!(export.stdout.contains("\n  created_at\n"), "{export:?}");
    assert!(
        export
            .stdout
            .contains("  passed       The number of entries"),
        "{export:?}"
    );
}

#[test]
fn json_has_the_same_verdict_as_the_lines() {
    let folder = Folder::with("chains/chain_0012.db");
    folder.copy("exports/chain_0012.v2.json");
    let verify = folder
        .run("verify --db chain_0012.db --last 3 --json")
        .json();
    assert_eq!(verify["verdict"], "VALID");
    assert_eq!(verify["range"], json!({"first": 10, "last": 12}));
    assert_eq!(
        (&verify["entries"], &verify["total"]),
        (&json!(3), &json!(12))
    );
    let export = folder.run("verify-export chain_0012.v2.json --json").json();
    assert_eq!(export["report"]["verdict"], "VALID");
    let stats = folder.run("stats --db chain_0012.db --json").json();
    assert_eq!(
        (&stats["allowed"], &stats["blocked"]),
        (&json!(9), &json!(2))
    );
    let list = folder
        .run("list --db chain_0012.db --blocked --json")
        .json();
    let seqs: Vec<_> = list["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["seq"])
        .collect();
    assert_eq!(seqs, [9, 8]);
    assert_eq!(list["entries"][1]["rule"], "prompt_pattern_deny");
}

#[test]
fn an_entry_is_found_by_its_span_or_trace_too() {
    let folder = Folder::with("chains/chain_0012.db");
    for id in ["1", "8284bc1dd1b79c87", "45847101444bb329f9e1649e5fa9af03"] {
        let shown = folder
            .run(&format!("inspect --db chain_0012.db {id} --json"))
            .json();
        assert_eq!(shown["seq"], 1, "{id}");
    }
}

#[test]
fn a_body_that_is_not_json_is_shown_byte_by_byte() {
    let folder = Folder::with("chains/opaque_bodies.db");
    let chain = rusqlite::Connection::open(folder.path("opaque_bodies.db")).unwrap();
    let mut statement = chain
        .prepare("SELECT seq, canonical_body FROM chain")
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let mut seen = 0;
    for row in rows.unwrap() {
        let (seq, body): (i64, Vec<u8>) = row.unwrap();
        if serde_json::from_slice::<serde_json::Value>(&body).is_err() {
            let hex: String = body.iter().map(|byte| format!("{byte:02x}")).collect();
            let shown = folder.run(&format!("inspect --db opaque_bodies.db {seq}"));
            let expected = format!("(not JSON: {} bytes) {hex}\n", body.len());
            assert!(shown.stdout.contains(&expected), "{shown:?}");
            seen += 1;
        }
    }
    assert_eq!(seen, 2);
}

#[test]
fn what_a_call_was_named_cannot_steer_a_terminal() {
    let folder = Folder::with("chains/chain_0000.db");
    let body = r#"{"attributes":{"gen_ai.request.model":"a\u001b[31m\u009b\n"}}"#;
    folder.run_with_input("append --db chain_0000.db", body);
    let list = folder.run("list --db chain_0000.db");
    assert!(!list.stdout.contains(['\u{1b}', '\u{9b}']), "{list:?}");
    assert!(
        list.stdout.contains("a\\u{1b}[31m\\u{9b}\\u{a}"),
        "{list:?}"
    );
}

#[test]
fn a_backup_is_the_chain_and_overwrites_nothing() {
    let folder = Folder::with("chains/chain_0012.db");
    let backup = folder.run("backup chain_0012.db copy.db");
    assert_eq!(backup.exit, Some(0), "{backup:?}");
    assert_eq!(
        folder.run("verify --db copy.db").stdout,
        "Chain VALID (12 entries).\n"
    );
    let again = folder.run("backup --db chain_0012.db --output copy.db");
    assert_eq!(again.exit, Some(1));
    assert!(
        again.stderr.contains("copy.db is there already"),
        "{again:?}"
    );
}

#[test]
fn a_chain_named_on_the_command_line_is_not_judged_by_the_secret_of_another() {
    let folder = Folder::with("chains/chain_0012.db");
    folder.run_without_secret("init");
    let ran = folder.run_without_secret("verify --db chain_0012.db");
    assert_eq!(ran.exit, Some(2), "{ran:?}");
}

#[test]
fn every_verb_has_help_with_examples() {
    let folder = Folder::new();
    for verb in [
        "init",
        "keygen",
        "serve",
        "verify",
        "inspect",
        "stats",
        "list",
        "export",
        "verify-export",
        "append",
        "policy evaluate",
        "policy list",
        "backup",
        "completions",
    ] {
        let help = folder.run(&format!("{verb} --help"));
        assert_eq!(help.exit, Some(0), "{verb}");
        assert!(help.stdout.contains("Examples:\n  "), "{verb}");
    }
    let help = folder.run("--help").stdout;
    assert!(
        help.contains("Exit codes:") && help.contains("4  INCOMPLETE"),
        "{help}"
    );
}

#[test]
fn completions_are_made_for_every_common_shell() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = folder.run(&format!("completions {shell}"));
        assert!(script.stdout.contains("verify-export"), "{shell}");
    }
}

#[test]
fn output_that_no_terminal_shows_has_no_colour() {
    let folder = Folder::with("chains/chain_0012.db");
    for variable in ["NO_COLOR", "CLICOLOR_FORCE"] {
        let mut command = folder.command(["list", "--db", "chain_0012.db"]);
        let ran = ran(command.env(variable, "1"));
        assert!(!ran.stdout.contains('\u{1b}'));
    }
}
