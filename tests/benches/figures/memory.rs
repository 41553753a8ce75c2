//! Time and peak memory of a command.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bijotel_tests::SECRET_HEX;

/// What a command used.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    /// From start to end.
    pub(crate) time: Duration,
    /// The most memory that was resident at once, in MiB.
    pub(crate) peak_mib: u64,
}

/// Runs a command with the vectors' secret to its end.
pub(crate) fn measure(program: &Path, arguments: &[&str]) -> Used {
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .env("BIJOTEL_HMAC_SECRET", SECRET_HEX)
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    let mut peak = 0;
    loop {
        // The kernel keeps the highest value, so the last look before the end is what counts.
        peak = peak.max(resident(child.id(), "VmHWM:"));
        if let Some(status) = child.try_wait().expect("waited") {
            assert!(
                status.success(),
                "{} {arguments:?} ended with {status}",
                program.display()
            );
            return Used {
                time: started.elapsed(),
                peak_mib: peak.div_ceil(1024),
            };
        }
        std::thread::sleep(Duration::from_millis(4));
    }
}

/// A line of a process's status in KiB; 0 when it has ended.
pub(crate) fn resident(process: u32, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let value = status.lines().find_map(|text| text.strip_prefix(line));
    value
        .and_then(|text| text.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}
