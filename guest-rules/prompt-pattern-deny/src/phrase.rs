//! Compiles the pattern language of `patterns.rs` to regular expressions over the normalised view.

use std::collections::BTreeSet;

use crate::patterns::LISTS;

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// The expression. It begins with the space before the first word, and its match ends with the
    /// space after the last one.
    pub(crate) regex: String,
    /// Words that must not follow the match.
    pub(crate) not_before: Vec<String>,
}

/// Compiles one pattern. The error names the term that is wrong.
pub(crate) fn compile(pattern: &str) -> Result<Phrase, String> {
    let mut regex = String::from(" ");
    let mut not_before = Vec::new();
    for term in pattern.split_whitespace() {
        if let Some(words) = term.strip_prefix('!') {
            not_before = alternatives(words)?;
        } else if let Some(count) = term.strip_prefix('*') {
            let count: u8 = count.parse().map_err(|_| format!("bad gap `{term}`"))?;
            regex.push_str(&format!("(?:[!-~]+ ){{0,{count}}}"));
        } else {
            let (words, optional) = match term.strip_suffix('?') {
                Some(words) => (words, "?"),
                None => (term, ""),
            };
            regex.push_str(&format!(
                "(?:(?:{}) ){optional}",
                alternatives(words)?.join("|")
            ));
        }
    }
    Ok(Phrase { regex, not_before })
}

/// Every single word that a pattern or one of the lists mentions.
pub(crate) fn vocabulary<'a>(patterns: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let lists = LISTS.iter().map(|(_, words)| *words);
    let mut words = BTreeSet::new();
    for source in patterns.chain(lists) {
        let letters = source.split(|character: char| !character.is_ascii_lowercase());
        words.extend(letters.filter(|word| word.len() > 1).map(str::to_owned));
    }
    words
}

/// The alternatives of a term, lists resolved and `_` turned into spaces.
fn alternatives(term: &str) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    for word in term.split('|') {
        if let Some(name) = word
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix('>'))
        {
            let list = LISTS.iter().find(|(known, _)| *known == name);
            let (_, words) = list.ok_or_else(|| format!("unknown list `{name}`"))?;
            all.extend(words.split('|').map(spaced));
        } else if !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        {
            all.push(spaced(word));
        } else {
            return Err(format!("bad word `{word}`"));
        }
    }
    Ok(all)
}

fn spaced(word: &str) -> String {
    word.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::{PATTERNS, REVERSED, ROT13};

    #[test]
    fn terms_become_words_with_one_space_after_each() {
        let phrase = compile("stop|end_of now? *2 here !it").unwrap();
        assert_eq!(
            phrase.regex,
            " (?:(?:stop|end of) )(?:(?:now) )?(?:[!-~]+ ){0,2}(?:(?:here) )"
        );
        assert_eq!(phrase.not_before, ["it"]);
    }

    #[test]
    fn a_misspelt_list_is_an_error() {
        assert!(compile("<nonsense> now").is_err());
    }

    #[test]
    fn every_shipped_pattern_compiles() {
        for (_, pattern) in PATTERNS {
            compile(pattern).unwrap();
        }
        compile(ROT13).unwrap();
        compile(REVERSED).unwrap();
    }

    #[test]
    fn the_signs_of_rot13_and_reversal_are_words_of_the_vocabulary() {
        let words = vocabulary(PATTERNS.iter().map(|(_, pattern)| *pattern));
        for sign in ROT13.split('|') {
            let plain: String = sign
                .bytes()
                .map(|b| char::from((b - b'a' + 13) % 26 + b'a'))
                .collect();
            assert!(words.contains(&plain), "{plain}");
        }
        for sign in REVERSED.split('|') {
            let plain: String = sign.chars().rev().collect();
            assert!(words.contains(&plain), "{plain}");
        }
    }
}
