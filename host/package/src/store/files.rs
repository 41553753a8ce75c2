//! Reading with a limit, and writing so that it survives a power cut.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::StoreError;

/// What makes an error of the system's answer.
pub(super) fn io(action: &'static str, path: &Path) -> impl Fn(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::Io {
        action,
        path: path.clone(),
        source,
    }
}

/// Whether there is anything of that name, be it readable or not.
pub(super) fn exists(path: &Path) -> bool {
    // What cannot be looked at is treated as there, so that reading it says why it cannot be.
    path.try_exists().unwrap_or(true)
}

/// A file's bytes, at most `limit` of them.
pub(super) fn read_limited(path: &Path, limit: usize) -> Result<Vec<u8>, StoreError> {
    let failed = io("read", path);
    let file = File::open(path).map_err(&failed)?;
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(&failed)?;
    if bytes.len() > limit {
        return Err(StoreError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}

/// Writes a new file and waits until it is on the disk.
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = io("write", path);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(&failed)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(&failed)
}

/// Waits until the names in a folder are on the disk. Only Unix can.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        let synced = File::open(path).and_then(|folder| folder.sync_all());
        return synced.map_err(io("sync", path));
    }
    Ok(())
}

pub(super) fn make_folder(path: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(path).map_err(io("make", path))
}

pub(super) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(io("make", to))
}

/// A folder with nothing in it.
pub(super) fn empty_folder(path: &Path) -> Result<PathBuf, StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(io("empty", path)(error));
        }
        _ => {}
    }
    make_folder(path)?;
    Ok(path.to_owned())
}

/// Only one process changes a store at a time. Released when dropped, and when the process ends.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock; makes the store's folder if it is missing.
    pub(super) fn take(folder: &Path) -> Result<Self, StoreError> {
        make_folder(folder)?;
        let path = folder.join("lock");
        let failed = io("lock", &path);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(&failed)?;
        file.lock().map_err(&failed)?;
        Ok(Self { _file: file })
    }
}
