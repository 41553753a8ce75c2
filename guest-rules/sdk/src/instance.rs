//! A rule in its life as a component: configured once, then asked.

use std::cell::OnceCell;

use crate::{Call, Counter, Evaluation, Rule, warm_up};

/// Holds a rule from `configure` on.
#[derive(Debug)]
pub struct Instance<R>(OnceCell<R>);

impl<R> Default for Instance<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> Instance<R> {
    /// An instance that is not configured yet.
    pub const fn new() -> Self {
        Self(OnceCell::new())
    }
}

impl<R: Rule> Instance<R> {
    /// Reads the configuration (JSON text; the empty text means all defaults), makes the rule, and
    /// runs it over the warm-up texts, so that everything lazy in it is ready for the snapshot.
    ///
    /// # Errors
    /// One sentence that names the key, if the configuration is not what the rule expects or the
    /// rule is configured already.
    pub fn configure(&self, configuration: &str) -> Result<(), String> {
        if self.0.get().is_some() {
            return Err("the rule is already configured: make a new instance".to_owned());
        }
        let rule = R::new(parse(configuration)?)?;
        warm_up::run(&rule);
        self.0
            .set(rule)
            .map_err(|_| "the rule was configured while it was being configured".to_owned())
    }

    /// The counters that the rule asks for; none before it is configured.
    pub fn counters(&self) -> Vec<Counter> {
        self.0.get().map(Rule::counters).unwrap_or_default()
    }

    /// Judges one call.
    ///
    /// # Errors
    /// If the rule has not been configured.
    pub fn evaluate(&self, call: &Call) -> Result<Evaluation, String> {
        match self.0.get() {
            Some(rule) => Ok(rule.evaluate(call)),
            None => Err("the rule is not configured: call `configure` first".to_owned()),
        }
    }
}

fn parse<C: serde::de::DeserializeOwned + Default>(configuration: &str) -> Result<C, String> {
    if configuration.trim().is_empty() {
        return Ok(C::default());
    }
    let mut source = serde_json::Deserializer::from_str(configuration);
    let config: C = serde_path_to_error::deserialize(&mut source).map_err(|error| {
        let key = error.path().to_string();
        if key == "." {
            format!("the configuration: {}", error.inner())
        } else {
            format!("the configuration key `{key}`: {}", error.inner())
        }
    })?;
    source
        .end()
        .map_err(|error| format!("the configuration: {error}"))?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Description, Report, Stage, description};
    use serde::Deserialize;

    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Limits {
        most: u32,
    }

    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Config {
        limits: Limits,
    }

    struct Sample(u32);

    impl Rule for Sample {
        type Config = Config;
        fn describe() -> Description {
            description("sample", "0.1.0", "A sample.", &[Stage::Admission])
        }
        fn new(config: Config) -> Result<Self, String> {
            Ok(Self(config.limits.most))
        }
        fn evaluate(&self, _: &Call) -> Evaluation {
            Report::default().finish()
        }
    }

    fn configured(configuration: &str) -> Result<u32, String> {
        let instance = Instance::<Sample>::new();
        instance.configure(configuration)?;
        Ok(instance.0.get().map_or(0, |rule| rule.0))
    }

    #[test]
    fn an_empty_configuration_means_the_defaults() {
        assert_eq!(configured(""), Ok(0));
        assert_eq!(configured("{}"), Ok(0));
    }

    #[test]
    fn a_configuration_reaches_the_rule() {
        assert_eq!(configured(r#"{"limits":{"most":7}}"#), Ok(7));
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = configured(r#"{"limits":{"least":7}}"#).unwrap_err();
        assert!(
            error.contains("limits") && error.contains("least"),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_type_names_its_key() {
        let error = configured(r#"{"limits":{"most":"many"}}"#).unwrap_err();
        assert!(error.contains("`limits.most`"), "{error}");
    }

    #[test]
    fn text_after_the_configuration_is_an_error() {
        assert!(configured("{} {}").is_err());
    }
}
