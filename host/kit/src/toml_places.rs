//! Where in a TOML file a key of a rule's configuration stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A configuration file whose keys can be found.
#[derive(Debug)]
pub struct TomlPlaces<'a> {
    text: &'a str,
    root: Option<Spanned<DeTable<'a>>>,
}

impl<'a> TomlPlaces<'a> {
    /// Read the text of a file. Where it is not TOML, everything stands at its beginning.
    pub fn new(text: &'a str) -> Self {
        Self {
            root: DeTable::parse(text).ok(),
            text,
        }
    }

    /// Line and column, from 1, of a key in the configuration of the rule with this number: the key at
    /// the end of `path`, or `key` under it. As near as there is something: a key that is missing is
    /// looked for in the table that should have it.
    pub fn configuration(&self, rule: usize, path: &[String], key: Option<&str>) -> (usize, usize) {
        let Some(root) = &self.root else {
            return (1, 1);
        };
        let number = rule.to_string();
        let steps = ["rule", &number, "configuration"].into_iter();
        let steps = steps.chain(path.iter().map(String::as_str)).chain(key);
        let mut at = 0;
        let mut table = Some(root.get_ref());
        let mut array = None;
        for step in steps {
            let value = match (table, array) {
                (Some(inner), _) => {
                    let found = inner.iter().find(|(name, _)| name.get_ref() == step);
                    let Some((name, value)) = found else { break };
                    at = name.span().start;
                    value
                }
                (None, Some(items)) => {
                    let items: &toml::de::DeArray<'_> = items;
                    let Some(value) = step.parse().ok().and_then(|index: usize| items.get(index))
                    else {
                        break;
                    };
                    at = value.span().start;
                    value
                }
                (None, None) => break,
            };
            (table, array) = match value.get_ref() {
                DeValue::Table(inner) => (Some(inner), None),
                DeValue::Array(items) => (None, Some(items)),
                _ => (None, None),
            };
        }
        self.line_and_column(at)
    }

    fn line_and_column(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        (line, column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[[rule]]
name = 'a'

[[rule]]
name = 'b'
[rule.configuration]
mode = 'x'
kinds = { mail = 1 }
words = [
  'a',
  2,
]
";

    fn place(path: &[&str], key: Option<&str>) -> (usize, usize) {
        let path: Vec<String> = path.iter().map(ToString::to_string).collect();
        TomlPlaces::new(TEXT).configuration(1, &path, key)
    }

    #[test]
    fn keys_are_found_in_tables_inline_tables_and_lists() {
        assert_eq!(place(&["mode"], None), (7, 1));
        assert_eq!(place(&["kinds", "mail"], None), (8, 11));
        assert_eq!(place(&["kinds"], Some("mail")), (8, 11));
        assert_eq!(place(&["words", "1"], None), (11, 3));
    }

    #[test]
    fn a_missing_key_is_at_the_table_that_lacks_it() {
        assert_eq!(place(&["kinds", "phone"], None), (8, 1));
        assert_eq!(place(&[], None).0, 6);
    }

    #[test]
    fn a_rule_without_configuration_is_at_its_own_table() {
        let (line, _) = TomlPlaces::new(TEXT).configuration(0, &["mode".into()], None);
        assert_eq!(line, 1);
    }

    #[test]
    fn what_is_not_toml_has_one_place() {
        assert_eq!(TomlPlaces::new("[").configuration(0, &[], None), (1, 1));
    }
}
