//! The same work by the Python tools, where they are installed (`cargo xtask bench` installs them).

use std::process::Command;

use bijotel_tests::{SECRET_HEX, python};

use crate::memory::{Used, measure};

const RELEASE: &str = "bijotel-2.17.0";
const SIGNET: &str = "signet-sign-0.1.10.1";

/// Time and memory of one of its commands.
pub(crate) fn command(arguments: &[&str]) -> Option<Used> {
    let tool = python(RELEASE).with_file_name("bijotel");
    tool.exists().then(|| measure(&tool, arguments))
}

/// How many entries a second so many of its threads seal, with chain and CAS.
pub(crate) fn seal_rate(writers: u32, entries: u32) -> String {
    text(
        RELEASE,
        include_str!("seal.py"),
        &[&writers.to_string(), &entries.to_string(), SECRET_HEX],
    )
}

/// What its default rules need for a prompt, in milliseconds.
pub(crate) fn rules_ms(prompt: &str) -> String {
    text(RELEASE, include_str!("rules.py"), &[prompt])
}

/// What signet's injection check needs for a prompt.
pub(crate) fn injection_ms(prompt: &str) -> String {
    text(SIGNET, include_str!("injection.py"), &[prompt])
}

fn text(environment: &str, code: &str, arguments: &[&str]) -> String {
    let output = Command::new(python(environment))
        .args(["-c", code])
        .args(arguments)
        .output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => "not measured".to_owned(),
    }
}
