//! Edits of several rules: merged into one list, and applied.
//!
//! All rules see the original, so all ranges mean the original. Merging orders the edits by place and
//! start. Edits that overlap become one: it covers everything any of them covered, and it has the
//! replacement of the longest of them; if several are as long, of the one that starts first, and of
//! those with the same range, of the first rule's in the order of the rule set. Ranges that only touch
//! do not overlap. An insertion strictly within another edit's range is swallowed by it. So the result
//! depends on nothing but the edits and the order of the rules, and what a rule wanted gone is gone.

use crate::answer::{Content, Places, is_json};
use crate::call::Call;
use crate::error::EditError;
use crate::verdict::{ByteRange, Edit};

/// Apply merged edits (such as [`Decision::edits`](crate::Decision)) to the call they are about.
///
/// # Errors
///
/// When an edit is not for this call, or when the arguments of a tool call, valid JSON before, would no
/// longer be. The call is then unchanged.
pub fn apply_edits(call: &mut Call, edits: &[Edit]) -> Result<(), EditError> {
    let mut edited = call.clone();
    for (index, edit) in edits.iter().enumerate() {
        let place = edit.range.place.as_str();
        let known = edited.input.iter().any(|text| text.place == place)
            || edited.output.iter().any(|text| text.place == place)
            || edited.tool_calls.iter().any(|call| call.place == place);
        if !known {
            return Err(EditError::Place { index });
        }
    }
    for text in edited.input.iter_mut().chain(&mut edited.output) {
        text.content = apply_edits_to(&text.place, &text.content, edits)?;
    }
    for tool in &mut edited.tool_calls {
        let arguments = apply_edits_to(&tool.place, &tool.arguments, edits)?;
        if is_json(&tool.arguments) && !is_json(&arguments) {
            return Err(EditError::Arguments);
        }
        tool.arguments = arguments;
    }
    *call = edited;
    Ok(())
}

/// The text that stands at `place`, with those of the merged edits that are for this place.
///
/// # Errors
///
/// When a range is not within the text, cuts a character, or overlaps the one before.
pub fn apply_edits_to(place: &str, text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut edited = String::with_capacity(text.len());
    let mut copied = 0;
    for (index, edit) in edits.iter().enumerate() {
        if edit.range.place != place {
            continue;
        }
        let (start, end) = (edit.range.start as usize, edit.range.end as usize);
        let before = text.get(copied..start);
        let (Some(before), Some(_)) = (before, text.get(start..end)) else {
            return Err(EditError::Range { index });
        };
        edited.push_str(before);
        edited.push_str(&edit.replacement);
        copied = end;
    }
    edited.push_str(&text[copied..]);
    Ok(edited)
}

/// Merge the edits of several rules, given in the order of the rule set.
pub(crate) fn merge<'a>(rules: impl IntoIterator<Item = &'a [Edit]>) -> Vec<Edit> {
    let mut edits: Vec<&Edit> = rules.into_iter().flatten().collect();
    // Stable: of edits with one range the first rule's comes first.
    edits.sort_by(|a, b| a.range.cmp(&b.range));

    let mut merged: Vec<Merging<'_>> = Vec::new();
    for edit in edits {
        match merged.last_mut() {
            Some(last) if last.overlaps(&edit.range) => last.absorb(edit),
            _ => merged.push(Merging {
                end: edit.range.end,
                start: edit.range.start,
                longest: edit,
            }),
        }
    }
    merged.into_iter().map(Merging::done).collect()
}

/// Whether the arguments of every tool call stay JSON under these merged edits.
pub(crate) fn check_arguments(edits: &[Edit], places: &Places<'_>) -> Result<(), EditError> {
    let mut done = None;
    for edit in edits {
        let place = edit.range.place.as_str();
        if done == Some(place) {
            continue;
        }
        done = Some(place);
        if let Some(Content::Arguments(arguments)) = places.get(place)
            && is_json(arguments)
            && !is_json(&apply_edits_to(place, arguments, edits)?)
        {
            return Err(EditError::Arguments);
        }
    }
    Ok(())
}

struct Merging<'a> {
    start: u32,
    end: u32,
    longest: &'a Edit,
}

impl<'a> Merging<'a> {
    /// `next` does not start before this.
    fn overlaps(&self, next: &ByteRange) -> bool {
        let same_range = next.start == self.start && next.end == self.end;
        next.place == self.longest.range.place && (next.start < self.end || same_range)
    }

