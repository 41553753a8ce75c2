//! Several processes, ours and the Python tool's, write one chain at the same time.

use std::process::{Child, Command, Stdio};

use bijotel::store::{OpenOptions, SqliteStore};
use bijotel::{ChainKey, verify_chain};
use bijotel_tests::{SECRET_HEX, bijotel, python};

#[test]
fn processes_of_both_tools_make_one_chain_without_forks_or_loss() {
    const OURS: u64 = 16;
    const THEIRS: u64 = 4;
    const EACH: u64 = 10;
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("chain.db");
    let append = |number: u64| -> Child {
        Command::new(bijotel())
            .args(["append", "--db"])
            .arg(&database)
            .args([
                "--json-text",
                &format!(r#"{{"from":"rust","number":{number}}}"#),
            ])
            .env("BIJOTEL_HMAC_SECRET", SECRET_HEX)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let key = ChainKey::from_hex(SECRET_HEX).unwrap();
    let options = OpenOptions {
        path: database.clone(),
        key: key.clone(),
        create: true,
    };
    drop(SqliteStore::open(options).unwrap());
    let code = format!(
        "import sys\nfrom bijotel.processors.hmac_chain import append_event\n\
         for n in range({EACH}): append_event(sys.argv[1], bytes.fromhex(sys.argv[2]), {{'n': n}})"
    );
    let theirs = (0..THEIRS).map(|_| {
        let mut command = Command::new(python("bijotel-2.17.0"));
        command
            .args(["-c", &code])
            .arg(&database)
            .arg(SECRET_HEX)
            .spawn()
            .unwrap()
    });
    let mut children: Vec<Child> = theirs.collect();
    for _ in 0..EACH {
        children.extend((0..OURS).map(append));
        // Ours are short-lived: the next ones start when these have ended, between the others' writes.
        for child in children.drain(usize::try_from(THEIRS).unwrap()..) {
            assert!(wait(child), "an append of ours failed");
        }
    }
    for child in children {
        assert!(wait(child), "an append of the Python tool failed");
    }
    let report = verify_chain(&database, &key).unwrap();
    assert_eq!(report.broken, None);
    // The first is the chain's identity.
    assert_eq!(report.entries, 1 + OURS * EACH + THEIRS * EACH);
}

fn wait(mut child: Child) -> bool {
    child.wait().unwrap().success()
}
