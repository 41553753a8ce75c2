//! Looks for the patterns in a text and in everything that is hidden in it.

use std::cell::OnceCell;
use std::ops::Range;

use regex::{Regex, RegexSet, RegexSetBuilder};

use crate::config::{Category, Config};
use crate::encoded::decode_all;
use crate::patterns::{NEGATIONS, PATTERNS, REVERSED, ROT13};
use crate::phrase::{Phrase, compile, vocabulary};
use crate::view::View;
use crate::words::Words;

/// An encoding may hide another one; this deep is looked.
const MAX_DEPTH: usize = 3;

/// At most so many places of one pattern in one text are reported.
const MAX_PLACES: usize = 16;

/// Memory for the automaton of an extra pattern, in bytes.
const EXTRA_SIZE_LIMIT: usize = 1 << 20;

/// What was found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hit {
    /// One of the shipped patterns.
    Known(Category),
    /// The operator's pattern with this index.
    Extra(usize),
}

/// How many more bytes may be looked at.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
    /// Whether something was left out.
    pub(crate) exceeded: bool,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            left: bytes,
            exceeded: false,
        }
    }

    fn take(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.exceeded = true;
                false
            }
        }
    }
}

/// All patterns, compiled.
#[derive(Debug)]
pub(crate) struct Scanner {
    words: Words,
    /// The patterns of `lines`, then the signs of ROT13 and of reversal.
    set: RegexSet,
    lines: Vec<Line>,
    extra: RegexSet,
    extra_lines: Vec<Regex>,
}

#[derive(Debug)]
struct Line {
    category: Category,
    phrase: Phrase,
    /// Only needed to tell where a match is, so only made after the set has found one.
    regex: OnceCell<Option<Regex>>,
}

impl Scanner {
    pub(crate) fn new(config: &Config) -> Result<Self, String> {
        let active = PATTERNS
            .iter()
            .filter(|(category, _)| config.action(*category).is_some());
        let mut lines = Vec::new();
        for (category, pattern) in active {
            let phrase = compile(pattern)?;
            lines.push(Line {
                category: *category,
                phrase,
                regex: OnceCell::new(),
            });
        }
        let signs = [compile(ROT13)?.regex, compile(REVERSED)?.regex];
        let set = RegexSetBuilder::new(lines.iter().map(|line| &line.phrase.regex).chain(&signs))
            .unicode(false)
            .build()
            .map_err(|error| format!("the shipped patterns: {error}"))?;
        let extra = |index: usize, error: &regex::Error| {
            format!("the configuration key `extra_patterns[{index}].pattern`: {error}")
        };
        let mut extra_lines = Vec::new();
        for (index, line) in config.extra_patterns.iter().enumerate() {
            let regex = regex::RegexBuilder::new(&line.pattern)
                .size_limit(EXTRA_SIZE_LIMIT)
                .build();
            extra_lines.push(regex.map_err(|error| extra(index, &error))?);
        }
        Ok(Self {
            words: Words::new(&vocabulary(PATTERNS.iter().map(|(_, pattern)| *pattern))),
            set,
            lines,
            extra: RegexSet::new(config.extra_patterns.iter().map(|line| &line.pattern))
                .map_err(|error| format!("the configuration key `extra_patterns`: {error}"))?,
            extra_lines,
        })
    }

    /// Calls `report` with every hit in `text` and the bytes of it. Text that was decoded out of a
    /// part of the text is reported at that part, with an [`Category::EncodingBypass`] beside it.
    pub(crate) fn scan(
        &self,
        text: &str,
        budget: &mut Budget,
        report: &mut dyn FnMut(Hit, Range<usize>),
    ) {
        self.scan_layer(text, 0, budget, report);
    }

