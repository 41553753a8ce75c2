//! What tests that cross crates share: where the built program, the vectors and the Python tools are.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The secret of all test vectors.
pub const SECRET_HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// The folder of the vectors that the Python tool made.
pub fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/bijotel")
}

/// The built `bijotel` program.
///
/// # Panics
///
/// When it was not built: `cargo xtask test` does it before the tests.
pub fn bijotel() -> PathBuf {
    let program = profile_folder().join("bijotel");
    assert!(
        program.is_file(),
        "{} is not there; build it with `cargo build --release -p bijotel-cli`",
        program.display()
    );
    program
}

/// A command of the Python tool in one release, with the vectors' secret.
///
/// # Panics
///
/// When it is not installed: `cargo xtask test` does it before the tests.
pub fn python_tool(release: &str) -> Command {
    let mut command = Command::new(python(&format!("bijotel-{release}")).with_file_name("bijotel"));
    command.env("BIJOTEL_HMAC_SECRET", SECRET_HEX);
    command
}

/// The Python interpreter of one of the environments that `cargo xtask test` makes.
///
/// # Panics
///
/// When it is not there.
pub fn python(environment: &str) -> PathBuf {
    let folder = std::env::var_os("BIJOTEL_PYTHON")
        .map_or_else(|| profile_folder().with_file_name("python"), PathBuf::from);
    let python = folder.join(environment).join("bin/python");
    assert!(
        python.exists(),
        "{} is not there; `cargo xtask test` installs it",
        python.display()
    );
    python
}

/// The folder of the built rules.
///
/// `cargo xtask rules` fills it; `cargo xtask test` does so before the tests.
pub fn rules() -> PathBuf {
    profile_folder().with_file_name("rules")
}

/// `target/release` or whatever the tests were built into: this program is in its `deps`.
fn profile_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program
        .ancestors()
        .nth(2)
        .map_or_else(PathBuf::new, Path::to_owned)
}
