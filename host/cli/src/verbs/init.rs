//! `bijotel init`: a configuration, a secret and a chain.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bijotel::RulesConfig;
use bijotel::store::{OpenOptions, SqliteStore};
use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use crate::config::FILE_NAME;
use crate::credentials::read_secret;
use crate::exit::{Exit, Failure};
use crate::files::{create_private, create_public, folder_name, tidy};
use crate::output::Output;
use crate::verbs::serve::DEFAULT_PORT;

const SECRET: &str = "secret.hex";
const DATABASE: &str = "chain.db";

/// The bytes of a new secret: as many as SHA-256 has.
const SECRET_BYTES: usize = 32;

const EXAMPLES: &str = "\
Examples:
  bijotel init
  bijotel init /var/lib/bijotel

A secret or chain that is there is kept; a configuration that is there is an error.
Exit codes: 0 made, 1 not made";

/// Make a configuration, a secret and a chain in a folder
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The folder; made if it is missing
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let folder = tidy(&arguments.folder);
    let config = folder.join(FILE_NAME);
    if config.exists() {
        return Err(Failure::failed(format!(
            "{} is there already; nothing was changed",
            config.display()
        )));
    }
    create_folder(&arguments.folder)?;
    let secret = folder.join(SECRET);
    let new_secret = create_secret(&secret)?;
    let database = folder.join(DATABASE);
    drop(SqliteStore::open(OpenOptions {
        path: database.clone(),
        key: read_secret(&secret)?,
        create: true,
    })?);
    // Last, because it says that the rest is there.
    create_public(&config, &config_text()).map_err(|error| unwritable(&config, &error))?;
    if out.json() {
        out.document(&json!({
            "config": config.display().to_string(),
            "secret_file": secret.display().to_string(),
            "secret_is_new": new_secret,
            "database": database.display().to_string(),
        }))?;
    } else {
        show(&folder, new_secret, out)?;
    }
    Ok(Exit::Ok)
}

fn show(folder: &Path, new_secret: bool, out: &mut Output) -> Result<(), Failure> {
    let at = |name| folder.join(name).display().to_string();
    let (config, secret, database) = (at(FILE_NAME), at(SECRET), at(DATABASE));
    let kept = if new_secret {
        "keep a copy elsewhere: without it nothing can be verified"
    } else {
        "was there and is kept"
    };
    out.line(format_args!("Made a chain in {}", folder_name(folder)))?;
    out.line(format_args!(
        "  {config}  what is served, and which rules judge"
    ))?;
    out.line(format_args!("  {secret}    the secret, mode 0600; {kept}"))?;
    out.line(format_args!(
        "  {database}      the chain, with its identity\n"
    ))?;
    out.line(format_args!("Next:"))?;
    out.line(format_args!("  bijotel serve --config {config}"))?;
    out.line(format_args!(
        "  export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{DEFAULT_PORT}   (in the application's shell)"
    ))?;
    out.line(format_args!("  bijotel verify --config {config}"))
}

fn create_folder(folder: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| unwritable(folder, &error))
}

/// Whether a secret was made: one that is there is never overwritten.
fn create_secret(path: &Path) -> Result<bool, Failure> {
    let mut bytes = Zeroizing::new([0_u8; SECRET_BYTES]);
    getrandom::fill(&mut *bytes)
        .map_err(|error| Failure::failed(format!("the system gives no random bytes: {error}")))?;
    // As long as it gets: a longer text would leave parts of it in memory.
    let mut hex = Zeroizing::new(String::with_capacity(2 * SECRET_BYTES + 1));
    for byte in bytes.iter() {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex.push('\n');
    match create_private(path, &hex) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(unwritable(path, &error)),
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("cannot make {}: {error}", path.display()))
}

fn config_text() -> String {
    let mut text = format!(
        "# bijotel's configuration. docs/cli.md describes every key. Paths are relative to this file.\n\n\
         [chain]\n\
         database = \"{DATABASE}\"\n\
         secret_file = \"{SECRET}\"\n\n\
         [server]\n\
         listen = \"127.0.0.1:{DEFAULT_PORT}\"\n\n\
         [rules]\n\
         # Rules with a configuration of their own are compiled once and kept here.\n\
         cache = \"rule-cache\"\n\n\
         # The rules, in the order in which they are asked.\n"
    );
    for rule in RulesConfig::shipped_defaults().rules {
        text.push_str(&format!("[[rule]]\nname = \"{}\"\n\n", rule.name));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
