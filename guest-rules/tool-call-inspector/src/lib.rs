//! Rule `tool_call_inspector`: which tools the model may call, by how much harm they can do.
//!
//! `docs/rules/tool_call_inspector.md` says what it catches and what it cannot.

mod argument;
mod config;

use std::collections::BTreeMap;

use bijotel_rule_sdk::{
    Action, Arguments, ByteRange, Call, Description, Evaluation, Piece, Report, Rule, Stage,
    ToolCall, export_rule, pieces,
};

use argument::ArgumentCheck;
pub use config::{ArgumentConfig, Config, Kind, Tier, ToolConfig};

/// The rule.
#[derive(Debug)]
pub struct ToolCallInspector {
    config: Config,
    /// By tool, then by name of the argument.
    checks: BTreeMap<String, BTreeMap<String, ArgumentCheck>>,
}

impl Rule for ToolCallInspector {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: config::SCHEMA.to_owned(),
            ..bijotel_rule_sdk::description(
                "tool_call_inspector",
                env!("CARGO_PKG_VERSION"),
                "Lets the model call registered tools only, by their risk and arguments.",
                &[Stage::Commitment, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        config.check_size()?;
        let mut checks = BTreeMap::new();
        for (tool, entry) in &config.registry {
            let mut of_tool = BTreeMap::new();
            for (name, argument) in &entry.arguments {
                let check = ArgumentCheck::new(argument).map_err(|error| {
                    format!("the configuration key `registry.{tool}.arguments.{name}`: {error}")
                })?;
                of_tool.insert(name.clone(), check);
            }
            checks.insert(tool.clone(), of_tool);
        }
        Ok(Self { config, checks })
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        for tool_call in call
            .tool_calls
            .iter()
            .filter(|tool_call| !tool_call.earlier)
        {
            self.judge(call, tool_call, &mut report);
        }
        report.finish()
    }
}

impl ToolCallInspector {
    fn judge(&self, call: &Call, tool_call: &ToolCall, report: &mut Report) {
        let Some(range) = whole(call, tool_call) else {
            return;
        };
        let mut find =
            |action, code, reason: &str| report.find(action, code, reason, range.clone());
        let config = &self.config;
        let Some(tool) = config.registry.get(&tool_call.name) else {
            if !config.allow_unregistered {
                let reason = "The model calls a tool that is not registered";
                find(Action::Deny, "tool_call_inspector.unregistered", reason);
            }
            return;
        };
        if tool.risk_tier == Tier::Critical && !config.allow_critical {
            let reason = "The model calls a tool of the tier CRITICAL, which are not allowed";
            find(Action::Deny, "tool_call_inspector.critical", reason);
        } else if tool.risk_tier > config.max_allowed_tier {
            let reason = format!(
                "The model calls a tool of the tier {}; the highest allowed is {}",
                tool.risk_tier.name(),
                config.max_allowed_tier.name()
            );
            find(Action::Deny, "tool_call_inspector.tier", &reason);
        } else if tool.irreversible && tool.risk_tier >= config.escalate_at_tier {
            let preview = if tool.dryrun_supported {
                "; it can be tried without effect first"
            } else {
                ""
            };
            let reason = format!(
                "The model calls a tool of the tier {} whose effect cannot be undone{preview}",
                tool.risk_tier.name()
            );
            find(
                Action::Escalate,
                "tool_call_inspector.irreversible",
                &reason,
            );
        }
        let Some(checks) = self.checks.get(&tool_call.name) else {
            return;
        };
        if checks.is_empty() && !tool.only_listed_arguments {
            return;
        }
        let Some(arguments) = Arguments::parse(&tool_call.arguments) else {
            let reason =
                "The arguments are not a JSON object with each key once, so they cannot be checked";
            find(Action::Deny, "tool_call_inspector.arguments", reason);
            return;
        };
        if tool.only_listed_arguments && arguments.names().any(|name| !checks.contains_key(name)) {
            let reason = "The tool call has an argument that is not listed for this tool";
            find(
                Action::Deny,
                "tool_call_inspector.unlisted_argument",
                reason,
            );
        }
        for (keys, text) in arguments.strings() {
            let of_keys = keys.iter().filter_map(|key| checks.get(*key));
            for check in of_keys.filter(|check| !check.allows(text)) {
                find(Action::Deny, check.code(), check.reason());
            }
        }
    }
}

/// The whole of the arguments.
fn whole(call: &Call, tool_call: &ToolCall) -> Option<ByteRange> {
    let piece: Piece<'_> = pieces(call).find(|piece| piece.place == tool_call.place)?;
    Some(piece.range(0, piece.text.len()))
}

export_rule!(ToolCallInspector);

#[cfg(test)]
mod tests;
