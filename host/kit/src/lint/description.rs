//! What a rule says about itself, and the schema of its configuration.

use bijotel_policy::Description;
use serde_json::{Map, Value};

use super::Complaint;
use crate::ConfigurationSchema;

/// The longest summary that fits a line of a list.
const SUMMARY: usize = 120;

pub(super) fn check(description: &Description, complaints: &mut Vec<Complaint>) {
    let summary = description.summary.trim();
    if summary.is_empty() {
        let message = "it has no summary: write one sentence on what the rule is for";
        complaints.push(Complaint::error("summary", message));
    } else if summary.chars().count() > SUMMARY || !summary.ends_with('.') {
        let message = format!("the summary is not one sentence of at most {SUMMARY} characters");
        complaints.push(Complaint::warning("summary", message));
    }
    if description.version == "0.0.0" {
        let message = "the version is 0.0.0: decisions name it, so give it a real one";
        complaints.push(Complaint::warning("version", message));
    }
    if let Err(error) = ConfigurationSchema::new(&description.configuration_schema) {
        complaints.push(Complaint::error("schema.invalid", error.to_string()));
        return;
    }
    if let Ok(Value::Object(schema)) = serde_json::from_str(&description.configuration_schema) {
        check_schema(&schema, &description.configuration_schema, complaints);
    }
}

fn check_schema(schema: &Map<String, Value>, text: &str, complaints: &mut Vec<Complaint>) {
    if schema.is_empty() {
        let message = "the schema says nothing; without any keys it is {\"type\": \"object\", \"additionalProperties\": false}";
        complaints.push(Complaint::error("schema.empty", message));
        return;
    }
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        let message =
            "the schema does not say `\"type\": \"object\"`: a configuration is always one";
        complaints.push(Complaint::warning("schema.type", message));
    }
    let closed = ["additionalProperties", "unevaluatedProperties"]
        .into_iter()
        .any(|keyword| schema.get(keyword) == Some(&Value::Bool(false)));
    if !closed {
        let message =
            "the schema does not say `\"additionalProperties\": false`: a misspelt key passes it";
        complaints.push(Complaint::error("schema.open", message));
    }
    let mut defaults = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object);
    for (key, property) in properties.into_iter().flatten() {
        if property.get("description").is_none() && property.get("title").is_none() {
            let message = format!("the key `{key}` has no description in the schema");
            complaints.push(Complaint::warning("schema.description", message));
        }
        match property.get("default") {
            Some(default) => drop(defaults.insert(key.clone(), default.clone())),
            // What is a table has its defaults inside.
            None if property.get("type").and_then(Value::as_str) == Some("object") => {}
            None => {
                let message = format!("the key `{key}` has no default in the schema");
                complaints.push(Complaint::warning("schema.default", message));
            }
        }
    }
    let Ok(checker) = ConfigurationSchema::new(text) else {
        return;
    };
    for problem in checker.check(&Value::Object(defaults)) {
        let message = format!("the defaults in the schema do not fit it: {problem}");
        complaints.push(Complaint::error("schema.default", message));
    }
}

#[cfg(test)]
mod tests {
    use bijotel_policy::Stage;

    use super::*;

    fn codes(summary: &str, schema: &str) -> Vec<&'static str> {
        let description = Description {
            id: "a".into(),
            version: "1.0.0".into(),
            summary: summary.into(),
            stages: vec![Stage::Admission],
            facts: vec![],
            configuration_schema: schema.into(),
            look_back: 0,
        };
        let mut complaints = Vec::new();
        check(&description, &mut complaints);
        complaints.iter().map(|complaint| complaint.code).collect()
    }

    const CLOSED: &str = r#"{"type":"object","additionalProperties":false}"#;

    #[test]
    fn a_closed_schema_and_a_sentence_are_fine() {
        assert!(codes("Does it.", CLOSED).is_empty());
    }

    #[test]
    fn a_summary_is_one_sentence() {
        assert_eq!(codes("", CLOSED), ["summary"]);
        assert_eq!(codes("does it", CLOSED), ["summary"]);
        assert_eq!(codes(&format!("{}.", "a".repeat(200)), CLOSED), ["summary"]);
    }

    #[test]
    fn an_open_or_missing_schema_is_an_error() {
        assert_eq!(codes("A.", "{}"), ["schema.empty"]);
        assert_eq!(codes("A.", r#"{"type":"object"}"#), ["schema.open"]);
        assert_eq!(codes("A.", r#"{"type":"objekt"}"#), ["schema.invalid"]);
    }

    #[test]
    fn every_key_has_a_description_and_a_default_that_fits() {
        let with = |property: &str| {
            format!(
                r#"{{"type":"object","additionalProperties":false,"properties":{{"a":{property}}}}}"#
            )
        };
        let fine = r#"{"type":"integer","description":"A.","default":1}"#;
        assert!(codes("A.", &with(fine)).is_empty());
        let bare = r#"{"type":"integer"}"#;
        assert_eq!(
            codes("A.", &with(bare)),
            ["schema.description", "schema.default"]
        );
        let wrong = r#"{"type":"integer","description":"A.","default":"x"}"#;
        assert_eq!(codes("A.", &with(wrong)), ["schema.default"]);
    }
}
