//! A disk that is full: a small file system in memory, in a mount namespace of its own.

use std::process::Command;

use bijotel_tests::{SECRET_HEX, bijotel};

use crate::folder::{Folder, Ran, ran};

/// Runs a script in a folder where `full` has room for 300 KiB only; `None` where such a file system
/// cannot be mounted.
fn run_on_small_disk(folder: &Folder, script: &str) -> Option<Ran> {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script]);
        command.current_dir(folder.path("."));
        command.env("BIJOTEL_HMAC_SECRET", SECRET_HEX);
        command.env("bijotel", bijotel());
        command
    };
    const MOUNT: &str = "mkdir -p full && mount -t tmpfs -o size=300k bijotel-test full";
    if !unshare(MOUNT)
        .output()
        .is_ok_and(|output| output.status.success())
    {
        eprintln!("skipped: no file system can be mounted here");
        return None;
    }
    Some(ran(&mut unshare(&format!("{MOUNT} && {script}"))))
}

#[test]
fn a_chain_on_a_full_disk_takes_no_more_and_stays_valid() {
    let folder = Folder::with("chains/chain_0012.db");
    folder.write(
        "event.json",
        format!("{{\"text\":\"{}\"}}", "x".repeat(20_000)),
    );
    let script = "cp chain_0012.db full/ && \
        while $bijotel append --db full/chain_0012.db event.json > out.txt 2> err.txt || ! code=$?; \
        do :; done; echo \"exit $code\"; cat err.txt; $bijotel verify --db full/chain_0012.db";
    let Some(ran) = run_on_small_disk(&folder, script) else {
        return;
    };
    assert!(ran.stdout.contains("exit 1\nERROR: "), "{ran:?}");
    assert!(ran.stdout.contains("disk is full"), "{ran:?}");
    assert!(ran.stdout.contains("Chain VALID"), "{ran:?}");
    assert_eq!(ran.exit, Some(0), "{ran:?}");
}

#[test]
fn an_export_or_backup_that_does_not_fit_leaves_nothing_behind() {
    let folder = Folder::with("chains/chain_1000.db");
    let script = "$bijotel export --db chain_1000.db -o full/export.json; echo \"exit $?\"; \
        $bijotel backup chain_1000.db full/backup.db; echo \"exit $?\"; ls full";
    let Some(ran) = run_on_small_disk(&folder, script) else {
        return;
    };
    assert_eq!(ran.stdout, "exit 2\nexit 1\n", "{ran:?}");
    assert_eq!(ran.stderr.matches("ERROR: ").count(), 2, "{ran:?}");
    assert!(ran.stderr.contains("No space left"), "{ran:?}");
    assert!(ran.stderr.contains("full"), "{ran:?}");
}

#[test]
fn a_secret_or_key_that_does_not_fit_is_not_made_by_half() {
    let folder = Folder::new();
    let script = "head -c 320000 /dev/zero > full/filler 2> /dev/null; \
        $bijotel init full/new; echo \"exit $?\"; \
        $bijotel keygen --output-dir full/keys; echo \"exit $?\"; find full -type f -size -1000c";
    let Some(ran) = run_on_small_disk(&folder, script) else {
        return;
    };
    assert_eq!(ran.stdout, "exit 1\nexit 2\n", "{ran:?}");
    assert_eq!(ran.stderr.matches("ERROR: ").count(), 2, "{ran:?}");
}
