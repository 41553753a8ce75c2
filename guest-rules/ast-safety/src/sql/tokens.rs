//! The tokens of a piece of SQL, with the bytes they stand at.

use std::ops::Range;

use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Location, Token as Lexed, Tokenizer, Whitespace};

use crate::decode;

/// After a string that is not closed, reading goes on behind its first quotation mark, so often.
const MAX_RESTARTS: usize = 8;

/// A token that means something.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A keyword or name that is not quoted, in capitals.
    Word(String),
    /// A name between quotation marks or brackets.
    Name(String),
    Text(String),
    /// A string between dollar signs, mostly code.
    Body(String),
    Number,
    Open,
    Close,
    Comma,
    Semicolon,
    Dot,
    /// `+` and `||`.
    Join,
    Other,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// A comment to the end of the line.
#[derive(Debug)]
pub(super) struct Comment {
    pub(super) end: usize,
}

#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub(super) list: Vec<Token>,
    /// The last comment to the end of a line.
    pub(super) comment: Option<Comment>,
    /// Every string is closed.
    pub(super) is_whole: bool,
}

impl Tokens {
    pub(super) fn read(code: &str, dialect: &dyn Dialect) -> Self {
        let mut tokens = Self::default();
        let mut start = 0;
        for restart in 0..=MAX_RESTARTS {
            let rest = &code[start..];
            let mut lexed = Vec::new();
            let result = Tokenizer::new(dialect, rest).tokenize_with_location_into_buf(&mut lexed);
            let mut cursor = Cursor::new(rest);
            let mut end = 0;
            for token in lexed {
                let range = cursor.offset(token.span.start)..cursor.offset(token.span.end);
                end = range.end;
                tokens.add(token.token, start + range.start..start + range.end);
            }
            if result.is_ok() {
                tokens.is_whole = restart == 0;
                break;
            }
            let Some(sign) = rest[end..].chars().next() else {
                break;
            };
            start += end + sign.len_utf8();
        }
        tokens
    }

    fn add(&mut self, token: Lexed, range: Range<usize>) {
        let kind = match token {
            Lexed::Whitespace(Whitespace::SingleLineComment { .. }) => {
                self.comment = Some(Comment { end: range.end });
                return;
            }
            Lexed::Whitespace(_) | Lexed::EOF => return,
            Lexed::Word(word) if word.quote_style.is_none() => {
                Kind::Word(word.value.to_ascii_uppercase())
            }
            Lexed::Word(word) => Kind::Name(word.value),
            Lexed::Number(..) => Kind::Number,
            Lexed::DollarQuotedString(text) => Kind::Body(text.value),
            Lexed::HexStringLiteral(digits) => Kind::Text(decode::hex(&digits).unwrap_or_default()),
            Lexed::SingleQuotedString(text)
            | Lexed::DoubleQuotedString(text)
            | Lexed::NationalStringLiteral(text)
            | Lexed::EscapedStringLiteral(text)
            | Lexed::UnicodeStringLiteral(text)
            | Lexed::TripleSingleQuotedString(text)
            | Lexed::TripleDoubleQuotedString(text)
            | Lexed::SingleQuotedRawStringLiteral(text)
            | Lexed::DoubleQuotedRawStringLiteral(text) => Kind::Text(text),
            Lexed::LParen => Kind::Open,
            Lexed::RParen => Kind::Close,
            Lexed::Comma => Kind::Comma,
            Lexed::SemiColon => Kind::Semicolon,
            Lexed::Period => Kind::Dot,
            Lexed::Plus | Lexed::StringConcat => Kind::Join,
            _ => Kind::Other,
        };
        self.list.push(Token { kind, range });
    }

    /// The unquoted word at an index, in capitals.
    pub(super) fn word(&self, index: usize) -> Option<&str> {
        match &self.list.get(index)?.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is(&self, index: usize, words: &[&str]) -> bool {
        self.word(index).is_some_and(|word| words.contains(&word))
    }

    pub(super) fn kind(&self, index: usize) -> Option<&Kind> {
        self.list.get(index).map(|token| &token.kind)
    }

    pub(super) fn has(&self, words: &[&str]) -> bool {
        (0..self.list.len()).any(|index| self.is(index, words))
    }

    /// How deep brackets stand in brackets.
    pub(super) fn depth(&self) -> usize {
        let (mut depth, mut deepest) = (0usize, 0);
        for token in &self.list {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(depth);
        }
        deepest
    }

    /// The strings that are code: bodies of routines, and every string if the code says that it runs
    /// some. Strings that are put together are one.
    pub(super) fn inner_code(&self) -> Vec<(String, Range<usize>)> {
        let runs_text = self.has(&[
            "EXEC",
            "EXECUTE",
            "IMMEDIATE",
            "PREPARE",
            "SP_EXECUTESQL",
            "LANGUAGE",
            "XP_CMDSHELL",
        ]);
        let mut found: Vec<(String, Range<usize>)> = Vec::new();
        let mut joins = false;
        for token in &self.list {
            match &token.kind {
                Kind::Body(text) => found.push((text.clone(), token.range.clone())),
                Kind::Text(text) if runs_text => match found.last_mut() {
                    Some((before, range)) if joins => {
                        before.push_str(text);
                        range.end = token.range.end;
                    }
                    _ => found.push((text.clone(), token.range.clone())),
                },
                _ => {}
            }
            // Between the parts of one string stand `+`, `||`, or the commas of `CONCAT`.
            joins = match token.kind {
                Kind::Text(_) => true,
                Kind::Join | Kind::Comma => joins,
                _ => false,
            };
        }
        found
    }
}

/// Turns the lines and columns of the tokenizer, which come in order, into bytes.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    column: u64,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
            column: 1,
        }
    }

    fn offset(&mut self, place: Location) -> usize {
        while (self.line, self.column) < (place.line, place.column) {
            let Some(character) = self.text[self.at..].chars().next() else {
                break;
            };
            self.at += character.len_utf8();
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlparser::dialect::GenericDialect;

    #[test]
    fn tokens_stand_where_they_are_in_the_code() {
        let code = "SELECT 'ä',\n  \"b\" -- c\nFROM t";
        let tokens = Tokens::read(code, &GenericDialect {});
        let seen: Vec<_> = tokens
            .list
            .iter()
            .map(|token| &code[token.range.clone()])
            .collect();
        assert_eq!(seen, ["SELECT", "'ä'", ",", "\"b\"", "FROM", "t"]);
        assert!(tokens.is_whole);
    }

    #[test]
    fn a_string_that_is_not_closed_hides_nothing() {
        let tokens = Tokens::read("SELECT 1 ' DROP TABLE t", &GenericDialect {});
        assert!(!tokens.is_whole);
        assert!(tokens.has(&["DROP"]));
    }
}
