//! An operator's own regular expressions, and what is done about what they match. With the feature
//! `patterns`.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::{Action, ByteRange, Origin, Piece, Report, Unescaped};

/// Patterns in one configuration.
const MAX_PATTERNS: usize = 64;
/// Bytes of one pattern.
const MAX_PATTERN: usize = 4096;
/// Bytes that one pattern may take when it is compiled.
const MAX_COMPILED: usize = 512 << 10;
/// Bytes that one pattern may use to be quick; with less it is slower.
const MAX_CACHE: usize = 256 << 10;
/// Matches in one call; edits of more would not fit into an answer.
const MAX_MATCHES: usize = 2000;

/// A pattern as an operator writes it down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternConfig {
    /// The regular expression, in the syntax of the crate `regex`.
    pub pattern: String,
    /// What to do about a match. Default block.
    #[serde(default)]
    pub action: PatternAction,
    /// What stands in place of a match. Default `[REDACTED]`.
    #[serde(default = "redacted")]
    pub replacement: String,
    /// What the finding is called. Default `match`.
    #[serde(default = "unlabelled")]
    pub label: String,
}

/// What to do about a match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PatternAction {
    /// Stop the call.
    #[default]
    #[serde(alias = "deny")]
    Block,
    /// Put the replacement there.
    Redact,
    /// Let it pass and say so.
    Warn,
    /// Hold it until a person has decided.
    Escalate,
}

/// Compiled patterns. The time that a search takes grows with the text, and with what the patterns are
/// compiled to, but never out of proportion.
#[derive(Debug)]
pub struct Patterns {
    patterns: Vec<Pattern>,
    too_many: String,
    cannot_redact: String,
}

#[derive(Debug)]
struct Pattern {
    regex: Regex,
    action: PatternAction,
    replacement: String,
    code: String,
    reason: String,
}

/// A search of one call.
#[derive(Debug)]
pub struct Search<'a> {
    patterns: &'a Patterns,
    report: Report,
    matches: usize,
}

impl Patterns {
    /// Compiles patterns. Codes of findings are `RULE.LABEL`, `RULE.too_many_matches` and
    /// `RULE.cannot_redact`.
    ///
    /// # Errors
    /// What is wrong with the configuration key `patterns`.
    pub fn new(rule: &str, configured: &[PatternConfig]) -> Result<Self, String> {
        if configured.len() > MAX_PATTERNS {
            return Err(format!(
                "the configuration key `patterns`: expected at most {MAX_PATTERNS}"
            ));
        }
        let compile = |(index, pattern)| {
            Pattern::new(rule, pattern)
                .map_err(|error| format!("the configuration key `patterns[{index}]`: {error}"))
        };
        Ok(Self {
            patterns: configured
                .iter()
                .enumerate()
                .map(compile)
                .collect::<Result<_, _>>()?,
            too_many: format!("{rule}.too_many_matches"),
            cannot_redact: format!("{rule}.cannot_redact"),
        })
    }

    /// Begins the search of a call.
    pub fn search(&self) -> Search<'_> {
        Search {
            patterns: self,
            report: Report::default(),
            matches: 0,
        }
    }
}

