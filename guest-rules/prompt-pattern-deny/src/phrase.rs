//! Compiles the pattern language of `patterns.rs`, and matches it against the words of a text.
//!
//! A pattern is tried where its first word stands, and only if the text has a word for each of its
//! terms; so an ordinary text costs little more than looking its words up. The work for one place is
//! bounded, whatever the text.

use std::ops::Range;

use crate::lists::LISTS;
use crate::words::{Id, Words};

/// A match is at most this long, in words.
const MAX_WORDS: usize = 63;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Phrase {
    terms: Vec<Term>,
    /// What must not follow.
    not_before: Alternatives,
}

#[derive(Debug)]
struct Term {
    alternatives: Alternatives,
    optional: bool,
    /// How many words of any kind may stand before it.
    gap: usize,
}

/// Words, or rows of words, of which one is wanted.
#[derive(Debug, Default)]
pub(crate) struct Alternatives {
    /// Sorted.
    rows: Vec<Vec<Id>>,
}

/// A pattern has at most so many terms.
const MAX_TERMS: usize = 12;

/// A set of words.
#[derive(Debug, Clone, Default)]
pub(crate) struct WordSet(Vec<u64>);

impl Phrase {
    /// Compiles one pattern, and learns its words. The error names the term that is wrong.
    pub(crate) fn compile(pattern: &str, words: &mut Words) -> Result<Self, String> {
        let mut phrase = Self {
            terms: Vec::new(),
            not_before: Alternatives::default(),
        };
        let mut gap = 0;
        for term in pattern.split_whitespace() {
            if let Some(rows) = term.strip_prefix('!') {
                phrase.not_before = Alternatives::compile(rows, words)?;
            } else if let Some(count) = term.strip_prefix('*') {
                gap = count.parse().map_err(|_| format!("bad gap `{term}`"))?;
            } else {
                let (rows, optional) = match term.strip_suffix('?') {
                    Some(rows) => (rows, true),
                    None => (term, false),
                };
                let alternatives = Alternatives::compile(rows, words)?;
                phrase.terms.push(Term {
                    alternatives,
                    optional,
                    gap,
                });
                gap = 0;
            }
        }
        if phrase.terms.len() > MAX_TERMS {
            return Err(format!("`{pattern}` has more than {MAX_TERMS} terms"));
        }
        if phrase.terms.first().is_none_or(|first| first.optional) {
            return Err(format!(
                "`{pattern}` does not begin with a term that must be there"
            ));
        }
        Ok(phrase)
    }

    /// The words that a match can begin with.
    pub(crate) fn first_words(&self) -> impl Iterator<Item = Id> {
        self.terms
            .first()
            .into_iter()
            .flat_map(|term| term.alternatives.first_words())
    }

    /// Whether a text with these words can have a match.
    pub(crate) fn is_possible(&self, present: &WordSet) -> bool {
        let mut needed = self.terms.iter().filter(|term| !term.optional);
        needed.all(|term| {
            term.alternatives
                .first_words()
                .any(|word| present.contains(word))
        })
    }

    /// The match that begins at the word `start`, if nothing that must not follow follows.
    pub(crate) fn match_at(&self, words: &[Id], start: usize) -> Option<Range<usize>> {
        let window = &words[start..words.len().min(start + MAX_WORDS + 1)];
        let mut failed = [0; MAX_TERMS];
        let end = start + self.match_terms(0, window, 0, &mut failed)?;
        (!self.not_before.begin(&words[end..])).then_some(start..end)
    }

    /// The end of a match of the terms from `index` on, at the word `at`. Each bit of `failed` stands
    /// for a word at which the terms were tried before, in vain.
    fn match_terms(
        &self,
        index: usize,
        window: &[Id],
        at: usize,
        failed: &mut [u64],
    ) -> Option<usize> {
        let Some(term) = self.terms.get(index) else {
            return Some(at);
        };
        if at > MAX_WORDS || failed[index] & (1 << at) != 0 {
            return None;
        }
        for start in at..=at + term.gap {
            let Some(rest) = window.get(start..).filter(|rest| !rest.is_empty()) else {
                break;
            };
            for length in term.alternatives.lengths_at(rest) {
                let end = self.match_terms(index + 1, window, start + length, failed);
                if end.is_some() {
                    return end;
                }
            }
        }
        if term.optional {
            // Words that were allowed before it are still allowed before the next one.
            for start in at..=at + term.gap {
                let end = self.match_terms(index + 1, window, start, failed);
                if end.is_some() {
                    return end;
                }
            }
        }
        failed[index] |= 1 << at;
        None
    }
}

