//! The learned detector: integer weights of features, summed over a sliding window of words.
//!
//! The score of a window is the sum of the weights of its features, divided by the root of the sum of
//! their norms: a linear classifier on vectors of length one, in integers.

use std::borrow::Cow;
use std::ops::Range;

use crate::config::Category;
use crate::features::{extract, familiar, mark};
use crate::tokens::Token;

/// The weights that ship, made by `cargo run --release -p rule-prompt-pattern-deny --example train`.
const SHIPPED: &[u8] = include_bytes!("weights.bin");

/// Bytes before the table: what is added to every score, and to that of texts that a role of the
/// application wrote; both as little-endian `i32`.
const HEADER: usize = 8;

/// Bytes of a bucket of four features.
const BUCKET: usize = 16;

/// Bytes of one feature: two for its tag, one for its weight, one for its category and norm.
const SLOT: usize = 4;

/// The window, in tokens: an attack buried in a long text is seen in a window of its own, and a long
/// harmless text does not add up.
pub(crate) const WINDOW: usize = 40;

/// Scores are in so many parts of what divides attacks from harmless texts by one margin.
pub(crate) const UNIT: i32 = 256;

/// So many features are remembered, so as not to be counted twice in one window.
const REMEMBERED: usize = 1024;

/// The detector.
#[derive(Debug)]
pub(crate) struct Model {
    bytes: Cow<'static, [u8]>,
}

/// What one feature says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight {
    pub(crate) weight: i8,
    /// How much of the length of a vector it makes up, 0 to 31.
    pub(crate) norm: u8,
    /// The number of the category it speaks for.
    pub(crate) category: u8,
}

/// The scores of a text.
#[derive(Debug)]
pub(crate) struct Scores {
    base: i32,
    trust: i32,
    /// Sums of weights and norms before each token, and after the last.
    sums: Vec<Sum>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    weight: i32,
    norm: u32,
}

impl Model {
    pub(crate) fn shipped() -> Self {
        Self {
            bytes: Cow::Borrowed(SHIPPED),
        }
    }

    /// A model of other weights, in the format of the shipped ones.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self {
            bytes: Cow::Owned(bytes),
        }
    }

    /// Scores a text. `marks` are the tokens that phrases of a category end at.
    pub(crate) fn score(
        &self,
        tokens: &[Token],
        marks: &[(usize, u8)],
        is_instructions: bool,
    ) -> Scores {
        let header = |at: usize| {
            let bytes = self.bytes.get(at..).and_then(|rest| rest.first_chunk());
            bytes.map_or(0, |bytes| i32::from_le_bytes(*bytes))
        };
        let trust = if is_instructions { header(4) } else { 0 };
        let base = header(0) + trust;
        let mut sums = vec![Sum::default(); tokens.len() + 1];
        let mut seen = [(0u32, 0usize); REMEMBERED];
        let mut add = |at: usize, feature: u32| {
            let Some(found) = self.find(feature) else {
                return;
            };
            let last = &mut seen[feature as usize % REMEMBERED];
            let is_repeated = last.0 == feature && at < last.1 + WINDOW;
            *last = (feature, at);
            if !is_repeated {
                let sum = &mut sums[at + 1];
                sum.weight += i32::from(found.weight);
                sum.norm += u32::from(found.norm);
            }
        };
        extract(tokens, &mut add);
        for (at, category) in marks {
            add(*at, mark(*category));
        }
        for at in 1..sums.len() {
            sums[at].weight += sums[at - 1].weight;
            sums[at].norm += sums[at - 1].norm;
        }
        Scores { base, trust, sums }
    }

    /// How many of the tokens that `counts` says the training knows well: words by themselves, signs of a
    /// script without spaces together with the one before.
    pub(crate) fn known(&self, tokens: &[Token], counts: impl Fn(&Token) -> bool) -> usize {
        let before = std::iter::once(None).chain(tokens.iter().map(Some));
        tokens
            .iter()
            .zip(before)
            .filter(|(token, _)| counts(token))
            .filter(|(token, before)| self.find(familiar(token, *before)).is_some())
            .count()
    }

    /// The category that the features of these tokens speak for.
    pub(crate) fn category(&self, tokens: &[Token], window: &Range<usize>) -> Category {
        let mut votes = [0i32; 8];
        extract(&tokens[window.clone()], |_, feature| {
            if let Some(found) = self.find(feature) {
                votes[usize::from(found.category)] += i32::from(found.weight).max(0);
            }
        });
        let best = (0..Category::ALL.len()).max_by_key(|index| (votes[*index], usize::MAX - index));
        Category::ALL[best.unwrap_or(0)]
    }

    fn find(&self, feature: u32) -> Option<Weight> {
        let table = self.bytes.get(HEADER..)?;
        let place = bucket_of(feature, table.len() / BUCKET) * BUCKET;
        let bucket = table.get(place..place + BUCKET)?;
        let tag = tag_of(feature).to_le_bytes();
        bucket
            .chunks_exact(SLOT)
            .find(|slot| slot[..2] == tag)
            .map(|slot| Weight {
                weight: slot[2] as i8,
                norm: slot[3] & 31,
                category: slot[3] >> 5,
            })
    }
}

