//! `bijotel backup`: a copy of a chain that is in use.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::export::thousands;
use crate::config::ChainArgs;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::progress::Progress;

const EXAMPLES: &str = "\
Examples:
  bijotel backup chain.db /backups/chain-2026-12-31.db
  bijotel backup --output /backups/chain.db          (the chain that bijotel.toml names)

The copy is of one moment and has everything that is acknowledged, also what is still in SQLite's log:
copying the file alone would lose that. Verify the copy with `bijotel verify`.
Exit codes: 0 copied, 1 not copied, 2 wrong arguments";

/// Copy a chain while it is written to
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The chain, and the new file
    #[arg(value_name = "CHAIN OUTPUT", num_args = 2, conflicts_with_all = ["db", "config", "output"])]
    files: Vec<PathBuf>,
    #[command(flatten)]
    chain: ChainArgs,
    /// The new file
    #[arg(long, short, value_name = "FILE", required_unless_present = "files")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let (database, copy) = match (arguments.files.as_slice(), &arguments.output) {
        ([database, copy], _) => (database.clone(), copy.clone()),
        (_, Some(copy)) => (arguments.chain.chain()?.database, copy.clone()),
        _ => return Err(Failure::usage("give the chain and the new file")),
    };
    let mut progress = Progress::new("Copying", "pages");
    let bytes = bijotel::backup(&database, &copy, &mut |done, total| {
        progress.update(done, total);
    })?;
    drop(progress);
    let (database, copy) = (database.display(), copy.display());
    if out.json() {
        out.document(&json!({
            "database": database.to_string(),
            "backup": copy.to_string(),
            "bytes": bytes,
        }))?;
    } else {
        let bytes = thousands(bytes);
        out.line(format_args!("Copied {database} to {copy} ({bytes} bytes)."))?;
    }
    Ok(Exit::Ok)
}
