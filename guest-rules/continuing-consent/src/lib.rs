//! Rule `continuing_consent`: whether the consent under which a call began still stands.
//!
//! `docs/rules/continuing_consent.md` says what it catches and what it cannot.

use bijotel_rule_sdk::{
    Action, Call, Description, Evaluation, Mode, Report, Rule, Stage, export_rule,
};
use serde::Deserialize;

/// The fact that says what time it is. As of all facts about time: seconds since 1970, UTC.
pub const NOW: &str = "now";
/// The fact that says when consent was given.
pub const GRANTED_AT: &str = "consent.granted_at";
/// The fact that says when consent ends.
pub const EXPIRES_AT: &str = "consent.expires_at";
/// The fact that says when consent was taken back.
pub const REVOKED_AT: &str = "consent.revoked_at";

const SCHEMA: &str = include_str!("config.schema.json");

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What to do when consent is missing, not yet given, or has ended. Default escalate.
    pub mode: Mode,
    /// What to do when consent was taken back. Default deny.
    pub on_revoked: Mode,
    /// Whether there must be consent. Default true.
    pub require_consent: bool,
    /// How long consent lasts at most, in seconds. Default a day.
    pub max_age_seconds: u64,
    /// By how much clocks may differ, in seconds. Default 60.
    pub clock_tolerance_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::Escalate,
            on_revoked: Mode::Deny,
            require_consent: true,
            max_age_seconds: 86_400,
            clock_tolerance_seconds: 60,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct ContinuingConsent(Config);

/// A fact about time that is no time.
struct BadFact;

impl Rule for ContinuingConsent {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            facts: [NOW, GRANTED_AT, EXPIRES_AT, REVOKED_AT]
                .map(str::to_owned)
                .to_vec(),
            ..bijotel_rule_sdk::description(
                "continuing_consent",
                env!("CARGO_PKG_VERSION"),
                "Stops calls, also while they stream, when consent has ended.",
                &[
                    Stage::Admission,
                    Stage::Inspection,
                    Stage::Commitment,
                    Stage::Record,
                ],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        if config.max_age_seconds == 0 {
            return Err("the configuration key `max_age_seconds`: expected at least 1".to_owned());
        }
        Ok(Self(config))
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        let problem = self.problem(call).unwrap_or_else(|BadFact| {
            let reason = "The host does not say what time it is, or names a time that is none";
            Some((self.0.mode, "continuing_consent.bad_fact", reason))
        });
        if let Some((mode, code, reason)) = problem {
            report.find_in_call(Action::from(mode), code, reason);
        }
        report.finish()
    }
}

impl ContinuingConsent {
    fn problem(&self, call: &Call) -> Result<Option<(Mode, &'static str, &'static str)>, BadFact> {
        let config = &self.0;
        let revoked = time(call, REVOKED_AT)?;
        let granted = time(call, GRANTED_AT)?;
        let expires = time(call, EXPIRES_AT)?;
        let Some(granted) = granted else {
            // Without a beginning there is no consent, but one that was taken back is worse than none.
            let reason = "Nobody has consented to the call";
            let missing = (config.mode, "continuing_consent.missing", reason);
            return Ok(match revoked {
                Some(_) => Some(self.revoked()),
                None => config.require_consent.then_some(missing),
            });
        };
        let now = time(call, NOW)?.ok_or(BadFact)?;
        let latest = now.saturating_add(config.clock_tolerance_seconds);
        let end = granted.saturating_add(config.max_age_seconds);
        let end = expires.map_or(end, |expires| expires.min(end));
        Ok(
            if revoked.is_some_and(|revoked| revoked >= granted && revoked <= latest) {
                Some(self.revoked())
            } else if granted > latest {
                let reason = "Consent is dated after now";
                Some((config.mode, "continuing_consent.not_yet", reason))
            } else if now >= end {
                let reason = "Consent to the call has ended";
                Some((config.mode, "continuing_consent.expired", reason))
            } else {
                None
            },
        )
    }

    fn revoked(&self) -> (Mode, &'static str, &'static str) {
        let reason = "Consent to the call was taken back";
        (self.0.on_revoked, "continuing_consent.revoked", reason)
    }
}

/// A time in seconds, if the host gives it.
fn time(call: &Call, key: &str) -> Result<Option<u64>, BadFact> {
    match call.fact(key) {
        None => Ok(None),
        Some(value) => value.parse().map(Some).map_err(|_| BadFact),
    }
}

