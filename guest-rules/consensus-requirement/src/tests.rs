//! What the rule says about calls.

use bijotel_rule_sdk::{Call, Evaluation, Role, Text, Verdict, testing};

use super::{AGREEMENT, ConsensusRequirement, VOTES};

const HIGH: &str = "Which dosage of this medication is right?";
const LOW: &str = "Which colour of this curtain is right?";

fn ask(configuration: &str, call: &Call) -> Evaluation {
    testing::ask::<ConsensusRequirement>(configuration, call).unwrap()
}

fn codes(configuration: &str, call: &Call) -> Vec<String> {
    testing::codes::<ConsensusRequirement>(configuration, call)
}

fn voted(votes: &str, agreement: &str) -> Call {
    Call::of_text(HIGH)
        .with_fact(VOTES, votes)
        .with_fact(AGREEMENT, agreement)
}

#[test]
fn one_model_is_not_enough_where_much_is_at_stake() {
    let evaluation = ask("{}", &Call::of_text(HIGH));
    assert_eq!(evaluation.verdict, Verdict::Escalate);
    assert_eq!(
        evaluation.findings[0].code,
        "consensus_requirement.single_model"
    );
    assert_eq!(evaluation.findings[0].ranges.len(), 2);
}

#[test]
fn one_model_is_enough_where_little_is_at_stake() {
    assert_eq!(ask("{}", &Call::of_text(LOW)).verdict, Verdict::Allow);
}

#[test]
fn models_that_agree_are_enough() {
    assert!(codes("{}", &voted("2", "0.7")).is_empty());
    assert!(codes("{}", &voted("3", "1")).is_empty());
}

#[test]
fn models_that_disagree_are_not() {
    assert_eq!(
        codes("{}", &voted("3", "0.69")),
        ["consensus_requirement.disagreement"]
    );
    assert!(codes(r#"{"threshold":0.5}"#, &voted("3", "0.69")).is_empty());
}

#[test]
fn a_round_of_several_models_may_begin_before_its_agreement_is_known() {
    assert!(codes("{}", &Call::of_text(HIGH).with_fact(VOTES, "2")).is_empty());
}

#[test]
fn more_models_can_be_required() {
    let three = r#"{"min_votes":3}"#;
    assert_eq!(
        codes(three, &voted("2", "1")),
        ["consensus_requirement.single_model"]
    );
    assert!(codes(three, &voted("3", "1")).is_empty());
}

#[test]
fn a_fact_that_makes_no_sense_is_reported_and_does_not_help() {
    for (votes, agreement) in [("many", "1"), ("0", "1"), ("-2", "1")] {
        let codes = codes("{}", &voted(votes, agreement));
        let expected = [
            "consensus_requirement.bad_fact",
            "consensus_requirement.single_model",
        ];
        assert_eq!(codes, expected);
    }
    for agreement in ["NaN", "1.1", "-1", ""] {
        let codes = codes("{}", &voted("2", agreement));
        let expected = [
            "consensus_requirement.bad_fact",
            "consensus_requirement.disagreement",
        ];
        assert_eq!(codes, expected);
    }
}

#[test]
fn instructions_of_the_application_do_not_raise_the_stakes() {
    let mut call = Call::of_text(LOW);
    call.input.push(Text::new(
        Role::System,
        "/input/1",
        "Give no medical advice.",
    ));
    assert!(codes("{}", &call).is_empty());
    assert!(!codes(r#"{"roles":["system"]}"#, &call).is_empty());
}

#[test]
fn keywords_can_be_the_operators_own() {
    let own = r#"{"keywords":["curtain"]}"#;
    assert!(!codes(own, &Call::of_text(LOW)).is_empty());
    assert!(codes(own, &Call::of_text(HIGH)).is_empty());
}

#[test]
fn every_call_can_be_made_to_need_consensus() {
    let all = r#"{"stakes_threshold":"low"}"#;
    assert_eq!(
        codes(all, &Call::of_text(LOW)),
        ["consensus_requirement.single_model"]
    );
}

#[test]
fn the_operator_chooses_what_is_done() {
    for (mode, expected) in [("warn", Verdict::Warn), ("deny", Verdict::Deny)] {
        let configuration = format!(r#"{{"mode":"{mode}"}}"#);
        assert_eq!(ask(&configuration, &Call::of_text(HIGH)).verdict, expected);
    }
}

#[test]
fn wrong_configurations_name_their_key() {
    for (configuration, key) in [
        (r#"{"keywords":[]}"#, "keywords"),
        (r#"{"keywords":["..."]}"#, "keywords"),
        (r#"{"roles":[]}"#, "roles"),
        (r#"{"roles":["boss"]}"#, "roles[0]"),
        (r#"{"min_votes":1}"#, "min_votes"),
        (r#"{"threshold":1.5}"#, "threshold"),
    ] {
        let refusal = testing::refusal::<ConsensusRequirement>(configuration);
        assert!(refusal.contains(&format!("`{key}`")), "{refusal}");
    }
}

#[test]
fn the_schema_says_what_the_rule_takes() {
    testing::check_schema::<ConsensusRequirement>().unwrap();
}
