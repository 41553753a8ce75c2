//! Finds code in text that is not marked as code.
//!
//! A line that begins with a command or a prompt, and lines that are Python without an error, are
//! taken for code. A command or call in the middle of a sentence, or between backticks, is looked
//! at as well, but may only be talked about ([`Trust::Prose`]).

use std::ops::Range;

use crate::python::Program;
use crate::snippet::{Language, Snippet, Trust};
use crate::triggers::Triggers;

/// More places of one text than this are not looked at one by one; the text is then read as code.
const MAX_PLACES: usize = 200;

/// A line is followed through so many continuations.
const MAX_CONTINUATIONS: usize = 50;

/// The code in a part of a text.
pub(crate) fn find(text: &str, part: Range<usize>, triggers: &Triggers) -> Vec<Snippet> {
    let mut snippets: Vec<Snippet> = Vec::new();
    let mut done = part.start;
    let mut places = 0;
    for (language, at) in triggers.in_prose(&text[part.clone()]) {
        let at = part.start + at;
        if at < done {
            continue;
        }
        places += 1;
        if places > MAX_PLACES {
            let rest = done..part.end;
            snippets.push(Snippet::new(text, rest, Language::Unknown, Trust::Code));
            break;
        }
        let (snippet, end) = match language {
            Language::Python => python_at(text, &part, at),
            _ => (Some(shell_at(text, &part, at)), line_end(text, &part, at)),
        };
        snippets.extend(snippet);
        done = end;
    }
    snippets
}

/// The Python code around `at`, and where to go on: the paragraph or the line, if it is Python
/// without an error, or else the expression alone.
fn python_at(text: &str, part: &Range<usize>, at: usize) -> (Option<Snippet>, usize) {
    let paragraph = paragraph(text, part, at);
    let line = line_start(text, part, at)..line_end(text, part, at);
    for range in [paragraph, line.clone()] {
        let snippet = Snippet::of_lines(text, range.clone(), Language::Python, Trust::Code);
        if Program::parse(&snippet.code).is_some_and(|program| program.is_python()) {
            return (Some(snippet), range.end);
        }
    }
    let expression = expression(text, &line, at);
    let end = expression.end.max(at + 1);
    let end = text.ceil_char_boundary(end);
    let snippet = Snippet::new(text, expression, Language::Python, Trust::Prose);
    let readable = Program::parse(&snippet.code).is_some_and(|program| program.is_python());
    (readable.then_some(snippet), end)
}

/// The shell code around `at`.
fn shell_at(text: &str, part: &Range<usize>, at: usize) -> Snippet {
    let start = line_start(text, part, at);
    let end = line_end(text, part, at);
    let before = &text[start..at];
    let open_backticks = before.bytes().filter(|byte| *byte == b'`').count() % 2 == 1;
    if open_backticks {
        let start = before.rfind('`').map_or(at, |index| start + index + 1);
        let end = text[at..end].find('`').map_or(end, |index| at + index);
        return Snippet::new(text, start..end, Language::Shell, Trust::Prose);
    }
    let lead = before.trim_start_matches([' ', '\t', '>', '*', '-', '$', '#', '%', '|', '.', ')']);
    let lead = lead.trim_start_matches(|character: char| {
        character.is_ascii_digit() || matches!(character, '.' | ')' | ' ')
    });
    let command_start = start + before.len() - lead.len();
    let is_prompt = before.trim_start().starts_with(['$', '%']);
    if lead.is_empty() || is_prompt || is_command_lead(lead) {
        return Snippet::new(text, command_start..end, Language::Shell, Trust::Code);
    }
    Snippet::new(text, at..end, Language::Shell, Trust::Prose)
}

/// Whether what stands before a command on its line is a part of the command line.
fn is_command_lead(lead: &str) -> bool {
    let lead = lead.trim_end();
    lead.ends_with(['|', ';', '&', '(', '/', '='])
        || lead.split_whitespace().all(|word| {
            word.contains('=')
                || matches!(
                    word,
                    "sudo"
                        | "doas"
                        | "env"
                        | "nohup"
                        | "time"
                        | "exec"
                        | "xargs"
                        | "then"
                        | "do"
                        | "command"
                )
        })
}

/// The call at `at`, with the names before it and its arguments.
fn expression(text: &str, line: &Range<usize>, at: usize) -> Range<usize> {
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

fn line_start(text: &str, part: &Range<usize>, at: usize) -> usize {
    text[part.start..at]
        .rfind('\n')
        .map_or(part.start, |index| part.start + index + 1)
}

/// The end of the line of `at`, and of the lines that go on with it after a backslash.
fn line_end(text: &str, part: &Range<usize>, at: usize) -> usize {
    let mut end = at;
    for _ in 0..MAX_CONTINUATIONS {
        match text[end..part.end].find('\n') {
            None => return part.end,
            Some(index) => {
                end += index;
                if !text[..end].ends_with('\\') {
                    return end;
                }
                end += 1;
            }
        }
    }
    end
}

/// The lines around `at` up to the next empty line.
fn paragraph(text: &str, part: &Range<usize>, at: usize) -> Range<usize> {
    let start = text[part.start..at]
        .rfind("\n\n")
        .map_or(part.start, |index| part.start + index + 2);
    let end = text[at..part.end]
        .find("\n\n")
        .map_or(part.end, |index| at + index + 1);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Language, Trust, String)> {
        let triggers = Triggers::new().unwrap();
        find(text, 0..text.len(), &triggers)
            .into_iter()
            .map(|snippet| (snippet.language, snippet.trust, snippet.code))
            .collect()
    }

    #[test]
    fn a_line_that_begins_with_a_command_is_code() {
        for (text, code) in [
            ("try this:\nrm -rf /\nok?", "rm -rf /"),
            ("$ rm -rf /", "rm -rf /"),
            ("1. sudo rm x", "sudo rm x"),
            ("  - X=1 curl a | sh", "X=1 curl a | sh"),
            ("cat x | bash -s\n", "cat x | bash -s"),
        ] {
            assert_eq!(
                found(text)[0],
                (Language::Shell, Trust::Code, code.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_command_in_a_sentence_is_prose() {
        assert_eq!(
            found("please run rm -rf / now"),
            [(Language::Shell, Trust::Prose, "rm -rf / now".to_owned())]
        );
        assert_eq!(
            found("what does `rm -rf /` do?"),
            [(Language::Shell, Trust::Prose, "rm -rf /".to_owned())]
        );
    }

    #[test]
    fn lines_that_are_python_are_code() {
        let text = "import os\nos.system('x')\n";
        assert_eq!(
            found(text),
            [(Language::Python, Trust::Code, text.to_owned())]
        );
        assert_eq!(
            found("do this:\nos.system('x')\nok?")[0].2,
            "os.system('x')"
        );
    }

    #[test]
    fn a_call_in_a_sentence_is_prose() {
        assert_eq!(
            found("never use eval(input()) in Python"),
            [(Language::Python, Trust::Prose, "eval(input())".to_owned())]
        );
    }

    #[test]
    fn a_command_may_go_on_after_a_backslash() {
        assert_eq!(found("rm -rf \\\n  /\nx")[0].2, "rm -rf \\\n  /");
    }
}
