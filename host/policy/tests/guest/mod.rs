//! Rules for tests, written by hand: a core module in text form, its static data laid out here as the
//! canonical ABI wants it. So a test can make a rule do what no toolchain would.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of this"
)]

use bijotel_policy::{ByteRange, Counter, CounterWindow, Evaluation, Verdict};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where static data starts; below is left free, so that address 0 is nothing.
const STATICS: u32 = 1024;

/// Where a rule's own allocations start: its second page.
pub const HEAP: u32 = 65_536;

/// A rule in the making.
pub struct Guest {
    statics: Vec<u8>,
    describe: u32,
    counters: u32,
    configure: String,
    evaluate: String,
    fields: String,
    contract: &'static str,
}

impl Guest {
    /// A rule whose `evaluate` is this code: `$call` is the address of the call, the result that of
    /// the answer.
    pub fn new(evaluate: &str) -> Self {
        let mut guest = Self {
            statics: Vec::new(),
            describe: 0,
            counters: 0,
            configure: "(i32.const 1016)".into(),
            evaluate: evaluate.into(),
            fields: String::new(),
            contract: "bijotel:policy/rule@1.0.0-rc.1",
        };
        guest.describe = guest.description("test", &["owner"]);
        guest.counters(&[])
    }

    /// A rule that always answers this.
    pub fn answering(evaluation: &Evaluation) -> Self {
        let mut guest = Self::new("");
        guest.evaluate = format!("(i32.const {})", guest.answer(evaluation));
        guest
    }

    /// A rule that always says this, without a finding.
    pub fn saying(verdict: Verdict) -> Self {
        Self::answering(&Evaluation::new(verdict, vec![]))
    }

    pub fn id(mut self, id: &str) -> Self {
        self.describe = self.description(id, &["owner"]);
        self
    }

    /// The counters it asks for.
    pub fn counters(mut self, counters: &[Counter]) -> Self {
        let words = counters.iter().flat_map(|counter| {
            let (at, length) = self.text(&counter.name);
            let (window, seconds) = match counter.window {
                CounterWindow::Seconds(seconds) => (0, seconds),
                CounterWindow::Day => (1, 0),
                CounterWindow::Month => (2, 0),
                CounterWindow::Always => (3, 0),
            };
            let limit = counter.limit.unwrap_or_default();
            let scope = (counter.scope as u32) << 8;
            [
                at,
                length,
                counter.measure as u32 | scope,
                window,
                seconds,
                0,
                u32::from(counter.limit.is_some()),
                0,
                limit as u32,
                (limit >> 32) as u32,
            ]
        });
        let words = words.collect::<Vec<_>>();
        let list = self.words(&words);
        self.counters = self.words(&[list, counters.len() as u32]);
        self
    }

    pub fn evaluate(mut self, code: &str) -> Self {
        self.evaluate = code.into();
        self
    }

    /// Code of `configure`: `$text` and `$length` are the configuration, the result the address of
    /// its answer.
    pub fn configure(mut self, code: &str) -> Self {
        self.configure = code.into();
        self
    }

    /// The name of the interface it exports.
    pub fn contract(mut self, interface: &'static str) -> Self {
        self.contract = interface;
        self
    }

    /// More fields of the module.
    pub fn fields(mut self, fields: &str) -> Self {
        self.fields.push_str(fields);
        self
    }

    /// Lay out an answer; its address.
    pub fn answer(&mut self, evaluation: &Evaluation) -> u32 {
        let findings = evaluation
            .findings
            .iter()
            .flat_map(|finding| {
                let ranges = finding.ranges.iter().flat_map(|range| self.range(range));
                let ranges = ranges.collect::<Vec<_>>();
                let ranges = self.words(&ranges);
                let [code, reason] = [&finding.code, &finding.reason].map(|text| self.text(text));
                [
                    code.0,
                    code.1,
                    reason.0,
                    reason.1,
                    ranges,
                    finding.ranges.len() as u32,
                ]
            })
            .collect::<Vec<_>>();
        let findings = self.words(&findings);
        let (tag, payload) = match &evaluation.verdict {
            Verdict::Allow => (0, (0, 0)),
            Verdict::Warn => (1, (0, 0)),
            Verdict::Redact { edits } => {
                let words = edits.iter().flat_map(|edit| {
                    let range = self.range(&edit.range);
                    let (at, length) = self.text(&edit.replacement);
                    range.into_iter().chain([at, length])
                });
                let words = words.collect::<Vec<_>>();
                (2, (self.words(&words), edits.len() as u32))
            }
            Verdict::Deny => (3, (0, 0)),
            Verdict::Escalate => (4, (0, 0)),
            Verdict::Advise { model } => (5, self.text(model)),
        };
        let count = evaluation.findings.len() as u32;
        let charges = evaluation.charges.iter().flat_map(|charge| {
            let (at, length) = self.text(&charge.counter);
            [
                at,
                length,
                charge.amount as u32,
                (charge.amount >> 32) as u32,
            ]
        });
        let charges = charges.collect::<Vec<_>>();
        let charges = (self.words(&charges), evaluation.charges.len() as u32);
        self.words(&[
            0, tag, payload.0, payload.1, findings, count, charges.0, charges.1,
        ])
    }

