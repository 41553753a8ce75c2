//! Where lines, paragraphs and expressions begin and end, and what they look like.

use std::ops::Range;

/// A line is followed through so many continuations.
const MAX_CONTINUATIONS: usize = 50;

/// Words that a line of shell code may begin with, apart from those that are looked for.
const COMMANDS: &[&str] = &[
    "alias",
    "apt",
    "apt-get",
    "awk",
    "base64",
    "bash",
    "brew",
    "cat",
    "cd",
    "chmod",
    "chown",
    "command",
    "cp",
    "curl",
    "declare",
    "docker",
    "do",
    "done",
    "echo",
    "else",
    "env",
    "esac",
    "eval",
    "exec",
    "exit",
    "export",
    "fi",
    "find",
    "for",
    "function",
    "git",
    "grep",
    "if",
    "kill",
    "kubectl",
    "ls",
    "local",
    "make",
    "mkdir",
    "mv",
    "npm",
    "openssl",
    "pip",
    "printf",
    "ps",
    "pwd",
    "python",
    "python3",
    "read",
    "return",
    "rm",
    "scp",
    "sed",
    "set",
    "sh",
    "shift",
    "sleep",
    "source",
    "ssh",
    "su",
    "sudo",
    "systemctl",
    "tar",
    "tee",
    "test",
    "then",
    "touch",
    "trap",
    "unset",
    "unzip",
    "wget",
    "while",
    "xargs",
    "xxd",
    "yum",
    "zsh",
];

/// Whether a text begins like code: a sign of it on its first line.
pub(super) fn begins_like_code(text: &str) -> bool {
    let line = text.trim_start().lines().next().unwrap_or_default();
    line.contains(['=', '(', ')', ';', '{', '}', '[', '#', '/', '@', '`'])
        || line.starts_with("import ")
        || line.starts_with("from ")
        || line.ends_with(':')
        || line.len() < 60
}

/// Whether a line begins as one of a shell script may.
fn begins_like_shell(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches("$ ");
    let word = line.split([' ', '\t', ';', '(']).next().unwrap_or_default();
    if word.starts_with('#') || COMMANDS.contains(&word) {
        return true;
    }
    let is_assignment = word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    let quotes = word.matches(['"', '\'']).count();
    let hides = quotes > 0 && quotes.is_multiple_of(2) && !word.starts_with(['"', '\'']);
    let is_odd = word.contains(['\\', '$', '/', '{', '|', '&', '`', '}', '[', '<'])
        && !word.ends_with(['.', ',', '"', '\'']);
    is_assignment || is_odd || hides
}

/// Whether every line of a paragraph begins as one of a shell script may, or goes on with the line
/// before.
pub(super) fn is_like_shell(paragraph: &str) -> bool {
    let mut goes_on = false;
    paragraph
        .lines()
        .filter(|line| !line.trim().is_empty())
        .all(|line| {
            let fits = goes_on || begins_like_shell(line);
            goes_on = line.trim_end().ends_with(['\\', '|', '&', '(', '{']);
            fits
        })
}

pub(super) fn line_start(text: &str, part: &Range<usize>, at: usize) -> usize {
    text[part.start..at]
        .rfind('\n')
        .map_or(part.start, |index| part.start + index + 1)
}

/// The end of the line of `at`, and of the lines that go on with it after a backslash or a pipe.
pub(super) fn line_end(text: &str, part: &Range<usize>, at: usize) -> usize {
    let mut end = at;
    for _ in 0..MAX_CONTINUATIONS {
        match text[end..part.end].find('\n') {
            None => return part.end,
            Some(index) => {
                end += index;
                if !text[..end].ends_with(['\\', '|']) {
                    return end;
                }
                end += 1;
            }
        }
    }
    end
}

/// The lines around `at` up to the next empty line.
pub(super) fn paragraph(text: &str, part: &Range<usize>, at: usize) -> Range<usize> {
    let start = text[part.start..at]
        .rfind("\n\n")
        .map_or(part.start, |index| part.start + index + 2);
    let end = text[at..part.end]
        .find("\n\n")
        .map_or(part.end, |index| at + index + 1);
    start..end
}

/// The call at `at`, with the names before it and its arguments.
pub(super) fn expression(text: &str, line: &Range<usize>, at: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let mut start = at;
    while start > line.start
        && matches!(bytes[start - 1], b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.')
    {
        start -= 1;
    }
    let mut depth = 0usize;
    let mut quote = None;
    let mut end = at;
    for (index, byte) in bytes[at..line.end].iter().enumerate() {
        end = at + index + 1;
        match (quote, byte) {
            (Some(open), byte) if open == *byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if depth > 0 => quote = Some(*byte),
            (None, b'(' | b'[') => depth += 1,
            (None, b')' | b']') => {
                depth = depth.saturating_sub(1);
                let next = bytes.get(at + index + 1);
                if depth == 0 && !matches!(next, Some(b'.' | b'(' | b'[')) {
                    break;
                }
            }
            (None, b' ' | b'`' | b',' | b';') if depth == 0 => {
                end -= 1;
                break;
            }
            _ => {}
        }
    }
    start..text.floor_char_boundary(end.max(start))
}
