//! Reading a file from any place.

use std::io::{self, Read};

/// A file that can be read from any place.
pub trait FileBytes {
    /// Its length in bytes.
    fn length(&self) -> u64;

    /// Reads at most `into.len()` bytes from `offset` on; 0 at the end of the file.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Is told now and then how far a verification has come.
    fn progress(&self, _bytes: u64, _entries: u64) {}
}

impl FileBytes for [u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(self.len());
        (&self[from..]).read(into)
    }
}

impl<F: FileBytes + ?Sized> FileBytes for &F {
    fn length(&self) -> u64 {
        (**self).length()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        (**self).read_at(offset, into)
    }

    fn progress(&self, bytes: u64, entries: u64) {
        (**self).progress(bytes, entries);
    }
}

/// A range of a file as a stream.
pub(crate) struct Stretch<'f, F> {
    file: &'f F,
    next: u64,
    end: u64,
}

impl<'f, F: FileBytes> Stretch<'f, F> {
    pub(crate) fn new(file: &'f F, start: u64, end: u64) -> Self {
        Self {
            file,
            next: start,
            end,
        }
    }
}

impl<F: FileBytes> Read for Stretch<'_, F> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.next).unwrap_or(usize::MAX);
        let wanted = out.len().min(left);
        let read = self.file.read_at(self.next, &mut out[..wanted])?;
        self.next += read as u64;
        Ok(read)
    }
}
