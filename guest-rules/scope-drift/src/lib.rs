//! Rule `scope_drift`: whether an answer stays within what was asked for and what the session declared.
//!
//! `docs/rules/scope_drift.md` says what it catches and what it cannot.

mod scope;

use std::collections::BTreeMap;

use bijotel_rule_sdk::{
    Action, Arguments, Call, Description, Evaluation, Mode, Piece, Report, Rule, Stage, ToolCall,
    export_rule, pieces,
};
use serde::Deserialize;

use scope::{BadScope, SCOPE_HOSTS, SCOPE_PATHS, SCOPE_TOOLS, Scope};

const SCHEMA: &str = include_str!("config.schema.json");

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// By which part an answer may be longer than asked for. Default 0.1.
    pub token_tolerance: f64,
    /// How many bytes a token has at most on average. Default 8.
    pub char_per_token_estimate: u32,
    /// Whether a session must declare the tools it uses. Default false.
    pub require_scope: bool,
    /// What to do about what goes beyond. Default deny.
    pub mode: Mode,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            token_tolerance: 0.1,
            char_per_token_estimate: 8,
            require_scope: false,
            mode: Mode::Deny,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct ScopeDrift(Config);

impl Rule for ScopeDrift {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            facts: [SCOPE_HOSTS, SCOPE_PATHS, SCOPE_TOOLS]
                .map(str::to_owned)
                .to_vec(),
            ..bijotel_rule_sdk::description(
                "scope_drift",
                env!("CARGO_PKG_VERSION"),
                "Stops answers and tool calls that go beyond what was asked for or declared.",
                &[Stage::Inspection, Stage::Commitment, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        if !(0.0..=10.0).contains(&config.token_tolerance) {
            return Err(
                "the configuration key `token_tolerance`: expected a number from 0 to 10"
                    .to_owned(),
            );
        }
        if !(1..=1000).contains(&config.char_per_token_estimate) {
            return Err(
                "the configuration key `char_per_token_estimate`: expected 1 to 1000".to_owned(),
            );
        }
        Ok(Self(config))
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        if call.stage != Stage::Commitment {
            self.judge_length(call, &mut report);
        }
        let asked = call
            .tool_calls
            .iter()
            .filter(|tool_call| !tool_call.earlier);
        let mut asked = asked.peekable();
        if asked.peek().is_none() {
            return report.finish();
        }
        match Scope::of(call) {
            Ok(scope) => asked.for_each(|tool_call| {
                self.judge_tool_call(call, tool_call, &scope, &mut report);
            }),
            Err(BadScope) => {
                let reason = "The declared scope is not in lists that can be read";
                report.find_in_call(self.action(), "scope_drift.bad_fact", reason);
            }
        }
        report.finish()
    }
}

impl ScopeDrift {
    fn action(&self) -> Action {
        self.0.mode.into()
    }

    /// Compares the length of the answer with what was asked for: in tokens as the provider counted
    /// them, or else in bytes.
    fn judge_length(&self, call: &Call, report: &mut Report) {
        let Some(asked) = call.limits.max_output_tokens.filter(|asked| *asked > 0) else {
            return;
        };
        let allowed = |amount: f64| amount * (1.0 + self.0.token_tolerance);
        let counted = call.answer.as_ref().and_then(|answer| answer.output_tokens);
        let is_longer = if let Some(counted) = counted {
            let choices = call.limits.choices.unwrap_or(1).max(1);
            counted as f64 > allowed(asked as f64 * f64::from(choices))
        } else {
            let mut bytes: BTreeMap<u32, u64> = BTreeMap::new();
            for text in &call.output {
                let before = text.window.map_or(0, |window| window.offset);
                let length = before.saturating_add(text.content.len() as u64);
                let choice = bytes.entry(text.choice).or_default();
                *choice = choice.saturating_add(length);
            }
            let most = allowed(asked as f64 * f64::from(self.0.char_per_token_estimate));
            bytes.values().any(|bytes| *bytes as f64 > most)
        };
        if is_longer {
            let reason = "The answer is longer than what was asked for";
            report.find_in_call(self.action(), "scope_drift.length", reason);
        }
    }

    fn judge_tool_call(
        &self,
        call: &Call,
        tool_call: &ToolCall,
        scope: &Scope,
        report: &mut Report,
    ) {
        let piece: Option<Piece<'_>> = pieces(call).find(|piece| piece.place == tool_call.place);
        let Some(piece) = piece else { return };
        let range = piece.range(0, piece.text.len());
        let mut find = |code, reason| report.find(self.action(), code, reason, range.clone());
        match &scope.tools {
            Some(tools) if !tools.contains(&tool_call.name) => {
                let reason = "The model calls a tool that the session did not declare";
                find("scope_drift.tool", reason);
            }
            None if self.0.require_scope => {
                let reason = "The model calls a tool, and the session declared none";
                find("scope_drift.undeclared", reason);
            }
            _ => {}
        }
        if scope.hosts.is_none() && scope.folders.is_none() {
            return;
        }
        let Some(arguments) = Arguments::parse(&tool_call.arguments) else {
            let reason = "The arguments are not a JSON object with each key once, so they cannot be compared with the declared scope";
            find("scope_drift.arguments", reason);
            return;
        };
        for (_, text) in arguments.strings() {
            if scope.has_foreign_host(text) {
                let reason = "An argument names a host that the session did not declare";
                find("scope_drift.host", reason);
            }
            if scope.is_foreign_path(text) {
                let reason = "An argument names a path that the session did not declare";
                find("scope_drift.path", reason);
            }
        }
    }
}

export_rule!(ScopeDrift);

#[cfg(test)]
mod tests;