impl Search<'_> {
    /// Searches a text. Of a window, the first `judged` bytes were judged before: what lies in them
    /// alone is left out, and no edit begins in them.
    pub fn text(&mut self, piece: &Piece<'_>, judged: usize) {
        if matches!(piece.origin, Origin::Arguments(_)) {
            return self.arguments(piece);
        }
        let mut edits = Vec::new();
        for (index, found) in self.find_all(piece.text) {
            if found.end <= judged {
                continue;
            }
            if self.patterns.patterns[index].action == PatternAction::Redact {
                edits.push((found.start.max(judged)..found.end, index));
            } else {
                self.report_at(index, piece.range(found.start, found.end));
            }
        }
        self.redact(piece, edits);
    }

    /// Searches a text that cannot be edited and of which no part can be named.
    pub fn fixed_text(&mut self, place: &str, text: &str) {
        for (index, _) in self.find_all(text) {
            let range = ByteRange {
                place: place.to_owned(),
                start: 0,
                end: 0,
            };
            if self.patterns.patterns[index].action == PatternAction::Redact {
                self.refuse_to_redact(range);
            } else {
                self.report_at(index, range);
            }
        }
    }

    /// What was found.
    pub fn finish(mut self) -> Report {
        if self.matches > MAX_MATCHES {
            let reason = format!("The patterns match in more than {MAX_MATCHES} places");
            let code = &self.patterns.too_many;
            self.report.find_in_call(Action::Deny, code, &reason);
        }
        self.report
    }

    fn arguments(&mut self, piece: &Piece<'_>) {
        let plain = Unescaped::new(piece.text);
        let mut edits = Vec::new();
        for (index, found) in self.find_all(plain.text()) {
            let origin = plain.origin(&found);
            let redacts = self.patterns.patterns[index].action == PatternAction::Redact;
            if redacts && plain.is_in_string(&found) {
                edits.push((origin, index));
            } else if redacts {
                self.refuse_to_redact(piece.range(origin.start, origin.end));
            } else {
                self.report_at(index, piece.range(origin.start, origin.end));
            }
        }
        self.redact(piece, edits);
    }

    fn find_all(&mut self, text: &str) -> Vec<(usize, Range<usize>)> {
        let mut all = Vec::new();
        for (index, pattern) in self.patterns.patterns.iter().enumerate() {
            let left = (MAX_MATCHES + 1).saturating_sub(self.matches);
            let found = pattern
                .regex
                .find_iter(text)
                .filter(|found| !found.is_empty());
            let before = all.len();
            all.extend(found.take(left).map(|found| (index, found.range())));
            self.matches += all.len() - before;
        }
        all
    }

    /// Makes edits; those that overlap become one, with the replacement of the first.
    fn redact(&mut self, piece: &Piece<'_>, mut edits: Vec<(Range<usize>, usize)>) {
        edits.sort_by_key(|(range, index)| (range.start, *index));
        let mut rest = edits.into_iter().peekable();
        while let Some((mut range, first)) = rest.next() {
            while let Some((next, index)) = rest.next_if(|(next, _)| next.start < range.end) {
                range.end = range.end.max(next.end);
                self.report_at(index, piece.range(next.start, next.end));
            }
            let pattern = &self.patterns.patterns[first];
            let replacement = if matches!(piece.origin, Origin::Arguments(_)) {
                in_json(&pattern.replacement)
            } else {
                pattern.replacement.clone()
            };
            let range = piece.range(range.start, range.end);
            let (code, reason) = (&pattern.code, &pattern.reason);
            self.report.redact(code, reason, range, &replacement);
        }
    }

    fn report_at(&mut self, index: usize, range: ByteRange) {
        let pattern = &self.patterns.patterns[index];
        let action = match pattern.action {
            PatternAction::Block => Action::Deny,
            PatternAction::Redact => Action::Redact,
            PatternAction::Warn => Action::Warn,
            PatternAction::Escalate => Action::Escalate,
        };
        self.report
            .find(action, &pattern.code, &pattern.reason, range);
    }

    fn refuse_to_redact(&mut self, range: ByteRange) {
        let reason = "What is to be redacted stands where nothing can be replaced";
        let code = &self.patterns.cannot_redact;
        self.report.find(Action::Deny, code, reason, range);
    }
}

impl Pattern {
    fn new(rule: &str, config: &PatternConfig) -> Result<Self, String> {
        let is_label = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let label = config.label.as_str();
        if label.is_empty() || label.len() > 64 || !label.bytes().all(is_label) {
            return Err("`label`: expected 1 to 64 letters, digits, `_` and `-`".to_owned());
        }
        if config.pattern.len() > MAX_PATTERN || config.replacement.len() > MAX_PATTERN {
            return Err(format!("expected at most {MAX_PATTERN} bytes"));
        }
        let regex = RegexBuilder::new(&config.pattern)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_CACHE)
            .build()
            .map_err(|error| format!("`pattern`: {error}"))?;
        if regex.is_match("") {
            return Err(
                "`pattern`: it matches the empty text, so it would match anywhere".to_owned(),
            );
        }
        Ok(Self {
            regex,
            action: config.action,
            replacement: config.replacement.clone(),
            code: format!("{rule}.{}", label.to_ascii_lowercase().replace('-', "_")),
            reason: format!("The pattern `{label}` matches"),
        })
    }
}

/// A text as it stands between the quotation marks of a JSON string.
fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn redacted() -> String {
    "[REDACTED]".to_owned()
}

