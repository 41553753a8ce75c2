//! One rule in the real host.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bijotel_policy::{
    Call, Configuration, Engine, EngineOptions, Finding, Role, RuleEntry, RuleSet, ShippedRule,
    Stage, Text, TextKind, ToolCall, VerdictKind,
};

/// A rule that can be asked.
pub(super) struct Judge {
    rules: RuleSet,
    stages: Vec<Stage>,
    version: String,
}

/// What a rule answered.
pub(super) struct Answer {
    /// Its verdict.
    pub(super) verdict: VerdictKind,
    /// What it found.
    pub(super) findings: Vec<Finding>,
    /// Whether it failed instead of judging.
    pub(super) failed: bool,
    /// How much text it was given.
    pub(super) bytes: u64,
    /// How long it took, with the host's share.
    pub(super) took: Duration,
}

impl Judge {
    /// Load a built component with the configuration `{}`; from its prepared form if that is up to
    /// date, because compiling takes many seconds.
    pub(super) fn load(folder: &Path, rule: &str) -> Result<Self> {
        let component = read(&folder.join(format!("{rule}.wasm")))?;
        let engine = Engine::new(EngineOptions::default())?;
        let configuration = Configuration::default();
        let prepared = read(&folder.join(format!("{rule}.cwasm"))).unwrap_or_default();
        let rule = if engine.is_current(&component, &configuration, &prepared) {
            // As in the product, where both are part of the program: they live as long as it.
            let shipped = ShippedRule {
                component: component.leak(),
                precompiled: prepared.leak(),
            };
            engine.load_shipped(&shipped, &configuration)?
        } else {
            engine.load(component, &configuration)?
        };
        let description = rule.description();
        Ok(Self {
            stages: description.stages.clone(),
            version: description.version.clone(),
            rules: RuleSet::new(vec![RuleEntry::new(rule)])?,
        })
    }

    /// The rule's version.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Ask about a message of the call's input.
    pub(super) fn input(&self, role: Role, content: &str) -> Answer {
        self.input_text(Text::new(role, "/input/0", content))
    }

    /// Ask about a document that the application handed to the model.
    pub(super) fn document(&self, content: &str) -> Answer {
        self.input_text(Text {
            kind: TextKind::Document,
            ..Text::new(Role::User, "/input/0", content)
        })
    }

    /// Ask about a text that the model answers.
    pub(super) fn output(&self, content: &str) -> Answer {
        let mut call = Call::new(self.stage(Stage::Inspection));
        call.output
            .push(Text::new(Role::Assistant, "/output/0", content));
        self.ask(&call)
    }

    /// Ask about a tool call that the model wants to make now. The arguments are JSON text.
    pub(super) fn tool_call(&self, name: &str, arguments: &str) -> Answer {
        let mut call = Call::new(self.stage(Stage::Commitment));
        call.tool_calls.push(ToolCall {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            place: "/output/0/arguments".to_owned(),
            ..ToolCall::default()
        });
        self.ask(&call)
    }

    /// Ask about a tool call of an earlier turn, which goes to the model with the other messages.
    pub(super) fn earlier_tool_call(&self, name: &str, arguments: &str) -> Answer {
        let mut call = Call::new(self.stage(Stage::Admission));
        call.tool_calls.push(ToolCall {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            place: "/input/0/arguments".to_owned(),
            earlier: true,
            ..ToolCall::default()
        });
        self.ask(&call)
    }

    fn input_text(&self, text: Text) -> Answer {
        let mut call = Call::new(self.stage(Stage::Admission));
        call.input.push(text);
        self.ask(&call)
    }

    /// The stage, or the first one that the rule serves if it does not serve this one.
    fn stage(&self, wanted: Stage) -> Stage {
        let served = self.stages.iter().find(|stage| **stage == wanted);
        *served.or(self.stages.first()).unwrap_or(&wanted)
    }

    fn ask(&self, call: &Call) -> Answer {
        let contents = call.input.iter().chain(&call.output);
        let arguments = call.tool_calls.iter();
        let bytes = contents.map(|text| text.content.len()).sum::<usize>()
            + arguments.map(|call| call.arguments.len()).sum::<usize>();
        let started = Instant::now();
        let decision = self.rules.evaluate(call);
        let took = started.elapsed();
        let failed = decision
            .outcomes
            .iter()
            .any(|outcome| outcome.failure.is_some());
        let findings = decision
            .outcomes
            .into_iter()
            .flat_map(|outcome| outcome.findings);
        Answer {
            verdict: decision.verdict,
            findings: findings.collect(),
            failed,
            bytes: bytes as u64,
            took,
        }
    }
}

impl Answer {
    /// Whether it says that something is there.
    pub(super) fn alarms(&self) -> bool {
        let speaks = !matches!(self.verdict, VerdictKind::Allow | VerdictKind::Advise);
        self.failed || (speaks && !self.findings.is_empty())
    }

    /// Whether the rule itself, and not its failure, says that something is there.
    pub(super) fn finds(&self) -> bool {
        !self.failed && self.alarms()
    }

    /// Its codes.
    pub(super) fn said(&self) -> String {
        if self.failed {
            return "failed".to_owned();
        }
        let mut codes: Vec<&str> = self.findings.iter().map(|f| f.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.join(" ")
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| {
        format!(
            "cannot read {}; `cargo xtask rules` makes it",
            file.display()
        )
    })
}
