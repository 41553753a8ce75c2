//! Whatever a call says, the rule answers, and its answer is sound.

use bijotel_rule_sdk::testing::check_answer;
use bijotel_rule_sdk::{Call, Instance};
use proptest::prelude::*;
use rule_pii::PiiDetection;

/// What the rule reacts to, whole and in parts.
const FRAGMENTS: &[&str] = &[
    "anna@example.org",
    "@",
    "a@b",
    "4111 1111 1111 1111",
    "123-45-6789",
    "+49 30 901820",
    "(212) 555-0187",
    "203.0.113.24",
    "2001:db8:85a3::8a2e:370:7334",
    "DE89 3704 0044 0532 0130 00",
    "passport ",
    "C01X00T47",
    "12345678Z",
    "sk-",
    "ghp_",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.x",
    "-----BEGIN PRIVATE KEY-----\n",
    "MIIEpAIBAAKCAQEA",
    "\"",
    "\\n",
    "\\",
    "\\u0040",
    "{",
    ":",
    "phone ",
    "-",
    ".",
    " ",
    "\n",
    "é",
    "雪",
    "🙂",
    "４",
    "\u{200b}",
    "\u{2011}",
    "\u{410}",
    "YW5uYUBleGFtcGxlLm9yZyE",
    "%40",
    "0",
    "1",
    "9",
];

fn texts() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        8 => proptest::sample::select(FRAGMENTS).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[ -~]{0,12}",
    ];
    proptest::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat())
}

thread_local! {
    static RULE: Instance<PiiDetection> = {
        let rule = Instance::new();
        rule.configure(r#"{"action":"redact"}"#).unwrap();
        rule
    };
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gets_a_sound_answer(text in texts()) {
        for call in [Call::of_text(&text), Call::of_tool_call("run_code", &text)] {
            let evaluation = RULE.with(|rule| rule.evaluate(&call)).unwrap();
            prop_assert_eq!(check_answer(&call, &evaluation), Ok(()));
        }
    }

    #[test]
    fn the_same_text_gets_the_same_answer(text in texts()) {
        let call = Call::of_text(&text);
        let answer = || RULE.with(|rule| rule.evaluate(&call)).unwrap();
        prop_assert_eq!(answer(), answer());
    }
}
