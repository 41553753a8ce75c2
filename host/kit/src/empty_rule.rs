//! A rule that does nothing, for measuring what the host itself costs.
//!
//! It is written by hand in WebAssembly text and made a component when it is asked for, so it always
//! speaks the contract of this host.

use bijotel_policy::CONTRACT;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::CONTRACT_WIT;

/// Strings and records of the description, as the canonical ABI lays them out: at 1024 the strings, at
/// 2048 the description's 13 words. Everything at 0 is zero, which as an answer means: configured, no
/// counters, allow without findings.
const MODULE: &str = r#"(module
  (memory (export "memory") 2)
  (data (i32.const 1024) "empty" "1.0.0" "Does nothing." "{}" "\00\01\02\03")
  (data (i32.const 2048)
    "\00\04\00\00\05\00\00\00"
    "\05\04\00\00\05\00\00\00"
    "\0a\04\00\00\0d\00\00\00"
    "\19\04\00\00\04\00\00\00"
    "\00\00\00\00\00\00\00\00"
    "\17\04\00\00\02\00\00\00"
    "\00\00\00\00")
  (global $heap (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.set $heap (i32.add (local.get $at) (local.get 3)))
    (block $enough
      (br_if $enough (i32.le_u (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
      (br_if $enough (i32.ne (i32.const -1) (memory.grow (i32.add (i32.const 1)
        (i32.shr_u (local.get 3) (i32.const 16))))))
      unreachable)
    (local.get $at))
  (func (export "CONTRACT#describe") (result i32) (i32.const 2048))
  (func (export "CONTRACT#counters") (result i32) (i32.const 0))
  (func (export "CONTRACT#configure") (param i32 i32) (result i32) (i32.const 0))
  (func (export "CONTRACT#evaluate") (param i32) (result i32) (i32.const 0)))"#;

/// The component. An error is a defect of this program: it says at which step.
pub(crate) fn component() -> Result<Vec<u8>, String> {
    let text = MODULE.replace("CONTRACT", CONTRACT);
    let mut module = wat::parse_str(text).map_err(|error| error.to_string())?;
    let failed = |error: &dyn std::fmt::Display| format!("the empty rule: {error:#}");
    let mut resolve = Resolve::default();
    let package = resolve
        .push_str("policy.wit", CONTRACT_WIT)
        .map_err(|error| failed(&error))?;
    let world = resolve
        .select_world(&[package], Some("policy-rule"))
        .map_err(|error| failed(&error))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .map_err(|error| failed(&error))?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use bijotel_policy::{
        Call, Configuration, Engine, EngineOptions, RuleEntry, RuleSet, Stage, VerdictKind,
    };

    use super::*;

    #[test]
    fn the_empty_rule_allows_at_every_stage() {
        let engine = Engine::new(EngineOptions::default()).unwrap();
        let rule = engine
            .load(component().unwrap(), &Configuration::default())
            .unwrap();
        assert_eq!(rule.description().id, "empty");
        assert!(rule.preparation().snapshot);
        let rules = RuleSet::new(vec![RuleEntry::new(rule)]).unwrap();
        for stage in Stage::ALL {
            let mut call = Call::new(stage);
            call.push_input("x".repeat(100_000));
            let decision = rules.evaluate(&call);
            assert_eq!(decision.verdict, VerdictKind::Allow, "{decision:?}");
            assert_eq!(decision.outcomes.len(), 1);
        }
    }
}
