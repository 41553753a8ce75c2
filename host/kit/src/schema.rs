//! A rule's configuration against the rule's own JSON Schema (draft 2020-12).
//!
//! What is wrong is said by the path of the key, what was expected and the kind of what was found,
//! never by the value: it may be a secret. Schemas come from rules, so they are not trusted: nothing
//! that they refer to is fetched, and their patterns run in linear time.

use std::fmt;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

/// The most problems that are reported.
const MAX_PROBLEMS: usize = 20;

/// A rule's schema, ready to check configurations.
#[derive(Debug)]
pub struct ConfigurationSchema {
    validator: Validator,
}

/// A schema that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the rule's configuration schema is not a JSON Schema (draft 2020-12): {0}")]
pub struct SchemaError(String);

/// Something in a configuration that the schema does not allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfigurationProblem {
    /// The keys and indexes that lead to the value, from the outside; empty for the whole.
    pub path: Vec<String>,
    /// A key under `path` that must not be there; the place to point at.
    pub unknown_key: Option<String>,
    /// What the schema wants there.
    pub expected: String,
    /// What kind of value is there.
    pub found: &'static str,
}

impl ConfigurationSchema {
    /// Read a schema from JSON text.
    ///
    /// # Errors
    ///
    /// When it is not JSON, not a schema, refers to another document, or has a pattern that is no
    /// regular expression.
    pub fn new(schema: &str) -> Result<Self, SchemaError> {
        let schema: Value =
            serde_json::from_str(schema).map_err(|error| SchemaError(error.to_string()))?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
            .build(&schema)
            .map_err(|error| SchemaError(error.to_string()))?;
        Ok(Self { validator })
    }

    /// What is wrong with a configuration; nothing if it is as the schema says.
    pub fn check(&self, configuration: &Value) -> Vec<ConfigurationProblem> {
        let errors = self.validator.iter_errors(configuration);
        errors
            .flat_map(|error| problems(&error))
            .take(MAX_PROBLEMS)
            .collect()
    }
}

impl fmt::Display for ConfigurationProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut path = self.path.clone();
        if let Some(key) = &self.unknown_key {
            path.push(key.clone());
        }
        match path.as_slice() {
            [] => f.write_str("the configuration: ")?,
            path => write!(f, "`{}`: ", path.join("."))?,
        }
        match self.unknown_key {
            Some(_) => f.write_str(&self.expected),
            None => write!(f, "expected {}, found {}", self.expected, self.found),
        }
    }
}

fn problems(error: &ValidationError<'_>) -> Vec<ConfigurationProblem> {
    let path: Vec<String> = error
        .instance_path()
        .as_str()
        .split('/')
        .skip(1)
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect();
    let found = kind(error.instance());
    if let ValidationErrorKind::AdditionalProperties { unexpected }
    | ValidationErrorKind::UnevaluatedProperties { unexpected } = error.kind()
    {
        let unknown = unexpected.iter().map(|key| ConfigurationProblem {
            path: path.clone(),
            unknown_key: Some(key.clone()),
            expected: "the rule knows no such key".into(),
            found,
        });
        return unknown.collect();
    }
    vec![ConfigurationProblem {
        path,
        unknown_key: None,
        expected: expected(error),
        found,
    }]
}

