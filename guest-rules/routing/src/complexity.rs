//! How hard a request is, from 0 to 1, by its length and by signs of code, mathematics and reasoning.

use std::fmt;

use aho_corasick::AhoCorasick;

/// Words of requests that need thought.
const MARKERS: &[&str] = &[
    "explain",
    "analyze",
    "compare",
    "derive",
    "prove",
    "design",
    "architect",
    "refactor",
    "debug",
    "optimize",
    "evaluate",
    "step by step",
    "step-by-step",
    "reasoning",
    "because",
    "therefore",
    "however",
    "trade-off",
    "trade off",
    "tradeoff",
];

/// Words of requests that need none.
const SIMPLE: &[&str] = &[
    "hello",
    "hi ",
    "hey",
    "thanks",
    "thank you",
    "yes",
    "no ",
    "ok ",
    "okay",
];

const MATH: &str = "∑∫∂√∞≤≥≠±÷×";

/// A text of this many characters is as long as counts.
const SATURATION: f64 = 2000.0;
const LENGTH_WEIGHT: f64 = 0.3;
const FENCE_WEIGHT: f64 = 0.25;
const INLINE_WEIGHT: f64 = 0.1;
const INLINE_LEAST: usize = 3;
const MATH_WEIGHT: f64 = 0.15;
const MARKER_WEIGHT: f64 = 0.2;
const MARKER_MOST: f64 = 3.0;
const SIMPLE_WEIGHT: f64 = -0.3;
const SIMPLE_LENGTH: usize = 50;

/// What of a request tells how hard it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signs {
    /// In characters.
    length: usize,
    /// Different words of requests that need thought.
    markers: usize,
    /// A word of requests that need none.
    simple: bool,
    /// A fenced block of code.
    fenced: bool,
    /// Pieces of inline code.
    inline: usize,
    math: bool,
}

impl Signs {
    /// The score, from 0 to 1.
    pub(crate) fn score(&self) -> f64 {
        let mut score = LENGTH_WEIGHT * (to_f64(self.length) / SATURATION).min(1.0);
        score += MARKER_WEIGHT * (to_f64(self.markers) / MARKER_MOST).min(1.0);
        if self.fenced {
            score += FENCE_WEIGHT;
        }
        if self.inline >= INLINE_LEAST {
            score += INLINE_WEIGHT;
        }
        if self.math {
            score += MATH_WEIGHT;
        }
        if self.is_small_talk() {
            score += SIMPLE_WEIGHT;
        }
        score.clamp(0.0, 1.0)
    }

    fn is_small_talk(&self) -> bool {
        self.simple && self.length < SIMPLE_LENGTH
    }
}

/// What the score was made from, in words.
impl fmt::Display for Signs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} characters", self.length)?;
        if self.markers > 0 {
            write!(f, ", {} words of reasoning", self.markers)?;
        }
        if self.fenced || self.inline >= INLINE_LEAST {
            f.write_str(", code")?;
        }
        if self.math {
            f.write_str(", mathematics")?;
        }
        if self.is_small_talk() {
            f.write_str(", small talk")?;
        }
        Ok(())
    }
}

/// Measures requests.
#[derive(Debug)]
pub(crate) struct Complexity {
    words: AhoCorasick,
}

impl Complexity {
    pub(crate) fn new() -> Result<Self, String> {
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(MARKERS.iter().chain(SIMPLE))
            .map_err(|error| format!("the shipped words: {error}"))?;
        Ok(Self { words })
    }

    /// The signs in a request.
    pub(crate) fn read(&self, text: &str) -> Signs {
        let (markers, simple) = self.words_in(text);
        let (fenced, inline) = code_in(text);
        Signs {
            length: text.chars().count(),
            markers,
            simple,
            fenced,
            inline,
            math: has_math(text),
        }
    }

