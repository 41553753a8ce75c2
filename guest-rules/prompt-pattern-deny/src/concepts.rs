//! What words mean, whatever the language: the word lists of `concepts.txt`.

use crate::tokens::{SEED, Token, hash};
use crate::view::View;
use crate::words::Words;

const LISTS: &str = include_str!("concepts.txt");

/// Signs of a row in a script without spaces are looked up in rows of up to so many.
const MAX_ROW: usize = 6;

/// So many places of the table are looked at for one word.
const MAX_PROBES: usize = 16;

/// A meaning, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Concept(pub(crate) u8);

impl Concept {
    pub(crate) const NONE: Self = Self(0);
}

/// The lists, by hash.
#[derive(Debug)]
pub(crate) struct Concepts {
    /// Open addressing by the lowest bits; an empty place has no concept.
    table: Vec<(u32, Concept)>,
}

/// What the hash of an entry is made of.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Word = 0x1357_9bdf,
    Beginning = 0x2468_ace0,
    Pair = 0x5a5a_0f0f,
    Row = 0x3c3c_7171,
}

impl Default for Concepts {
    /// No lists.
    fn default() -> Self {
        Self {
            table: vec![(0, Concept::NONE); 1],
        }
    }
}

impl Concepts {
    /// The shipped lists.
    pub(crate) fn shipped() -> Self {
        let mut concepts = Self {
            table: vec![(0, Concept::NONE); 1 << 14],
        };
        let mut concept = 0;
        for line in LISTS.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with('[') {
                concept += 1;
            }
            for entry in line
                .split_whitespace()
                .filter(|entry| !entry.starts_with('['))
            {
                concepts.learn(entry, Concept(concept));
            }
        }
        concepts
    }

    fn learn(&mut self, entry: &str, concept: Concept) {
        let is_beginning = entry.ends_with('*');
        let view = View::new(entry, &Words::default(), &Self::default());
        let key = match view.tokens() {
            [only] if is_beginning && !only.is_sign => key(Kind::Beginning, only.word),
            [only] if !only.is_sign => key(Kind::Word, only.word),
            [first, second] if !first.is_sign => pair(first.word, second.word),
            signs => key(
                Kind::Row,
                signs.iter().fold(SEED, |row, sign| hash(row, sign.tail)),
            ),
        };
        let mask = self.table.len() - 1;
        let place = (0..MAX_PROBES)
            .map(|probe| (key as usize + probe) & mask)
            .find(|place| self.table[*place].1 == Concept::NONE || self.table[*place].0 == key);
        // What is listed twice means what it was listed for first.
        if let Some(place) = place
            && self.table[place].1 == Concept::NONE
        {
            self.table[place] = (key, concept);
        }
    }

    /// What a word with this hash means.
    pub(crate) fn of_word(&self, word: u32) -> Option<Concept> {
        self.find(key(Kind::Word, word))
    }

    /// What words mean whose beginning has this hash.
    pub(crate) fn of_beginning(&self, beginning: u32) -> Option<Concept> {
        self.find(key(Kind::Beginning, beginning))
    }

    /// Gives their meaning to tokens that have it only together.
    pub(crate) fn mark_rows(&self, tokens: &mut [Token]) {
        for at in 0..tokens.len() {
            let token = tokens[at];
            if token.is_sign {
                let mut row = SEED;
                for end in at..tokens.len().min(at + MAX_ROW) {
                    if !tokens[end].is_sign {
                        break;
                    }
                    row = hash(row, tokens[end].tail);
                    if let Some(concept) = self.find(key(Kind::Row, row)) {
                        tokens[at].concept = concept;
                    }
                }
            } else if let Some(before) = at.checked_sub(1).map(|before| tokens[before])
                && let Some(concept) = self.find(pair(before.word, token.word))
            {
                tokens[at].concept = concept;
            }
        }
    }

    fn find(&self, key: u32) -> Option<Concept> {
        let mask = self.table.len() - 1;
        for probe in 0..MAX_PROBES {
            let (known, concept) = self.table[(key as usize + probe) & mask];
            if concept == Concept::NONE {
                return None;
            }
            if known == key {
                return Some(concept);
            }
        }
        None
    }
}

/// Spreads the bits of a hash of FNV, whose lowest ones are weak.
fn key(kind: Kind, hash: u32) -> u32 {
    let mixed = (hash ^ kind as u32).wrapping_mul(0x9e37_79b1);
    mixed ^ (mixed >> 15)
}

fn pair(first: u32, second: u32) -> u32 {
    key(Kind::Pair, first.rotate_left(7) ^ second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concepts(text: &str) -> Vec<u8> {
        let view = View::new(text, &Words::default(), &Concepts::shipped());
        view.tokens().iter().map(|token| token.concept.0).collect()
    }

    #[test]
    fn words_beginnings_pairs_and_rows_of_signs_have_a_meaning() {
        let override_ = concepts("ignore")[0];
        assert_ne!(override_, 0);
        for text in ["ignorieren", "игнорируй", "تجاهل", "무시하고"] {
            assert_eq!(concepts(text), [override_], "{text}");
        }
        assert_eq!(concepts("bỏ qua")[1], override_);
        assert_eq!(concepts("请忽略它")[1], override_);
    }

    #[test]
    fn other_words_have_none() {
        assert_eq!(concepts("zebra crossing"), [0, 0]);
    }
}
