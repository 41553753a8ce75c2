//! A chain of our own: continued, shared, tampered with, exported, backed up.

mod common;

use std::path::Path;
use std::sync::Arc;
use std::thread;

use bijotel_seal::check::Fault;
use bijotel_seal::event::Event;
use bijotel_seal::export::{Credentials, Verdict, verify_export};
use bijotel_seal::{ChainKey, Digest, Draft, Value};
use bijotel_store::export::{ExportFailure, ExportOptions, export};
use bijotel_store::verify::{ChainReport, Range, VerifyOptions, verify};
use bijotel_store::{Artefact, ChainReader, OpenOptions, Seal, SqliteStore, Store, StoreError};
use common::{copied, draft, open, secret};
use proptest::prelude::*;
use rusqlite::Connection;

fn report(path: &Path) -> ChainReport {
    let options = VerifyOptions {
        key: secret(),
        range: Range::All,
        archives: Vec::new(),
    };
    verify(path, &options, &mut |_, _| {}).unwrap()
}

fn seal_numbers(store: &SqliteStore, numbers: impl Iterator<Item = u64>) {
    store
        .seal(numbers.map(|n| Seal::entry(draft(n))).collect())
        .unwrap();
}

#[test]
fn a_new_chain_begins_with_its_identity_and_every_entry_has_a_leaf() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    let store = open(&path);
    seal_numbers(&store, 0..20);
    let first = ChainReader::open(&path).unwrap().entry(1).unwrap().unwrap();
    assert_eq!(first.span_name, "bijotel.genesis");
    let body = String::from_utf8(first.canonical_body.to_vec()).unwrap();
    assert!(body.contains(&store.chain_id().hex()));
    let report = report(&path);
    assert_eq!((report.verdict, report.entries), (Verdict::Valid, 21));
    assert!(
        !report
            .not_authenticated
            .iter()
            .any(|line| line.contains("trace_id"))
    );
}

#[test]
fn two_chains_under_one_secret_have_different_identities() {
    let folder = tempfile::tempdir().unwrap();
    let one = open(&folder.path().join("one.db")).chain_id();
    let two = open(&folder.path().join("two.db")).chain_id();
    assert_ne!(one, two);
}

#[test]
fn a_chain_of_the_python_tool_goes_on_after_an_adoption() {
    for (name, before) in [
        ("chain_0012", 12),
        ("chain_0000", 0),
        ("legacy_no_semhash", 5),
    ] {
        let (_folder, path) = copied(&format!("chains/{name}.db"));
        seal_numbers(&open(&path), 0..3);
        let reader = ChainReader::open(&path).unwrap();
        let identity = reader.entry(before + 1).unwrap().unwrap();
        let expected = if before == 0 {
            "bijotel.genesis"
        } else {
            "bijotel.adoption"
        };
        assert_eq!(identity.span_name, expected, "{name}");
        let report = report(&path);
        assert_eq!(
            report.verdict,
            Verdict::Valid,
            "{name}: {:?}",
            report.broken
        );
        assert_eq!(report.entries, u64::try_from(before).unwrap() + 4, "{name}");
    }
}

#[test]
fn a_wrong_secret_is_refused_before_anything_is_written() {
    let (_folder, path) = copied("chains/chain_0012.db");
    let key = ChainKey::from_bytes(&[9; 32]).unwrap();
    let error = SqliteStore::open(OpenOptions {
        path: path.clone(),
        key,
        create: true,
    });
    assert!(matches!(
        error,
        Err(StoreError::WrongSecret { seq: 12, .. })
    ));
    assert_eq!(report(&path).entries, 12);
}

#[test]
fn somebody_elses_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE notes (text)")
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    let options = OpenOptions {
        path: path.clone(),
        key: secret(),
        create: true,
    };
    assert!(matches!(
        SqliteStore::open(options),
        Err(StoreError::NotAChain { .. })
    ));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_not_a_database_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.db");
    std::fs::write(&path, vec![0xA5; 5000]).unwrap();
    let options = OpenOptions {
        path,
        key: secret(),
        create: true,
    };
    let error = SqliteStore::open(options).unwrap_err().to_string();
    assert!(
        error.contains("photo.db") && error.contains("not an SQLite database"),
        "{error}"
    );
}

