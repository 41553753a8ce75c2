//! Finds markings in text.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use bijotel_rule_sdk::{Folded, Level, Levels};

const MAX_MARKERS: usize = 1000;
const MAX_MARKER: usize = 64;

/// Markings, ready to be found.
#[derive(Debug)]
pub(crate) struct Markers {
    finder: AhoCorasick,
    markers: Vec<Marker>,
}

#[derive(Debug)]
struct Marker {
    level: Level,
    /// As it must be written, if case matters for it.
    exact: Option<String>,
}

impl Markers {
    pub(crate) fn new(
        configured: &BTreeMap<String, String>,
        case_sensitive: bool,
        levels: &Levels,
    ) -> Result<Self, String> {
        let wrong = |what: &str| format!("the configuration key `markers`: expected {what}");
        if configured.len() > MAX_MARKERS {
            return Err(wrong(&format!("at most {MAX_MARKERS} markings")));
        }
        let mut needles = Vec::new();
        let mut markers = Vec::new();
        for (text, level) in configured {
            let plain = Folded::new(text.trim(), false).text().to_owned();
            if plain.is_empty() || plain.len() > MAX_MARKER {
                return Err(wrong(&format!("markings of 1 to {MAX_MARKER} bytes")));
            }
            let level = levels
                .find(level)
                .ok_or_else(|| wrong("each marking to stand for one of the levels"))?;
            let exact = case_sensitive || is_portion_mark(&plain);
            markers.push(Marker {
                level,
                exact: exact.then(|| Folded::new(text.trim(), true).text().to_owned()),
            });
            needles.push(plain);
        }
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&needles)
            .map_err(|error| wrong(&format!("fewer or shorter markings ({error})")))?;
        Ok(Self { finder, markers })
    }

    /// The markings in a text and where they stand. Of those that begin in the same place the longest.
    pub(crate) fn find_all(&self, text: &str) -> Vec<(Level, Range<usize>)> {
        let plain = Folded::new(text, false);
        let as_written = Folded::new(text, true);
        let found = self.finder.find_iter(plain.text()).filter_map(|found| {
            let marker = &self.markers[found.pattern().as_usize()];
            let is_written = |exact: &String| as_written.text().get(found.range()) == Some(exact);
            let stands = marker.exact.as_ref().is_none_or(is_written)
                && stands_alone(plain.text(), &found.range());
            stands.then(|| (marker.level, plain.origin(&found.range())))
        });
        found.collect()
    }
}

/// One or two letters in brackets: in small letters these stand in any text, as `(s)` and `(c)`.
fn is_portion_mark(marker: &str) -> bool {
    let inner = marker
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    inner.is_some_and(|inner| inner.len() <= 2)
}

/// Whether a marking is no part of a longer word, no plural as in `item(S)`, and no sign of copyright.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let marker = &text[range.clone()];
    let before = text[..range.start].chars().next_back();
    let after = text[range.end..].chars().next();
    let is_letter = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let begins_word = marker.starts_with('(') || marker.starts_with(char::is_alphanumeric);
    let ends_word = marker.ends_with(char::is_alphanumeric);
    let joined = (begins_word && is_letter(before)) || (ends_word && is_letter(after));
    let is_copyright = marker == "(C)" && is_year(&text[range.end..]);
    !joined && !is_copyright
}

fn is_year(after: &str) -> bool {
    let digits = after.trim_start().bytes().take_while(u8::is_ascii_digit);
    digits.count() == 4
}
