//! Finds code in text that is not marked as code.
//!
//! A text that is Python, JavaScript or SQL from its beginning to its end is taken for code, and so are
//! paragraphs and lines of it that are, and lines that begin with a command or a prompt. A command or
//! call in the middle of a sentence, or between backticks, may only be talked about
//! ([`Trust::Prose`]).

mod shape;

use std::ops::Range;

use crate::python::Program;
use crate::snippet::{Language, Snippet, Trust};
use crate::triggers::Triggers;
use crate::{javascript, sql};
use shape::{begins_like_code, expression, is_like_shell, line_end, line_start, paragraph};

/// More places of one text than this are not looked at one by one; the text is then read as code.
const MAX_PLACES: usize = 200;

/// Longer texts are not tried as code from beginning to end.
const MAX_WHOLE: usize = 64 << 10;

/// The code in a part of a text.
pub(crate) fn find(text: &str, part: Range<usize>, triggers: &Triggers) -> Vec<Snippet> {
    let mut found = triggers.in_prose(&text[part.clone()]).peekable();
    if found.peek().is_none() {
        return Vec::new();
    }
    if part.len() <= MAX_WHOLE
        && let Some(snippet) = as_code(text, part.clone())
    {
        return vec![snippet];
    }
    let mut search = Search {
        text,
        part: part.clone(),
        refused: part.start..part.start,
    };
    let mut snippets: Vec<Snippet> = Vec::new();
    let mut done = part.start;
    let mut places = 0;
    for (language, at) in found {
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
            Language::Shell => search.shell_at(at),
            _ => search.code_at(language, at),
        };
        snippets.extend(snippet);
        done = end;
    }
    snippets
}

/// A range of a text, if it is code of a language without an error.
fn as_code(text: &str, range: Range<usize>) -> Option<Snippet> {
    let code = &text[range.clone()];
    if !begins_like_code(code) {
        return None;
    }
    let is_javascript = code.contains(['(', '`', '[', '=']) && javascript::read(code).is_clean;
    let snippet = Snippet::of_lines(text, range.clone(), Language::Python, Trust::Code);
    if Program::parse(&snippet.code).is_some_and(|program| program.is_python()) {
        // `eval(text)` is good code in both languages.
        return Some(if is_javascript {
            Snippet::new(text, range, Language::Unknown, Trust::Code)
        } else {
            snippet
        });
    }
    if is_javascript {
        return Some(Snippet::new(text, range, Language::JavaScript, Trust::Code));
    }
    let is_statement = sql::may_match(code)
        && (sql::is_sql(code) || sql::is_surely_sql(&sql::check_statement(code)));
    is_statement.then(|| Snippet::new(text, range, Language::Sql, Trust::Code))
}

/// One part of a text while it is searched.
struct Search<'t> {
    text: &'t str,
    part: Range<usize>,
    /// A paragraph that was found not to be code. It is not tried again.
    refused: Range<usize>,
}

impl Search<'_> {
    /// The code around `at`, and where to go on: the paragraph or the line, or else, for Python, the
    /// expression alone.
    fn code_at(&mut self, language: Language, at: usize) -> (Option<Snippet>, usize) {
        let (text, part) = (self.text, &self.part);
        let line = line_start(text, part, at)..line_end(text, part, at);
        let mut ranges = Vec::new();
        if !self.refused.contains(&at) {
            ranges.push(paragraph(text, part, at));
            self.refused = paragraph(text, part, at);
        }
        if language == Language::Sql {
            // A statement may take some lines and end in one of them.
            let end = text[line.start..part.end]
                .find(';')
                .map(|end| line.start + end + 1);
            ranges.extend(
                end.filter(|end| *end > line.end && *end - line.start < 2_000)
                    .map(|end| line.start..end),
            );
        }
        // The first line of a longer statement says less than the whole.
        let rest = text[line.end..part.end].trim_start_matches('\n');
        let is_whole = text[line.clone()].trim_end().ends_with(';')
            || text[line.end..part.end].starts_with("\n\n")
            || rest.is_empty();
        if language != Language::Sql || is_whole {
            ranges.push(line.clone());
        }
        for range in ranges {
            if range.len() <= MAX_WHOLE
                && let Some(snippet) = as_code(text, range.clone())
            {
                return (Some(snippet), range.end);
            }
        }
        if language != Language::Python {
            return (None, line.end);
        }
        let expression = expression(text, &line, at);
        let end = text.ceil_char_boundary(expression.end.max(at + 1));
        let snippet = Snippet::new(text, expression, Language::Python, Trust::Prose);
        let readable = Program::parse(&snippet.code).is_some_and(|program| program.is_python());
        (readable.then_some(snippet), end)
    }

    /// The shell code around `at`, and where to go on.
    fn shell_at(&mut self, at: usize) -> (Option<Snippet>, usize) {
        let (text, part) = (self.text, &self.part);
        let (start, end) = (line_start(text, part, at), line_end(text, part, at));
        if !self.refused.contains(&at) {
            // Lines of one script know each other's names.
            let range = paragraph(text, part, at);
            if is_like_shell(&text[range.clone()]) {
                let snippet = Snippet::of_lines(text, range.clone(), Language::Shell, Trust::Code);
                return (Some(snippet), range.end);
            }
            self.refused = range;
        }
        let before = &text[start..at];
        let open_backticks = before.bytes().filter(|byte| *byte == b'`').count() % 2 == 1;
        if open_backticks {
            let start = before.rfind('`').map_or(at, |index| start + index + 1);
            let next = end;
            let end = text[at..end].find('`').map_or(end, |index| at + index);
            return (
                Some(Snippet::new(
                    text,
                    start..end,
                    Language::Shell,
                    Trust::Prose,
                )),
                next,
            );
        }
        let lead =
            before.trim_start_matches([' ', '\t', '>', '*', '-', '$', '#', '%', '|', '.', ')']);
        let lead = lead.trim_start_matches(|character: char| {
            character.is_ascii_digit() || matches!(character, '.' | ')' | ' ')
        });
        let command_start = start + before.len() - lead.len();
        let is_prompt = before.trim_start().starts_with(['$', '%']);
        let (range, trust) = if lead.is_empty() || is_prompt || is_command_lead(lead) {
            (command_start..end, Trust::Code)
        } else {
            (at..end, Trust::Prose)
        };
        (Some(Snippet::new(text, range, Language::Shell, trust)), end)
    }
}

/// Whether what stands before a command on its line is a part of the command line.
fn is_command_lead(lead: &str) -> bool {
    let lead = lead.trim_end();
    lead.ends_with(['|', ';', '&', '(', '/', '=', '{'])
        || lead.split_whitespace().all(|word| {
            // Assignments, and the options and numbers of what runs the command.
            word.contains('=')
                || word.starts_with('-')
                || word.bytes().all(|byte| byte.is_ascii_digit())
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
                        | "busybox"
                        | "nice"
                        | "setsid"
                        | "timeout"
                        | "else"
                )
        })
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
            ("cat x | bash -s\n", "cat x | bash -s\n"),
            ("timeout 5 rm -rf /", "timeout 5 rm -rf /"),
            ("f() { rm -rf /; }; f", "f() { rm -rf /; }; f"),
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
