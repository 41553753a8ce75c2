//! Looks for the patterns in a text and in everything that is hidden in it.

use std::ops::Range;

use regex::{Regex, RegexSet};

use crate::concepts::Concepts;
use crate::config::{Category, Config, Thresholds};
use crate::encoded::next_decoded;
use crate::layers::{self, ALWAYS_TRIED, Layer, has_turned_letters};
use crate::lists::{NEGATIONS, REVERSED, ROT13};
use crate::model::Model;
use crate::patterns;
use crate::phrase::{Alternatives, Phrase, WordSet};
use crate::tokens::Token;
use crate::view::View;
use crate::words::{Id, UNKNOWN, Words};

/// Words of attacks in all languages, to read disguises by; made by the trainer.
const VOCABULARY: &str = include_str!("words.txt");

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hit {
    /// One of the shipped phrases.
    Known(Category),
    /// What the learned detector takes for this.
    Learned(Category),
    /// The operator's pattern with this index.
    Extra(usize),
}

/// What one scan goes by.
struct Scan<'b> {
    budget: &'b mut Budget,
    /// Whether a role of the application wrote the text.
    is_instructions: bool,
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
    concepts: Concepts,
    model: Model,
    /// Nothing if the learned detector is off.
    thresholds: Option<Thresholds>,
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
        for word in VOCABULARY.lines() {
            words.learn(word);
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
            concepts: Concepts::shipped(),
            model: Model::shipped(),
            thresholds: config.sensitivity.thresholds(),
            lines,
            starts,
            negations,
            extra,
            extra_lines,
        })
    }

    /// With every phrase, to see texts as they are seen with the default configuration.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn for_training() -> Self {
        Self::new(&Config::default()).unwrap_or_else(|error| unreachable!("{error}"))
    }

    /// A text as the learned detector sees it, and the tokens that phrases end at.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn tokens(&self, text: &str) -> (Vec<Token>, Vec<(usize, u8)>) {
        let view = View::new(text, &self.words, &self.concepts);
        let present = WordSet::new(self.words.count(), view.ids().iter().copied());
        let mut phrases = Vec::new();
        self.scan_words(view.ids(), &present, &mut |category, words| {
            phrases.push((category, words));
        });
        (view.tokens().to_vec(), marks(&view, &phrases))
    }

    /// Calls `report` with every hit in `text` and the bytes of it. Text that was decoded out of a
    /// part of the text is reported at that part, with an [`Category::EncodingBypass`] beside it.
    pub(crate) fn scan(
        &self,
        text: &str,
        is_instructions: bool,
        budget: &mut Budget,
        report: &mut dyn FnMut(Hit, Range<usize>),
    ) {
        let mut scan = Scan {
            budget,
            is_instructions,
        };
        self.scan_layer(text, 0, &mut scan, report);
    }

    fn scan_layer(
        &self,
        text: &str,
        depth: usize,
        scan: &mut Scan<'_>,
        report: &mut dyn FnMut(Hit, Range<usize>),
    ) {
        if !scan.budget.take(text.len()) {
            return;
        }
        let view = View::new(text, &self.words, &self.concepts);
        let (backwards, turned) = self.scan_view(&view, text, scan.is_instructions, report);
        if depth < MAX_DEPTH {
            let is_short = text.len() <= ALWAYS_TRIED;
            if backwards {
                self.scan_hidden(&layers::backwards(text), MAX_DEPTH, scan, report);
            } else if is_short {
                self.scan_guess(&layers::backwards(text), text, &view, scan, report);
            }
            if turned {
                self.scan_hidden(&layers::rot13(text), MAX_DEPTH, scan, report);
            } else if has_turned_letters(text) {
                self.scan_guess(&layers::rot13(text), text, &view, scan, report);
            }
            for decode in [
                layers::quoted_printable,
                layers::morse,
                layers::digit_groups,
            ] {
                if let Some(layer) = decode(text) {
                    self.scan_hidden(&layer, depth + 1, scan, report);
                }
            }
        }
        let mut from = 0;
        while depth < MAX_DEPTH
            && let Some(decoded) = next_decoded(text, from, scan.budget.left.max(MIN_DECODED))
        {
            let place = decoded.range;
            from = place.end;
            self.scan_layer(&decoded.text, depth + 1, scan, &mut |hit, _| {
                report(hit, place.clone());
                report(Hit::Known(Category::EncodingBypass), place.clone());
            });
        }
    }

    /// Looks at a text as it is. Returns whether it has words that are some of ours backwards, or turned
    /// by ROT13.
    fn scan_view(
        &self,
        view: &View,
        text: &str,
        is_instructions: bool,
        report: &mut dyn FnMut(Hit, Range<usize>),
    ) -> (bool, bool) {
        let present = WordSet::new(self.words.count(), view.ids().iter().copied());
        let mut phrases = Vec::new();
        self.scan_words(view.ids(), &present, &mut |category, words| {
            phrases.push((category, words));
        });
        if let Some(thresholds) = self.thresholds {
            self.judge(view, &phrases, thresholds, is_instructions, report);
        } else {
            for (category, words) in phrases {
                report(Hit::Known(category), view.origin(words));
            }
        }
        if !self.extra_lines.is_empty() {
            self.scan_extra(text, &mut |hit, range| report(hit, range));
            self.scan_extra(view.text(), &mut |hit, range| {
                report(hit, view.origin_of_bytes(&range));
            });
        }
        (
            present.intersects(&self.reversed),
            present.intersects(&self.rot13),
        )
    }

    /// The learned detector: it has a say in phrases, and finds what resembles an attack without one.
    fn judge(
        &self,
        view: &View,
        phrases: &[(Category, Range<usize>)],
        thresholds: Thresholds,
        is_instructions: bool,
        report: &mut dyn FnMut(Hit, Range<usize>),
    ) {
        let marks = marks(view, phrases);
        let scores = self.model.score(view.tokens(), &marks, is_instructions);
        for (category, words) in phrases {
            let at = view.token_of(words.end - 1).unwrap_or(0);
            if scores.around(at) - scores.trust() >= thresholds.phrase {
                report(Hit::Known(*category), view.origin(words.clone()));
            }
        }
        for window in scores
            .suspects(thresholds.alone)
            .into_iter()
            .take(MAX_PLACES)
        {
            let category = self.model.category(view.tokens(), &window);
            let tokens = &view.tokens()[window];
            if let [first, ..] = tokens
                && let [.., last] = tokens
            {
                report(Hit::Learned(category), first.start..last.end);
            }
        }
    }

    /// A text that may be hidden in another one, if it reads better than that one. What was turned for
    /// nothing looks like the payload of an attack.
    fn scan_guess(
        &self,
        layer: &Layer,
        text: &str,
        outer: &View,
        scan: &mut Scan<'_>,
        report: &mut dyn FnMut(Hit, Range<usize>),
    ) {
        let view = View::new(&layer.text, &self.words, &self.concepts);
        let known = self.known_words(&layer.text, &view);
        if 2 * known > view.tokens().len() && known > self.known_words(text, outer) {
            self.scan_hidden(layer, MAX_DEPTH, scan, report);
        }
    }

    /// How many words of a text are known: Latin ones of the vocabulary, others of the model.
    fn known_words(&self, text: &str, view: &View) -> usize {
        let latin = view.ids().iter().filter(|id| **id != UNKNOWN).count();
        let is_other = |token: &Token| !text.as_bytes()[token.start].is_ascii();
        latin + self.model.known(view.tokens(), is_other)
    }

    /// A text that was hidden in another one.
    fn scan_hidden(
        &self,
        layer: &Layer,
        depth: usize,
        scan: &mut Scan<'_>,
        report: &mut dyn FnMut(Hit, Range<usize>),
    ) {
        self.scan_layer(&layer.text, depth, scan, &mut |hit, range| {
            let place = layer.origin(&range);
            report(hit, place.clone());
            report(Hit::Known(Category::EncodingBypass), place);
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

/// The tokens that phrases end at, with their categories.
fn marks(view: &View, phrases: &[(Category, Range<usize>)]) -> Vec<(usize, u8)> {
    let mark = |(category, words): &(Category, Range<usize>)| {
        Some((view.token_of(words.end - 1)?, *category as u8))
    };
    phrases.iter().filter_map(mark).collect()
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
