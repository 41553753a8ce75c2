//! The arguments of a tool call, read so that nothing in them can hide.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The arguments of a tool call: JSON in which a key may stand more than once. Every one is seen, as
/// readers differ in which of them they take.
#[derive(Debug)]
pub struct Arguments(Node);

#[derive(Debug)]
enum Node {
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
    /// A number, a truth or nothing.
    Other,
}

impl Arguments {
    /// Reads arguments. The empty text stands for no arguments, as some providers write it. `None` if
    /// they are not a JSON object, are nested deeper than 128, or name a key twice.
    pub fn parse(json: &str) -> Option<Self> {
        if json.trim().is_empty() {
            return Some(Self(Node::Object(Vec::new())));
        }
        let node: Node = serde_json::from_str(json).ok()?;
        let is_object = matches!(node, Node::Object(_));
        (is_object && node.names_each_key_once()).then_some(Self(node))
    }

    /// The names of the arguments.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let members = match &self.0 {
            Node::Object(members) => members.as_slice(),
            _ => &[],
        };
        members.iter().map(|(name, _)| name.as_str())
    }

    /// Every string that is a value, with the keys that lead to it from the outside in.
    pub fn strings(&self) -> Vec<(Vec<&str>, &str)> {
        let mut found = Vec::new();
        self.0.strings(&mut Vec::new(), &mut found);
        found
    }
}

impl Node {
    fn names_each_key_once(&self) -> bool {
        match self {
            Self::Object(members) => {
                let mut seen = BTreeSet::new();
                members
                    .iter()
                    .all(|(key, node)| seen.insert(key) && node.names_each_key_once())
            }
            Self::List(items) => items.iter().all(Self::names_each_key_once),
            Self::Text(_) | Self::Other => true,
        }
    }

    fn strings<'a>(&'a self, keys: &mut Vec<&'a str>, found: &mut Vec<(Vec<&'a str>, &'a str)>) {
        match self {
            Self::Text(text) => found.push((keys.clone(), text)),
            Self::List(items) => items.iter().for_each(|item| item.strings(keys, found)),
            Self::Object(members) => {
                for (key, node) in members {
                    keys.push(key);
                    node.strings(keys, found);
                    keys.pop();
                }
            }
            Self::Other => {}
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Node::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_comes_with_its_keys() {
        let json = r#"{"a":"x","b":[{"c":"y"},"z",1,null,true,-1.5],"d":{}}"#;
        let arguments = Arguments::parse(json).unwrap();
        let expected = [(vec!["a"], "x"), (vec!["b", "c"], "y"), (vec!["b"], "z")];
        assert_eq!(arguments.strings(), expected);
        assert_eq!(arguments.names().collect::<Vec<_>>(), ["a", "b", "d"]);
    }

    #[test]
    fn no_text_is_no_arguments() {
        assert!(Arguments::parse(" ").unwrap().strings().is_empty());
    }

    #[test]
    fn what_readers_may_differ_on_is_not_read() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        for json in [
            r#"{"a":1,"a":2}"#,
            r#"{"x":[{"a":1,"\u0061":2}]}"#,
            "[]",
            "\"a\"",
            "{} {}",
            "{'a':1}",
            &deep,
        ] {
            assert!(Arguments::parse(json).is_none(), "{json}");
        }
    }
}
