//! Reading a file in slices, from any place.

use std::io::{self, Read};

/// How much is read at once. Each slice costs a trip to the browser's file process, so small ones are
/// slow; large ones make progress jump.
const SLICE: usize = 1024 * 1024;

/// A file that can be read from any place.
pub trait FileBytes {
    /// Its length in bytes.
    fn length(&self) -> u64;

    /// Reads at most `into.len()` bytes from `offset` on; 0 at the end of the file.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Is told how far a verification has come.
    fn progress(&self, _bytes: u64, _entries: u64) {}
}

impl FileBytes for &[u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(self.len());
        let mut rest = &self[from..];
        rest.read(into)
    }
}

/// A range of a file as a stream; calls `before_slice` with the place of each slice it reads.
pub(crate) struct Slices<'f, F, C> {
    file: &'f F,
    next: u64,
    end: u64,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    before_slice: C,
}

impl<'f, F: FileBytes, C: FnMut(u64)> Slices<'f, F, C> {
    pub(crate) fn new(file: &'f F, start: u64, end: u64, before_slice: C) -> Self {
        let length = usize::try_from(end.saturating_sub(start)).unwrap_or(SLICE);
        Self {
            file,
            next: start,
            end,
            buffer: vec![0; length.min(SLICE)],
            from: 0,
            to: 0,
            before_slice,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        (self.before_slice)(self.next);
        let left = usize::try_from(self.end - self.next).unwrap_or(usize::MAX);
        let wanted = left.min(self.buffer.len());
        self.from = 0;
        self.to = self.file.read_at(self.next, &mut self.buffer[..wanted])?;
        self.next += self.to as u64;
        Ok(())
    }
}

impl<F: FileBytes, C: FnMut(u64)> Read for Slices<'_, F, C> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.from == self.to && self.next < self.end {
            self.fill()?;
        }
        let length = out.len().min(self.to - self.from);
        out[..length].copy_from_slice(&self.buffer[self.from..self.from + length]);
        self.from += length;
        Ok(length)
    }
}
