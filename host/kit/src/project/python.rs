//! Python: componentize-py from PyPI, in a virtual environment of the project.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::tool;
use super::{BuildError, failed};

/// The part of `pyproject.toml` that is used here.
#[derive(Deserialize)]
struct Manifest {
    project: ProjectSection,
    #[serde(default)]
    tool: ToolSection,
}

#[derive(Deserialize)]
struct ProjectSection {
    #[serde(default)]
    dependencies: Vec<String>,
}

#[derive(Deserialize, Default)]
struct ToolSection {
    #[serde(default)]
    bijotel: BijotelSection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BijotelSection {
    module: String,
}

impl Default for BijotelSection {
    fn default() -> Self {
        Self {
            module: "rule".into(),
        }
    }
}

/// Build the component; `dist` is where its draft may stand.
pub(super) fn build(
    folder: &Path,
    dist: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<u8>, BuildError> {
    let manifest = read(&folder.join("pyproject.toml"))?;
    let folder = std::path::absolute(match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    })
    .map_err(failed("find", folder))?;
    let programs = install(&folder, &manifest.project.dependencies, say)?;
    say("building with componentize-py (some 10 seconds)");
    let draft = dist.join("draft.wasm");
    let target = std::path::absolute(&draft).map_err(failed("find", &draft))?;
    let mut componentize = Command::new(programs.join("componentize-py"));
    componentize
        .current_dir(&folder)
        .env("VIRTUAL_ENV", folder.join(".venv"))
        // A rule may import nothing: what Python would ask of WASI is answered inside.
        .args([
            "-d",
            "wit",
            "-w",
            "policy-rule",
            "componentize",
            "--stub-wasi",
        ])
        .arg(&manifest.tool.bijotel.module)
        .arg("-o")
        .arg(&target);
    tool::run(&mut componentize, "The messages above say why")?;
    let component = fs::read(&draft).map_err(failed("read", &draft))?;
    fs::remove_file(&draft).map_err(failed("remove", &draft))?;
    Ok(component)
}

fn read(path: &Path) -> Result<Manifest, BuildError> {
    let text = fs::read_to_string(path).map_err(failed("read", path))?;
    let problem = |problem: String| BuildError::Manifest {
        path: path.to_owned(),
        problem,
    };
    let manifest: Manifest = toml::from_str(&text).map_err(|error| problem(error.to_string()))?;
    let dependencies = &manifest.project.dependencies;
    if !dependencies
        .iter()
        .any(|name| name.starts_with("componentize-py"))
    {
        return Err(problem(
            "the dependencies do not name componentize-py; add \"componentize-py==0.25.1\"".into(),
        ));
    }
    // Not a package but an option of pip.
    if dependencies.iter().any(|name| name.starts_with('-'))
        || manifest.tool.bijotel.module.starts_with('-')
    {
        return Err(problem("a dependency or module begins with `-`".into()));
    }
    Ok(manifest)
}

/// Install the dependencies into `.venv`, unless they are; the folder with its programs.
fn install(
    folder: &Path,
    dependencies: &[String],
    say: &mut dyn FnMut(&str),
) -> Result<PathBuf, BuildError> {
    let venv = folder.join(".venv");
    let programs = venv.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let stamp = venv.join("bijotel-installed.txt");
    let wanted = dependencies.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(programs);
    }
    say("installing the dependencies of pyproject.toml with pip, into .venv");
    let mut create = Command::new("python3");
    create.args(["-m", "venv"]).arg(&venv);
    tool::run(
        &mut create,
        "Install Python 3.10 or newer with its venv module",
    )?;
    let mut pip = Command::new(programs.join("python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args(dependencies);
    tool::run(&mut pip, "Check that pip reaches its index")?;
    fs::write(&stamp, wanted).map_err(failed("write", &stamp))?;
    Ok(programs)
}
