//! Rule `regex_content`: the operator's patterns in what goes to the model.
//!
//! `docs/rules/regex_content.md` says what it catches and what it cannot.

use bijotel_rule_sdk::{
    Call, Description, Evaluation, Origin, PatternConfig, Patterns, Piece, Role, Rule, Stage,
    export_rule, tool_definitions,
};
use serde::Deserialize;

const SCHEMA: &str = include_str!("config.schema.json");

/// The configuration of the rule.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The patterns. Default none, so that nothing is found.
    pub patterns: Vec<PatternConfig>,
    /// Whose texts are searched. Default all, and the tools that are offered to the model.
    pub roles: Option<Vec<RoleName>>,
}

/// Who wrote a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleName {
    /// The operator.
    System,
    /// The application.
    Developer,
    /// A person.
    User,
    /// The model, in earlier turns; its tool calls in them as well.
    Assistant,
    /// A tool.
    Tool,
    /// Anyone else.
    Other,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::System => Self::System,
            Role::Developer => Self::Developer,
            Role::User => Self::User,
            Role::Assistant => Self::Assistant,
            Role::Tool => Self::Tool,
            Role::Other => Self::Other,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct RegexContent {
    patterns: Patterns,
    roles: Option<Vec<RoleName>>,
}

impl Rule for RegexContent {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            ..bijotel_rule_sdk::description(
                "regex_content",
                env!("CARGO_PKG_VERSION"),
                "Blocks or redacts what the operator's patterns match in the input.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        Ok(Self {
            patterns: Patterns::new("regex_content", &config.patterns)?,
            roles: config.roles,
        })
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut search = self.patterns.search();
        for text in call
            .input
            .iter()
            .filter(|text| self.reads(text.role.into()))
        {
            let piece = Piece {
                origin: Origin::Input(text.role),
                place: &text.place,
                text: &text.content,
            };
            search.text(&piece, 0);
        }
        if self.reads(RoleName::Assistant) {
            for tool_call in call.tool_calls.iter().filter(|tool_call| tool_call.earlier) {
                let piece = Piece {
                    origin: Origin::Arguments(&tool_call.name),
                    place: &tool_call.place,
                    text: &tool_call.arguments,
                };
                search.text(&piece, 0);
            }
        }
        if self.roles.is_none() {
            for (place, text) in tool_definitions(call) {
                search.fixed_text(place, text);
            }
        }
        search.finish().finish()
    }
}

impl RegexContent {
    fn reads(&self, role: RoleName) -> bool {
        self.roles
            .as_ref()
            .is_none_or(|roles| roles.contains(&role))
    }
}

export_rule!(RegexContent);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{Text, ToolCall, ToolDefinition, Verdict, testing};

    const BLOCK: &str = r#"{"patterns":[{"pattern":"(?i)project\\s+thunder","label":"project"}]}"#;

    fn codes(configuration: &str, call: &Call) -> Vec<String> {
        testing::codes::<RegexContent>(configuration, call)
    }

    #[test]
    fn without_patterns_nothing_is_found() {
        assert!(codes("{}", &Call::of_text("anything")).is_empty());
    }

    #[test]
    fn a_match_in_the_input_blocks() {
        let call = Call::of_text("about Project  Thunder");
        assert_eq!(codes(BLOCK, &call), ["regex_content.project"]);
    }

    #[test]
    fn a_match_can_be_redacted() {
        let redact =
            r#"{"patterns":[{"pattern":"thunder","action":"redact","replacement":"[name]"}]}"#;
        let call = Call::of_text("about thunder");
        let evaluation = testing::ask::<RegexContent>(redact, &call).unwrap();
        let Verdict::Redact(edits) = evaluation.verdict else {
            panic!("{evaluation:?}");
        };
        assert_eq!(
            (edits[0].range.start, edits[0].replacement.as_str()),
            (6, "[name]")
        );
    }

    #[test]
    fn only_texts_of_the_chosen_roles_are_read() {
        let users = BLOCK.replacen('{', r#"{"roles":["user"],"#, 1);
        let mut call = Call::of_text("hi");
        call.input
            .push(Text::new(Role::System, "/input/1", "project thunder"));
        assert_eq!(codes(BLOCK, &call).len(), 1);
        assert!(codes(&users, &call).is_empty());
    }

    #[test]
    fn earlier_tool_calls_and_offered_tools_are_input_too() {
        let mut call = Call::of_text("hi");
        let mut earlier = ToolCall::new("t", r#"{"q":"project thunder"}"#, "/input/1");
        call.tool_calls.push(earlier.clone());
        assert!(codes(BLOCK, &call).is_empty(), "of the answer");
        earlier.earlier = true;
        call.tool_calls[0] = earlier;
        assert_eq!(codes(BLOCK, &call).len(), 1);

        let mut call = Call::of_text("hi");
        call.tool_definitions.push(ToolDefinition {
            name: "t".to_owned(),
            description: Some("knows project thunder".to_owned()),
            parameters: None,
            place: "/tools/0".to_owned(),
        });
        assert_eq!(codes(BLOCK, &call), ["regex_content.project"]);
        let redact = BLOCK.replace("\"label\"", "\"action\":\"redact\",\"label\"");
        assert_eq!(codes(&redact, &call), ["regex_content.cannot_redact"]);
    }

    #[test]
    fn a_bad_pattern_is_named() {
        let refusal = testing::refusal::<RegexContent>(r#"{"patterns":[{"pattern":"("}]}"#);
        assert!(refusal.contains("`patterns[0]`"), "{refusal}");
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<RegexContent>().unwrap();
    }
}