#[test]
fn a_span_that_comes_again_is_acknowledged_and_not_sealed_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    let store = open(&path);
    let once = |n| Seal {
        once: true,
        ..Seal::entry(draft(n))
    };
    let first = store.seal(vec![once(1)]).unwrap()[0];
    let again = store.seal(vec![once(2), once(1), once(2)]).unwrap();
    assert!(!first.already);
    assert_eq!((again[1].seq, again[1].already), (first.seq, true));
    assert_eq!((again[2].seq, again[2].already), (again[0].seq, true));
    assert_eq!(report(&path).entries, 3);
}

#[test]
fn an_event_outside_any_trace_that_comes_again_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    let store = open(&path);
    let event = |number: i64| {
        let body = Value::object([("number".to_owned(), Value::integer(number))]);
        let entry = Draft::of_event(&Event::new("log", 5, body)).unwrap();
        Seal {
            once: true,
            ..Seal::entry(entry)
        }
    };
    let first = store.seal(vec![event(1), event(2)]).unwrap();
    let again = store.seal(vec![event(2), event(3), event(1)]).unwrap();
    let already: Vec<bool> = again.iter().map(|sealed| sealed.already).collect();
    assert_eq!(already, [true, false, true]);
    assert_eq!((again[0].seq, again[2].seq), (first[1].seq, first[0].seq));
}

#[test]
fn many_threads_seal_into_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    let store = Arc::new(open(&path));
    thread::scope(|scope| {
        for worker in 0..16 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..50 {
                    seal_numbers(store, std::iter::once(worker * 1000 + n));
                }
            });
        }
    });
    let report = report(&path);
    assert_eq!((report.verdict, report.entries), (Verdict::Valid, 801));
}

#[test]
fn several_hosts_on_one_file_make_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    // Opened side by side, while the file is made: one identity, one chain.
    thread::scope(|scope| {
        for worker in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let store = open(path);
                for n in 0..40 {
                    seal_numbers(&store, std::iter::once(worker * 1000 + n));
                }
            });
        }
    });
    let report = report(&path);
    assert_eq!((report.verdict, report.entries), (Verdict::Valid, 161));
}

#[test]
fn artefacts_are_kept_once_and_do_not_count_as_bodies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    let store = open(&path);
    let artefact = Artefact {
        digest: Digest::of(b"rule"),
        bytes: b"rule".to_vec(),
    };
    store
        .keep(vec![artefact.clone(), artefact.clone()])
        .unwrap();
    store.keep(vec![artefact]).unwrap();
    seal_numbers(&store, 0..2);
    let reader = ChainReader::open(&path).unwrap();
    assert_eq!(reader.stats().unwrap().cas_bodies, 2);
    let kept = reader.cas_body(&Digest::of(b"rule").to_string()).unwrap();
    assert_eq!(kept.as_deref(), Some(&b"rule"[..]));
    assert_eq!(report(&path).verdict, Verdict::Valid);
}

#[test]
fn a_cut_tail_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    seal_numbers(&open(&path), 0..9);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("DELETE FROM chain WHERE seq > 7")
        .unwrap();
    assert_eq!(
        report(&path).broken.unwrap().fault,
        Fault::TailMissing { last: 7, known: 10 }
    );
    // Whoever knows SQLite mends its own record as well; the host's table still tells.
    connection
        .execute_batch("UPDATE sqlite_sequence SET seq = 7 WHERE name = 'chain'")
        .unwrap();
    assert_eq!(
        report(&path).broken.unwrap().fault,
        Fault::TailMissing { last: 7, known: 10 }
    );
}

#[test]
fn an_export_is_valid_and_a_broken_chain_is_not_exported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    seal_numbers(&open(&path), 0..50);
    let out = folder.path().join("export.json");
    let options = |range| ExportOptions {
        key: secret(),
        signer: None,
        range,
        created_at: "2026-01-01T00:00:00.000000+00:00".to_owned(),
    };
    let ranges = [
        Range::All,
        Range::Last(7),
        Range::Seq {
            from: Some(3),
            to: Some(9),
        },
        Range::Seq {
            from: None,
            to: Some(4),
        },
    ];
    for range in ranges {
        let summary = export(&path, &options(range), &out, &mut |_, _| {}).unwrap();
        let file = std::fs::read(&out).unwrap();
        assert_eq!(summary.bytes, file.len() as u64);
        let key = secret();
        let credentials = Credentials {
            key: Some(&key),
            public_key: None,
        };
        let report = verify_export(&file[..], credentials, |_| {}).unwrap();
        assert_eq!(
            report.verdict,
            Verdict::Valid,
            "{range:?}: {:?}",
            report.problem
        );
        assert_eq!(report.entries_seen, summary.entries);
    }
    Connection::open(&path)
        .unwrap()
        .execute_batch("UPDATE chain SET canonical_body = x'00' WHERE seq = 30")
        .unwrap();
    let before = std::fs::read(&out).unwrap();
    let error = export(&path, &options(Range::All), &out, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, ExportFailure::Broken(broken) if broken.seq == 30));
    assert_eq!(
        std::fs::read(&out).unwrap(),
        before,
        "the file that was there is untouched"
    );
    assert_eq!(
        std::fs::read_dir(folder.path())
            .unwrap()
            .filter(|f| {
                f.as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .contains("partial")
            })
            .count(),
        0
    );
}

