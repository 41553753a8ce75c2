//! Rule `consensus_requirement`: where much is at stake, one model's answer is not enough.
//!
//! `docs/rules/consensus_requirement.md` says what it catches and what it cannot.

mod config;
mod stakes;

use bijotel_rule_sdk::{
    Action, Call, Description, Evaluation, Origin, Report, Role, Rule, Stage, export_rule, pieces,
};

pub use config::{Author, Config, Stakes};
use stakes::Keywords;

/// The fact that says how many models were asked the same, or are being asked: a whole number.
pub const VOTES: &str = "consensus.votes";

/// The fact that says how far their answers agree: a decimal number from 0 to 1.
pub const AGREEMENT: &str = "consensus.agreement";

/// The rule.
#[derive(Debug)]
pub struct ConsensusRequirement {
    keywords: Keywords,
    roles: Vec<Role>,
    config: Config,
}

impl Rule for ConsensusRequirement {
    type Config = Config;

    const EXAMPLES: &'static [&'static str] = &["Which dosage of this medication is safe?"];

    fn describe() -> Description {
        Description {
            configuration_schema: config::SCHEMA.to_owned(),
            facts: vec![VOTES.to_owned(), AGREEMENT.to_owned()],
            ..bijotel_rule_sdk::description(
                "consensus_requirement",
                env!("CARGO_PKG_VERSION"),
                "Wants several models to agree where much is at stake.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        config.check()?;
        Ok(Self {
            keywords: Keywords::new(config.keywords.as_deref()),
            roles: config.roles.iter().map(|author| (*author).into()).collect(),
            config,
        })
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        if !call.is_model_call() {
            return report.finish();
        }
        let votes = read(call, VOTES, &mut report, |votes: &u64| *votes > 0);
        let agreement = read(call, AGREEMENT, &mut report, |agreement: &f64| {
            (0.0..=1.0).contains(agreement)
        });
        // An agreement that cannot be read is none.
        let agreement = agreement.or_else(|| call.fact(AGREEMENT).map(|_| 0.0));
        let config = &self.config;
        let (code, reason) = if votes.is_none_or(|votes| votes < config.min_votes) {
            let reason = format!(
                "Much is at stake, and fewer than {} models have been asked",
                config.min_votes
            );
            ("consensus_requirement.single_model", reason)
        } else if let Some(agreement) = agreement.filter(|agreement| *agreement < config.threshold)
        {
            let reason = format!(
                "Much is at stake, and the models agree only to {agreement:.2}; {} is needed",
                config.threshold
            );
            ("consensus_requirement.disagreement", reason)
        } else {
            return report.finish();
        };
        self.object(call, code, &reason, &mut report);
        report.finish()
    }
}

impl ConsensusRequirement {
    /// Makes the finding, if the stakes are high enough, with the keywords as its places.
    fn object(&self, call: &Call, code: &str, reason: &str, report: &mut Report) {
        let mode = self.config.mode.into();
        if self.config.stakes_threshold == Stakes::Low {
            report.find_in_call(mode, code, reason);
            return;
        }
        let own = |role| self.roles.contains(&role);
        for piece in pieces(call) {
            if matches!(piece.origin, Origin::Input(role) if own(role)) {
                for range in self.keywords.find(piece.text) {
                    report.find(mode, code, reason, piece.range(range.start, range.end));
                }
            }
        }
    }
}

/// A number among the facts. One that makes no sense is reported.
fn read<T: std::str::FromStr>(
    call: &Call,
    key: &str,
    report: &mut Report,
    is_usable: impl Fn(&T) -> bool,
) -> Option<T> {
    let value = call.fact(key)?.parse().ok().filter(is_usable);
    if value.is_none() {
        let reason = format!("The fact {key} is not a number in its range");
        report.find_in_call(Action::Warn, "consensus_requirement.bad_fact", &reason);
    }
    value
}

export_rule!(ConsensusRequirement);

#[cfg(test)]
mod tests;
