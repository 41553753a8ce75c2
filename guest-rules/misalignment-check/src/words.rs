//! The words of a text, as numbers.

use std::collections::HashMap;
use std::ops::Range;

/// The number of a word; those that no pattern knows are all [`UNKNOWN`].
pub(crate) type Id = u16;

/// A word that no pattern knows.
pub(crate) const UNKNOWN: Id = 0;

/// Stands between two sentences. No pattern knows it either, and it ends every match.
pub(crate) const END: Id = 1;

/// A quotation is left out if it is at most this long, in bytes.
const MAX_QUOTATION: usize = 400;

/// What contractions stand for, by what follows the apostrophe.
const CONTRACTED: &[(&str, &str)] = &[
    ("ll", "will"),
    ("m", "am"),
    ("re", "are"),
    ("ve", "have"),
    ("d", "would"),
];

/// The words that patterns know.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary(HashMap<String, Id>);

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) id: Id,
    /// Its bytes in the text.
    pub(crate) range: Range<usize>,
}

impl Vocabulary {
    /// The number of a word of a pattern.
    pub(crate) fn learn(&mut self, word: &str) -> Result<Id, String> {
        let next = Id::try_from(self.0.len() + 2).map_err(|_| "too many words".to_owned())?;
        Ok(*self.0.entry(word.to_owned()).or_insert(next))
    }

    /// The words of a text, in order, contractions written out and short quotations left out: what
    /// others are quoted with, the model does not say.
    pub(crate) fn read(&self, text: &str) -> Vec<Word> {
        let mut reader = Reader {
            vocabulary: self,
            words: Vec::with_capacity(text.len() / 5),
            lower: String::new(),
        };
        let mut at = 0;
        while let Some(character) = text[at..].chars().next() {
            if let Some(length) = word_length(&text[at..]) {
                reader.word(text, at..at + length);
                at += length;
            } else if let Some(length) = quotation(text, at, character) {
                at += length;
            } else {
                let after = &text[at + character.len_utf8()..];
                let ends = match character {
                    '.' | '!' | '?' => !after.starts_with(|next: char| !next.is_whitespace()),
                    ';' | '\u{3002}' => true,
                    '\n' => after.starts_with(['\n', '\r', '-', '*', '#']),
                    _ => false,
                };
                if ends {
                    reader.push(END, at..at + character.len_utf8());
                }
                at += character.len_utf8();
            }
        }
        reader.words
    }
}

struct Reader<'a> {
    vocabulary: &'a Vocabulary,
    words: Vec<Word>,
    /// Kept only so that it need not be made for each word.
    lower: String,
}

impl Reader<'_> {
    fn push(&mut self, id: Id, range: Range<usize>) {
        self.words.push(Word { id, range });
    }

    fn known(&mut self, word: &str, range: &Range<usize>) {
        self.lower.clear();
        self.lower.extend(word.chars().flat_map(char::to_lowercase));
        let id = self.vocabulary.0.get(self.lower.as_str());
        self.push(id.copied().unwrap_or(UNKNOWN), range.clone());
    }

    /// Adds a word, or the words that a contraction stands for.
    fn word(&mut self, text: &str, range: Range<usize>) {
        let word = &text[range.clone()];
        let Some((base, ending)) = word.split_once(['\'', '\u{2019}']) else {
            if word.eq_ignore_ascii_case("cannot") {
                self.known("can", &range);
                self.known("not", &range);
            } else {
                self.known(word, &range);
            }
            return;
        };
        let ending = ending.to_ascii_lowercase();
        let full = CONTRACTED.iter().find(|(short, _)| *short == ending);
        if ending == "t" {
            let verb = match base.to_ascii_lowercase().as_str() {
                "won" => "will".to_owned(),
                "can" => "can".to_owned(),
                other => other.strip_suffix('n').unwrap_or(other).to_owned(),
            };
            self.known(&verb, &range);
            self.known("not", &range);
        } else {
            self.known(base, &range);
            if let Some((_, full)) = full {
                self.known(full, &range);
            }
        }
    }
}

/// The length of the word at the beginning of a text, apostrophes within it included.
fn word_length(text: &str) -> Option<usize> {
    let is_letter = |character: char| character.is_alphanumeric();
    if !text.starts_with(is_letter) {
        return None;
    }
    let end = text
        .char_indices()
        .find(|(at, character)| {
            let apostrophe = matches!(character, '\'' | '\u{2019}');
            let inside = apostrophe && text[at + character.len_utf8()..].starts_with(is_letter);
            !is_letter(*character) && !inside
        })
        .map_or(text.len(), |(at, _)| at);
    Some(end)
}

/// The length of the quotation that begins here, quotation marks included, if it is to be left out. One
/// after a colon, bracket or equals sign is kept: it is a value, as in JSON, and not what somebody said.
fn quotation(text: &str, at: usize, open: char) -> Option<usize> {
    let close = match open {
        '"' => '"',
        '\u{201c}' => '\u{201d}',
        _ => return None,
    };
    let before = text[..at].trim_end_matches(' ');
    if before.ends_with([':', '[', '{', '=']) {
        return None;
    }
    let inside = &text[at + open.len_utf8()..];
    let line = &inside[..inside.floor_char_boundary(MAX_QUOTATION)];
    let length = line.find([close, '\n'])?;
    let closes = line[length..].starts_with(close);
    closes.then_some(open.len_utf8() + length + close.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a text as a vocabulary of all of `known` sees them; `.` is the end of a sentence.
    fn read(known: &str, text: &str) -> String {
        let mut vocabulary = Vocabulary::default();
        let mut names = vec!["_", "."];
        for word in known.split(' ') {
            vocabulary.learn(word).unwrap();
            names.push(word);
        }
        let words = vocabulary.read(text).into_iter();
        let names: Vec<_> = words.map(|word| names[usize::from(word.id)]).collect();
        names.join(" ")
    }

    #[test]
    fn words_are_known_in_any_case() {
        assert_eq!(read("i will", "I WILL go"), "i will _");
    }

    #[test]
    fn contractions_are_written_out() {
        let known = "i will am have not can do would";
        assert_eq!(
            read(known, "I'll I\u{2019}m I've I'd"),
            "i will i am i have i would"
        );
        assert_eq!(
            read(known, "won't can't cannot don't user's"),
            "will not can not can not do not _"
        );
    }

    #[test]
    fn sentences_end() {
        assert_eq!(
            read("a", "A. A! A 1.5 a\na\n\na; a"),
            "a . a . a _ _ a a . a . a"
        );
    }

    #[test]
    fn quotations_are_left_out_and_values_are_not() {
        assert_eq!(read("a", "a said \"a a\" a"), "a _ a");
        assert_eq!(read("a", "{\"x\": \"a a\"}"), "_ a a");
        assert_eq!(read("a", "5\" a a"), "_ a a");
        let long = format!("\"{}\"", "a ".repeat(300));
        assert!(read("a", &long).len() > 500);
    }

    #[test]
    fn ranges_are_those_of_the_text() {
        let words = Vocabulary::default().read("\u{e9}t\u{e9} I'll");
        let ranges: Vec<_> = words.into_iter().map(|word| word.range).collect();
        assert_eq!(ranges, [0..5, 6..10, 6..10]);
    }
}
