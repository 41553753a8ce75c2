//! What calls cost. Money is counted in whole millionths of a US dollar (micro-dollars).

use serde::Deserialize;

use crate::amount::millionths_per_million;
use crate::{ModelTable, Tokens};

/// What the tokens of a model cost.
///
/// In a configuration, US dollars for 1 000 tokens: `{"input": 0.0025, "output": 0.01}`, and
/// `"cached_input"` if the provider takes less for what it reads from its cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Dollars")]
pub struct Price {
    /// Micro-dollars for a million tokens of input.
    input: u64,
    /// The same for those of the input that were read from a cache.
    cached_input: u64,
    /// The same for output.
    output: u64,
}

/// A price as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dollars {
    input: f64,
    output: f64,
    cached_input: Option<f64>,
}

impl TryFrom<Dollars> for Price {
    type Error = &'static str;

    fn try_from(dollars: Dollars) -> Result<Self, Self::Error> {
        let per_million = |usd: f64| {
            millionths_per_million(usd)
                .ok_or("expected US dollars for 1000 tokens, from 0 to 1000000")
        };
        let input = per_million(dollars.input)?;
        Ok(Self {
            input,
            cached_input: dollars.cached_input.map_or(Ok(input), per_million)?,
            output: per_million(dollars.output)?,
        })
    }
}

impl Price {
    /// What a call costs, in micro-dollars, rounded up.
    pub fn cost(&self, tokens: &Tokens) -> u64 {
        let share = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let cached = tokens.cached_input.min(tokens.input);
        let total = share(tokens.input - cached, self.input)
            .saturating_add(share(cached, self.cached_input))
            .saturating_add(share(tokens.output, self.output));
        u64::try_from(total.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

/// The prices of models: the operator's own before those shipped.
#[derive(Debug, Clone)]
pub struct Prices {
    own: ModelTable<Price>,
    shipped: ModelTable<Price>,
}

impl Prices {
    /// The shipped prices, behind those of a configuration.
    pub fn new(own: ModelTable<Price>) -> Self {
        let shipped = SHIPPED.iter().map(|(model, input, output)| {
            let price = Price {
                input: *input,
                cached_input: *input,
                output: *output,
            };
            ((*model).to_owned(), price)
        });
        Self {
            own,
            shipped: shipped.collect(),
        }
    }

    /// The price of a model; see [`ModelTable`] for which names are found.
    pub fn get(&self, model: &str) -> Option<&Price> {
        self.own.get(model).or_else(|| self.shipped.get(model))
    }
}

/// Models with what a million tokens of input and of output cost, in micro-dollars. List prices of May
/// 2026.
const SHIPPED: &[(&str, u64, u64)] = &[
    ("claude-3-haiku", 250_000, 1_250_000),
    ("claude-3-opus", 15_000_000, 75_000_000),
    ("claude-3-sonnet", 3_000_000, 15_000_000),
    ("claude-3.5-haiku", 800_000, 4_000_000),
    ("claude-3.5-sonnet", 3_000_000, 15_000_000),
    ("claude-haiku-4-5", 800_000, 4_000_000),
    ("claude-opus-4-6", 15_000_000, 75_000_000),
    ("claude-opus-4-7", 15_000_000, 75_000_000),
    ("claude-sonnet-4", 3_000_000, 15_000_000),
    ("claude-sonnet-4-6", 3_000_000, 15_000_000),
    ("gemini-1.5-flash", 75_000, 300_000),
    ("gemini-1.5-pro", 3_500_000, 10_500_000),
    ("gemini-2.0-flash", 100_000, 400_000),
    ("gpt-3.5-turbo", 500_000, 1_500_000),
    ("gpt-4", 30_000_000, 60_000_000),
    ("gpt-4-turbo", 10_000_000, 30_000_000),
    ("gpt-4o", 2_500_000, 10_000_000),
    ("gpt-4o-mini", 150_000, 600_000),
    ("llama-3.1-405b", 3_000_000, 3_000_000),
    ("llama-3.1-70b", 800_000, 800_000),
    ("llama-3.1-8b", 100_000, 100_000),
    ("mistral-large", 2_000_000, 6_000_000),
    ("mistral-medium", 2_700_000, 8_100_000),
    ("mistral-small", 200_000, 600_000),
    ("o1", 15_000_000, 60_000_000),
    ("o1-mini", 3_000_000, 12_000_000),
    ("o3-mini", 1_100_000, 4_400_000),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(input: u64, cached_input: u64, output: u64) -> Tokens {
        Tokens {
            input,
            cached_input,
            output,
        }
    }

    fn prices(own: &str) -> Prices {
        Prices::new(serde_json::from_str(own).unwrap())
    }

    #[test]
    fn a_shipped_price_is_exact() {
        let prices = prices("{}");
        let price = prices.get("gpt-4o").unwrap();
        assert_eq!(price.cost(&tokens(1000, 0, 1000)), 12_500);
        assert_eq!(price.cost(&tokens(1, 0, 0)), 3, "rounded up");
        assert_eq!(price.cost(&tokens(0, 0, 0)), 0);
    }

    #[test]
    fn a_dated_version_has_the_price_of_its_model() {
        let prices = prices("{}");
        assert_eq!(prices.get("gpt-4o-2024-08-06"), prices.get("gpt-4o"));
        assert_eq!(
            prices.get("gpt-4-1106-preview"),
            None,
            "it may cost anything"
        );
    }

    #[test]
    fn an_own_price_comes_first_also_for_dated_versions() {
        let own = prices(r#"{"gpt-4o":{"input":0.0008,"output":0.075}}"#);
        assert_eq!(
            own.get("gpt-4o-2024-08-06")
                .unwrap()
                .cost(&tokens(1_000_000, 0, 1_000_000)),
            75_800_000
        );
        assert_eq!(own.get("gpt-4"), prices("{}").get("gpt-4"));
    }

    #[test]
    fn input_from_a_cache_costs_what_the_operator_says() {
        let own = prices(
            r#"{"a":{"input":0.01,"output":0},"b":{"input":0.01,"output":0,"cached_input":0.001}}"#,
        );
        let tokens = tokens(1000, 400, 0);
        assert_eq!(own.get("a").unwrap().cost(&tokens), 10_000);
        assert_eq!(own.get("b").unwrap().cost(&tokens), 6_400);
    }

    #[test]
    fn a_price_must_be_a_sum_of_money() {
        for price in [
            r#"{"input":-1,"output":0}"#,
            r#"{"input":1e99,"output":0}"#,
            r#"{"input":1}"#,
            r#"{"input":1,"output":1,"per":"day"}"#,
        ] {
            assert!(serde_json::from_str::<Price>(price).is_err(), "{price}");
        }
    }

    #[test]
    fn the_largest_figures_do_not_overflow() {
        let own = prices(r#"{"a":{"input":1000000,"output":1000000}}"#);
        let all = tokens(u64::MAX, u64::MAX, u64::MAX);
        assert_eq!(own.get("a").unwrap().cost(&all), u64::MAX);
    }
}