export_rule!(ContinuingConsent);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{Verdict, testing};

    fn call(facts: &[(&str, &str)]) -> Call {
        let call = Call::of_text("hi");
        facts
            .iter()
            .fold(call, |call, (key, value)| call.with_fact(key, value))
    }

    fn ask(configuration: &str, facts: &[(&str, &str)]) -> (Verdict, Vec<String>) {
        let call = call(facts);
        let verdict = testing::ask::<ContinuingConsent>(configuration, &call)
            .unwrap()
            .verdict;
        (
            verdict,
            testing::codes::<ContinuingConsent>(configuration, &call),
        )
    }

    #[test]
    fn consent_that_stands_lets_the_call_go_on() {
        let facts = [(NOW, "1500"), (GRANTED_AT, "1000"), (EXPIRES_AT, "2000")];
        assert_eq!(ask("{}", &facts).0, Verdict::Allow);
    }

    #[test]
    fn consent_ends_when_it_says() {
        for now in ["2000", "2001"] {
            let (verdict, codes) = ask(
                "{}",
                &[(NOW, now), (GRANTED_AT, "1000"), (EXPIRES_AT, "2000")],
            );
            assert_eq!(verdict, Verdict::Escalate);
            assert_eq!(codes, ["continuing_consent.expired"]);
        }
    }

    #[test]
    fn consent_ends_after_a_day_whatever_it_says() {
        let facts = |now| [(NOW, now), (GRANTED_AT, "1000"), (EXPIRES_AT, "9999999")];
        assert_eq!(ask("{}", &facts("87399")).0, Verdict::Allow);
        assert_eq!(ask("{}", &facts("87400")).0, Verdict::Escalate);
        let hour = r#"{"max_age_seconds":3600}"#;
        assert_eq!(ask(hour, &facts("4600")).0, Verdict::Escalate);
    }

    #[test]
    fn consent_can_be_taken_back() {
        let facts = |revoked| [(NOW, "1500"), (GRANTED_AT, "1000"), (REVOKED_AT, revoked)];
        let (verdict, codes) = ask("{}", &facts("1400"));
        assert_eq!(verdict, Verdict::Deny);
        assert_eq!(codes, ["continuing_consent.revoked"]);
        assert_eq!(
            ask("{}", &facts("900")).0,
            Verdict::Allow,
            "given anew since"
        );
        assert_eq!(ask("{}", &facts("1800")).0, Verdict::Allow, "ends later");
        assert_eq!(
            ask(r#"{"require_consent":false}"#, &[(REVOKED_AT, "1")]).0,
            Verdict::Deny
        );
    }

    #[test]
    fn without_consent_a_person_is_asked() {
        let (verdict, codes) = ask("{}", &[(NOW, "1500")]);
        assert_eq!(verdict, Verdict::Escalate);
        assert_eq!(codes, ["continuing_consent.missing"]);
        assert_eq!(ask(r#"{"require_consent":false}"#, &[]).0, Verdict::Allow);
        assert_eq!(ask(r#"{"mode":"deny"}"#, &[]).0, Verdict::Deny);
    }

    #[test]
    fn consent_from_the_future_is_none() {
        let facts = |granted| [(NOW, "1500"), (GRANTED_AT, granted)];
        assert_eq!(ask("{}", &facts("1560")).0, Verdict::Allow, "clocks differ");
        assert_eq!(ask("{}", &facts("1561")).1, ["continuing_consent.not_yet"]);
    }

    #[test]
    fn times_that_are_none_are_not_consent() {
        for facts in [
            vec![(GRANTED_AT, "1000")],
            vec![(NOW, "noon"), (GRANTED_AT, "1000")],
            vec![(NOW, "1500"), (GRANTED_AT, "2026-01-01")],
            vec![(NOW, "1500"), (GRANTED_AT, "1000"), (EXPIRES_AT, "-1")],
        ] {
            assert_eq!(
                ask("{}", &facts).1,
                ["continuing_consent.bad_fact"],
                "{facts:?}"
            );
        }
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<ContinuingConsent>().unwrap();
        assert!(!testing::refusal::<ContinuingConsent>(r#"{"max_age_seconds":0}"#).is_empty());
    }
}
