//! Finds where one JSON value ends in a stream, without reading what it means.
//!
//! An export can be larger than memory, and its entries stand in one array. This splits the stream
//! into values; `serde_json` then reads each of them and refuses what is not JSON.

use std::io::{self, Read};

use memchr::memchr2;
use thiserror::Error;

/// How many bytes are read from the stream at a time.
const CHUNK: usize = 64 * 1024;

/// Why a stream could not be split further.
#[derive(Debug, Error)]
pub(super) enum FrameError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the file ends in the middle, at byte {0}")]
    Truncated(u64),
    #[error("a value at byte {at} is longer than {limit} bytes")]
    TooLong { at: u64, limit: usize },
}

/// A stream of which the next value is always at hand.
pub(super) struct Frames<R> {
    source: R,
    buffer: Vec<u8>,
    /// The part of `buffer` that is not yet taken.
    from: usize,
    to: usize,
    /// The place in the stream of `buffer[0]`.
    base: u64,
    ended: bool,
}

impl<R: Read> Frames<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            buffer: vec![0; 2 * CHUNK],
            from: 0,
            to: 0,
            base: 0,
            ended: false,
        }
    }

    /// The place in the stream of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.base + self.from as u64
    }

    /// The next byte that is not white space, without taking it; `None` at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, FrameError> {
        loop {
            while self.from < self.to {
                match self.buffer[self.from] {
                    b' ' | b'\t' | b'\n' | b'\r' => self.from += 1,
                    byte => return Ok(Some(byte)),
                }
            }
            if !self.fill(usize::MAX)? {
                return Ok(None);
            }
        }
    }

    /// Takes the byte that [`peek`](Self::peek) showed.
    pub(super) fn skip(&mut self) {
        self.from += 1;
    }

    /// Takes the next value, of at most `limit` bytes.
    pub(super) fn value(&mut self, limit: usize) -> Result<&[u8], FrameError> {
        self.peek()?;
        let mut scan = Scan::default();
        let length = loop {
            if let Some(length) = scan.advance(&self.buffer[self.from..self.to]) {
                break length;
            }
            let held = self.to - self.from;
            if held > limit {
                return Err(FrameError::TooLong {
                    at: self.position(),
                    limit,
                });
            }
            if !self.fill(limit)? {
                if !scan.delimited && held > 0 {
                    break held;
                }
                return Err(FrameError::Truncated(self.base + self.to as u64));
            }
        };
        if length > limit {
            return Err(FrameError::TooLong {
                at: self.position(),
                limit,
            });
        }
        let start = self.from;
        self.from += length;
        Ok(&self.buffer[start..start + length])
    }

    /// Reads on; false at the end of the stream. Makes room by dropping what was taken.
    fn fill(&mut self, limit: usize) -> Result<bool, FrameError> {
        if self.ended {
            return Ok(false);
        }
        if self.from > 0 {
            self.buffer.copy_within(self.from..self.to, 0);
            self.base += self.from as u64;
            self.to -= self.from;
            self.from = 0;
        }
        if self.buffer.len() - self.to < CHUNK {
            let larger = (self.buffer.len() * 2).min(limit.saturating_add(2 * CHUNK));
            self.buffer.resize(larger.max(self.to + CHUNK), 0);
        }
        let read = loop {
            match self.source.read(&mut self.buffer[self.to..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.to += read;
        self.ended = read == 0;
        Ok(!self.ended)
    }
}

/// How far the scan of one value has come.
#[derive(Default)]
struct Scan {
    /// The first byte that was not looked at.
    at: usize,
    depth: usize,
    in_string: bool,
    /// Whether the value began with a bracket or a quote, which tell where it ends.
    delimited: bool,
}

impl Scan {
    /// Goes on in the value that `bytes` starts with; its length once its end was seen.
    fn advance(&mut self, bytes: &[u8]) -> Option<usize> {
        while self.at < bytes.len() {
            if self.in_string {
                self.at += match memchr2(b'"', b'\\', &bytes[self.at..]) {
                    Some(next) => next,
                    None => bytes.len() - self.at,
                };
                match bytes.get(self.at..)? {
                    // A lone backslash waits here for the byte that it escapes.
                    [b'\\', _, ..] => self.at += 2,
                    [b'"', ..] => {
                        self.at += 1;
                        self.in_string = false;
                        if self.depth == 0 {
                            return Some(self.at);
                        }
                    }
                    _ => return None,
                }
                continue;
            }
            match bytes[self.at] {
                b'"' => {
                    self.in_string = true;
                    self.delimited = true;
                }
                b'{' | b'[' => {
                    self.depth += 1;
                    self.delimited = true;
                }
                b'}' | b']' if self.depth <= 1 => {
                    return Some(self.at + self.depth);
                }
                b'}' | b']' => self.depth -= 1,
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if self.depth == 0 => {
                    return Some(self.at);
                }
                _ => {}
            }
            self.at += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every boundary falls somewhere.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(1);
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn first_value(text: &str) -> String {
        let mut frames = Frames::new(Trickle(text.as_bytes()));
        String::from_utf8(frames.value(1000).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn a_value_ends_where_its_brackets_close() {
        assert_eq!(
            first_value(r#" {"a":[1,{"b":"}]"}]} ,"#),
            r#"{"a":[1,{"b":"}]"}]}"#
        );
        assert_eq!(first_value(r#""x\\" , 1"#), r#""x\\""#);
        assert_eq!(first_value(r#""x\"y",1"#), r#""x\"y""#);
        assert_eq!(first_value("12.5,"), "12.5");
        assert_eq!(first_value("null"), "null");
        assert_eq!(first_value("[]]"), "[]");
    }

    #[test]
    fn a_value_that_does_not_end_is_an_error() {
        for text in [r#"{"a":1"#, r#""abc"#, r#""abc\""#, r#""abc\"#, "[", ""] {
            let mut frames = Frames::new(text.as_bytes());
            assert!(
                matches!(frames.value(1000), Err(FrameError::Truncated(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_value_over_the_limit_is_an_error_before_it_is_held() {
        let text = format!("\"{}\"", "x".repeat(10 * CHUNK));
        let mut frames = Frames::new(text.as_bytes());
        assert!(matches!(
            frames.value(1000),
            Err(FrameError::TooLong { limit: 1000, .. })
        ));
        assert!(frames.buffer.len() <= 4 * CHUNK);
    }
}
