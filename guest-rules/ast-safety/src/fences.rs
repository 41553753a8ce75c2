//! Fenced code blocks, as CommonMark defines them, wherever they stand in a text.

use std::ops::Range;

use crate::snippet::{Language, Snippet, Trust};

/// The fenced code of a text, and the ranges between the blocks.
#[derive(Debug, Default)]
pub(crate) struct Fences {
    pub(crate) blocks: Vec<Snippet>,
    pub(crate) between: Vec<Range<usize>>,
}

/// Splits a text at its fences. A fence may be indented or quoted; one that is not closed goes on to
/// the end of the text.
pub(crate) fn split(text: &str) -> Fences {
    let mut fences = Fences::default();
    if !text.contains("```") && !text.contains("~~~") {
        fences.between.push(0..text.len());
        return fences;
    }
    let mut open: Option<(Fence<'_>, usize)> = None;
    let mut between = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        match (&open, Fence::read(line)) {
            (None, Some(fence)) => {
                fences.between.push(between..at);
                open = Some((fence, end));
            }
            (Some((opening, start)), Some(fence)) if fence.closes(opening) => {
                fences.add(text, *start..at, opening.tag);
                open = None;
                between = end;
            }
            _ => {}
        }
        at = end;
    }
    match open {
        Some((opening, start)) => fences.add(text, start..text.len(), opening.tag),
        None => fences.between.push(between..text.len()),
    }
    fences
}

impl Fences {
    fn add(&mut self, text: &str, range: Range<usize>, tag: &str) {
        if let Some(language) = language(tag) {
            self.blocks
                .push(Snippet::of_lines(text, range, language, Trust::Code));
        }
    }
}

/// A line that opens or closes a block.
#[derive(Debug)]
struct Fence<'a> {
    sign: u8,
    length: usize,
    tag: &'a str,
}

impl<'a> Fence<'a> {
    fn read(line: &'a str) -> Option<Self> {
        // A block may stand in a list or a quotation.
        let line = line
            .trim_start_matches([' ', '\t', '>', '-', '*'])
            .trim_end();
        let sign = *line
            .as_bytes()
            .first()
            .filter(|sign| matches!(sign, b'`' | b'~'))?;
        let length = line.bytes().take_while(|byte| *byte == sign).count();
        let tag = line[length..].trim();
        // Backticks after the fence make it inline code.
        (length >= 3 && !tag.contains('`')).then_some(Self { sign, length, tag })
    }

    fn closes(&self, opening: &Fence<'_>) -> bool {
        self.sign == opening.sign && self.length >= opening.length && self.tag.is_empty()
    }
}

/// What the tag of a block says it is; nothing for a language that is not checked.
fn language(tag: &str) -> Option<Language> {
    let word = tag
        .split([' ', ',', '{', ':', '='])
        .find(|word| !word.is_empty())
        .unwrap_or("");
    let word = word
        .trim_start_matches('.')
        .trim_end_matches('}')
        .to_ascii_lowercase();
    match word.as_str() {
        "py" | "python" | "python3" | "py3" | "python2" | "ipython" | "ipython3" | "pycon"
        | "jupyter" => Some(Language::Python),
        "bash" | "sh" | "shell" | "zsh" | "ksh" | "dash" | "console" | "terminal"
        | "shellsession" | "shell-session" | "sh-session" | "bash-session" | "shellscript" => {
            Some(Language::Shell)
        }
        "js" | "javascript" | "jsx" | "mjs" | "cjs" | "node" | "nodejs" | "ecmascript" | "ts"
        | "tsx" | "typescript" | "mts" | "cts" | "vue" | "svelte" => Some(Language::JavaScript),
        "sql" | "mysql" | "mariadb" | "pgsql" | "psql" | "postgres" | "postgresql" | "plpgsql"
        | "plsql" | "tsql" | "t-sql" | "mssql" | "sqlite" | "sqlite3" | "oracle" | "ddl"
        | "snowflake" | "bigquery" | "clickhouse" | "duckdb" | "hive" | "redshift" => {
            Some(Language::Sql)
        }
        "" | "code" | "text" | "txt" | "plaintext" | "script" => Some(Language::Unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<(Language, String)> {
        split(text)
            .blocks
            .into_iter()
            .map(|block| (block.language, block.code))
            .collect()
    }

    #[test]
    fn tags_name_the_language() {
        for (tag, language) in [
            ("python", Language::Python),
            ("Py", Language::Python),
            ("sh", Language::Shell),
            ("", Language::Unknown),
            ("{.bash .x}", Language::Shell),
            ("python title=\"a\"", Language::Python),
            ("ts", Language::JavaScript),
            ("SQL", Language::Sql),
        ] {
            assert_eq!(
                blocks(&format!("a\n```{tag}\nx\n```\nb")),
                [(language, "x\n".to_owned())],
                "{tag}"
            );
        }
    }

    #[test]
    fn other_languages_are_left_alone() {
        assert_eq!(blocks("```rust\nx\n```"), []);
    }

    #[test]
    fn a_block_that_is_not_closed_goes_to_the_end() {
        assert_eq!(blocks("```sh\nls"), [(Language::Shell, "ls".to_owned())]);
    }

    #[test]
    fn blocks_stand_in_lists_and_quotations() {
        assert_eq!(
            blocks("- ~~~sh\n  ls\n  ~~~\n"),
            [(Language::Shell, "ls\n".to_owned())]
        );
    }

    #[test]
    fn a_longer_fence_holds_a_shorter_one() {
        assert_eq!(
            blocks("````sh\n```\nls\n````"),
            [(Language::Shell, "```\nls\n".to_owned())]
        );
    }

    #[test]
    fn what_is_between_the_blocks_is_kept() {
        let text = "a\n```sh\nls\n```\nb";
        let between: Vec<_> = split(text)
            .between
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(between, ["a\n", "b"]);
    }
}