    /// Lay out an error of `configure` or `evaluate`; its address.
    pub fn refusal(&mut self, sentence: &str) -> u32 {
        let (at, length) = self.text(sentence);
        self.words(&[1, at, length])
    }

    /// Lay out any words; their address.
    pub fn words(&mut self, words: &[u32]) -> u32 {
        while !self.statics.len().is_multiple_of(8) {
            self.statics.push(0);
        }
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.bytes(&bytes)
    }

    /// Lay out any bytes; their address.
    pub fn bytes(&mut self, bytes: &[u8]) -> u32 {
        let at = STATICS + self.statics.len() as u32;
        self.statics.extend_from_slice(bytes);
        at
    }

    fn text(&mut self, text: &str) -> (u32, u32) {
        (self.bytes(text.as_bytes()), text.len() as u32)
    }

    fn range(&mut self, range: &ByteRange) -> [u32; 4] {
        let (at, length) = self.text(&range.place);
        [at, length, range.start, range.end]
    }

    fn description(&mut self, id: &str, facts: &[&str]) -> u32 {
        let id = self.text(id);
        let version = self.text("1.2.3");
        let summary = self.text("A rule for tests.");
        let stages = self.bytes(&[0, 3]);
        let keys: Vec<u32> = facts
            .iter()
            .flat_map(|fact| {
                let (at, length) = self.text(fact);
                [at, length]
            })
            .collect();
        let keys = self.words(&keys);
        let schema = self.text("{}");
        self.words(&[
            id.0,
            id.1,
            version.0,
            version.1,
            summary.0,
            summary.1,
            stages,
            2,
            keys,
            facts.len() as u32,
            schema.0,
            schema.1,
            7,
        ])
    }

    /// The core module, as text.
    pub fn module(&self) -> String {
        let Self {
            describe,
            counters,
            configure,
            evaluate,
            fields,
            contract,
            ..
        } = self;
        let statics: String = self
            .statics
            .iter()
            .map(|byte| format!("\\{byte:02x}"))
            .collect();
        format!(
            r#"(module
              (memory (export "memory") 2)
              (data (i32.const {STATICS}) "{statics}")
              (global $heap (mut i32) (i32.const {HEAP}))
              (func $alloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                (global.set $heap (i32.add (local.get $at) (local.get 3)))
                (block $enough
                  (br_if $enough (i32.le_u (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
                  (br_if $enough (i32.ne (i32.const -1) (memory.grow (i32.add (i32.const 1)
                    (i32.shr_u (local.get 3) (i32.const 16))))))
                  unreachable)
                (local.get $at))
              (func (export "{contract}#describe") (result i32) (i32.const {describe}))
              (func (export "{contract}#counters") (result i32) (i32.const {counters}))
              (func (export "{contract}#configure") (param $text i32) (param $length i32) (result i32)
                {configure})
              (func (export "{contract}#evaluate") (param $call i32) (result i32)
                {evaluate})
              {fields})"#
        )
    }

    /// The component.
    pub fn component(&self) -> Vec<u8> {
        component(&self.module(), include_str!("../../../../wit/policy.wit"))
    }
}

/// Make a component of a core module in text form, which has the exports of the world `policy-rule` in
/// this WIT.
pub fn component(module: &str, wit: &str) -> Vec<u8> {
    let mut module = wat::parse_str(module).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("policy.wit", wit).unwrap();
    let world = resolve
        .select_world(&[package], Some("policy-rule"))
        .unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut encoder = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .unwrap();
    encoder.encode().unwrap()
}

/// Code that leaves the address of the `index`th input text's content.
pub fn input_content(index: u32) -> String {
    format!(
        "(i32.load offset={} (i32.load offset=80 (local.get $call)))",
        index * 48 + 12
    )
}