impl Alternatives {
    /// Compiles `a|b_c|<list>`.
    pub(crate) fn compile(term: &str, words: &mut Words) -> Result<Self, String> {
        let mut rows = Vec::new();
        for choice in term.split('|') {
            if let Some(name) = choice
                .strip_prefix('<')
                .and_then(|rest| rest.strip_suffix('>'))
            {
                let list = LISTS.iter().find(|(known, _)| *known == name);
                let (_, list) = list.ok_or_else(|| format!("unknown list `{name}`"))?;
                rows.extend(list.split('|').map(|row| learn(row, words)));
            } else if choice
                .bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
                && !choice.is_empty()
            {
                rows.push(learn(choice, words));
            } else {
                return Err(format!("bad word `{choice}`"));
            }
        }
        rows.sort();
        rows.dedup();
        Ok(Self { rows })
    }

    fn first_words(&self) -> impl Iterator<Item = Id> {
        self.rows.iter().filter_map(|row| row.first().copied())
    }

    /// The lengths of the rows that the words begin with.
    fn lengths_at(&self, words: &[Id]) -> impl Iterator<Item = usize> {
        let first = words[0];
        let from = self.rows.partition_point(|row| row[0] < first);
        let rows = self.rows[from..]
            .iter()
            .take_while(move |row| row[0] == first);
        rows.filter(|row| words.starts_with(row)).map(Vec::len)
    }

    fn begin(&self, words: &[Id]) -> bool {
        self.rows.iter().any(|row| words.starts_with(row))
    }

    /// Whether the words end with one of the rows.
    pub(crate) fn end(&self, words: &[Id]) -> bool {
        self.rows.iter().any(|row| words.ends_with(row))
    }
}

impl WordSet {
    /// The set of these words, out of a vocabulary of `count` words.
    pub(crate) fn new(count: usize, words: impl IntoIterator<Item = Id>) -> Self {
        let mut set = vec![0u64; count.div_ceil(64)];
        for word in words {
            if let Some(bits) = set.get_mut(usize::from(word) / 64) {
                *bits |= 1 << (word % 64);
            }
        }
        Self(set)
    }

    pub(crate) fn intersects(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    fn contains(&self, word: Id) -> bool {
        self.0
            .get(usize::from(word) / 64)
            .is_some_and(|bits| bits & (1 << (word % 64)) != 0)
    }
}

fn learn(row: &str, words: &mut Words) -> Vec<Id> {
    row.split('_').map(|word| words.learn(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::{NEGATIONS, REVERSED, ROT13};
    use crate::patterns;

    fn matched(pattern: &str, text: &str) -> Option<Range<usize>> {
        let mut words = Words::default();
        let phrase = Phrase::compile(pattern, &mut words).unwrap();
        let ids: Vec<Id> = text
            .split(' ')
            .map(|word| words.id(word.as_bytes()))
            .collect();
        (0..ids.len()).find_map(|start| phrase.match_at(&ids, start))
    }

    #[test]
    fn words_lists_gaps_and_options_are_matched() {
        assert_eq!(
            matched("stop|end_of now? *2 here", "please end of the line here"),
            Some(1..6)
        );
        assert_eq!(
            matched("stop|end_of now? *2 here", "stop now here"),
            Some(0..3)
        );
        assert_eq!(matched("stop *2 here", "stop a b c here"), None);
        assert_eq!(matched("stop *1 now? here", "stop it here"), Some(0..3));
        assert_eq!(matched("<ignore> me", "do not follow me"), Some(0..4));
    }

    #[test]
    fn a_longer_gap_is_tried_when_a_shorter_one_fails() {
        assert_eq!(matched("a *3 b *1 c", "a b x b y c"), Some(0..6));
    }

    #[test]
    fn what_must_not_follow_is_heeded() {
        assert_eq!(
            matched("stop here !please|at_once", "stop here at once"),
            None
        );
        assert_eq!(
            matched("stop here !please|at_once", "stop here at noon"),
            Some(0..2)
        );
    }

    #[test]
    fn a_misspelt_list_is_an_error() {
        assert!(Phrase::compile("<nonsense> now", &mut Words::default()).is_err());
    }

    #[test]
    fn every_shipped_pattern_compiles() {
        let mut words = Words::default();
        for (_, pattern) in patterns::all() {
            Phrase::compile(pattern, &mut words).unwrap();
        }
        Alternatives::compile(NEGATIONS, &mut words).unwrap();
    }

    #[test]
    fn the_signs_of_rot13_and_reversal_are_words_of_the_patterns() {
        let mut words = Words::default();
        for (_, pattern) in patterns::all() {
            Phrase::compile(pattern, &mut words).unwrap();
        }
        for sign in ROT13.split('|') {
            let plain: Vec<u8> = sign.bytes().map(|b| (b - b'a' + 13) % 26 + b'a').collect();
            assert!(words.knows(&plain), "{sign}");
        }
        for sign in REVERSED.split('|') {
            let plain: Vec<u8> = sign.bytes().rev().collect();
            assert!(words.knows(&plain), "{sign}");
        }
    }
}
