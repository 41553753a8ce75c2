//! Rule `energy_budget`: how much energy calls may use in a day, by an estimate from their tokens.
//!
//! `docs/rules/energy_budget.md` says what it catches and what it cannot.

mod config;
mod tables;

use bijotel_rule_sdk::{
    Call, Counter, CounterWindow, Description, Evaluation, Measure, ModelTable, Quota, Report,
    Rule, Stage, Tokens, export_rule, millionths, show_millionths,
};

pub use config::{Config, Rate};

/// The rule.
#[derive(Debug)]
pub struct EnergyBudget {
    quota: Quota,
    own: ModelTable<Rate>,
    shipped: ModelTable<Rate>,
    fallback: Rate,
    /// Of the rate, in thousandths, for cached input.
    cached_share: u64,
    assumed_output: u64,
    region: String,
    /// Millionths of a gram of CO2 for a kilowatt-hour.
    grid: u64,
}

impl Rule for EnergyBudget {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: config::SCHEMA.to_owned(),
            ..bijotel_rule_sdk::description(
                "energy_budget",
                env!("CARGO_PKG_VERSION"),
                "Limits how much energy calls may use in a day.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        let limit = config.daily_limit_wh.and_then(millionths);
        let limit = limit.filter(|limit| *limit > 0).ok_or(
            "the configuration key `daily_limit_wh`: expected watt-hours, more than 0, up to 1000000",
        )?;
        let share = Some(config.cached_share).filter(|share| (0.0..=1.0).contains(share));
        let share = share
            .and_then(millionths)
            .ok_or("the configuration key `cached_share`: expected a number from 0 to 1")?;
        let grid = millionths(config.grid()?).unwrap_or_default();
        let shipped = tables::RATES.iter();
        Ok(Self {
            quota: Quota {
                counter: "energy",
                measure: Measure::Energy,
                scope: config.scope,
                window: CounterWindow::Day,
                limit,
                mode: config.mode,
            },
            own: config.rates,
            shipped: shipped
                .map(|(model, rate)| ((*model).to_owned(), Rate(*rate)))
                .collect(),
            fallback: config.fallback_rate,
            cached_share: share / 1000,
            assumed_output: config.assumed_output_tokens,
            region: config.region,
            grid,
        })
    }

    fn counters(&self) -> Vec<Counter> {
        vec![self.quota.counter()]
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        if !call.is_model_call() {
            return report.finish();
        }
        let energy = self.energy(&call.model, &Tokens::of(call, self.assumed_output));
        let missing = "energy_budget.counter_missing";
        if let Some(excess) = self.quota.charge(call, energy, missing, &mut report) {
            let reason = format!(
                "{} Wh in this day, or {} g of CO2 ({}), {} Wh for this call; the budget is {} Wh",
                show_millionths(excess.total),
                show_millionths(self.carbon(excess.total)),
                self.region,
                show_millionths(energy),
                show_millionths(self.quota.limit)
            );
            report.find_in_call(excess.action, "energy_budget.exceeded", &reason);
        }
        report.finish()
    }
}

impl EnergyBudget {
    /// What the tokens of a model use, in millionths of a watt-hour, rounded up.
    fn energy(&self, model: &str, tokens: &Tokens) -> u64 {
        let rate = self.own.get(model).or_else(|| self.shipped.get(model));
        let Rate(rate) = rate.unwrap_or(&self.fallback);
        let cached = tokens.cached_input.min(tokens.input);
        let full = u128::from(tokens.input - cached) + u128::from(tokens.output);
        let thousandths = full * 1000 + u128::from(cached) * u128::from(self.cached_share);
        let energy = thousandths.saturating_mul(u128::from(*rate));
        u64::try_from(energy.div_ceil(1_000_000_000)).unwrap_or(u64::MAX)
    }

    /// What energy emits, in millionths of a gram of CO2.
    fn carbon(&self, energy: u64) -> u64 {
        // A kilowatt-hour is 10^9 millionths of a watt-hour.
        let carbon = u128::from(energy) * u128::from(self.grid) / 1_000_000_000;
        u64::try_from(carbon).unwrap_or(u64::MAX)
    }
}

export_rule!(EnergyBudget);

#[cfg(test)]
mod tests;
