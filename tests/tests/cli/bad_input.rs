//! Whatever is given, the answer is a sentence and a documented exit code.

use std::process::Command;

use bijotel_tests::SECRET_HEX;

use crate::folder::{Folder, Ran, ran};

/// A command line, the exit code that docs/cli.md gives for it, and a part of the sentence.
pub(crate) type Case = (&'static str, i32, &'static str);

/// Every sentence is short, and none has the secret, a panic or a trace in it.
pub(crate) fn check(folder: &Folder, (line, exit, sentence): Case) {
    let ran = folder.run(line);
    assert_eq!(ran.exit, Some(exit), "{line}: {ran:?}");
    assert!(ran.stderr.contains(sentence), "{line}: {ran:?}");
    assert_harmless(line, &ran);
}

pub(crate) fn assert_harmless(line: &str, ran: &Ran) {
    for output in [&ran.stdout, &ran.stderr] {
        for never in [
            SECRET_HEX,
            "feedface",
            "panicked",
            "defect",
            "RUST_BACKTRACE",
        ] {
            assert!(!output.contains(never), "{line}: {ran:?}");
        }
    }
}

/// A folder with all kinds of files that are not what they should be.
pub(crate) fn odd_files() -> Folder {
    let folder = Folder::with("chains/chain_0012.db");
    folder.copy("exports/chain_0012.v1.json");
    folder.copy("keys/signer_public.pem");
    let chain = std::fs::read(folder.path("chain_0012.db")).unwrap();
    folder.write("truncated.db", &chain[..chain.len() / 3]);
    folder.write(
        "text.db",
        "this is not a database, however long it may be\n".repeat(99),
    );
    folder.write("empty.db", "");
    folder.write("empty.json", "");
    folder.write("list.json", "[1]");
    folder.write("wrong.json", r#"{"entries":5,"format":"bijotel-chain-v1"}"#);
    folder.write("latin1.json", [b'{', b'"', 0xe9, b'"', b':', b'1', b'}']);
    folder.write("deep.json", "[".repeat(200_000));
    folder.write(
        "key.pem",
        "-----BEGIN PRIVATE KEY-----\nfeedface\n-----END PRIVATE KEY-----\n",
    );
    let other = rusqlite::Connection::open(folder.path("other.db")).unwrap();
    other
        .execute_batch("CREATE TABLE people (name TEXT)")
        .unwrap();
    let shape = rusqlite::Connection::open(folder.path("shape.db")).unwrap();
    shape
        .execute_batch("CREATE TABLE chain (seq INTEGER, what TEXT)")
        .unwrap();
    folder
}

#[test]
fn a_chain_that_cannot_be_read_is_named_with_the_reason() {
    let folder = odd_files();
    let cases: [Case; 12] = [
        ("verify --db nope.db", 1, "ERROR: DB not found: nope.db"),
        ("inspect --db nope.db 1", 1, "ERROR: DB not found: nope.db"),
        (
            "export --db nope.db -o o.json",
            2,
            "ERROR: chain DB not found: nope.db",
        ),
        (
            "append --db nope.db --json-text {}",
            1,
            "ERROR: DB not found: nope.db",
        ),
        ("verify --db text.db", 1, "it is not an SQLite database"),
        ("list --db truncated.db", 1, "damaged or was cut off"),
        ("stats --db truncated.db", 1, "damaged or was cut off"),
        ("verify --db empty.db", 1, "no table named chain"),
        ("list --db other.db", 1, "no table named chain"),
        ("append --db other.db --json-text {}", 1, "none named chain"),
        ("inspect --db shape.db 1", 1, "has no column canonical_body"),
        ("backup text.db copy.db", 1, "it is not an SQLite database"),
    ];
    cases.into_iter().for_each(|case| check(&folder, case));
    assert!(!folder.path("nope.db").exists() && !folder.path("copy.db").exists());
}

#[test]
fn a_folder_in_place_of_a_file_is_refused() {
    let folder = odd_files();
    for (line, exit) in [
        ("verify --db .", 1),
        ("export --db chain_0012.db -o .", 2),
        ("verify-export .", 1),
        ("append --db chain_0012.db .", 1),
        ("backup chain_0012.db .", 1),
        ("verify --db chain_0012.db --secret-file .", 2),
        ("serve --config .", 2),
    ] {
        check(&folder, (line, exit, "ERROR: "));
    }
}

#[test]
fn an_output_that_is_no_regular_file_is_left_alone() {
    let folder = odd_files();
    check(
        &folder,
        (
            "export --db chain_0012.db -o /dev/null",
            2,
            "not a regular file",
        ),
    );
    let kind = std::fs::metadata("/dev/null").unwrap().file_type();
    assert!(!kind.is_file());
}

#[test]
fn an_export_of_the_wrong_shape_is_unreadable_or_invalid() {
    let folder = odd_files();
    let cases: [Case; 6] = [
        (
            "verify-export nope.json",
            1,
            "cannot read export file: file not found: nope.json",
        ),
        (
            "verify-export empty.json",
            1,
            "ERROR: cannot read export file: ",
        ),
        ("verify-export list.json", 1, "not a JSON object"),
        (
            "verify-export wrong.json",
            1,
            "ERROR: cannot read export file: ",
        ),
        (
            "verify-export deep.json",
            1,
            "ERROR: cannot read export file: ",
        ),
        (
            "verify-export chain_0012.db",
            1,
            "ERROR: cannot read export file: ",
        ),
    ];
    cases.into_iter().for_each(|case| check(&folder, case));
}

#[test]
fn an_event_or_request_of_the_wrong_shape_is_refused_without_quoting_it() {
    let folder = odd_files();
    let cases: [Case; 10] = [
        (
            "append --db chain_0012.db --json-text [1]",
            1,
            "must be a JSON object",
        ),
        (
            "append --db chain_0012.db --json-text {feedface",
            1,
            "not JSON: byte 1",
        ),
        (
            "append --db chain_0012.db latin1.json",
            1,
            "is not UTF-8 text",
        ),
        (
            "append --db chain_0012.db deep.json",
            1,
            "nested deeper than",
        ),
        (
            "append --db chain_0012.db nope.json",
            1,
            "cannot read nope.json",
        ),
        (
            "append --db chain_0012.db --timestamp soon --json-text {}",
            2,
            "--timestamp must be",
        ),
        (
            "append --db chain_0012.db --trace-id feedface --json-text {}",
            2,
            "32 hexadecimal digits",
        ),
        ("policy evaluate list.json", 1, "must be a JSON object"),
        ("policy evaluate empty.json", 1, "is not JSON"),
        ("policy evaluate deep.json", 1, "nested deeper than"),
    ];
    cases.into_iter().for_each(|case| check(&folder, case));
}

#[test]
fn a_configuration_with_a_mistake_is_refused_with_its_place() {
    let folder = odd_files();
    folder.write(
        "a.toml",
        "[chain]\ndatabase = \"chain_0012.db\"\nsecret = \"feedface\"\n",
    );
    folder.write("b.toml", "[[rule]]\nname = \"nothing\"\n");
    folder.write(
        "c.toml",
        "[server]\nlisten = \"here\"\n[chain]\ndatabase = \"chain_0012.db\"\n",
    );
    let cases: [Case; 4] = [
        (
            "verify --config a.toml",
            2,
            "a.toml, line 3, column 1: unknown field `secret`",
        ),
        (
            "verify --config nope.toml",
            2,
            "cannot read the configuration nope.toml",
        ),
        (
            "policy list --config b.toml",
            2,
            "there is no shipped rule \"nothing\"",
        ),
        (
            "serve --config c.toml",
            2,
            "server.listen must be ADDRESS:PORT",
        ),
    ];
    cases.into_iter().for_each(|case| check(&folder, case));
}

#[test]
fn json_was_asked_for_so_errors_are_json_too() {
    let folder = odd_files();
    for (line, kind, exit) in [
        ("verify --db nope.db --json", "not_found", 1),
        ("verify --db text.db --json", "not_a_chain", 1),
        (
            "verify --db chain_0012.db --secret-hex zz --json",
            "credentials",
            2,
        ),
        ("list --json --db chain_0012.db --since x", "usage", 2),
        ("list --json --bd chain_0012.db", "usage", 2),
        ("inspect --json --db chain_0012.db 999", "not_found", 1),
    ] {
        let ran = folder.run(line);
        let error = &ran.json()["error"];
        assert_eq!(
            (error["kind"].as_str(), ran.exit),
            (Some(kind), Some(exit)),
            "{line}"
        );
        assert_eq!(error["exit_code"], exit);
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|message| !message.is_empty())
        );
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let folder = Folder::with("chains/chain_1000.db");
    let bijotel = bijotel_tests::bijotel();
    let script = format!(
        "{} list --db chain_1000.db --limit -1 | head -n 1; exit \"${{PIPESTATUS[0]}}\"",
        bijotel.display()
    );
    let mut bash = Command::new("bash");
    let ran = ran(bash.args(["-c", &script]).current_dir(folder.path(".")));
    assert_eq!((ran.exit, ran.stderr.as_str()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let folder = Folder::with("chains/chain_0012.db");
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let ran = ran(folder
        .command(["stats", "--db", "chain_0012.db"])
        .stdout(full));
    assert_eq!(ran.exit, Some(1));
    assert!(
        ran.stderr.contains("cannot write to standard output"),
        "{ran:?}"
    );
}
