//! A file that appears under its name only when it is complete and on the disk.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::error::StoreError;

/// How many bytes are written before the disk is told to begin with them. Left to the end, the disk
/// would stand idle while the file is made, and its maker afterwards.
const FLUSH_BYTES: usize = 16 << 20;

/// A file beside its destination, removed unless it is published.
pub(crate) struct DraftFile {
    path: PathBuf,
    file: File,
    unflushed: usize,
    /// `None` once it was waited for.
    flusher: Option<Flusher>,
    published: bool,
}

impl DraftFile {
    /// Begins a file that will be `out`.
    pub(crate) fn create(out: &Path) -> Result<Self, StoreError> {
        // Publishing replaces what stands under the name: a device or a folder must survive that.
        if out.exists() && !out.is_file() {
            let text = format!("{} is there and is not a regular file", out.display());
            return Err(StoreError::Output(text));
        }
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let path = out.with_file_name(name);
        let file = File::create(&path).map_err(StoreError::io("create", &path))?;
        let flusher = Flusher::of(&file).map_err(StoreError::io("flush", &path))?;
        let (flusher, unflushed, published) = (Some(flusher), 0, false);
        Ok(Self {
            path,
            file,
            unflushed,
            flusher,
            published,
        })
    }

    /// The name that it has meanwhile.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Flushes the file to the disk and gives it its name; its size in bytes.
    pub(crate) fn publish(mut self, out: &Path) -> Result<u64, StoreError> {
        // An error that the flusher met is reported to it alone.
        let flushed = self.flusher.take().map_or(Ok(()), Flusher::finish);
        let bytes = flushed
            .and_then(|()| self.file.sync_all())
            .and_then(|()| self.file.metadata())
            .map_err(StoreError::io("write", &self.path))?
            .len();
        std::fs::rename(&self.path, out).map_err(StoreError::io("write", out))?;
        self.published = true;
        Ok(bytes)
    }
}

impl Write for DraftFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.unflushed += written;
        if self.unflushed >= FLUSH_BYTES {
            self.unflushed = 0;
            self.flusher.iter().for_each(Flusher::flush);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for DraftFile {
    fn drop(&mut self) {
        if !self.published {
            // Half a file helps nobody; if it cannot be removed, its name says what it is.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Flushes a file on a thread of its own.
struct Flusher {
    wishes: SyncSender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl Flusher {
    fn of(file: &File) -> io::Result<Self> {
        let file = file.try_clone()?;
        let (wishes, wished) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("bijotel-flush".to_owned())
            .spawn(move || wished.iter().try_for_each(|()| file.sync_data()))?;
        Ok(Self { wishes, thread })
    }

    /// Wishes for a flush, if none is waiting yet.
    fn flush(&self) {
        let _ = self.wishes.try_send(());
    }

    fn finish(self) -> io::Result<()> {
        drop(self.wishes);
        self.thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the flushing thread failed")))
    }
}
