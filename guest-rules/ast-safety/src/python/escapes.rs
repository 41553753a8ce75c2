//! Commands of the shell in Python code, as notebooks have them: `!ls`, `x = !ls`, `%%bash`.
//!
//! They are taken out before the code is parsed: the parser's own mode for notebooks is not safe on
//! every input.

use std::borrow::Cow;
use std::ops::Range;

/// A command and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Escape {
    pub(super) command: String,
    pub(super) range: Range<usize>,
}

/// Magics whose argument is a command.
const MAGICS: &[&str] = &["%sx ", "%system ", "%%sx", "%%system"];

/// Magics that make the rest of a cell a script.
const CELLS: &[&str] = &["%%bash", "%%sh", "%%script", "%%!"];

/// Takes the commands out of the code; every byte of the rest stays where it is.
pub(super) fn split(code: &str) -> (Cow<'_, str>, Vec<Escape>) {
    if !code.contains(['!', '%']) {
        return (Cow::Borrowed(code), Vec::new());
    }
    let mut plain = String::with_capacity(code.len());
    let mut escapes = Vec::new();
    let mut at = 0;
    for line in code.split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        let indented = content.trim_start();
        let start = content.len() - indented.len();
        if CELLS.iter().any(|cell| indented.starts_with(cell)) {
            let body = at + line.len();
            escapes.push(Escape {
                command: code[body..].to_owned(),
                range: at..code.len(),
            });
            break;
        }
        let (keep, command) = match command_start(indented) {
            Some((keep, command)) => (start + keep, Some(start + command)),
            None => (content.len(), None),
        };
        plain.push_str(&content[..keep]);
        if let Some(command) = command {
            let text = content[command..].trim_start_matches(['!', ' ']);
            escapes.push(Escape {
                command: text.to_owned(),
                range: at + keep..at + content.len(),
            });
            // Something must stand there, or the block around it would be empty.
            plain.push('0');
            plain.extend(std::iter::repeat_n(' ', content.len() - keep - 1));
        }
        plain.push_str(&line[content.len()..]);
        at += line.len();
    }
    (Cow::Owned(plain), escapes)
}

/// In a line without its indentation: how much of it is Python, and where a command begins.
fn command_start(line: &str) -> Option<(usize, usize)> {
    if line.starts_with('!') {
        return Some((0, 1));
    }
    if let Some(magic) = MAGICS.iter().find(|magic| line.starts_with(**magic)) {
        return Some((0, magic.len()));
    }
    if line.starts_with('%') {
        // Another magic is no Python, and no command either.
        return Some((0, line.len()));
    }
    let at = line
        .find("= !")
        .filter(|at| !line[..*at].contains(['"', '\'', '#', '(']))?;
    Some((at + 2, at + 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(code: &str) -> (String, Vec<String>) {
        let (plain, escapes) = split(code);
        assert!(plain.len() <= code.len());
        (
            plain.into_owned(),
            escapes.into_iter().map(|escape| escape.command).collect(),
        )
    }

    #[test]
    fn commands_are_taken_out_and_leave_python() {
        assert_eq!(
            taken("x\n  !ls -l\ny"),
            ("x\n  0     \ny".to_owned(), vec!["ls -l".to_owned()])
        );
        assert_eq!(
            taken("x = !ls"),
            ("x = 0  ".to_owned(), vec!["ls".to_owned()])
        );
        assert_eq!(
            taken("%system ls"),
            ("0         ".to_owned(), vec!["ls".to_owned()])
        );
    }

    #[test]
    fn a_cell_of_shell_code_goes_to_the_end() {
        assert_eq!(
            taken("%%bash\nls\nrm x"),
            (String::new(), vec!["ls\nrm x".to_owned()])
        );
    }

    #[test]
    fn ordinary_python_is_left_alone() {
        for code in [
            "x != y",
            "x % y",
            "print('a = !b')",
            "if x:\n    y = z  # = !",
        ] {
            assert_eq!(taken(code), (code.to_owned(), Vec::new()));
        }
    }
}
