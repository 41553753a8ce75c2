//! How much is at stake: whether a text has one of the keywords.

use std::collections::HashMap;
use std::ops::Range;

/// The keywords, unless a configuration has its own.
const SHIPPED: &[&str] = &[
    "attorney",
    "clinical",
    "compliance",
    "contract",
    "court",
    "credential",
    "danger",
    "diagnosis",
    "dosage",
    "emergency",
    "exploit",
    "fatal",
    "financial",
    "fraud",
    "hazard",
    "investment",
    "irreversible",
    "lawsuit",
    "legal",
    "liability",
    "loan",
    "medical",
    "medication",
    "mortgage",
    "prescription",
    "regulation",
    "safety",
    "symptom",
    "tax",
    "treatment",
    "vulnerability",
];

/// The keywords: by their first word, the words after it.
#[derive(Debug)]
pub(crate) struct Keywords(HashMap<String, Vec<Vec<String>>>);

impl Keywords {
    /// The operator's keywords, or the shipped ones.
    pub(crate) fn new(own: Option<&[String]>) -> Self {
        let shipped = || SHIPPED.iter().map(|word| (*word).to_owned()).collect();
        let list: Vec<String> = own.map_or_else(shipped, <[String]>::to_vec);
        let mut keywords: HashMap<String, Vec<Vec<String>>> = HashMap::new();
        for phrase in &list {
            let mut words = words(phrase).map(|(_, word)| word.to_lowercase());
            if let Some(first) = words.next() {
                keywords.entry(first).or_default().push(words.collect());
            }
        }
        Self(keywords)
    }

    /// Where keywords stand in a text, as bytes.
    pub(crate) fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut rest = words(text);
        std::iter::from_fn(move || {
            loop {
                let (start, word) = rest.next()?;
                let forms = forms(word);
                let mut keywords = forms.iter().filter_map(|form| self.0.get(form)).flatten();
                let end = keywords.find_map(|more| follow(more, rest.clone(), start + word.len()));
                if let Some(end) = end {
                    return Some(start..end);
                }
            }
        })
    }
}

/// The end of a keyword whose first word ends at `end`, if its other words follow.
fn follow<'t>(
    wanted: &[String],
    mut following: impl Iterator<Item = (usize, &'t str)>,
    mut end: usize,
) -> Option<usize> {
    for (number, wanted_word) in wanted.iter().enumerate() {
        let (start, word) = following.next()?;
        let is_last = number + 1 == wanted.len();
        let fits = if is_last {
            forms(word).contains(wanted_word)
        } else {
            word.to_lowercase() == *wanted_word
        };
        if !fits {
            return None;
        }
        end = start + word.len();
    }
    Some(end)
}

/// A word in lower case, and what it is the plural of, as English spells plurals.
fn forms(word: &str) -> Vec<String> {
    let word = word.to_lowercase();
    let singulars = [("s", ""), ("es", ""), ("es", "is"), ("ies", "y")];
    let singulars = singulars.into_iter().filter_map(|(ending, singular)| {
        let stem = word.strip_suffix(ending)?;
        Some(format!("{stem}{singular}"))
    });
    let mut forms: Vec<String> = singulars.collect();
    forms.push(word);
    forms
}

/// The words of a text, with where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> + Clone {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr().addr() - text.as_ptr().addr(), word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(keywords: &Keywords, text: &'a str) -> Vec<&'a str> {
        keywords.find(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn keywords_are_whole_words_in_any_case() {
        let shipped = Keywords::new(None);
        assert_eq!(found(&shipped, "MEDICAL or Legal?"), ["MEDICAL", "Legal"]);
        assert!(found(&shipped, "paramedical taxonomy, contractor, loaned").is_empty());
    }

    #[test]
    fn plurals_are_found() {
        let shipped = Keywords::new(None);
        let text = "symptoms, taxes, diagnoses and vulnerabilities";
        let seen = ["symptoms", "taxes", "diagnoses", "vulnerabilities"];
        assert_eq!(found(&shipped, text), seen);
    }

    #[test]
    fn phrases_are_found_across_spaces() {
        let own = ["Power of Attorney".to_owned(), "\u{e9}tat civil".to_owned()];
        let own = Keywords::new(Some(&own));
        let text = "Powers of attorney, power of  attorneys; \u{c9}TAT-CIVIL";
        assert_eq!(
            found(&own, text),
            [
                "Powers of attorney",
                "power of  attorneys",
                "\u{c9}TAT-CIVIL"
            ]
        );
    }

    #[test]
    fn a_text_that_ends_within_a_phrase_has_none() {
        let own = Keywords::new(Some(&["power of attorney".to_owned()]));
        assert!(found(&own, "power of").is_empty());
    }
}
