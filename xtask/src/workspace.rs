//! Where things are, as cargo says it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// The part of `cargo metadata` that is used here.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    pub(crate) workspace_root: PathBuf,
    pub(crate) target_directory: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// A crate in `guest-rules` that is a rule.
pub(crate) struct RuleCrate {
    /// The package, for example `rule-ast-safety`.
    pub(crate) package: String,
    /// The library's file name without its ending, for example `rule_ast_safety`.
    pub(crate) library: String,
}

impl Workspace {
    /// Ask cargo.
    pub(crate) fn load() -> Result<Self> {
        let output = cargo()
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cannot run cargo")?;
        ensure!(
            output.status.success(),
            "cargo metadata failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        serde_json::from_slice(&output.stdout).context("cannot read what cargo metadata says")
    }

    /// Where finished rules go.
    pub(crate) fn rules_folder(&self) -> PathBuf {
        self.target_directory.join("rules")
    }

    /// All crates under `guest-rules` that build a component, ordered by package.
    pub(crate) fn rules(&self) -> Vec<RuleCrate> {
        let folder = self.workspace_root.join("guest-rules");
        let mut rules: Vec<RuleCrate> = self
            .packages
            .iter()
            .filter(|package| package.manifest_path.starts_with(&folder))
            .filter_map(|package| {
                let library = package.targets.iter().find(|target| target.is("cdylib"))?;
                Some(RuleCrate {
                    package: package.name.clone(),
                    library: library.name.replace('-', "_"),
                })
            })
            .collect();
        rules.sort_by(|a, b| a.package.cmp(&b.package));
        rules
    }
}

impl Target {
    fn is(&self, kind: &str) -> bool {
        self.kind.iter().any(|k| k == kind)
    }
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The repository, from which everything here can be found even where cargo is not asked.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}
