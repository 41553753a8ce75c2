//! What the learned detector looks at: words, their beginnings, their neighbours, and what they mean.
//!
//! A feature is a number of 32 bits; the trainer and the evaluation make the same ones.

use crate::tokens::Token;

/// Concepts further apart than so many tokens have nothing to do with each other.
const MAX_REACH: usize = 14;

/// So many concepts before one are put together with it.
const PARTNERS: usize = 4;

/// What a feature is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word = 1,
    Stem,
    Tail,
    Pair,
    Triple,
    Skip,
    Opening,
    Concept,
    ConceptOpening,
    ConceptPair,
    ConceptTriple,
    ConceptNext,
    ConceptAfter,
    Row,
    Mark,
    Surrounded,
}

/// The feature of a phrase of this category that ends at a token.
pub(crate) fn mark(category: u8) -> u32 {
    feature(Kind::Mark, u32::from(category), 0, 0)
}

/// The feature that the trainer knows if several of its texts have this word, or this sign after the
/// one before.
pub(crate) fn familiar(token: &Token, before: Option<&Token>) -> u32 {
    match before {
        Some(before) if token.is_sign && before.is_sign => {
            feature(Kind::Row, before.word, token.word, 0)
        }
        _ => feature(Kind::Word, token.word, 0, 0),
    }
}

/// Calls `found` with every feature, and with the index of the token that it ends at.
pub(crate) fn extract(tokens: &[Token], mut found: impl FnMut(usize, u32)) {
    let mut concepts: [usize; PARTNERS] = [usize::MAX; PARTNERS];
    for (at, token) in tokens.iter().enumerate() {
        let mut add = |kind, a, b, c| found(at, feature(kind, a, b, c));
        let before = |distance: usize| at.checked_sub(distance).map(|index| &tokens[index]);
        let opening = token.before.strongest();
        let concept = u32::from(token.concept.0);

        add(Kind::Word, token.word, 0, 0);
        if token.is_sign {
            let row = |distance| before(distance).filter(|token| token.is_sign);
            if let Some(one) = row(1) {
                add(Kind::Row, one.word, token.word, 0);
                if let Some(two) = row(2) {
                    add(Kind::Row, two.word, one.word, token.word);
                    if let Some(three) = row(3) {
                        let first = three.word ^ two.word.rotate_left(9);
                        add(Kind::Row, first, one.word, token.word);
                    }
                }
            }
        } else {
            if token.stem != token.word {
                add(Kind::Stem, token.stem, 0, 0);
            }
            if token.tail != 0 {
                add(Kind::Tail, token.tail, 0, 0);
            }
            if let Some(one) = before(1) {
                add(Kind::Pair, one.stem, token.stem, 0);
                if let Some(two) = before(2) {
                    add(Kind::Triple, two.stem, one.stem, token.stem);
                    add(Kind::Skip, two.stem, token.stem, 0);
                }
                if let Some(three) = before(3) {
                    add(Kind::Skip, three.stem, token.stem, 0);
                }
            }
        }
        if opening != 0 {
            add(Kind::Opening, token.stem, u32::from(opening), 0);
        }
        if let Some(one) = before(1) {
            let meant = u32::from(one.concept.0);
            if meant != 0 {
                add(Kind::ConceptNext, meant, token.stem, 0);
            }
            if concept != 0 {
                add(Kind::ConceptAfter, one.stem, concept, 0);
            }
        }
        if concept == 0 {
            continue;
        }
        add(Kind::Concept, concept, 0, 0);
        if token.before.begins() {
            add(Kind::ConceptOpening, concept, 0, 0);
            add(Kind::Surrounded, concept, u32::from(opening), 0);
        }
        let near = |partner: usize| partner != usize::MAX && at - partner <= MAX_REACH;
        for (index, partner) in concepts
            .iter()
            .enumerate()
            .filter(|(_, partner)| near(**partner))
        {
            let first = u32::from(tokens[*partner].concept.0);
            add(Kind::ConceptPair, first, concept, 0);
            for earlier in concepts[index + 1..]
                .iter()
                .filter(|earlier| near(**earlier))
            {
                let zeroth = u32::from(tokens[*earlier].concept.0);
                add(Kind::ConceptTriple, zeroth, first, concept);
            }
        }
        concepts.rotate_right(1);
        concepts[0] = at;
    }
}

/// Mixes the parts into one number whose every bit depends on all of them.
const fn feature(kind: Kind, a: u32, b: u32, c: u32) -> u32 {
    let mut mixed = (a as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (b as u64)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^= mixed >> 29;
    mixed = (mixed ^ (c as u64) ^ ((kind as u64) << 40)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 32)) as u32
}
