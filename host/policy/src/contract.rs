//! Between the plain types and wasmtime's: the one place that knows both.
//!
//! A call is handed over by reference: wasmtime writes its texts straight into the rule's memory.

use self::bindings::bijotel::policy::types as wit;
use crate::call::{Call, Fact, Role, Stage, Text};
use crate::verdict::{ByteRange, Description, Edit, Evaluation, Finding, Verdict};

pub(crate) use self::bindings::{PolicyRule, PolicyRulePre};

mod bindings {
    #![allow(missing_docs, unreachable_pub, reason = "generated")]
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "policy-rule",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

/// A call in the shape that wasmtime passes on, but for its facts, which differ from rule to rule.
pub(crate) struct WitCall<'a> {
    call: &'a Call,
    input: Vec<wit::Text<'a>>,
    output: Vec<wit::Text<'a>>,
    tool_definitions: Vec<wit::ToolDefinition<'a>>,
    tool_calls: Vec<wit::ToolCall<'a>>,
}

impl<'a> WitCall<'a> {
    pub(crate) fn new(call: &'a Call) -> Self {
        Self {
            call,
            input: call.input.iter().map(wit::Text::from).collect(),
            output: call.output.iter().map(wit::Text::from).collect(),
            tool_definitions: call
                .tool_definitions
                .iter()
                .map(|tool| wit::ToolDefinition {
                    name: &tool.name,
                    description: tool.description.as_deref(),
                    parameters: tool.parameters.as_deref(),
                    place: &tool.place,
                })
                .collect(),
            tool_calls: call
                .tool_calls
                .iter()
                .map(|call| wit::ToolCall {
                    id: call.id.as_deref(),
                    name: &call.name,
                    arguments: &call.arguments,
                    place: &call.place,
                })
                .collect(),
        }
    }

    /// The call with those facts whose keys are in `keys`, ordered by key.
    pub(crate) fn facts(call: &'a Call, keys: &[String]) -> Vec<&'a Fact> {
        let mut facts: Vec<&Fact> = call
            .facts
            .iter()
            .filter(|fact| keys.contains(&fact.key))
            .collect();
        facts.sort();
        facts
    }

    /// Ask a rule's instance.
    pub(crate) fn evaluate(
        &self,
        rule: &PolicyRule,
        store: &mut wasmtime::Store<crate::sandbox::Sandbox>,
        facts: &[&Fact],
    ) -> wasmtime::Result<Result<Evaluation, String>> {
        let facts: Vec<wit::Fact<'_>> = facts
            .iter()
            .map(|fact| wit::Fact {
                key: &fact.key,
                value: &fact.value,
            })
            .collect();
        let call = wit::Call {
            stage: self.call.stage.into(),
            provider: &self.call.provider,
            model: &self.call.model,
            operation: &self.call.operation,
            limits: wit::RequestedLimits {
                max_output_tokens: self.call.limits.max_output_tokens,
                temperature: self.call.limits.temperature,
                choices: self.call.limits.choices,
                stream: self.call.limits.stream,
            },
            input: &self.input,
            tool_definitions: &self.tool_definitions,
            output: &self.output,
            tool_calls: &self.tool_calls,
            final_: self.call.r#final,
            facts: &facts,
        };
        let answer = rule.bijotel_policy_rule().call_evaluate(store, call)?;
        Ok(answer.map(Evaluation::from))
    }
}

impl<'a> From<&'a Text> for wit::Text<'a> {
    fn from(text: &'a Text) -> Self {
        Self {
            role: text.role.into(),
            place: &text.place,
            content: &text.content,
        }
    }
}

impl From<Role> for wit::Role {
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

impl From<Stage> for wit::Stage {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Admission => Self::Admission,
            Stage::Inspection => Self::Inspection,
            Stage::Commitment => Self::Commitment,
            Stage::Record => Self::Record,
        }
    }
}

impl From<wit::Stage> for Stage {
    fn from(stage: wit::Stage) -> Self {
        match stage {
            wit::Stage::Admission => Self::Admission,
            wit::Stage::Inspection => Self::Inspection,
            wit::Stage::Commitment => Self::Commitment,
            wit::Stage::Record => Self::Record,
        }
    }
}

impl From<wit::Evaluation> for Evaluation {
    fn from(evaluation: wit::Evaluation) -> Self {
        Self {
            verdict: evaluation.verdict.into(),
            findings: evaluation.findings.into_iter().map(Finding::from).collect(),
        }
    }
}

impl From<wit::Verdict> for Verdict {
    fn from(verdict: wit::Verdict) -> Self {
        match verdict {
            wit::Verdict::Allow => Self::Allow,
            wit::Verdict::Warn => Self::Warn,
            wit::Verdict::Redact(edits) => Self::Redact {
                edits: edits
                    .into_iter()
                    .map(|edit| Edit {
                        range: edit.range.into(),
                        replacement: edit.replacement,
                    })
                    .collect(),
            },
            wit::Verdict::Deny => Self::Deny,
            wit::Verdict::Escalate => Self::Escalate,
            wit::Verdict::Advise(model) => Self::Advise { model },
        }
    }
}

impl From<wit::Finding> for Finding {
    fn from(finding: wit::Finding) -> Self {
        Self {
            code: finding.code,
            reason: finding.reason,
            ranges: finding.ranges.into_iter().map(ByteRange::from).collect(),
        }
    }
}

impl From<wit::ByteRange> for ByteRange {
    fn from(range: wit::ByteRange) -> Self {
        Self {
            place: range.place,
            start: range.start,
            end: range.end,
        }
    }
}

impl From<wit::Description> for Description {
    fn from(description: wit::Description) -> Self {
        Self {
            id: description.id,
            version: description.version,
            summary: description.summary,
            stages: description.stages.into_iter().map(Stage::from).collect(),
            facts: description.facts,
            configuration_schema: description.configuration_schema,
            look_back: description.look_back,
        }
    }
}
