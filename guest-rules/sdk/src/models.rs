//! Figures that are kept by the name of a model.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Figures by model. A model is found by its exact name, or else by its name without the date of its
/// version: `gpt-4o-2024-08-06` has the figures of `gpt-4o` unless it has its own.
///
/// In a configuration: an object whose keys are the names.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct ModelTable<T>(BTreeMap<String, T>);

impl<T> Default for ModelTable<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> ModelTable<T> {
    /// The figures of a model.
    pub fn get(&self, model: &str) -> Option<&T> {
        self.0.get(model).or_else(|| self.0.get(undated(model)?))
    }
}

impl<T> FromIterator<(String, T)> for ModelTable<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(figures: I) -> Self {
        Self(figures.into_iter().collect())
    }
}

/// The name of a model without the date of its version. `None` if it has no date.
///
/// Dates are written as in `gpt-4o-2024-08-06`, `claude-sonnet-4-20250514`, `gpt-4-0613` or
/// `claude-3-haiku@20240307`.
pub fn undated(model: &str) -> Option<&str> {
    let without = |date: &str| {
        let at = model.len().checked_sub(date.len() + 1)?;
        let end = model.get(at..)?;
        let name = model.get(..at).filter(|name| !name.is_empty())?;
        let same = end
            .bytes()
            .skip(1)
            .zip(date.bytes())
            .all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            });
        (end.starts_with(['-', '@']) && same).then_some(name)
    };
    ["0000-00-00", "00000000", "0000"]
        .into_iter()
        .find_map(without)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_at_the_end_of_a_name_is_left_out() {
        for (model, name) in [
            ("gpt-4o-2024-08-06", "gpt-4o"),
            ("claude-sonnet-4-20250514", "claude-sonnet-4"),
            ("gpt-4-0613", "gpt-4"),
            ("claude-3-haiku@20240307", "claude-3-haiku"),
        ] {
            assert_eq!(undated(model), Some(name));
        }
    }

    #[test]
    fn other_endings_belong_to_the_name() {
        for model in [
            "",
            "gpt-4o",
            "gpt-4o-mini",
            "claude-opus-4-7",
            "llama-3.1-405b",
            "gpt-4-1106-preview",
            "-20250514",
            "20250514",
            "\u{e9}-0613x",
        ] {
            assert_eq!(undated(model), None, "{model}");
        }
    }

    #[test]
    fn an_exact_name_comes_before_an_undated_one() {
        let table: ModelTable<u8> = [("m".to_owned(), 1), ("m-2024-01-01".to_owned(), 2)]
            .into_iter()
            .collect();
        assert_eq!(table.get("m"), Some(&1));
        assert_eq!(table.get("m-2024-01-01"), Some(&2));
        assert_eq!(table.get("m-2025-01-01"), Some(&1));
        assert_eq!(table.get("m-large"), None);
    }
}
