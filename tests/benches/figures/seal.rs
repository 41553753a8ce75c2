//! Sealing, durable, against bare SQLite inserts with the same durability, and against the Python tool.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use bijotel::ChainKey;
use bijotel::store::{OpenOptions, Seal, SqliteStore, Store};
use bijotel_tests::SECRET_HEX;
use rusqlite::{Connection, params};

use crate::spans::draft;
use crate::{per_second, python, show};

const ONE_CALLER: u64 = 1_000;
const MANY_CALLERS: u64 = 60_000;
const CALLERS: u64 = 64;

pub(crate) fn run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    println!("\nSealing, durable when acknowledged (WAL, synchronous=FULL), bodies of 1.1 KB");
    one_caller(folder.path());
    many_callers(folder.path());
}

/// Alternating in blocks, so that a disk that gets slower meanwhile slows both.
fn one_caller(folder: &Path) {
    let store = open(&folder.join("one.db"));
    let bare = bare_table(&folder.join("bare.db"));
    let block = ONE_CALLER / 10;
    let (mut ours, mut theirs) = (std::time::Duration::ZERO, std::time::Duration::ZERO);
    for from in (0..ONE_CALLER).step_by(usize::try_from(block).expect("small")) {
        let started = Instant::now();
        for number in from..from + block {
            store
                .seal(vec![Seal::entry(draft(number))])
                .expect("sealed");
        }
        ours += started.elapsed();
        let started = Instant::now();
        for number in from..from + block {
            insert(&bare, number);
        }
        theirs += started.elapsed();
    }
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    show(
        "seal, one caller",
        &per_second(ONE_CALLER, ours),
        &[
            ("bare SQLite inserts", per_second(ONE_CALLER, theirs)),
            ("ratio", format!("{ratio:.2}")),
            ("Python tool", python::seal_rate(1, 200)),
        ],
    );
}

fn many_callers(folder: &Path) {
    let store = open(&folder.join("many.db"));
    let next = AtomicU64::new(0);
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= MANY_CALLERS {
                        return;
                    }
                    store
                        .seal(vec![Seal::entry(draft(number))])
                        .expect("sealed");
                }
            });
        }
    });
    show(
        "seal, 64 concurrent callers",
        &per_second(MANY_CALLERS, started.elapsed()),
        &[
            ("target", "20000/s".to_owned()),
            ("Python tool, 8 writers", python::seal_rate(8, 400)),
        ],
    );
}

fn open(path: &Path) -> SqliteStore {
    let key = ChainKey::from_hex(SECRET_HEX).expect("a valid secret");
    SqliteStore::open(OpenOptions {
        path: path.to_owned(),
        key,
        create: true,
    })
    .expect("opened")
}

fn bare_table(path: &Path) -> Connection {
    let bare = Connection::open(path).expect("opened");
    bare.pragma_update(None, "journal_mode", "WAL")
        .expect("WAL");
    bare.pragma_update(None, "synchronous", "FULL")
        .expect("FULL");
    bare.execute_batch("CREATE TABLE bare (seq INTEGER PRIMARY KEY, body BLOB)")
        .expect("made");
    bare
}

fn insert(bare: &Connection, number: u64) {
    let body = draft(number).canonical_body;
    bare.prepare_cached("INSERT INTO bare (body) VALUES (?1)")
        .and_then(|mut insert| insert.execute(params![body]))
        .expect("inserted");
}
