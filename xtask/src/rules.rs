//! `cargo xtask rules`: every rule of `guest-rules` as a component, and prepared for embedding.
//!
//! For each rule, NAME being its id, in `target/rules`:
//!
//! - `NAME.wasm`: the component
//! - `NAME.cwasm`: the component configured with `{}`, snapshotted and compiled to native code; a rule
//!   whose configuration has required keys has none
//! - `rules.json`: what there is, with digests and sizes
//!
//! What is up to date is not made again.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail, ensure};
use bijotel_policy::{Configuration, Engine, EngineOptions, LoadError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wit_component::ComponentEncoder;

use crate::wasm_target::{self, TARGET};
use crate::workspace::{RuleCrate, Workspace, cargo};

/// `rules.json`.
#[derive(Serialize, Deserialize, Default)]
struct Manifest {
    rules: Vec<Entry>,
}

/// A rule in `rules.json`. Files stand beside it.
#[derive(Serialize, Deserialize, Clone, PartialEq)]
struct Entry {
    /// The rule crate.
    package: String,
    /// What the rule calls itself.
    id: String,
    version: String,
    component: String,
    component_sha256: String,
    component_bytes: usize,
    /// Not for a rule that needs a configuration.
    #[serde(flatten)]
    prepared: Option<Prepared>,
    /// Of the core module that the component was made of: tells whether it is up to date.
    core_sha256: String,
}

/// A rule that is prepared for embedding.
#[derive(Serialize, Deserialize, Clone, PartialEq)]
struct Prepared {
    precompiled: String,
    precompiled_sha256: String,
    precompiled_bytes: usize,
}

/// Build all rules.
pub(crate) fn run() -> Result<()> {
    let started = Instant::now();
    let workspace = Workspace::load()?;
    let rules = workspace.rules();
    ensure!(!rules.is_empty(), "there is no rule crate in guest-rules");
    build(&rules)?;

    let folder = workspace.rules_folder();
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let before = Manifest::read(&folder);
    let engine = Engine::new(EngineOptions::default())?;
    let work = Work {
        engine: &engine,
        modules: workspace.target_directory.join(TARGET).join("guest"),
        folder: &folder,
    };
    let results: Vec<Result<Entry>> = thread::scope(|scope| {
        let threads: Vec<_> = rules
            .iter()
            .map(|rule| {
                let known = before
                    .rules
                    .iter()
                    .find(|entry| entry.package == rule.package);
                let work = &work;
                scope.spawn(move || work.finish(rule, known).context(rule.package.clone()))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| bail!("a thread panicked")))
            .collect()
    });
    // What could be made is kept, so that the next run only makes what failed.
    let mut rules = Vec::new();
    let mut failed = 0;
    for result in results {
        match result {
            Ok(entry) => rules.push(entry),
            Err(error) => {
                failed += 1;
                eprintln!("rules: {error:#}");
            }
        }
    }
    for (index, rule) in rules.iter().enumerate() {
        if let Some(other) = rules[..index].iter().find(|other| other.id == rule.id) {
            bail!(
                "{} and {} are both called `{}`",
                other.package,
                rule.package,
                rule.id
            );
        }
    }
    let count = rules.len();
    let file = folder.join("rules.json");
    let json = serde_json::to_string_pretty(&Manifest { rules })? + "\n";
    write_if_changed(&file, json.as_bytes())?;
    ensure!(failed == 0, "{failed} could not be made; see above");
    eprintln!(
        "rules: {count} in {} ({:.1} s)",
        folder.display(),
        started.elapsed().as_secs_f32()
    );
    Ok(())
}

/// Compile the rule crates to core modules.
fn build(rules: &[RuleCrate]) -> Result<()> {
    let toolchain = wasm_target::toolchain()?;
    let mut command = cargo();
    if let Some(toolchain) = toolchain {
        // `CARGO` is the default toolchain's own binary; go through rustup instead.
        command = std::process::Command::new("cargo");
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    command.args([
        "build",
        "--quiet",
        "--profile",
        "guest",
        "--target",
        TARGET,
        "--lib",
        "--config",
        &wasm_target::rustflags(),
    ]);
    for rule in rules {
        command.args(["--package", &rule.package]);
    }
    eprintln!("rules: compiling {} crates for {TARGET}", rules.len());
    let status = command.status().context("cannot run cargo")?;
    ensure!(
        status.success(),
        "the rules do not compile; the messages above say why"
    );
    Ok(())
}

/// What the threads share.
struct Work<'a> {
    engine: &'a Engine,
    modules: PathBuf,
    folder: &'a Path,
}

impl Work<'_> {
    /// Make a rule's two files, unless they are up to date.
    fn finish(&self, rule: &RuleCrate, known: Option<&Entry>) -> Result<Entry> {
        let started = Instant::now();
        let core = read(&self.modules.join(format!("{}.wasm", rule.library)))?;
        if let Some(entry) = known
            && self.is_current(entry, &core)
        {
            return Ok(entry.clone());
        }

        let component = ComponentEncoder::default()
            .validate(true)
            .module(&core)
            .and_then(|mut encoder| encoder.encode())
            .map_err(|error| anyhow!("cannot make a component: {error:#}"))?;
        let description = self.engine.describe(&component)?;
        let native = self.prepare(&component, &description.configuration_schema)?;
        let prepared = native.as_ref().map(|native| Prepared {
            precompiled: format!("{}.cwasm", description.id),
            precompiled_sha256: sha256(native),
            precompiled_bytes: native.len(),
        });
        let entry = Entry {
            component: format!("{}.wasm", description.id),
            component_sha256: sha256(&component),
            component_bytes: component.len(),
            prepared,
            core_sha256: sha256(&core),
            package: rule.package.clone(),
            id: description.id,
            version: description.version,
        };
        write_if_changed(&self.folder.join(&entry.component), &component)?;
        let mut form = "needs a configuration".to_owned();
        if let (Some(prepared), Some(native)) = (&entry.prepared, &native) {
            write_if_changed(&self.folder.join(&prepared.precompiled), native)?;
            form = format!("prepared {:.2} MB", megabytes(native.len()));
        }
        eprintln!(
            "rules: {} {}: {:.2} MB, {form} ({:.1} s)",
            entry.id,
            entry.version,
            megabytes(component.len()),
            started.elapsed().as_secs_f32()
        );
        Ok(entry)
    }

    /// The component configured with `{}` as native code; `None` if the rule refuses that because
    /// something is required.
    fn prepare(&self, component: &[u8], schema: &str) -> Result<Option<Vec<u8>>> {
        let prepared = match self.engine.prepare(component, &Configuration::default()) {
            Ok(prepared) => prepared,
            Err(LoadError::Configuration { .. }) if requires_something(schema)? => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(problem) = prepared.snapshot_problem {
            bail!("cannot be snapshotted, every call would configure it anew: {problem}");
        }
        Ok(Some(prepared.bytes))
    }

    /// Whether a rule's files are what would be made now.
    fn is_current(&self, entry: &Entry, core: &[u8]) -> bool {
        let component = fs::read(self.folder.join(&entry.component)).unwrap_or_default();
        entry.core_sha256 == sha256(core)
            && entry.component_sha256 == sha256(&component)
            && entry.prepared.as_ref().is_none_or(|prepared| {
                let native = fs::read(self.folder.join(&prepared.precompiled)).unwrap_or_default();
                prepared.precompiled_sha256 == sha256(&native)
                    && self
                        .engine
                        .is_current(&component, &Configuration::default(), &native)
            })
    }
}

/// Whether the schema of a rule's configuration names required keys.
fn requires_something(schema: &str) -> Result<bool> {
    let schema: serde_json::Value =
        serde_json::from_str(schema).context("the schema of the configuration is not JSON")?;
    let required = schema["required"].as_array();
    Ok(required.is_some_and(|keys| !keys.is_empty()))
}

impl Manifest {
    /// What the last run left; nothing if it cannot be read, and then everything is made again.
    fn read(folder: &Path) -> Self {
        fs::read(folder.join("rules.json"))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Leaves a file alone that is already right, so that nothing that embeds it is built again.
fn write_if_changed(file: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|before| before == bytes) {
        return Ok(());
    }
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[allow(clippy::cast_precision_loss, reason = "shown with two digits")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