fn unlabelled() -> String {
    "match".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Call, Evaluation, Verdict, pieces, testing};

    fn search(patterns: &str, call: &Call, judged: usize) -> Evaluation {
        let configured: Vec<PatternConfig> = serde_json::from_str(patterns).unwrap();
        let patterns = Patterns::new("rule", &configured).unwrap();
        let mut search = patterns.search();
        for piece in pieces(call) {
            search.text(&piece, judged);
        }
        let evaluation = search.finish().finish();
        testing::check_answer(call, &evaluation).unwrap();
        evaluation
    }

    fn edits(evaluation: &Evaluation) -> Vec<(u32, u32, &str)> {
        match &evaluation.verdict {
            Verdict::Redact(edits) => edits
                .iter()
                .map(|edit| (edit.range.start, edit.range.end, edit.replacement.as_str()))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    fn error(patterns: &str) -> String {
        let configured: Vec<PatternConfig> = serde_json::from_str(patterns).unwrap();
        Patterns::new("rule", &configured).unwrap_err()
    }

    #[test]
    fn a_match_blocks_unless_something_else_is_wanted() {
        let call = Call::of_text("order 66");
        let evaluation = search(
            r#"[{"pattern":"order \\d+","label":"Sith-order"}]"#,
            &call,
            0,
        );
        assert_eq!(evaluation.verdict, Verdict::Deny);
        assert_eq!(evaluation.findings[0].code, "rule.sith_order");
        let warn = search(r#"[{"pattern":"\\d+","action":"warn"}]"#, &call, 0);
        assert_eq!(warn.verdict, Verdict::Warn);
        assert_eq!(warn.findings[0].code, "rule.match");
    }

    #[test]
    fn every_match_is_replaced_and_the_strictest_pattern_decides() {
        let redact = r#"{"pattern":"\\d","action":"redact","replacement":"_"}"#;
        let call = Call::of_text("1 a 2");
        let evaluation = search(&format!("[{redact}]"), &call, 0);
        assert_eq!(edits(&evaluation), [(0, 1, "_"), (4, 5, "_")]);
        let both = search(
            &format!(r#"[{redact},{{"pattern":"a","label":"b"}}]"#),
            &call,
            0,
        );
        assert_eq!(both.verdict, Verdict::Deny);
        assert_eq!(both.findings.len(), 2);
    }

    #[test]
    fn overlapping_matches_become_one_edit() {
        let patterns = r#"[{"pattern":"cde","action":"redact","replacement":"2","label":"b"},
            {"pattern":"abcd","action":"redact","replacement":"1","label":"a"}]"#;
        let evaluation = search(patterns, &Call::of_text("abcdef"), 0);
        assert_eq!(edits(&evaluation), [(0, 5, "1")]);
        assert_eq!(evaluation.findings.len(), 2);
    }

    #[test]
    fn what_was_released_is_not_edited() {
        let redact = r#"[{"pattern":"\\d{4}","action":"redact"}]"#;
        let call = Call::of_text("1111 2222");
        assert_eq!(edits(&search(redact, &call, 7)), [(7, 9, "[REDACTED]")]);
    }

    #[test]
    fn arguments_stay_json() {
        let call = Call::of_tool_call("t", r#"{"a":"x\n42","b":1}"#);
        let redact = r#"[{"pattern":"\n\\d+","action":"redact","replacement":"\"q\""}]"#;
        assert_eq!(edits(&search(redact, &call, 0)), [(7, 11, r#"\"q\""#)]);
    }

    #[test]
    fn what_cannot_be_replaced_is_denied() {
        let call = Call::of_tool_call("t", r#"{"b":42}"#);
        let evaluation = search(r#"[{"pattern":"\\d+","action":"redact"}]"#, &call, 0);
        assert_eq!(evaluation.verdict, Verdict::Deny);
        assert_eq!(evaluation.findings[0].code, "rule.cannot_redact");
    }

    #[test]
    fn too_many_matches_are_denied() {
        let call = Call::of_text(&"a".repeat(100_000));
        let evaluation = search(r#"[{"pattern":"a","action":"redact"}]"#, &call, 0);
        assert_eq!(evaluation.verdict, Verdict::Deny);
        let last = evaluation.findings.last().unwrap();
        assert_eq!(last.code, "rule.too_many_matches");
    }

    #[test]
    fn patterns_are_limited() {
        assert!(error(r#"[{"pattern":"("}]"#).contains("`patterns[0]`: `pattern`"));
        assert!(error(r#"[{"pattern":"a*"}]"#).contains("empty text"));
        assert!(error(r#"[{"pattern":"(a{1000}){1000}"}]"#).contains("`pattern`"));
        assert!(error(r#"[{"pattern":"a","label":"a b"}]"#).contains("`label`"));
        let many = vec![r#"{"pattern":"a"}"#; MAX_PATTERNS + 1].join(",");
        assert!(error(&format!("[{many}]")).contains("at most"));
        let long = format!(r#"[{{"pattern":"{}"}}]"#, "a".repeat(MAX_PATTERN + 1));
        assert!(error(&long).contains("at most"));
    }
}
