//! Prepared rules on disk, so that a start compiles nothing it has compiled before.
//!
//! Trust: whoever can write to this folder cannot make the host run anything, because every file is
//! authenticated with a key derived from the host's before it is used. Deleting or damaging files
//! costs a few seconds of compiling. Whoever holds the host's key is trusted anyway.
//!
//! A file is written under another name and then renamed, so a reader sees all of it or nothing. It is
//! not synced: a file lost or cut by a power failure is compiled again.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bijotel_seal::Digest;

use crate::error::CacheError;
use crate::trusted::CacheKey;

/// The largest file that is read. A rule of 1.2 MB is 5 MB when prepared.
const MAX_FILE: u64 = 512 << 20;

/// A folder of prepared rules.
#[derive(Clone, Debug)]
pub struct RuleCache {
    folder: PathBuf,
    key: CacheKey,
}

impl RuleCache {
    /// Keep prepared rules in `folder`, which is created when the first one is written.
    ///
    /// `host_key` is any secret of the host that outlives the process; a key for this purpose is
    /// derived from it.
    ///
    /// # Errors
    ///
    /// When the key has less than 16 bytes.
    pub fn new(folder: impl Into<PathBuf>, host_key: &[u8]) -> Result<Self, CacheError> {
        if host_key.len() < 16 {
            return Err(CacheError::ShortKey(host_key.len()));
        }
        Ok(Self {
            folder: folder.into(),
            key: CacheKey::derive(host_key),
        })
    }

    /// Which key authenticates the files.
    pub(crate) fn key(&self) -> &CacheKey {
        &self.key
    }

    /// The file for this key, with its tag, unchecked. `None` if there is none that can be read.
    pub(crate) fn read(&self, artefact: &Digest) -> Option<Vec<u8>> {
        let file = File::open(self.path(artefact)).ok()?;
        let size = file.metadata().ok()?.len().min(MAX_FILE);
        // In one piece: growing would copy megabytes.
        let mut bytes = Vec::with_capacity(usize::try_from(size).ok()?);
        file.take(MAX_FILE).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Write the file for this key.
    pub(crate) fn write(&self, artefact: &Digest, mut bytes: Vec<u8>) -> Result<(), CacheError> {
        static WRITES: AtomicU64 = AtomicU64::new(0);
        self.key.sign(&mut bytes);
        fs::create_dir_all(&self.folder).map_err(failed("create", &self.folder))?;
        let number = WRITES.fetch_add(1, Ordering::Relaxed);
        let unfinished = self
            .folder
            .join(format!("{artefact}.{}.{number}.tmp", std::process::id()));
        let finished = self.path(artefact);
        write_new(&unfinished, &bytes)
            .map_err(failed("write", &unfinished))
            .and_then(|()| {
                fs::rename(&unfinished, &finished).map_err(failed("rename to", &finished))
            })
            .inspect_err(|_| {
                // Best effort: the error that is returned is the one that matters.
                let _ = fs::remove_file(&unfinished);
            })
    }

    fn path(&self, artefact: &Digest) -> PathBuf {
        self.folder.join(format!("{artefact}.rule"))
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> CacheError {
    let path = path.to_owned();
    move |source| CacheError::Io {
        action,
        path,
        source,
    }
}
