//! A piece of code found in a text, and the way back to the bytes it came from.

use std::ops::Range;

use serde::Deserialize;

/// What a piece of code is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Python, of any version.
    Python,
    /// POSIX shells and Bash; named `bash`.
    #[serde(rename = "bash")]
    Shell,
    /// JavaScript and TypeScript.
    JavaScript,
    /// SQL in any dialect.
    Sql,
    /// Not said: it is read as each of them.
    #[serde(skip)]
    Unknown,
}

/// How sure it is that the code is meant to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// It stands as code: in a fence, on lines of its own, in the arguments of a tool.
    Code,
    /// It stands in a sentence.
    Prose,
}

/// A piece of code.
#[derive(Debug)]
pub(crate) struct Snippet {
    pub(crate) language: Language,
    pub(crate) trust: Trust,
    pub(crate) code: String,
    /// For each line of `code`, where it begins there and in the text.
    lines: Vec<(usize, usize)>,
    /// Where the code stands, if it was put together and no part of it can be traced.
    pub(crate) place: Option<Range<usize>>,
}

impl Snippet {
    /// The code as it stands at `range` of a text.
    pub(crate) fn new(text: &str, range: Range<usize>, language: Language, trust: Trust) -> Self {
        let lines = vec![(0, range.start)];
        Self {
            language,
            trust,
            code: text[range].to_owned(),
            lines,
            place: None,
        }
    }

    /// The lines at `range` of a text, without the prompts of an interactive session and without
    /// the indentation that all of them have.
    pub(crate) fn of_lines(
        text: &str,
        range: Range<usize>,
        language: Language,
        trust: Trust,
    ) -> Self {
        let has_prompts = text[range.clone()].lines().any(|line| prompt(line) > 0);
        let skipped = |line: &str| {
            let prompt = if has_prompts { prompt(line) } else { 0 };
            prompt + indentation(&line[prompt..])
        };
        // The output of a session stands between its prompts and is no code.
        let is_code = |line: &&str| !line.trim().is_empty() && (!has_prompts || prompt(line) > 0);
        let common = text[range.clone()]
            .lines()
            .filter(is_code)
            .map(skipped)
            .min()
            .unwrap_or(0);
        let mut snippet = Self {
            language,
            trust,
            code: String::new(),
            lines: Vec::new(),
            place: None,
        };
        let mut at = range.start;
        for line in text[range].split_inclusive('\n') {
            let skip = common.min(line.trim_end_matches('\n').len());
            if !has_prompts || prompt(line) > 0 {
                snippet.lines.push((snippet.code.len(), at + skip));
                snippet.code.push_str(&line[skip..]);
            }
            at += line.len();
        }
        snippet
    }

    /// The bytes of the text that a range of the code came from.
    pub(crate) fn origin(&self, range: &Range<usize>) -> Range<usize> {
        if let Some(place) = &self.place {
            return place.clone();
        }
        let place = |offset: usize| {
            let line = self
                .lines
                .partition_point(|(start, _)| *start <= offset)
                .saturating_sub(1);
            self.lines
                .get(line)
                .map_or(0, |(start, origin)| origin + (offset - start))
        };
        let start = place(range.start);
        // The end belongs to the line of the last byte, not to the next one.
        let end = if range.end > range.start {
            place(range.end - 1) + 1
        } else {
            start
        };
        start..end
    }
}

/// The length of the prompt at the beginning of a line of an interactive session, or 0.
fn prompt(line: &str) -> usize {
    let start = indentation(line);
    let rest = &line[start..];
    let known = [">>> ", "... ", "$ ", "% ", "> "]
        .iter()
        .find(|prompt| rest.starts_with(**prompt));
    match known {
        Some(prompt) => start + prompt.len(),
        None if matches!(rest.trim_end(), ">>>" | "...") => start + 3,
        None => match rest.find("]: ") {
            // IPython: `In [3]: `.
            Some(end) if rest.starts_with("In [") => start + end + 3,
            _ => 0,
        },
    }
}

fn indentation(line: &str) -> usize {
    line.bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_indentation_is_taken_away_and_traced_back() {
        let text = "x\n    if a:\n        b()\n";
        let snippet = Snippet::of_lines(text, 2..text.len(), Language::Python, Trust::Code);
        assert_eq!(snippet.code, "if a:\n    b()\n");
        let at = snippet.code.find("b()").unwrap();
        assert_eq!(&text[snippet.origin(&(at..at + 3))], "b()");
    }

    #[test]
    fn prompts_and_output_of_a_session_are_left_out() {
        let text = ">>> import os\n>>> os.getcwd()\n'/tmp'\n";
        let snippet = Snippet::of_lines(text, 0..text.len(), Language::Python, Trust::Code);
        assert_eq!(snippet.code, "import os\nos.getcwd()\n");
        let at = snippet.code.find("os.getcwd()").unwrap();
        assert_eq!(&text[snippet.origin(&(at..at + 11))], "os.getcwd()");
    }

    #[test]
    fn a_prompt_of_a_shell_is_no_part_of_the_command() {
        let snippet = Snippet::of_lines("$ ls -l\n", 0..8, Language::Shell, Trust::Code);
        assert_eq!(snippet.code, "ls -l\n");
    }
}
