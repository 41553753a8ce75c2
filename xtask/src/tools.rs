//! What the tests need beside cargo, installed by package name where it is missing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::steps::{run, works};
use crate::workspace;

/// Chromium, for the tests of the browser verifier.
pub(crate) fn chromium() -> Result<()> {
    if ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .any(on_path)
    {
        return Ok(());
    }
    apt(&["chromium"])
}

/// A registry for OCI artifacts, for the tests that push and pull rules. Where installing it starts a
/// service, the tests do not use that: each starts a registry of its own.
pub(crate) fn registry() -> Result<()> {
    if on_path("docker-registry") {
        Ok(())
    } else {
        apt(&["docker-registry"])
    }
}

/// Valgrind, which counts instructions.
pub(crate) fn valgrind() -> Result<()> {
    if on_path("valgrind") {
        Ok(())
    } else {
        apt(&["valgrind"])
    }
}

/// The node packages of the browser tests, as their lock file names them.
pub(crate) fn node_packages() -> Result<()> {
    if !on_path("npm") {
        apt(&["nodejs", "npm"])?;
    }
    let folder = workspace::root().join("tests/browser");
    if newer(
        &folder.join("node_modules/.package-lock.json"),
        &folder.join("package-lock.json"),
    ) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"])
        .current_dir(&folder);
    run(&mut npm, "Check that npm reaches its registry")
}

/// A virtual environment with the packages of a requirements file; the folder that it is in.
pub(crate) fn python_packages(name: &str, requirements: &Path, target: &Path) -> Result<PathBuf> {
    let venv = target.join("python").join(name);
    let stamp = venv.join("installed.txt");
    let wanted = std::fs::read_to_string(requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(venv);
    }
    let create = || {
        works(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&venv),
        )
    };
    if !create() {
        apt(&["python3", "python3-venv"])?;
        if !create() {
            bail!("`python3 -m venv` does not work; Python 3.10 or newer with venv is needed");
        }
    }
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
    ]);
    run(pip.arg(requirements), "Check that pip reaches its index")?;
    std::fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(venv)
}

/// Whether a program of this name can be started.
pub(crate) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn apt(packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if !on_path("apt-get") {
        bail!("{list} must be installed first (there is no apt-get here to do it)");
    }
    let advice = format!("Install {list} by hand, or run this as root");
    let mut update = Command::new("apt-get");
    run(update.args(["-qq", "update"]), &advice)?;
    let mut install = Command::new("apt-get");
    install
        .args(["-qq", "install", "-y", "--no-install-recommends"])
        .args(packages);
    run(install.env("DEBIAN_FRONTEND", "noninteractive"), &advice)
}

/// Whether `made` is there and not older than `from`.
fn newer(made: &Path, from: &Path) -> bool {
    let time = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    matches!((time(made), time(from)), (Some(made), Some(from)) if made >= from)
}