impl Scores {
    /// What is added to every score because a role of the application wrote the text.
    pub(crate) fn trust(&self) -> i32 {
        self.trust
    }

    /// The windows with at least this score that do not touch each other, best first of each row.
    pub(crate) fn suspects(&self, least: i32) -> Vec<Range<usize>> {
        let mut found: Vec<(i32, Range<usize>)> = Vec::new();
        for start in 0..self.sums.len() - 1 {
            let (score, window) = self.window_from(start);
            if score < least {
                continue;
            }
            match found.last_mut() {
                Some((best, last)) if window.start < last.end => {
                    if score > *best {
                        (*best, *last) = (score, window);
                    }
                }
                _ => found.push((score, window)),
            }
        }
        found
            .into_iter()
            .map(|(_, window)| self.trimmed(&window))
            .collect()
    }

    /// The highest score of all windows.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn worst(&self) -> i32 {
        let starts = 0..self.sums.len().saturating_sub(1).max(1);
        let scores = starts.map(|start| self.window_from(start).0);
        scores.max().unwrap_or(self.base)
    }

    /// The highest score of a window with the token `at` in it.
    pub(crate) fn around(&self, at: usize) -> i32 {
        let first = (at + 1).saturating_sub(WINDOW);
        let starts = first..=at.min(self.sums.len() - 1);
        let scores = starts.map(|start| self.window_from(start).0);
        scores.max().unwrap_or(self.base)
    }

    /// The window that begins here. At the end of a text it moves back, so as not to become smaller.
    fn window_from(&self, start: usize) -> (i32, Range<usize>) {
        let end = (self.sums.len() - 1).min(start + WINDOW);
        let window = end.saturating_sub(WINDOW)..end;
        (self.of(&window), window)
    }

    fn of(&self, window: &Range<usize>) -> i32 {
        let (before, after) = (self.sums[window.start], self.sums[window.end]);
        let weight = after.weight - before.weight;
        // Sixteen times the root, so that little is lost by rounding.
        let length = ((after.norm - before.norm).max(1) << 8).isqrt();
        self.base + weight.saturating_mul(UNIT) / length as i32
    }

    /// Without what speaks against an attack at both ends.
    fn trimmed(&self, window: &Range<usize>) -> Range<usize> {
        let speaks = |at: &usize| self.sums[*at + 1].weight > self.sums[*at].weight;
        let start = window.clone().find(speaks).unwrap_or(window.start);
        let end = window.clone().rev().find(speaks).unwrap_or(start);
        start..end + 1
    }
}

/// Writes weights as the file has them. Features that find no room are left out, the lightest first.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn encode(bases: [i32; 2], mut features: Vec<(u32, Weight)>, buckets: usize) -> Vec<u8> {
    features.sort_by_key(|(feature, weight)| {
        (std::cmp::Reverse(weight.weight.unsigned_abs()), *feature)
    });
    let mut bytes = vec![0; HEADER + buckets * BUCKET];
    bytes[..4].copy_from_slice(&bases[0].to_le_bytes());
    bytes[4..HEADER].copy_from_slice(&bases[1].to_le_bytes());
    for (feature, weight) in features {
        let place = HEADER + bucket_of(feature, buckets) * BUCKET;
        let tag = tag_of(feature).to_le_bytes();
        let slot = bytes[place..place + BUCKET]
            .chunks_exact_mut(SLOT)
            .find(|slot| slot[..2] == [0, 0] || slot[..2] == tag);
        if let Some(slot) = slot
            && slot[..2] != tag
        {
            slot[..2].copy_from_slice(&tag);
            slot[2] = weight.weight as u8;
            slot[3] = (weight.category << 5) | weight.norm.min(31);
        }
    }
    bytes
}

fn bucket_of(feature: u32, buckets: usize) -> usize {
    (feature & 0xffff) as usize & buckets.saturating_sub(1)
}

/// Tells the features of a bucket apart; never 0, which marks an empty place.
fn tag_of(feature: u32) -> u16 {
    ((feature >> 16) as u16).max(1)
}
