//! Verifying and exporting 100,000 entries, against bare hashing and against the Python tool.

use std::path::Path;

use bijotel::ChainKey;
use bijotel::seal::Digest;
use bijotel::store::{OpenOptions, Seal, SqliteStore, Store};
use bijotel_tests::{SECRET_HEX, bijotel};

use crate::memory::{Used, measure};
use crate::spans::draft;
use crate::{median, python, seconds, show};

const ENTRIES: u64 = 100_000;

pub(crate) fn run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (database, export) = (
        folder.path().join("chain.db"),
        folder.path().join("export.json"),
    );
    let hashed = fill(&database);
    let bare = bare_hashing(hashed);
    println!(
        "\n{ENTRIES} entries of 1.1 KB; bare hashing of the same {} MB",
        hashed / 1_000_000
    );
    show("bare SHA-256, one core", &seconds(bare), &[]);
    let compare = |what: &str, arguments: &[&str], theirs: Option<Used>| {
        let ours = measure(&bijotel(), arguments);
        let mut compared = vec![
            ("peak", format!("{} MiB", ours.peak_mib)),
            (
                "of bare hashing",
                format!("{:.2}", ours.time.as_secs_f64() / bare.as_secs_f64()),
            ),
        ];
        if let Some(theirs) = theirs {
            let text = format!("{}, {} MiB", seconds(theirs.time), theirs.peak_mib);
            compared.push(("Python tool", text));
        }
        show(what, &seconds(ours.time), &compared);
    };
    let (db, out) = (database.display().to_string(), export.display().to_string());
    // The second of two: the first has the file in the cache for both.
    measure(&bijotel(), &["verify", "--db", &db]);
    compare(
        "verify",
        &["verify", "--db", &db],
        python::command(&["verify", "--db", &db]),
    );
    let theirs = folder.path().join("theirs.json").display().to_string();
    let python_export = python::command(&["export", "--db", &db, "-o", &theirs]);
    compare(
        "export",
        &["export", "--db", &db, "-o", &out],
        python_export,
    );
    compare(
        "verify-export",
        &["verify-export", &out],
        python::command(&["verify-export", &out]),
    );
}

/// Fills a chain; how many bytes a verification hashes.
fn fill(path: &Path) -> u64 {
    let key = ChainKey::from_hex(SECRET_HEX).expect("a valid secret");
    let options = OpenOptions {
        path: path.to_owned(),
        key,
        create: true,
    };
    let store = SqliteStore::open(options).expect("opened");
    let mut hashed = 0;
    for from in (0..ENTRIES - 1).step_by(1000) {
        let to = (from + 1000).min(ENTRIES - 1);
        let seals: Vec<Seal> = (from..to)
            .map(|number| Seal::entry(draft(number)))
            .collect();
        for seal in &seals {
            let semantic = seal
                .entry
                .semantic
                .as_ref()
                .map_or(0, |(_, body)| body.len());
            // The body, the semantic body in the entry and in the CAS, the link (a message of 128
            // bytes and its result), the leaf (some 850 bytes) and its code.
            hashed += seal.entry.canonical_body.len() + 2 * semantic + 256 + 850 + 192;
        }
        store.seal(seals).expect("sealed");
    }
    u64::try_from(hashed).expect("fits")
}

fn bare_hashing(bytes: u64) -> std::time::Duration {
    let block = vec![0x5A; 1024];
    median(3, || {
        for _ in 0..bytes / 1024 {
            std::hint::black_box(Digest::of(&block));
        }
    })
}
