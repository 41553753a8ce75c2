//! Copies a chain while it is written to, with everything that is still in the write-ahead log.

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;
use crate::schema::{create_private, open_for_reading};

/// How many pages are copied at a time, so that progress shows.
const PAGES: i32 = 2048;

/// Copies the chain in `path` to the new file `out`, as of one moment; `progress` is told how many of
/// how many pages are done. Refuses to overwrite: an older backup may be the only good one.
pub fn backup(
    path: &Path,
    out: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<u64, StoreError> {
    let source = open_for_reading(path)?;
    if out.exists() {
        let text = format!(
            "{} is there already; give the backup a new name",
            out.display()
        );
        return Err(StoreError::Output(text));
    }
    create_private(out)?;
    let result = copy(&source, path, out, progress);
    if result.is_err() {
        // Half a backup must not pass for one.
        let _ = std::fs::remove_file(out);
    }
    result
}

fn copy(
    source: &Connection,
    path: &Path,
    out: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<u64, StoreError> {
    let sqlite = |action| StoreError::sqlite(action, path);
    // One read transaction around all steps: a writer in between would start the copy anew.
    source
        .execute_batch("BEGIN; SELECT count(*) FROM sqlite_master;")
        .map_err(sqlite("begin to read"))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let written = |action| StoreError::sqlite(action, out);
    let mut target = Connection::open_with_flags(out, flags).map_err(written("open the backup"))?;
    // A copy that fails is removed, so a journal on the disk would only be left behind.
    target
        .pragma_update(None, "journal_mode", "MEMORY")
        .map_err(written("open the backup"))?;
    {
        let backup = Backup::new(source, &mut target).map_err(written("begin the backup"))?;
        loop {
            let step = backup.step(PAGES).map_err(written("write the backup"))?;
            let state = backup.progress();
            let total = u64::try_from(state.pagecount).unwrap_or(0);
            progress(
                total - u64::try_from(state.remaining).unwrap_or(0).min(total),
                total,
            );
            if step == StepResult::Done {
                break;
            }
        }
    }
    target
        .close()
        .map_err(|(_, error)| written("close the backup")(error))?;
    let file = std::fs::File::open(out).map_err(StoreError::io("open", out))?;
    file.sync_all().map_err(StoreError::io("flush", out))?;
    Ok(file
        .metadata()
        .map_err(StoreError::io("read the size of", out))?
        .len())
}
