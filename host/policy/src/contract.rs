//! Between the plain types and wasmtime's: the one place that knows both.
//!
//! A call is handed over by reference: wasmtime writes its texts straight into the rule's memory.

use self::bindings::bijotel::policy::types as wit;
use crate::call::{Answer, Attachment, Call, Fact, Role, Stage, Text, TextKind};
use crate::counter::{Charge, Counter, CounterScope, CounterWindow, Measure};
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
    attachments: Vec<wit::Attachment<'a>>,
    finish_reasons: Vec<&'a str>,
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
                    choice: call.choice,
                    earlier: call.earlier,
                })
                .collect(),
            attachments: call.attachments.iter().map(wit::Attachment::from).collect(),
            finish_reasons: (call.answer.iter())
                .flat_map(|answer| answer.finish_reasons.iter().map(String::as_str))
                .collect(),
        }
    }

    /// The stage of the call.
    pub(crate) fn stage(&self) -> crate::call::Stage {
        self.call.stage
    }

    /// Ask a rule's instance.
    pub(crate) fn evaluate(
        &self,
        rule: &PolicyRule,
        store: &mut wasmtime::Store<crate::sandbox::Sandbox>,
        facts: &[GivenFact<'_>],
    ) -> wasmtime::Result<Result<Evaluation, String>> {
        let facts: Vec<wit::Fact<'_>> = facts
            .iter()
            .map(|given| wit::Fact {
                key: given.key,
                value: &given.fact.value,
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
            attachments: &self.attachments,
            answer: self.call.answer.as_ref().map(|answer| self.answer(answer)),
            final_: self.call.r#final,
            facts: &facts,
        };
        let answer = rule.bijotel_policy_rule().call_evaluate(store, call)?;
        Ok(answer.map(Evaluation::from))
    }

    fn answer(&'a self, answer: &'a Answer) -> wit::Answer<'a> {
        wit::Answer {
            model: answer.model.as_deref(),
            finish_reasons: &self.finish_reasons,
            input_tokens: answer.input_tokens,
            output_tokens: answer.output_tokens,
            cached_input_tokens: answer.cached_input_tokens,
            reasoning_tokens: answer.reasoning_tokens,
        }
    }
}

/// A fact as a rule is given it: what the host calls `counter.RULE.NAME` is the rule's own
/// `counter.NAME`.
pub(crate) struct GivenFact<'a> {
    /// The key that the rule sees.
    pub(crate) key: &'a str,
    /// The fact under the host's key.
    pub(crate) fact: &'a Fact,
}

impl<'a> From<&'a Text> for wit::Text<'a> {
    fn from(text: &'a Text) -> Self {
        Self {
            role: text.role.into(),
            kind: match text.kind {
                TextKind::Message => wit::TextKind::Message,
                TextKind::Reasoning => wit::TextKind::Reasoning,
                TextKind::Document => wit::TextKind::Document,
            },
            place: &text.place,
            content: &text.content,
            choice: text.choice,
            window: text.window.map(|window| wit::Window {
                offset: window.offset,
                judged: window.judged,
                last: window.last,
            }),
        }
    }
}

impl<'a> From<&'a Attachment> for wit::Attachment<'a> {
    fn from(attachment: &'a Attachment) -> Self {
        Self {
            role: attachment.role.into(),
            place: &attachment.place,
            media_type: &attachment.media_type,
            size: attachment.size,
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
            charges: (evaluation.charges.into_iter())
                .map(|charge| Charge {
                    counter: charge.counter,
                    amount: charge.amount,
                })
                .collect(),
        }
    }
}

impl From<wit::Counter> for Counter {
    fn from(counter: wit::Counter) -> Self {
        Self {
            name: counter.name,
            measure: match counter.measure {
                wit::Measure::Calls => Measure::Calls,
                wit::Measure::Tokens => Measure::Tokens,
                wit::Measure::Cost => Measure::Cost,
                wit::Measure::Energy => Measure::Energy,
                wit::Measure::Time => Measure::Time,
            },
            scope: match counter.scope {
                wit::CounterScope::Everything => CounterScope::Everything,
                wit::CounterScope::Owner => CounterScope::Owner,
                wit::CounterScope::Agent => CounterScope::Agent,
                wit::CounterScope::Session => CounterScope::Session,
                wit::CounterScope::Model => CounterScope::Model,
            },
            window: match counter.window {
                wit::CounterWindow::Seconds(seconds) => CounterWindow::Seconds(seconds),
                wit::CounterWindow::Day => CounterWindow::Day,
                wit::CounterWindow::Month => CounterWindow::Month,
                wit::CounterWindow::Always => CounterWindow::Always,
            },
            limit: counter.limit,
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
