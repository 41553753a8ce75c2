//! Compiles the patterns, and finds them among the words of a text.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::patterns::{Category, LISTS};
use crate::words::{END, Id, Vocabulary, Word};

/// What turns a statement into its opposite, or into a question or a description, between two terms or
/// shortly before a match.
const BLOCKERS: &[&str] = &[
    "not", "never", "no", "nor", "neither", "refuse", "avoid", "instead", "how", "why", "whether",
    "if",
];

/// So many words before a match are looked at for a blocker.
const BEFORE: usize = 4;

/// Comparisons for one text; over this, the rest is not read. An ordinary text of a megabyte needs some
/// hundred thousand.
const MAX_WORK: usize = 8_000_000;

/// All patterns of the chosen categories.
#[derive(Debug)]
pub(crate) struct Matcher {
    vocabulary: Vocabulary,
    blockers: Vec<Id>,
    patterns: Vec<Pattern>,
    /// The patterns that can begin with a word.
    by_first: HashMap<Id, Vec<usize>>,
}

#[derive(Debug)]
struct Pattern {
    category: &'static Category,
    terms: Vec<Term>,
}

#[derive(Debug)]
struct Term {
    /// How many words may stand before it.
    gap: usize,
    alternatives: Vec<Vec<Id>>,
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Each with its bytes.
    pub(crate) statements: Vec<(&'static Category, Range<usize>)>,
    /// The text was too laborious to be read to its end.
    pub(crate) cut: bool,
}

impl Matcher {
    pub(crate) fn new(categories: &[&'static Category]) -> Result<Self, String> {
        let mut vocabulary = Vocabulary::default();
        let blockers = BLOCKERS.iter().map(|word| vocabulary.learn(word));
        let blockers = blockers.collect::<Result<_, _>>()?;
        let mut patterns = Vec::new();
        let mut by_first: HashMap<Id, Vec<usize>> = HashMap::new();
        for category in categories {
            for source in category.patterns {
                let terms = compile(source, &mut vocabulary)
                    .map_err(|error| format!("the shipped pattern `{source}`: {error}"))?;
                for row in terms
                    .first()
                    .into_iter()
                    .flat_map(|term| &term.alternatives)
                {
                    let known = by_first.entry(row[0]).or_default();
                    if known.last() != Some(&patterns.len()) {
                        known.push(patterns.len());
                    }
                }
                patterns.push(Pattern { category, terms });
            }
        }
        Ok(Self {
            vocabulary,
            blockers,
            patterns,
            by_first,
        })
    }

    /// The statements in a text, in order, at most one of each category at one place.
    pub(crate) fn find(&self, text: &str) -> Findings {
        let words = self.vocabulary.read(text);
        let present: HashSet<Id> = words.iter().map(|word| word.id).collect();
        let possible = self.patterns.iter();
        let possible: Vec<bool> = possible
            .map(|pattern| pattern.is_possible(&present))
            .collect();
        let mut findings = Findings::default();
        let mut work = 0;
        for start in 0..words.len() {
            let Some(patterns) = self.by_first.get(&words[start].id) else {
                continue;
            };
            if self.is_blocked_before(&words[..start]) {
                continue;
            }
            for index in patterns.iter().filter(|index| possible[**index]) {
                let pattern = &self.patterns[*index];
                let Some(end) = self.match_terms(&pattern.terms, &words, start, &mut work) else {
                    continue;
                };
                let range = words[start].range.start..words[end - 1].range.end;
                let seen = |(category, other): &(&'static Category, Range<usize>)| {
                    category.name == pattern.category.name && range.start < other.end
                };
                if !findings.statements.iter().rev().take(8).any(seen) {
                    findings.statements.push((pattern.category, range));
                }
            }
            if work > MAX_WORK {
                findings.cut = true;
                break;
            }
        }
        findings
    }

    fn is_blocked_before(&self, words: &[Word]) -> bool {
        let before = words.iter().rev().take(BEFORE);
        let mut sentence = before.take_while(|word| word.id != END);
        sentence.any(|word| self.blockers.contains(&word.id))
    }

    /// The end of a match of these terms from the word `at` on.
    fn match_terms(
        &self,
        terms: &[Term],
        words: &[Word],
        at: usize,
        work: &mut usize,
    ) -> Option<usize> {
        let Some((term, rest)) = terms.split_first() else {
            return Some(at);
        };
        for gap in 0..=term.gap {
            let start = at + gap;
            for row in &term.alternatives {
                *work += 1;
                let fits = words.get(start..start + row.len()).is_some_and(|part| {
                    part.iter()
                        .zip(row)
                        .all(|(word, wanted)| word.id == *wanted)
                });
                if fits && let Some(end) = self.match_terms(rest, words, start + row.len(), work) {
                    return Some(end);
                }
            }
            let skipped = words.get(start)?.id;
            if skipped == END || self.blockers.contains(&skipped) {
                return None;
            }
        }
        None
    }
}

impl Pattern {
    /// Whether a text with these words can have a match.
    fn is_possible(&self, present: &HashSet<Id>) -> bool {
        self.terms.iter().all(|term| {
            let mut rows = term.alternatives.iter();
            rows.any(|row| row.iter().all(|word| present.contains(word)))
        })
    }
}

fn compile(source: &str, vocabulary: &mut Vocabulary) -> Result<Vec<Term>, String> {
    let mut terms = Vec::new();
    let mut gap = 0;
    for part in source.split_whitespace() {
        if let Some(count) = part.strip_prefix('*') {
            gap = count.parse().map_err(|_| format!("bad gap `{part}`"))?;
            continue;
        }
        let mut alternatives = Vec::new();
        for name in part.split('|') {
            let list = LISTS.iter().find(|(list, _)| *list == name);
            let rows = list.map_or(name, |(_, rows)| rows);
            for row in rows.split('|') {
                let words = row.split('_').map(|word| vocabulary.learn(word));
                alternatives.push(words.collect::<Result<Vec<_>, _>>()?);
            }
        }
        terms.push(Term { gap, alternatives });
        gap = 0;
    }
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::CATEGORIES;

    fn matcher() -> Matcher {
        Matcher::new(&CATEGORIES.iter().collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn every_word_of_a_pattern_is_a_word_of_a_text() {
        for category in CATEGORIES {
            for pattern in category.patterns {
                for word in pattern.split([' ', '|', '_', '*']) {
                    let list = LISTS.iter().any(|(list, _)| list.contains(word));
                    let plain = word
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
                    assert!(list || plain, "`{word}` in `{pattern}`");
                }
            }
        }
    }

    #[test]
    fn a_laborious_text_is_read_up_to_a_limit_and_says_so() {
        let patterns = CATEGORIES.iter().flat_map(|category| category.patterns);
        let every_word = patterns.copied().collect::<Vec<_>>().join(" ");
        let every_word = every_word.replace(['|', '_'], " ");
        let findings = matcher().find(&(every_word + &" i will".repeat(150_000)));
        assert!(findings.cut);
    }

    #[test]
    fn a_long_ordinary_text_is_read_to_its_end() {
        let text = "I will now describe what we can do about the garden. Let me begin with roses. "
            .repeat(13_000);
        let findings = matcher().find(&text);
        assert!(!findings.cut);
        assert!(findings.statements.is_empty());
    }
}
