//! What a rule author's tests need beside the rule itself.

use crate::{ByteRange, Call, Evaluation, Verdict, pieces};

/// Says what is wrong with an evaluation, if anything: the host treats a rule that answers so as one
/// that failed.
///
/// Every range must lie in a text or in the arguments of a tool call of `call`, on character
/// boundaries; edits must not overlap; codes must be lower case with dots.
///
/// # Errors
/// A sentence that names the finding or edit.
pub fn check_answer(call: &Call, evaluation: &Evaluation) -> Result<(), String> {
    for finding in &evaluation.findings {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.');
        if finding.code.is_empty() || !finding.code.bytes().all(allowed) {
            return Err(format!(
                "the code `{}` is not lower case with dots",
                finding.code
            ));
        }
        for range in &finding.ranges {
            check_range(call, range).map_err(|error| format!("{}: {error}", finding.code))?;
        }
    }
    let Verdict::Redact(edits) = &evaluation.verdict else {
        return Ok(());
    };
    for (index, edit) in edits.iter().enumerate() {
        check_range(call, &edit.range).map_err(|error| format!("edit {index}: {error}"))?;
        let overlaps = |other: &ByteRange| {
            other.place == edit.range.place
                && other.start < edit.range.end
                && edit.range.start < other.end
        };
        if edits[..index].iter().any(|other| overlaps(&other.range)) {
            return Err(format!("edit {index} overlaps one before it"));
        }
    }
    Ok(())
}

fn check_range(call: &Call, range: &ByteRange) -> Result<(), String> {
    let piece = pieces(call).find(|piece| piece.place == range.place);
    let Some(piece) = piece else {
        return Err("a range names no text of the call".to_owned());
    };
    let part = usize::try_from(range.start)
        .ok()
        .zip(usize::try_from(range.end).ok())
        .and_then(|(start, end)| piece.text.get(start..end));
    match part {
        Some(_) => Ok(()),
        None => Err("a range is not a part of its text, or splits a character".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Report};

    fn answer(start: u32, end: u32) -> Result<(), String> {
        let call = Call::of_text("a\u{e9}b");
        let mut report = Report::default();
        let range = ByteRange {
            place: "/input/0".to_owned(),
            start,
            end,
        };
        report.find(Action::Warn, "test.code", "A test", range);
        check_answer(&call, &report.finish())
    }

    #[test]
    fn a_range_must_lie_in_its_text_on_character_boundaries() {
        assert_eq!(answer(0, 4), Ok(()));
        assert!(answer(0, 5).is_err());
        assert!(answer(0, 2).is_err());
        assert!(answer(3, 1).is_err());
    }

    #[test]
    fn edits_must_not_overlap() {
        let call = Call::of_text("abcdef");
        let mut report = Report::default();
        for (start, end) in [(0, 3), (2, 4)] {
            let range = ByteRange {
                place: "/input/0".to_owned(),
                start,
                end,
            };
            report.redact("test.code", "A test", range, "x");
        }
        assert!(check_answer(&call, &report.finish()).is_err());
    }
}
