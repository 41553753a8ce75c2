//! Whatever is given, the answer is a sentence and a documented exit code.

use std::process::Command;

use bijotel_tests::SECRET_HEX;

use crate::folder::{Folder, Ran, ran};

/// A command line, the exit code that docs/cli.md gives for it, and a part of the sentence.
type Case = (&'static str, i32, &'static str);

/// Every sentence is short, and none has the secret, a panic or a trace in it.
fn check(folder: &Folder, (line, exit, sentence): Case) {
    let ran = folder.run(line);
    assert_eq!(ran.exit, Some(exit), "{line}: {ran:?}");
    assert!(ran.stderr.contains(sentence), "{line}: {ran:?}");
    assert_harmless(line, &ran);
}

fn assert_harmless(line: &str, ran: &Ran) {
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
fn folder() -> Folder {
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
    let folder = folder();
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
    let folder = folder();
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
    let folder = folder();
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
    let folder = folder();
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
    let folder = folder();
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
fn a_secret_that_is_missing_wrong_or_short_is_said_and_never_shown() {
    let folder = folder();
    let mut secrets = [
        ("", "HMAC secret required"),
        (
            "feedfacefeedfacefeedfacefeedfacezz",
            "Invalid hex in secret (not shown)",
        ),
        ("feedface", "at least 16 bytes"),
    ];
    for (secret, sentence) in &mut secrets {
        for line in [
            "verify --db chain_0012.db",
            "export --db chain_0012.db -o o.json",
            "verify-export chain_0012.v1.json",
            "append --db chain_0012.db --json-text {}",
            "serve --db chain_0012.db --port 0",
        ] {
            let mut by_variable = folder.command(line.split(' '));
            by_variable.env("BIJOTEL_HMAC_SECRET", *secret);
            let mut commands = vec![by_variable];
            if !secret.is_empty() {
                folder.write("secret.hex", *secret);
                make_private(&folder, "secret.hex", 0o600);
                let arguments = [" --secret-hex ", secret, " --secret-file ", "secret.hex"];
                for argument in arguments.chunks(2) {
                    let line = format!("{line}{}", argument.concat());
                    commands.push(folder.command(line.split(' ')));
                }
            }
            for mut command in commands {
                let ran = ran(&mut command);
                assert_eq!(ran.exit, Some(2), "{line}: {ran:?}");
                assert!(ran.stderr.contains(*sentence), "{line}: {ran:?}");
                assert_harmless(line, &ran);
            }
        }
    }
}

#[test]
fn another_chains_secret_breaks_verification_and_cannot_append() {
    let folder = folder();
    let wrong = "--secret-hex 0123456789abcdef0123456789abcdef";
    let verify = folder.run_without_secret(&format!("verify --db chain_0012.db {wrong}"));
    assert_eq!(verify.exit, Some(3));
    assert!(
        verify
            .stderr
            .contains("Chain BROKEN at seq=1: hmac_hash mismatch")
    );
    assert!(verify.stderr.contains("is it the secret of this chain?"));
    let before = std::fs::read(folder.path("chain_0012.db")).unwrap();
    let line = format!("append --db chain_0012.db --json-text {{}} {wrong}");
    let append = folder.run_without_secret(&line);
    assert_eq!(append.exit, Some(2));
    assert!(
        append
            .stderr
            .contains("the secret does not fit the last entry"),
        "{append:?}"
    );
    let after = std::fs::read(folder.path("chain_0012.db")).unwrap();
    assert!(before == after, "the file was changed");
}

#[test]
fn keys_that_are_no_keys_are_refused_without_quoting_them() {
    let folder = folder();
    let cases: [Case; 5] = [
        (
            "export --db chain_0012.db -o o.json --sign-key nope.pem",
            2,
            "--sign-key path not found: nope.pem",
        ),
        (
            "export --db chain_0012.db -o o.json --sign-key key.pem",
            2,
            "not an Ed25519 private key",
        ),
        (
            "export --db chain_0012.db -o o.json --sign-key signer_public.pem",
            2,
            "not an Ed25519 private key",
        ),
        (
            "verify-export chain_0012.v1.json --public-key nope.pem",
            2,
            "--public-key path not found: nope.pem",
        ),
        (
            "verify-export chain_0012.v1.json --public-key key.pem",
            2,
            "not an Ed25519 public key",
        ),
    ];
    cases.into_iter().for_each(|case| check(&folder, case));
    assert!(!folder.path("o.json").exists());
}

#[cfg(unix)]
#[test]
fn a_secret_file_that_others_can_read_is_refused() {
    let folder = Folder::with("chains/chain_0012.db");
    folder.write("secret.hex", SECRET_HEX);
    let line = "verify --db chain_0012.db --secret-file secret.hex";
    for (mode, exit) in [(0o644, 2), (0o660, 2), (0o640, 0), (0o600, 0)] {
        make_private(&folder, "secret.hex", mode);
        let ran = folder.run_without_secret(line);
        assert_eq!(ran.exit, Some(exit), "{mode:o}: {ran:?}");
        assert_eq!(
            ran.stderr.contains("chmod 600"),
            mode != 0o600,
            "{mode:o}: {ran:?}"
        );
    }
}

#[test]
fn a_configuration_with_a_mistake_is_refused_with_its_place() {
    let folder = folder();
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
    let folder = folder();
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

#[cfg(unix)]
fn make_private(folder: &Folder, name: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(folder.path(name), permissions).unwrap();
}
