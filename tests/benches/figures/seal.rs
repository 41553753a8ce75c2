//! Sealing, durable, against bare SQLite inserts with the same durability, and against the Python tool.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

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

/// In turns of blocks, so that a disk that gets slower meanwhile slows all three.
fn one_caller(folder: &Path) {
    let store = open(&folder.join("one.db"));
    let bare = bare_table(&folder.join("bare.db"));
    let same_rows = same_tables(&folder.join("same.db"));
    let block = ONE_CALLER / 10;
    let mut times = [Duration::ZERO; 3];
    for from in (0..ONE_CALLER).step_by(usize::try_from(block).expect("small")) {
        let work: [&dyn Fn(u64); 3] = [
            &|number| {
                store
                    .seal(vec![Seal::entry(draft(number))])
                    .expect("sealed");
            },
            &|number| insert_rows(&same_rows, number),
            &|number| insert(&bare, number),
        ];
        for (time, work) in times.iter_mut().zip(work) {
            let started = Instant::now();
            (from..from + block).for_each(work);
            *time += started.elapsed();
        }
    }
    let [ours, same, bare] = times;
    let ratio = |time: Duration| format!("{:.2}", time.as_secs_f64() / ours.as_secs_f64());
    show(
        "seal, one caller",
        &per_second(ONE_CALLER, ours),
        &[
            (
                "bare inserts of the same rows",
                per_second(ONE_CALLER, same),
            ),
            ("ratio", ratio(same)),
            ("of the body alone", per_second(ONE_CALLER, bare)),
            ("ratio", ratio(bare)),
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

/// The tables of a chain, with the same indexes.
fn same_tables(path: &Path) -> Connection {
    drop(open(path));
    durable(path)
}

fn insert_rows(bare: &Connection, number: u64) {
    let draft = draft(number);
    let hash = draft.canonical_hash.to_string();
    let (semantic_hash, semantic_body) = draft.semantic.as_ref().expect("a span");
    let semantic_hash = semantic_hash.to_string();
    let execute = |query: &str, values: &[&dyn rusqlite::ToSql]| {
        bare.prepare_cached(query)
            .and_then(|mut query| query.execute(values))
            .expect("inserted");
    };
    bare.execute_batch("BEGIN IMMEDIATE").expect("begun");
    execute(
        "INSERT INTO chain (timestamp_ns, trace_id, span_id, span_name, span_kind, canonical_body,
             canonical_hash, prev_hash, hmac_hash, semantic_body_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?7, ?8)",
        &[
            &draft.timestamp_ns,
            &draft.trace_id,
            &draft.span_id,
            &draft.span_name,
            &draft.span_kind,
            &draft.canonical_body,
            &hash,
            &semantic_hash,
        ],
    );
    let seq = bare.last_insert_rowid();
    let seen = draft.timestamp_ns;
    execute(
        "INSERT INTO cas VALUES (?1, ?2, ?3, 1)",
        &[&semantic_hash, semantic_body, &seen],
    );
    execute(
        "INSERT INTO dag_nodes VALUES (?1, '[]', ?2)",
        &[&semantic_hash, &seen],
    );
    execute(
        "INSERT INTO bijotel_entries VALUES (?1, ?2, zeroblob(32), NULL, NULL, ?3)",
        &[&seq, &seen, &hash],
    );
    bare.execute_batch("COMMIT").expect("committed");
}

fn bare_table(path: &Path) -> Connection {
    let bare = durable(path);
    bare.execute_batch("CREATE TABLE bare (seq INTEGER PRIMARY KEY, body BLOB)")
        .expect("made");
    bare
}

fn durable(path: &Path) -> Connection {
    let bare = Connection::open(path).expect("opened");
    bare.pragma_update(None, "journal_mode", "WAL")
        .expect("WAL");
    bare.pragma_update(None, "synchronous", "FULL")
        .expect("FULL");
    bare
}

fn insert(bare: &Connection, number: u64) {
    let body = draft(number).canonical_body;
    bare.prepare_cached("INSERT INTO bare (body) VALUES (?1)")
        .and_then(|mut insert| insert.execute(params![body]))
        .expect("inserted");
}
