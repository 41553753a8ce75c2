//! `bijotel rule build`: from a project to a component that the host accepts.

use std::path::{Path, PathBuf};

use bijotel_kit::{BuildError, Built, Project};
use clap::Args;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::output::{Output, complain};

const EXAMPLES: &str = "\
Examples:
  bijotel rule build
  bijotel rule build rules/no-shouting --json

What is installed (npm and pip packages) is installed in the project's folder, and said before.
Exit codes: 0 built, 1 a tool failed or the host refuses the component, 2 no project";

/// Build the rule's component, and check what it imports and which contract it speaks
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The project's folder. Default: this one
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let project = Project::open(&arguments.folder).map_err(failure)?;
    let built = project.build(&mut |line| complain(line)).map_err(failure)?;
    let (path, bytes) = (built.path.display(), built.component.len());
    if out.json() {
        out.document(&json!({
            "component": path.to_string(),
            "language": project.language.as_str(),
            "digest": built.digest.to_string(),
            "bytes": bytes,
        }))?;
    } else {
        out.line(format_args!("Built:   {path}"))?;
        out.line(format_args!("Digest:  sha256:{}", built.digest))?;
        out.line(format_args!("Size:    {bytes} bytes"))?;
    }
    Ok(Exit::Ok)
}

/// The component of the project in a folder, built anew if a source is newer.
pub(super) fn current_component(folder: &Path) -> Result<Vec<u8>, Failure> {
    let project = Project::open(folder).map_err(failure)?;
    let built: Built = project
        .current(&mut |line| complain(line))
        .map_err(failure)?;
    Ok(built.component)
}

fn failure(error: BuildError) -> Failure {
    match error {
        BuildError::NoProject(_) | BuildError::Manifest { .. } => Failure::usage(error),
        _ => Failure::failed(error),
    }
}
