//! Looks for the patterns in a text and in everything that is hidden in it.

use std::ops::Range;

use regex::{Regex, RegexSet};

use crate::config::{Category, Config};
use crate::encoded::next_decoded;
use crate::lists::{NEGATIONS, REVERSED, ROT13};
use crate::patterns;
use crate::phrase::{Alternatives, Phrase, WordSet};
use crate::view::View;
use crate::words::{Id, UNKNOWN, Words};

/// An encoding may hide another one; this deep is looked.
const MAX_DEPTH: usize = 3;

/// So much of a hidden text is decoded even if the budget is used up, for it to be noticed that
/// something is left out.
const MIN_DECODED: usize = 1024;

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
    lines: Vec<(Category, Phrase)>,
    /// For each word, the lines whose match can begin with it.
    starts: Vec<Vec<usize>>,
    negations: Alternatives,
    /// Words that show that a text is in ROT13, or written backwards.
    rot13: WordSet,
    reversed: WordSet,
    extra: RegexSet,
    extra_lines: Vec<Regex>,
}

impl Scanner {
    pub(crate) fn new(config: &Config) -> Result<Self, String> {
        let mut words = Words::default();
        let mut lines = Vec::new();
        for (category, pattern) in patterns::all() {
            // All are compiled, so that the vocabulary does not depend on the configuration.
            let phrase = Phrase::compile(pattern, &mut words)?;
            if config.action(category).is_some() {
                lines.push((category, phrase));
            }
        }
        let negations = Alternatives::compile(NEGATIONS, &mut words)?;
        let [rot13, reversed] = [ROT13, REVERSED].map(|signs| {
            signs
                .split('|')
                .map(|sign| words.learn(sign))
                .collect::<Vec<Id>>()
        });
        let mut starts = vec![Vec::new(); words.count()];
        for (index, (_, phrase)) in lines.iter().enumerate() {
            for word in phrase.first_words() {
                let starting: &mut Vec<usize> = &mut starts[usize::from(word)];
                if starting.last() != Some(&index) {
                    starting.push(index);
                }
            }
        }
        let (extra, extra_lines) = compile_extra(config)?;
        Ok(Self {
            rot13: WordSet::new(words.count(), rot13),
            reversed: WordSet::new(words.count(), reversed),
            words,
            lines,
            starts,
            negations,
            extra,
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
        let view = View::new(text, &self.words);
        let present = WordSet::new(self.words.count(), view.ids().iter().copied());
        self.scan_words(view.ids(), &present, &mut |category, words| {
            report(Hit::Known(category), view.origin(words));
        });
        if !self.extra_lines.is_empty() {
            self.scan_extra(text, &mut |hit, range| report(hit, range));
            self.scan_extra(view.text(), &mut |hit, range| {
                report(hit, view.origin_of_bytes(&range));
            });
        }
        if present.intersects(&self.rot13) && budget.take(view.text().len()) {
            let ids: Vec<Id> = view
                .words()
                .map(|word| self.words.id(&rot13(word)))
                .collect();
            self.scan_hidden(&ids, &mut |hit, words| report(hit, view.origin(words)));
        }
        if present.intersects(&self.reversed) && budget.take(view.text().len()) {
            let backwards = |word: &str| word.bytes().rev().collect::<Vec<u8>>();
            let ids: Vec<Id> = view
                .words()
                .rev()
                .map(|word| self.words.id(&backwards(word)))
                .collect();
            self.scan_hidden(&ids, &mut |hit, words| {
                report(
                    hit,
                    view.origin(ids.len() - words.end..ids.len() - words.start),
                );
            });
        }
        let mut from = 0;
        while depth < MAX_DEPTH
            && let Some(decoded) = next_decoded(text, from, budget.left.max(MIN_DECODED))
        {
            let place = decoded.range;
            from = place.end;
            self.scan_layer(&decoded.text, depth + 1, budget, &mut |hit, _| {
                report(hit, place.clone());
                report(Hit::Known(Category::EncodingBypass), place.clone());
            });
        }
    }

    /// The patterns in words that were hidden.
    fn scan_hidden(&self, ids: &[Id], report: &mut dyn FnMut(Hit, Range<usize>)) {
        let present = WordSet::new(self.words.count(), ids.iter().copied());
        self.scan_words(ids, &present, &mut |category, words| {
            report(Hit::Known(category), words.clone());
            report(Hit::Known(Category::EncodingBypass), words);
        });
    }

    /// The patterns in these words, each with the indices of the words it covers.
    fn scan_words(
        &self,
        ids: &[Id],
        present: &WordSet,
        report: &mut dyn FnMut(Category, Range<usize>),
    ) {
        let mut states = vec![State::Untried; self.lines.len()];
        for (at, id) in ids.iter().enumerate().filter(|(_, id)| **id != UNKNOWN) {
            for index in &self.starts[usize::from(*id)] {
                let (category, phrase) = &self.lines[*index];
                let state = &mut states[*index];
                if *state == State::Untried {
                    let possible = phrase.is_possible(present);
                    *state = if possible {
                        State::Possible { places: 0, end: 0 }
                    } else {
                        State::Impossible
                    };
                }
                let State::Possible { places, end } = state else {
                    continue;
                };
                if at < *end || *places >= MAX_PLACES || self.negations.end(&ids[..at]) {
                    continue;
                }
                if let Some(words) = phrase.match_at(ids, at) {
                    *places += 1;
                    *end = words.end;
                    report(*category, words);
                }
            }
        }
    }

    fn scan_extra(&self, text: &str, report: &mut dyn FnMut(Hit, Range<usize>)) {
        for index in self.extra.matches(text) {
            for found in self.extra_lines[index].find_iter(text).take(MAX_PLACES) {
                report(Hit::Extra(index), found.range());
            }
        }
    }
}

/// How far one pattern has come in one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Untried,
    /// A word is missing.
    Impossible,
    /// It was found in so many places, of which the last ends there.
    Possible {
        places: usize,
        end: usize,
    },
}

fn compile_extra(config: &Config) -> Result<(RegexSet, Vec<Regex>), String> {
    let mut lines = Vec::new();
    for (index, extra) in config.extra_patterns.iter().enumerate() {
        let regex = regex::RegexBuilder::new(&extra.pattern)
            .size_limit(EXTRA_SIZE_LIMIT)
            .build();
        lines.push(regex.map_err(|error| {
            format!("the configuration key `extra_patterns[{index}].pattern`: {error}")
        })?);
    }
    let set = RegexSet::new(config.extra_patterns.iter().map(|extra| &extra.pattern))
        .map_err(|error| format!("the configuration key `extra_patterns`: {error}"))?;
    Ok((set, lines))
}

fn rot13(word: &str) -> Vec<u8> {
    let turn = |letter: u8| match letter {
        b'a'..=b'm' => letter + 13,
        b'n'..=b'z' => letter - 13,
        other => other,
    };
    word.bytes().map(turn).collect()
}
