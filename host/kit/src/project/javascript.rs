//! JavaScript: componentize-js from npm, called by the project's own `build.mjs`.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::tool;
use super::{BuildError, failed};

/// Build the component; `dist` is where its draft may stand.
pub(super) fn build(
    folder: &Path,
    dist: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<u8>, BuildError> {
    if !installed(folder) {
        say("installing the packages of package.json with npm, into node_modules");
        let mut npm = command("npm", folder);
        npm.args(["install", "--no-audit", "--no-fund", "--loglevel", "error"]);
        let advice =
            "Install Node.js 20 or newer with npm, and check that npm reaches its registry";
        tool::run(&mut npm, advice)?;
    }
    say("building with componentize-js (some 20 seconds)");
    let draft = dist.join("draft.wasm");
    let target = std::path::absolute(&draft).map_err(failed("find", &draft))?;
    let mut node = command("node", folder);
    node.arg("build.mjs").arg(&target);
    tool::run(&mut node, "The messages above say why")?;
    let component = fs::read(&draft).map_err(failed("read", &draft))?;
    fs::remove_file(&draft).map_err(failed("remove", &draft))?;
    Ok(component)
}

/// Whether npm has installed what package.json says now.
fn installed(folder: &Path) -> bool {
    let time = |file: &str| fs::metadata(folder.join(file)).and_then(|data| data.modified());
    match (
        time("node_modules/.package-lock.json"),
        time("package.json"),
    ) {
        (Ok(installed), Ok(wanted)) => installed >= wanted,
        _ => false,
    }
}

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    if !folder.as_os_str().is_empty() {
        command.current_dir(folder);
    }
    command
}
