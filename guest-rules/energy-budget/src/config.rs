//! The configuration of the rule.

use std::collections::BTreeMap;

use bijotel_rule_sdk::{Mode, ModelTable, Scope, millionths_per_million};
use serde::Deserialize;

use crate::tables::GRIDS;

/// JSON Schema of [`Config`].
pub(crate) const SCHEMA: &str = include_str!("config.schema.json");

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How much energy calls may use in a day, in watt-hours. Required.
    pub daily_limit_wh: Option<f64>,
    /// Own rates by model; they come before the shipped ones.
    pub rates: ModelTable<Rate>,
    /// The rate of a model that has none. Default 0.003.
    pub fallback_rate: Rate,
    /// The part of the rate that cached input takes. Default 0.1.
    pub cached_share: f64,
    /// The grid that the models run on. Default `us-east`.
    pub region: String,
    /// Own grids: grams of CO2 for a kilowatt-hour.
    pub grid_g_per_kwh: BTreeMap<String, f64>,
    /// The length of an answer for which a call asks for no limit. Default 4096.
    pub assumed_output_tokens: u64,
    /// Which calls share the budget. Default those of one agent.
    pub scope: Scope,
    /// What to do about a call that would go beyond it. Default warn.
    pub mode: Mode,
}

/// What a model uses, in millionths of a watt-hour for a million tokens. In a configuration, watt-hours
/// for 1000 tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Rate(pub(crate) u64);

impl TryFrom<f64> for Rate {
    type Error = &'static str;

    fn try_from(watt_hours: f64) -> Result<Self, Self::Error> {
        let rate = millionths_per_million(watt_hours).map(Self);
        rate.ok_or("expected watt-hours for 1000 tokens, from 0 to 1000000")
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            daily_limit_wh: None,
            rates: ModelTable::default(),
            fallback_rate: Rate(3_000_000),
            cached_share: 0.1,
            region: "us-east".to_owned(),
            grid_g_per_kwh: BTreeMap::new(),
            assumed_output_tokens: 4096,
            scope: Scope::Agent,
            mode: Mode::Warn,
        }
    }
}

impl Config {
    /// Grams of CO2 for a kilowatt-hour in the region.
    pub(crate) fn grid(&self) -> Result<f64, String> {
        let own = self.grid_g_per_kwh.get(&self.region).copied();
        let shipped = || GRIDS.iter().find(|(region, _)| *region == self.region);
        let Some(grams) = own.or_else(|| shipped().map(|(_, grams)| *grams)) else {
            let known: Vec<&str> = GRIDS.iter().map(|(region, _)| *region).collect();
            return Err(format!(
                "the configuration key `region`: expected a key of `grid_g_per_kwh` or one of {}",
                known.join(", ")
            ));
        };
        if !(0.0..=1e6).contains(&grams) {
            return Err(
                "the configuration key `grid_g_per_kwh`: expected grams from 0 to 1000000"
                    .to_owned(),
            );
        }
        Ok(grams)
    }
}
