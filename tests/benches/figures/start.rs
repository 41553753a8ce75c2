//! What a start costs, and what an idle server holds.

use std::process::{Command, Stdio};
use std::time::Duration;

use bijotel_tests::{SECRET_HEX, bijotel, python};

use crate::memory::resident;
use crate::{median, show};

pub(crate) fn run() {
    println!("\nThe command");
    let help = |program: &std::path::Path| {
        median(20, || {
            let status = Command::new(program)
                .arg("--help")
                .stdout(Stdio::null())
                .status();
            assert!(status.expect("started").success());
        })
    };
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let theirs = python("bijotel-2.17.0").with_file_name("bijotel");
    let compared = [
        ("target", "10 ms".to_owned()),
        ("Python tool", ms(help(&theirs))),
    ];
    show("--help, start to finish", &ms(help(&bijotel())), &compared);
    show("serve, idle", &idle(), &[("target", "50 MiB".to_owned())]);
}

/// Resident memory of a server two seconds after its start.
fn idle() -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = Command::new(bijotel())
        .args([
            "serve",
            "--db",
            "chain.db",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
        ])
        .current_dir(folder.path())
        .env("BIJOTEL_HMAC_SECRET", SECRET_HEX)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    std::thread::sleep(Duration::from_secs(2));
    let kib = resident(server.id(), "VmRSS:");
    server.kill().expect("stopped");
    server.wait().expect("ended");
    format!("{} MiB", kib / 1024)
}
