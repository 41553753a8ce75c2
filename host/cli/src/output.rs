//! Standard output: lines for people or one JSON document, in colour only on a terminal.

use std::fmt::{Arguments, Display};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write};

use serde::Serialize;

use crate::exit::Failure;

/// Where a verb writes its result.
///
/// A reader that goes away (`bijotel list | head -1`) is no error: the rest is dropped, and the exit
/// code is what it would have been.
pub(crate) struct Output {
    out: BufWriter<Stdout>,
    json: bool,
    terminal: bool,
    colour: bool,
    closed: bool,
}

/// What a word means, shown as its colour.
#[derive(Clone, Copy)]
pub(crate) enum Tone {
    Good,
    Doubtful,
    Bad,
}

impl Output {
    /// Standard output; `json` if one JSON document was asked for.
    pub(crate) fn new(json: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            out: BufWriter::new(io::stdout()),
            json,
            terminal,
            colour: terminal && colour_wanted(),
            closed: false,
        }
    }

    /// Whether the result is a JSON document.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Whether a person is looking.
    pub(crate) fn terminal(&self) -> bool {
        self.terminal && !self.json
    }

    /// Whether nobody reads any more.
    pub(crate) fn closed(&self) -> bool {
        self.closed
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, line: Arguments<'_>) -> Result<(), Failure> {
        self.write(|out| writeln!(out, "{line}"))
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.write(|out| out.write_all(bytes))
    }

    /// Writes the JSON document, indented.
    pub(crate) fn document(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::failed(format!("cannot write the result: {error}")))?;
        self.line(format_args!("{text}"))
    }

    /// A word in the colour of its meaning, or as it is.
    pub(crate) fn toned(&self, tone: Tone, word: impl Display) -> String {
        paint(self.colour, tone, word)
    }

    /// Writes out what is still held back.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.write(|out| out.flush())
    }

    fn write(
        &mut self,
        write: impl FnOnce(&mut BufWriter<Stdout>) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if self.closed {
            return Ok(());
        }
        match write(&mut self.out) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => {
                self.closed = true;
                let message = format!("cannot write to standard output: {error}");
                Err(Failure::failed(message))
            }
        }
    }
}

/// Writes a line to standard error. There is nobody to tell if that fails.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A word on standard error in the colour of its meaning, or as it is.
pub(crate) fn toned_error(tone: Tone, word: impl Display) -> String {
    paint(io::stderr().is_terminal() && colour_wanted(), tone, word)
}

/// Text from a chain or a file that cannot steer a terminal: control characters and those that
/// change the direction of writing are shown as `\u{…}`.
pub(crate) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if steers_terminal(char) {
            shown.extend(char.escape_unicode());
        } else {
            shown.push(char);
        }
    }
    shown
}

/// Whether a character can make a terminal show something other than what is there.
pub(crate) fn steers_terminal(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// <https://no-color.org>: set and not empty means no colour.
fn colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn paint(colour: bool, tone: Tone, word: impl Display) -> String {
    let code = match tone {
        Tone::Good => 32,
        Tone::Doubtful => 33,
        Tone::Bad => 31,
    };
    if colour {
        format!("\u{1b}[{code}m{word}\u{1b}[0m")
    } else {
        word.to_string()
    }
}
