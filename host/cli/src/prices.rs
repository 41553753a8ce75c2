//! What models cost, to say in lists what a call was worth.
//!
//! The figures are those that the Python tool 2.17 ships, so that both show the same cost. They are
//! not evidence: nothing that is sealed depends on them.

/// US dollars for 1000 input and 1000 output tokens, by the requested model.
const USD_PER_1000_TOKENS: [(&str, f64, f64); 7] = [
    ("claude-haiku-4-5", 0.0008, 0.004),
    ("claude-haiku-4-5-20251001", 0.0008, 0.004),
    ("claude-opus-4-6", 0.015, 0.075),
    ("claude-opus-4-7", 0.015, 0.075),
    ("claude-sonnet-4", 0.003, 0.015),
    ("claude-sonnet-4-20250514", 0.003, 0.015),
    ("claude-sonnet-4-6", 0.003, 0.015),
];

/// How much of a model's name is shown where its price is unknown.
const SHOWN_NAME: usize = 30;

/// What a call cost.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cost {
    /// No token counts are sealed with it.
    NotCounted,
    /// The requested model has no price here; `None` if no model was named.
    UnknownPrice(Option<String>),
    /// US dollars.
    Usd(f64),
}

impl Cost {
    /// The cost of a call; `tokens` are those that went in and came out.
    pub(crate) fn of(model: Option<&str>, tokens: Option<(f64, f64)>) -> Self {
        let Some((input, output)) = tokens else {
            return Self::NotCounted;
        };
        let price = USD_PER_1000_TOKENS
            .iter()
            .find(|(name, ..)| Some(*name) == model);
        match price {
            Some((_, per_input, per_output)) => {
                Self::Usd((input * per_input + output * per_output) / 1000.0)
            }
            None => Self::UnknownPrice(model.map(str::to_owned)),
        }
    }

    /// The amount, where it is known.
    pub(crate) fn usd(&self) -> Option<f64> {
        match self {
            Self::Usd(usd) => Some(*usd),
            _ => None,
        }
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match self {
            Self::NotCounted => "-".to_owned(),
            Self::UnknownPrice(None) => "?(none)".to_owned(),
            Self::UnknownPrice(Some(model)) => {
                format!("?{}", model.chars().take(SHOWN_NAME).collect::<String>())
            }
            Self::Usd(usd) if *usd != 0.0 && *usd < 0.0001 => "<$0.0001".to_owned(),
            Self::Usd(usd) => format!("${usd:.4}"),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_below_what_four_digits_show_is_not_shown_as_nothing() {
        let cost = |tokens| Cost::of(Some("claude-haiku-4-5"), tokens).to_string();
        assert_eq!(cost(Some((124.0, 0.0))), "<$0.0001");
        assert_eq!(cost(Some((125.0, 0.0))), "$0.0001");
        assert_eq!(cost(Some((0.0, 0.0))), "$0.0000");
        assert_eq!(cost(None), "-");
    }

    #[test]
    fn a_model_without_a_price_is_named() {
        let cost = |model| Cost::of(model, Some((1.0, 1.0))).to_string();
        assert_eq!(cost(Some("gpt-4o")), "?gpt-4o");
        assert_eq!(cost(None), "?(none)");
        assert_eq!(cost(Some(&"m".repeat(50))).len(), 31);
    }
}
