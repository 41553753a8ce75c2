//! Reading what is given as a file or on standard input, and writing files that are private.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use crate::exit::Failure;

/// The most that is read of a file or of standard input that holds one JSON document.
pub(crate) const MAX_DOCUMENT: u64 = 64 << 20;

/// The text of a file; of standard input if there is no file or it is called `-`.
pub(crate) fn read_document(path: Option<&Path>) -> Result<String, Failure> {
    let path = path.filter(|path| *path != Path::new("-"));
    let name = path.map_or("standard input".to_owned(), |path| {
        path.display().to_string()
    });
    let failed = |error: io::Error| {
        let message = format!("cannot read {name}: {error}");
        match error.kind() {
            io::ErrorKind::NotFound => Failure::not_found(message),
            io::ErrorKind::InvalidData => Failure::failed(format!("{name} is not UTF-8 text")),
            _ => Failure::failed(message),
        }
    };
    let mut source: Box<dyn Read> = match path {
        Some(path) => Box::new(File::open(path).map_err(failed)?),
        None => Box::new(io::stdin().lock()),
    };
    let mut text = String::new();
    let read = source
        .by_ref()
        .take(MAX_DOCUMENT + 1)
        .read_to_string(&mut text);
    match read {
        Ok(bytes) if bytes as u64 > MAX_DOCUMENT => Err(Failure::failed(format!(
            "{name} has more than {MAX_DOCUMENT} bytes, the limit"
        ))),
        Ok(_) => Ok(text),
        Err(error) => Err(failed(error)),
    }
}

/// Writes a file that only its owner may read; fails if there is one of that name.
pub(crate) fn create_private(path: &Path, text: &str) -> io::Result<()> {
    create(path, text, 0o600)
}

/// Writes a file that everybody may read; fails if there is one of that name.
pub(crate) fn create_public(path: &Path, text: &str) -> io::Result<()> {
    create(path, text, 0o644)
}

/// A path without the steps that lead nowhere, as in `./keys/`; nothing is left of `.` itself.
pub(crate) fn tidy(path: &Path) -> PathBuf {
    path.components()
        .filter(|step| *step != Component::CurDir)
        .collect()
}

/// A folder's path for people: the working folder is `.`.
pub(crate) fn folder_name(folder: &Path) -> std::path::Display<'_> {
    if folder.as_os_str().is_empty() {
        Path::new(".").display()
    } else {
        folder.display()
    }
}

fn create(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key must not pass for one.
        let _ = std::fs::remove_file(path);
    }
    written
}
