//! Models with what they cost, what they can do and how long they take, and the best of them.

use serde::Deserialize;

/// A model of the catalogue. All three figures are relative: 1 is the most of any model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name, as a caller requests it.
    pub name: String,
    /// Who serves it, as the host names providers. Needed for `same_provider` only.
    #[serde(default)]
    pub provider: String,
    /// What a call costs, from 0 to 1.
    pub cost: f64,
    /// How good its answers are, from 0 to 1.
    pub quality: f64,
    /// How long an answer takes, from 0 to 1.
    pub latency: f64,
}

impl Model {
    /// Whether this model is at least as good as the other in everything, and better in something.
    fn dominates(&self, other: &Self) -> bool {
        let as_good = self.cost <= other.cost
            && self.quality >= other.quality
            && self.latency <= other.latency;
        as_good && !self.equals(other)
    }

    /// Whether the two are the same but for their names.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.cost == other.cost && self.quality == other.quality && self.latency == other.latency
    }
}

/// The models that no other model dominates, cheapest first; of two that cost the same, the quicker.
pub(crate) fn frontier(models: &[Model]) -> Vec<Model> {
    let is_best = |model: &&Model| !models.iter().any(|other| other.dominates(model));
    let mut best: Vec<Model> = models.iter().filter(is_best).cloned().collect();
    best.sort_by(|a, b| {
        a.cost
            .total_cmp(&b.cost)
            .then(a.latency.total_cmp(&b.latency))
            .then(a.name.cmp(&b.name))
    });
    best
}

/// The catalogue that is used when the configuration has none.
pub(crate) fn shipped() -> Vec<Model> {
    let model = |provider: &str, name: &str, cost, quality, latency| Model {
        name: name.to_owned(),
        provider: provider.to_owned(),
        cost,
        quality,
        latency,
    };
    vec![
        model("anthropic", "claude-haiku-4-5-20251001", 0.05, 0.7, 0.3),
        model("anthropic", "claude-haiku-4-5", 0.05, 0.7, 0.3),
        model("anthropic", "claude-sonnet-4-20250514", 0.2, 0.9, 0.6),
        model("anthropic", "claude-sonnet-4", 0.2, 0.9, 0.6),
        model("anthropic", "claude-opus-4", 1.0, 1.0, 1.0),
        model("anthropic", "claude-opus-4-7", 1.0, 1.0, 1.0),
        model("openai", "gpt-4o-mini", 0.03, 0.65, 0.25),
        model("openai", "gpt-4o", 0.5, 0.95, 0.7),
        model("openai", "gpt-4-turbo", 0.8, 0.95, 0.8),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_worse_in_everything_is_not_on_the_frontier() {
        let names: Vec<String> = frontier(&shipped())
            .into_iter()
            .map(|model| model.name)
            .collect();
        let worse = "gpt-4-turbo".to_owned();
        assert!(
            !names.contains(&worse),
            "gpt-4o costs less, is as good and quicker"
        );
        assert_eq!(names.len(), 8);
    }

    #[test]
    fn the_cheapest_comes_first() {
        assert_eq!(frontier(&shipped())[0].name, "gpt-4o-mini");
    }

    #[test]
    fn equal_models_are_both_on_the_frontier() {
        let one = shipped().remove(0);
        let two = Model {
            name: "twin".to_owned(),
            ..one.clone()
        };
        assert_eq!(frontier(&[one, two]).len(), 2);
    }
}
