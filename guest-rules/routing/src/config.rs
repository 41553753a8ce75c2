//! The configuration of the rule.

use serde::Deserialize;

use crate::budget::BudgetConfig;
use crate::catalogue::{Model, shipped};

/// JSON Schema of [`Config`].
pub(crate) const SCHEMA: &str = include_str!("config.schema.json");

const MAX_MODELS: usize = 1000;

/// The host takes no longer name.
const MAX_NAME: usize = 256;

/// The configuration of the rule. All figures but those of the budget are from 0 to 1.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The models to choose from. Default: a catalogue that is shipped with the rule.
    pub models: Option<Vec<Model>>,
    /// Requests with a lower score are simple. Default 0.3.
    pub simple_threshold: f64,
    /// Requests with this score or a higher one are complex. Default 0.7.
    pub complex_threshold: f64,
    /// The quality that a simple request needs; a model with less is never advised. Default 0.6.
    pub simple_quality: f64,
    /// The quality that a complex request needs. Between the two thresholds the need rises evenly.
    /// Default 0.9.
    pub complex_quality: f64,
    /// When less than this part of the budget is left, the quality asked for falls evenly, down to
    /// `simple_quality` when nothing is left. Default 0.2.
    pub low_budget: f64,
    /// Models with a higher latency are never advised. Default 1: no limit.
    pub max_latency: f64,
    /// Whether only models of the requested model's provider are advised. Default false.
    pub same_provider: bool,
    /// A budget that the host keeps account of. Default none.
    pub budget: Option<BudgetConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            models: None,
            simple_threshold: 0.3,
            complex_threshold: 0.7,
            simple_quality: 0.6,
            complex_quality: 0.9,
            low_budget: 0.2,
            max_latency: 1.0,
            same_provider: false,
            budget: None,
        }
    }
}

impl Config {
    /// The models to choose from.
    pub(crate) fn catalogue(&self) -> Vec<Model> {
        self.models.clone().unwrap_or_else(shipped)
    }

    /// Checks what the types do not say.
    pub(crate) fn check(&self) -> Result<(), String> {
        let models = self.catalogue();
        let figures = [
            ("simple_threshold", self.simple_threshold),
            ("complex_threshold", self.complex_threshold),
            ("simple_quality", self.simple_quality),
            ("complex_quality", self.complex_quality),
            ("low_budget", self.low_budget),
            ("max_latency", self.max_latency),
        ];
        for (key, figure) in figures {
            if !(0.0..=1.0).contains(&figure) {
                return Err(format!(
                    "the configuration key `{key}`: expected a number from 0 to 1"
                ));
            }
        }
        if self.simple_threshold > self.complex_threshold {
            return Err("the configuration key `simple_threshold`: expected no more than `complex_threshold`".to_owned());
        }
        if self.simple_quality > self.complex_quality {
            return Err(
                "the configuration key `simple_quality`: expected no more than `complex_quality`"
                    .to_owned(),
            );
        }
        if models.is_empty() || models.len() > MAX_MODELS {
            return Err(format!(
                "the configuration key `models`: expected 1 to {MAX_MODELS} models"
            ));
        }
        for (index, model) in models.iter().enumerate() {
            let name = &model.name;
            if name.is_empty() || name.len() > MAX_NAME || name.contains(char::is_control) {
                return Err(format!(
                    "the configuration key `models[{index}].name`: expected a name of at most {MAX_NAME} bytes"
                ));
            }
            if models[..index].iter().any(|other| other.name == model.name) {
                return Err(format!(
                    "the configuration key `models[{index}].name`: expected a name that is not there already"
                ));
            }
            let figures = [
                ("cost", model.cost),
                ("quality", model.quality),
                ("latency", model.latency),
            ];
            for (key, figure) in figures {
                if !(0.0..=1.0).contains(&figure) {
                    return Err(format!(
                        "the configuration key `models[{index}].{key}`: expected a number from 0 to 1"
                    ));
                }
            }
        }
        Ok(())
    }
}
