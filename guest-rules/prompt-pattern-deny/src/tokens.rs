//! The words of a text as numbers: what the learned detector is fed with.

use crate::concepts::{Concept, Concepts};

/// Hash of no letters: the offset of FNV-1a.
pub(crate) const SEED: u32 = 0x811c_9dc5;

/// Longer words are hashed up to here.
const MAX_LETTERS: usize = 24;

/// Hash of a word with one more letter (FNV-1a). The hashes of all beginnings of a word come along.
pub(crate) fn hash(before: u32, letter: u32) -> u32 {
    (before ^ letter).wrapping_mul(0x0100_0193)
}

/// A word, or a sign of a script without spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// Hash of the whole word.
    pub(crate) word: u32,
    /// Hash of its beginning, which inflected forms share.
    pub(crate) stem: u32,
    /// Hash of the end of a long word, for compounds; 0 for others. For a sign: the sign itself.
    pub(crate) tail: u32,
    /// What it means, if that is known.
    pub(crate) concept: Concept,
    pub(crate) is_sign: bool,
    /// What stands between it and the token before.
    pub(crate) before: Separators,
    /// The bytes of the text it was made from.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    /// A word of folded letters, which are ASCII.
    pub(crate) fn of_word(
        letters: &[u8],
        concepts: &Concepts,
        before: Separators,
        start: usize,
        end: usize,
    ) -> Self {
        let letters = letters.iter().map(|letter| u32::from(*letter));
        Self::of_letters(letters, 5, concepts, before, start, end)
    }

    /// A sign of a script without spaces.
    pub(crate) fn of_sign(sign: u32, before: Separators, start: usize, end: usize) -> Self {
        let word = hash(SEED, sign);
        Self {
            word,
            stem: word,
            tail: sign,
            concept: Concept::NONE,
            is_sign: true,
            before,
            start,
            end,
        }
    }

    fn of_letters(
        letters: impl ExactSizeIterator<Item = u32> + DoubleEndedIterator + Clone,
        stem_length: usize,
        concepts: &Concepts,
        before: Separators,
        start: usize,
        end: usize,
    ) -> Self {
        let length = letters.len();
        let mut word = SEED;
        let mut stem = SEED;
        let mut concept = Concept::NONE;
        for (index, letter) in letters.clone().take(MAX_LETTERS).enumerate() {
            word = hash(word, letter);
            if index + 1 == stem_length {
                stem = word;
            }
            if let Some(found) = concepts.of_beginning(word) {
                concept = found;
            }
        }
        if length < stem_length {
            stem = word;
        }
        if let Some(found) = concepts.of_word(word) {
            concept = found;
        }
        let tail = if length >= stem_length + 3 {
            letters.rev().take(5).fold(SEED, hash)
        } else {
            0
        };
        Self {
            word,
            stem,
            tail,
            concept,
            is_sign: false,
            before,
            start,
            end,
        }
    }
}

/// Letters of a word that is not Latin.
#[derive(Debug, Default)]
pub(crate) struct Letters(Vec<u32>);

impl Letters {
    /// Adds a letter; 0 stands for none.
    pub(crate) fn push(&mut self, letter: u32) {
        if letter != 0 && self.0.len() < 2 * MAX_LETTERS {
            self.0.push(letter);
        }
    }

    /// Takes out what makes a row of three or more of one letter.
    pub(crate) fn squeeze(&mut self) {
        if self
            .0
            .windows(3)
            .any(|row| row[0] == row[1] && row[1] == row[2])
        {
            self.0.dedup();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The word as a token.
    pub(crate) fn token(
        &self,
        concepts: &Concepts,
        before: Separators,
        start: usize,
        end: usize,
    ) -> Token {
        let letters = without_article(&self.0);
        let stem_length = match letters.first() {
            Some(0xac00..=0xd7a3) => 2,
            Some(0x590..=0x6ff) => 4,
            _ => 5,
        };
        Token::of_letters(
            letters.iter().copied(),
            stem_length,
            concepts,
            before,
            start,
            end,
        )
    }
}

/// An Arabic word without what is written together with it in front: the article and particles.
fn without_article(letters: &[u32]) -> &[u32] {
    const WA: u32 = 0x648;
    const ALEF: u32 = 0x627;
    const LAM: u32 = 0x644;
    const FA: u32 = 0x641;
    const BA: u32 = 0x628;
    match letters {
        [WA | FA | BA, ALEF, LAM, rest @ ..] if rest.len() >= 2 => rest,
        [ALEF, LAM, rest @ ..] | [LAM, LAM, rest @ ..] if rest.len() >= 2 => rest,
        [WA, rest @ ..] if rest.len() >= 4 => rest,
        _ => letters,
    }
}

/// What stands between two words, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Separators(u8);

impl Separators {
    pub(crate) const NONE: Self = Self(0);
    const SENTENCE: Self = Self(1);
    const LINE: Self = Self(2);
    const QUOTE: Self = Self(4);
    const COLON: Self = Self(8);
    const BRACKET: Self = Self(16);
    const COMMA: Self = Self(32);
    const QUESTION: Self = Self(64);
    /// Before the first word of a text.
    pub(crate) const START: Self = Self(128);

    /// The kind of one separating character.
    pub(crate) fn of(character: char) -> Self {
        match character {
            '.' | '!' | '…' | '。' | '！' | '।' => Self::SENTENCE,
            '?' | '？' | '؟' | '¿' => Self::QUESTION,
            '\n' => Self::LINE,
            '"' | '“' | '”' | '„' | '«' | '»' | '‹' | '›' | '「' | '」' | '『' | '』' => {
                Self::QUOTE
            }
            ':' | ';' | '：' | '；' => Self::COLON,
            '<' | '>' | '[' | ']' | '{' | '}' | '(' | ')' | '#' | '*' | '=' | '|' | '_' | '/'
            | '\\' | '【' | '】' | '（' | '）' => Self::BRACKET,
            ',' | '，' | '、' | '،' | '-' | '–' | '—' => Self::COMMA,
            _ => Self::NONE,
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The one kind that says most; 0 if there is nothing but space.
    pub(crate) fn strongest(self) -> u8 {
        let order = [
            Self::START,
            Self::QUOTE,
            Self::BRACKET,
            Self::LINE,
            Self::QUESTION,
            Self::SENTENCE,
            Self::COLON,
            Self::COMMA,
        ];
        order
            .into_iter()
            .find(|kind| self.0 & kind.0 != 0)
            .map_or(0, |kind| kind.0)
    }

    /// Whether a sentence may begin here.
    pub(crate) fn begins(self) -> bool {
        self.0 & !(Self::COMMA.0) != 0
    }
}