    fn scan_layer(
        &self,
        text: &str,
        depth: usize,
        budget: &mut Budget,
        report: &mut dyn FnMut(Hit, Range<usize>),
    ) {
        if !budget.take(text.len()) {
            return;
        }
        for index in self.extra.matches(text) {
            for found in self.extra_lines[index].find_iter(text).take(MAX_PLACES) {
                report(Hit::Extra(index), found.range());
            }
        }
        let view = View::new(text, &self.words);
        let [rotated, reversed] = self.scan_view(view.text(), &mut |hit, range| {
            report(hit, view.origin(range));
        });
        if rotated && budget.take(view.text().len()) {
            let plain = rot13(view.text());
            self.scan_view(&plain, &mut |hit, range| {
                report_hidden(hit, view.origin(range), report);
            });
        }
        if reversed && budget.take(view.text().len()) {
            let length = view.text().len();
            let plain: String = view.text().chars().rev().collect();
            self.scan_view(&plain, &mut |hit, range| {
                let range = length - range.end..length - range.start;
                report_hidden(hit, view.origin(range), report);
            });
        }
        if depth < MAX_DEPTH {
            for decoded in decode_all(text, budget.left) {
                let place = decoded.range;
                self.scan_layer(&decoded.text, depth + 1, budget, &mut |hit, _| {
                    report_hidden(hit, place.clone(), report);
                });
            }
        }
    }

    /// Reports hits with ranges of the view. Returns whether the view has words that look like
    /// ROT13, and like written backwards.
    fn scan_view(&self, view: &str, report: &mut dyn FnMut(Hit, Range<usize>)) -> [bool; 2] {
        let matches = self.set.matches(view);
        for index in matches.iter() {
            let Some(line) = self.lines.get(index) else {
                continue;
            };
            for range in line.places(view) {
                report(Hit::Known(line.category), range);
            }
        }
        for index in self.extra.matches(view) {
            for found in self.extra_lines[index].find_iter(view).take(MAX_PLACES) {
                report(Hit::Extra(index), found.range());
            }
        }
        [self.lines.len(), self.lines.len() + 1].map(|sign| matches.matched(sign))
    }
}

impl Line {
    /// The places of the pattern in a view that are not excused by what stands around them.
    fn places(&self, view: &str) -> Vec<Range<usize>> {
        let regex = self.regex.get_or_init(|| {
            regex::RegexBuilder::new(&self.phrase.regex)
                .unicode(false)
                .build()
                .ok()
        });
        let Some(regex) = regex else {
            return std::iter::once(0..view.len()).collect();
        };
        let mut places = Vec::new();
        let mut at = 0;
        while let Some(found) = regex.find_at(view, at) {
            // The space after a match is also the one before the next word.
            at = found.end() - 1;
            if !self.is_excused(view, found.range()) {
                places.push(found.range());
            }
            if places.len() == MAX_PLACES {
                break;
            }
        }
        places
    }

    fn is_excused(&self, view: &str, range: Range<usize>) -> bool {
        let before = &view[..range.start];
        let forbidden = NEGATIONS.iter().any(|words| ends_with_words(before, words));
        let after = &view[range.end..];
        forbidden
            || self
                .phrase
                .not_before
                .iter()
                .any(|words| starts_with_words(after, words))
    }
}

fn report_hidden(hit: Hit, range: Range<usize>, report: &mut dyn FnMut(Hit, Range<usize>)) {
    report(hit, range.clone());
    report(Hit::Known(Category::EncodingBypass), range);
}

fn ends_with_words(text: &str, words: &str) -> bool {
    text.strip_suffix(words)
        .is_some_and(|rest| rest.ends_with(' '))
}

fn starts_with_words(text: &str, words: &str) -> bool {
    text.strip_prefix(words)
        .is_some_and(|rest| rest.starts_with(' '))
}

fn rot13(text: &str) -> String {
    let turn = |letter: char| match letter {
        'a'..='m' => char::from_u32(u32::from(letter) + 13).unwrap_or(letter),
        'n'..='z' => char::from_u32(u32::from(letter) - 13).unwrap_or(letter),
        other => other,
    };
    text.chars().map(turn).collect()
}
