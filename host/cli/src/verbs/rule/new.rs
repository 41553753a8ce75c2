//! `bijotel rule new`: a project that builds and whose test passes.

use std::path::PathBuf;

use bijotel_kit::{Language, create_project};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  bijotel rule new no-shouting --language rust
  bijotel rule new no-shouting --language python --folder rules/no-shouting

Exit codes: 0 made, 2 not made";

/// Make a project for a new rule, in Rust, JavaScript or Python
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The rule's id: lower case letters, digits, `_` and `-`
    #[arg(value_name = "NAME")]
    name: String,
    /// What the rule is written in
    #[arg(long, value_enum, default_value_t = Written::Rust)]
    language: Written,
    /// Where to write it. Default: a new folder of that name
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Written {
    /// Fastest; needs cargo and the target wasm32-unknown-unknown
    Rust,
    /// Needs Node.js; components of 12 MB
    #[value(alias = "js")]
    Javascript,
    /// Needs Python 3.10; components of 18 MB
    #[value(alias = "py")]
    Python,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let language = match arguments.language {
        Written::Rust => Language::Rust,
        Written::Javascript => Language::JavaScript,
        Written::Python => Language::Python,
    };
    let folder = arguments
        .folder
        .clone()
        .unwrap_or_else(|| PathBuf::from(&arguments.name));
    let files = create_project(&arguments.name, language, &folder).map_err(Failure::usage)?;
    let shown = folder.display();
    if out.json() {
        out.document(&json!({
            "name": arguments.name,
            "language": language.as_str(),
            "folder": shown.to_string(),
            "files": files,
        }))?;
        return Ok(Exit::Ok);
    }
    out.line(format_args!("Made {shown}:"))?;
    for file in files {
        out.line(format_args!("  {file}"))?;
    }
    if language == Language::Rust {
        out.line(format_args!("  sdk/"))?;
    }
    out.line(format_args!("\nNext steps:"))?;
    out.line(format_args!("  cd {shown}"))?;
    out.line(format_args!("  bijotel rule build"))?;
    out.line(format_args!("  bijotel rule test"))?;
    Ok(Exit::Ok)
}