    /// How many different markers a text has, and whether it has a sign of being simple.
    fn words_in(&self, text: &str) -> (usize, bool) {
        let mut seen = [false; MARKERS.len()];
        let mut simple = false;
        // A text may end with a word that has to be followed by a space.
        let tail = text.len().saturating_sub(8);
        let tail = format!("{} ", &text[text.floor_char_boundary(tail)..]);
        for source in [text, &tail] {
            for found in self.words.find_overlapping_iter(source) {
                let before = found
                    .start()
                    .checked_sub(1)
                    .map(|before| source.as_bytes()[before]);
                if source.len() == tail.len() && found.start() == 0 && text.len() > tail.len() {
                    continue;
                }
                match seen.get_mut(found.pattern().as_usize()) {
                    Some(seen) => *seen = true,
                    None => simple |= !before.is_some_and(|byte| byte.is_ascii_alphanumeric()),
                }
            }
        }
        (seen.iter().filter(|seen| **seen).count(), simple)
    }
}

/// Whether a text has a fenced block of code, and how many pieces of inline code it has outside.
fn code_in(text: &str) -> (bool, usize) {
    let mut parts = text.split("```");
    let mut inline = inline_code(parts.next().unwrap_or_default());
    let mut fenced = false;
    while let Some(block) = parts.next() {
        let Some(after) = parts.next() else { break };
        let tag = block
            .trim_start_matches(|character: char| character.is_alphanumeric() || character == '_');
        fenced |= tag.starts_with('\n');
        inline += inline_code(after);
    }
    (fenced, inline)
}

fn inline_code(text: &str) -> usize {
    text.lines()
        .map(|line| line.bytes().filter(|byte| *byte == b'`').count() / 2)
        .sum()
}

/// Whether a text has a mathematical sign or a command of TeX with an argument.
fn has_math(text: &str) -> bool {
    if !text.is_ascii() && text.chars().any(|character| MATH.contains(character)) {
        return true;
    }
    text.match_indices('\\').any(|(at, _)| {
        let rest = &text[at + 1..];
        let name = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        name > 0 && rest.as_bytes().get(name) == Some(&b'{')
    })
}

fn to_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(text: &str) -> f64 {
        (Complexity::new().unwrap().read(text).score() * 1000.0).round() / 1000.0
    }

    #[test]
    fn a_greeting_is_not_complex() {
        assert_eq!(score("Hello there!"), 0.0);
        assert_eq!(score("ok"), 0.0);
    }

    #[test]
    fn length_counts_up_to_two_thousand_characters() {
        assert_eq!(score(&"x".repeat(1000)), 0.15);
        assert_eq!(score(&"x".repeat(2000)), 0.3);
        assert_eq!(score(&"x".repeat(9000)), 0.3);
    }

    #[test]
    fn every_kind_of_sign_adds_its_weight() {
        let base = "x".repeat(2000);
        assert_eq!(score(&format!("{base} explain")), 0.367);
        assert_eq!(score(&format!("{base} Explain compare prove design")), 0.5);
        assert_eq!(score(&format!("{base}\n```py\n1\n```")), 0.55);
        assert_eq!(score(&format!("{base} `a` `b` `c`")), 0.4);
        assert_eq!(score(&format!("{base} √2")), 0.45);
        assert_eq!(score(&format!("{base} \\frac{{1}}{{2}}")), 0.45);
    }

    #[test]
    fn a_simple_word_counts_only_in_a_short_text_and_only_as_a_word() {
        assert_eq!(score("thanks, explain design prove"), 0.0);
        assert!(
            score("they explain design prove this very same thing in a text longer than fifty")
                > 0.2
        );
        assert!(score("chi explain design prove") > 0.2);
    }

    #[test]
    fn the_score_is_at_most_one() {
        let text = format!(
            "{} explain compare prove `a` `b` `c` √2\n```py\n1\n```",
            "x".repeat(9000)
        );
        assert_eq!(score(&text), 1.0);
    }
}
