//! Whatever a call says, the rule answers, and its answer is sound.

use bijotel_rule_sdk::testing::check_answer;
use bijotel_rule_sdk::{Call, Instance};
use proptest::prelude::*;
use rule_ast_safety::AstSafety;

/// What the rule reacts to, whole and in parts.
const FRAGMENTS: &[&str] = &[
    "```python\n",
    "```sh\n",
    "```\n",
    "~~~\n",
    "import os\n",
    "os.system(",
    "eval(",
    "x",
    ")",
    "(",
    "getattr(os, ",
    "\"",
    "'",
    "`",
    "$(",
    "${x:-",
    "}",
    "{a,b}",
    "rm -rf ",
    "/",
    "curl x ",
    "| ",
    "sh ",
    "bash -c ",
    "sudo ",
    "<<EOF\n",
    "EOF\n",
    "if ",
    "then ",
    "fi\n",
    "for x in ",
    "do ",
    "done\n",
    "\\",
    "\n",
    " ",
    "    ",
    ">>> ",
    "$ ",
    "def f(x):\n",
    "lambda ",
    "f'{",
    "é",
    "雪",
    "🙂",
    "chmod 777 ",
    ";",
    "&&",
    "(",
    ")",
    "[",
    "]",
    "\t",
    "#",
    "!",
    "=",
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
    static RULE: Instance<AstSafety> = {
        let rule = Instance::new();
        rule.configure(r#"{}"#).unwrap();
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