    fn absorb(&mut self, edit: &'a Edit) {
        let length = |edit: &Edit| edit.range.end - edit.range.start;
        if length(edit) > length(self.longest) {
            self.longest = edit;
        }
        self.end = self.end.max(edit.range.end);
    }

    fn done(self) -> Edit {
        Edit {
            range: ByteRange {
                place: self.longest.range.place.clone(),
                start: self.start,
                end: self.end,
            },
            replacement: self.longest.replacement.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Role, Stage, Text, ToolCall};

    fn edit(place: &str, start: u32, end: u32, replacement: &str) -> Edit {
        Edit {
            range: ByteRange {
                place: place.into(),
                start,
                end,
            },
            replacement: replacement.into(),
        }
    }

    fn merged(rules: &[&[Edit]], text: &str) -> String {
        apply_edits_to("/a", text, &merge(rules.iter().copied())).unwrap()
    }

    #[test]
    fn edits_apart_are_all_made() {
        let rules: [&[Edit]; 2] = [&[edit("/a", 4, 6, "X")], &[edit("/a", 0, 2, "Y")]];
        assert_eq!(merged(&rules, "0123456789"), "Y23X6789");
    }

    #[test]
    fn edits_that_touch_are_both_made() {
        let rules: [&[Edit]; 2] = [&[edit("/a", 0, 2, "X")], &[edit("/a", 2, 4, "Y")]];
        assert_eq!(merged(&rules, "0123456789"), "XY456789");
    }

    #[test]
    fn overlapping_edits_cover_the_union_with_the_longest_replacement() {
        let rules: [&[Edit]; 2] = [&[edit("/a", 0, 3, "short")], &[edit("/a", 2, 8, "long")]];
        assert_eq!(merged(&rules, "0123456789"), "long89");
    }

    #[test]
    fn a_chain_of_overlaps_is_one_edit() {
        let rules: [&[Edit]; 3] = [
            &[edit("/a", 0, 4, "X")],
            &[edit("/a", 6, 9, "Z")],
            &[edit("/a", 3, 7, "Y")],
        ];
        assert_eq!(merged(&rules, "0123456789"), "X9");
    }

    #[test]
    fn of_equal_ranges_the_first_rule_decides() {
        let rules: [&[Edit]; 2] = [&[edit("/a", 1, 3, "first")], &[edit("/a", 1, 3, "second")]];
        assert_eq!(merged(&rules, "0123"), "0first3");
    }

    #[test]
    fn an_insertion_at_the_border_stays_and_one_within_is_swallowed() {
        let border: [&[Edit]; 2] = [&[edit("/a", 1, 3, "X")], &[edit("/a", 1, 1, "+")]];
        assert_eq!(merged(&border, "0123"), "0+X3");
        let within: [&[Edit]; 2] = [&[edit("/a", 1, 3, "X")], &[edit("/a", 2, 2, "+")]];
        assert_eq!(merged(&within, "0123"), "0X3");
    }

    #[test]
    fn the_order_of_edits_within_a_rule_does_not_matter() {
        let (a, b) = (edit("/a", 0, 3, "abc"), edit("/a", 2, 5, "xyz"));
        let forward: [&[Edit]; 1] = [&[a.clone(), b.clone()]];
        let backward: [&[Edit]; 1] = [&[b, a]];
        assert_eq!(merge(forward), merge(backward));
    }

    #[test]
    fn each_place_has_its_own_edits() {
        let mut call = Call {
            input: ["/a", "/b"]
                .map(|place| Text::new(Role::User, place, "0123"))
                .to_vec(),
            ..Call::new(Stage::Admission)
        };
        apply_edits(&mut call, &[edit("/a", 0, 1, "A"), edit("/b", 3, 4, "B")]).unwrap();
        assert_eq!(call.input[0].content, "A123");
        assert_eq!(call.input[1].content, "012B");
    }

    #[test]
    fn a_call_is_unchanged_when_an_edit_does_not_fit() {
        let mut call = Call {
            tool_calls: vec![ToolCall {
                id: None,
                name: "t".into(),
                arguments: r#"{"a":"b"}"#.into(),
                place: "/a".into(),
                ..ToolCall::default()
            }],
            ..Call::new(Stage::Commitment)
        };
        let before = call.clone();
        let cases = [
            (edit("/a", 0, 1, "["), EditError::Arguments),
            (edit("/a", 8, 10, ""), EditError::Range { index: 0 }),
            (edit("/c", 0, 0, ""), EditError::Place { index: 0 }),
        ];
        for (edit, error) in cases {
            assert_eq!(apply_edits(&mut call, &[edit]), Err(error));
            assert_eq!(call, before);
        }
    }
}