/// What the schema wants, in words that hold nothing of the configuration.
fn expected(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Enum { options } => format!("one of {options}"),
        ValidationErrorKind::Constant { expected_value } => expected_value.to_string(),
        ValidationErrorKind::Minimum { limit } => format!("at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("at most {limit}"),
        ValidationErrorKind::ExclusiveMinimum { limit } => format!("more than {limit}"),
        ValidationErrorKind::ExclusiveMaximum { limit } => format!("less than {limit}"),
        ValidationErrorKind::MinLength { limit } => format!("at least {limit} characters"),
        ValidationErrorKind::MaxLength { limit } => format!("at most {limit} characters"),
        ValidationErrorKind::MinItems { limit } => format!("at least {limit} items"),
        ValidationErrorKind::MaxItems { limit } => format!("at most {limit} items"),
        ValidationErrorKind::MinProperties { limit } => format!("at least {limit} keys"),
        ValidationErrorKind::MaxProperties { limit } => format!("at most {limit} keys"),
        ValidationErrorKind::Required { property } => format!("the key {property}"),
        ValidationErrorKind::Pattern { pattern } => format!("a text that matches `{pattern}`"),
        ValidationErrorKind::Format { format } => format!("a text of the form `{format}`"),
        ValidationErrorKind::UniqueItems => "items that are all different".into(),
        ValidationErrorKind::FalseSchema => "nothing".into(),
        ValidationErrorKind::Type { .. } => {
            // The library's own sentence, which then names the type.
            let sentence = error.masked_with("it").to_string();
            let types = sentence
                .split_once("of type")
                .or(sentence.split_once("types"));
            types
                .map_or("another type", |(_, types)| types.trim())
                .replace('"', "")
        }
        other => format!("what `{}` of the schema says", other.keyword()),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a whole number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SCHEMA: &str = r#"{
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object", "additionalProperties": false,
        "properties": {
            "marks": {"type": "integer", "minimum": 1},
            "mode": {"enum": ["warn", "deny"]},
            "kinds": {"type": "object", "additionalProperties": {"type": "string"}},
            "words": {"type": "array", "items": {"type": "string", "pattern": "^a+$"}}
        }}"#;

    fn said(configuration: &Value) -> Vec<String> {
        let schema = ConfigurationSchema::new(SCHEMA).unwrap();
        let problems = schema.check(configuration);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_the_schema_allows_has_no_problem() {
        let all = json!({"marks": 1, "mode": "deny", "kinds": {"a": "b"}, "words": ["aa"]});
        assert!(said(&all).is_empty());
        assert!(said(&json!({})).is_empty());
    }

    #[test]
    fn a_problem_names_the_key_what_was_expected_and_the_kind_found() {
        assert_eq!(
            said(&json!({"marks": "secret"})),
            ["`marks`: expected integer, found a text"]
        );
        assert_eq!(
            said(&json!({"marks": 0})),
            ["`marks`: expected at least 1, found a whole number"]
        );
        assert_eq!(
            said(&json!({"mode": "secret"})),
            [r#"`mode`: expected one of ["warn","deny"], found a text"#]
        );
        assert_eq!(
            said(&json!({"words": ["a", "secret"]})),
            ["`words.1`: expected a text that matches `^a+$`, found a text"]
        );
    }

    #[test]
    fn an_unknown_key_is_pointed_at() {
        let schema = ConfigurationSchema::new(SCHEMA).unwrap();
        let problems = schema.check(&json!({"makrs": "secret"}));
        assert_eq!(problems[0].unknown_key.as_deref(), Some("makrs"));
        assert_eq!(
            problems[0].to_string(),
            "`makrs`: the rule knows no such key"
        );
    }

    #[test]
    fn a_value_is_never_in_a_message() {
        for configuration in [
            json!({"marks": "s3cret"}),
            json!({"mode": "s3cret"}),
            json!({"kinds": "s3cret"}),
            json!({"kinds": {"a": ["s3cret"]}}),
            json!({"words": ["s3cret", {"s": "s3cret"}]}),
            json!("s3cret"),
        ] {
            for line in said(&configuration) {
                assert!(!line.contains("s3cret"), "{line}");
            }
        }
    }

    #[test]
    fn what_is_no_schema_is_refused() {
        for schema in [
            "{",
            r#"{"type": "whole number"}"#,
            r#"{"$ref": "https://example.org/schema.json"}"#,
            r#"{"properties": {"a": {"pattern": "("}}}"#,
            r#"{"properties": {"a": {"pattern": "(a)\\1"}}}"#,
        ] {
            assert!(ConfigurationSchema::new(schema).is_err(), "{schema}");
        }
    }
}
