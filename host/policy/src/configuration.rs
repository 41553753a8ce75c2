//! A rule's configuration: a JSON object in canonical form.

use std::sync::Arc;

use bijotel_seal::Digest;
use serde_json::Value;

use crate::error::ConfigurationError;

/// The largest configuration that is accepted, in bytes.
pub const MAX_CONFIGURATION: usize = 1 << 20;

/// Whole numbers beyond this one are not exact in JSON (RFC 8785, appendix D).
const MAX_INTEGER: u64 = 1 << 53;

/// The configuration of a rule, in the canonical form of RFC 8785.
///
/// The canonical bytes are what the rule is configured with and what the digest is of, so two
/// configurations that mean the same have one digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    canonical: Arc<str>,
}

impl Configuration {
    /// Read a configuration from JSON text.
    ///
    /// # Errors
    ///
    /// When it is longer than [`MAX_CONFIGURATION`], not JSON, not an object, or holds a whole number
    /// beyond 2^53.
    pub fn from_json(text: &str) -> Result<Self, ConfigurationError> {
        if text.len() > MAX_CONFIGURATION {
            return Err(ConfigurationError::TooLarge {
                size: text.len(),
                limit: MAX_CONFIGURATION,
            });
        }
        Self::from_value(&serde_json::from_str(text)?)
    }

    /// Take a configuration from a JSON value.
    ///
    /// # Errors
    ///
    /// As for [`from_json`](Self::from_json).
    pub fn from_value(value: &Value) -> Result<Self, ConfigurationError> {
        if !value.is_object() {
            return Err(ConfigurationError::NotAnObject);
        }
        check_integers(value)?;
        let canonical = serde_json_canonicalizer::to_string(value)?;
        if canonical.len() > MAX_CONFIGURATION {
            return Err(ConfigurationError::TooLarge {
                size: canonical.len(),
                limit: MAX_CONFIGURATION,
            });
        }
        Ok(Self {
            canonical: canonical.into(),
        })
    }

    /// The canonical JSON text.
    pub fn as_str(&self) -> &str {
        &self.canonical
    }

    /// The bytes of the canonical JSON text.
    pub fn as_bytes(&self) -> &[u8] {
        self.canonical.as_bytes()
    }

    /// SHA-256 of the canonical bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(self.as_bytes())
    }
}

impl Default for Configuration {
    /// `{}`: the rule's own defaults.
    fn default() -> Self {
        Self {
            canonical: "{}".into(),
        }
    }
}

fn check_integers(value: &Value) -> Result<(), ConfigurationError> {
    let exact = |number: &serde_json::Number| {
        number.as_u64().is_none_or(|n| n <= MAX_INTEGER)
            && number
                .as_i64()
                .is_none_or(|n| n.unsigned_abs() <= MAX_INTEGER)
    };
    match value {
        Value::Number(number) if !exact(number) => Err(ConfigurationError::Integer),
        Value::Array(items) => items.iter().try_for_each(check_integers),
        Value::Object(fields) => fields.values().try_for_each(check_integers),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_change_the_digest() {
        let a = Configuration::from_json(r#"{"b": 1.0, "a": "\u0041"}"#).unwrap();
        let b = Configuration::from_json("{\"a\":\"A\",\n\"b\":1}").unwrap();
        assert_eq!(a.as_str(), r#"{"a":"A","b":1}"#);
        assert_eq!(a.digest(), b.digest());
    }

    #[test]
    fn nothing_configured_is_the_empty_object() {
        assert_eq!(
            Configuration::default(),
            Configuration::from_json(" {} ").unwrap()
        );
    }

    #[test]
    fn only_objects_are_configurations() {
        for text in ["[]", "1", "null", "\"x\"", "", "{"] {
            assert!(Configuration::from_json(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_that_json_cannot_carry_is_refused() {
        for text in [
            "9007199254740993",
            "-9007199254740993",
            "18446744073709551615",
        ] {
            let error = Configuration::from_json(&format!(r#"{{"a":[{{"n":{text}}}]}}"#));
            assert!(matches!(error, Err(ConfigurationError::Integer)), "{text}");
        }
        Configuration::from_json(r#"{"n":9007199254740992}"#).unwrap();
    }

    #[test]
    fn a_configuration_too_long_is_refused() {
        let text = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_CONFIGURATION));
        assert!(matches!(
            Configuration::from_json(&text),
            Err(ConfigurationError::TooLarge { .. })
        ));
    }
}