#[test]
fn a_backup_has_what_is_still_in_the_log_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    let store = open(&path);
    seal_numbers(&store, 0..30);
    let out = folder.path().join("backup.db");
    bijotel_store::backup::backup(&path, &out, &mut |_, _| {}).unwrap();
    seal_numbers(&store, 30..40);
    assert_eq!(report(&out).entries, 31);
    assert_eq!(report(&path).entries, 41);
    assert!(bijotel_store::backup::backup(&path, &out, &mut |_, _| {}).is_err());
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.db");
    let store = open(&path);
    seal_numbers(&store, 0..3);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o077,
            0,
            "{:?}",
            file.path()
        );
    }
}

/// Every column of every table that says something about an entry.
const COLUMNS: [(&str, &str); 17] = [
    ("chain", "seq"),
    ("chain", "timestamp_ns"),
    ("chain", "trace_id"),
    ("chain", "span_id"),
    ("chain", "span_name"),
    ("chain", "span_kind"),
    ("chain", "canonical_body"),
    ("chain", "canonical_hash"),
    ("chain", "prev_hash"),
    ("chain", "hmac_hash"),
    ("chain", "semantic_body_hash"),
    ("bijotel_entries", "sealed_at_ns"),
    ("bijotel_entries", "salt"),
    ("bijotel_entries", "decision"),
    ("bijotel_entries", "rule_set"),
    ("bijotel_entries", "leaf_hmac"),
    ("cas", "body"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn any_changed_value_of_an_entry_is_noticed(
        (table, column) in prop::sample::select(COLUMNS.to_vec()),
        row in 1..10i64,
        kind in 0..3,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chain.db");
        let mut seals: Vec<Seal> = (0..9).map(|n| Seal::entry(draft(n))).collect();
        for seal in &mut seals {
            seal.entry.decision = Some(Digest::of(b"decision"));
            seal.entry.rule_set = Some(Digest::of(b"rules"));
        }
        open(&path).seal(seals).unwrap();
        let connection = Connection::open(&path).unwrap();
        let id = if table == "cas" { "rowid" } else { "seq" };
        let value = match (kind, column) {
            (_, "seq") => "seq + 1000".to_owned(),
            (0, _) => "NULL".to_owned(),
            (1, "canonical_body" | "body" | "salt") => format!("CAST({column} || x'20' AS BLOB)"),
            (1, "timestamp_ns" | "sealed_at_ns") => format!("{column} + 1"),
            (1, _) => format!("{column} || '0'"),
            (_, "timestamp_ns" | "sealed_at_ns") => "0".to_owned(),
            (_, "canonical_body" | "body" | "salt") => "zeroblob(32)".to_owned(),
            _ => format!("upper({column}) || lower({column})"),
        };
        let query = format!(
            "UPDATE {table} SET {column} = {value} WHERE {id} = {row} AND {column} IS NOT {value}"
        );
        // Constraints of the tables refuse some changes: those need no noticing.
        let changed = connection.execute(&query, []);
        prop_assume!(changed.is_ok_and(|rows| rows == 1));
        let before_rows: i64 = connection.query_row("SELECT count(*) FROM chain", [], |r| r.get(0)).unwrap();
        prop_assert_eq!(before_rows, 10);
        let report = report(&path);
        prop_assert!(report.broken.is_some(), "{}", query);
    }

    #[test]
    fn any_removed_row_is_noticed(row in 1..11i64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chain.db");
        seal_numbers(&open(&path), 0..9);
        Connection::open(&path).unwrap().execute("DELETE FROM chain WHERE seq = ?1", [row]).unwrap();
        prop_assert!(report(&path).broken.is_some() == (row <= 10));
    }
}
