//! What is refused as a rule, and by which words.

mod guest;

use bijotel_policy::*;
use guest::{Guest, component};

const WIT: &str = include_str!("../../../wit/policy.wit");

fn allow() -> Guest {
    Guest::answering(&Evaluation::new(Verdict::Allow, vec![]))
}

fn refusal(component: Vec<u8>) -> String {
    let engine = Engine::new(EngineOptions::default()).unwrap();
    let error = engine
        .load(component, &Configuration::default())
        .unwrap_err();
    error.to_string()
}

#[test]
fn an_undeclared_import_is_refused_by_its_name() {
    // What a rule that wants to know the time would look like.
    let component = wat::parse_str(
        r#"(component
             (import "wasi:clocks/monotonic-clock@0.2.0" (instance
               (export "now" (func (result u64))))))"#,
    );
    let message = refusal(component.unwrap());
    assert!(
        message.contains("imports `wasi:clocks/monotonic-clock@0.2.0`"),
        "{message}"
    );
}

#[test]
fn an_import_under_the_name_of_the_contracts_types_may_hold_nothing_but_types() {
    let component = wat::parse_str(
        r#"(component
             (import "bijotel:policy/types@1.0.0-rc.1" (instance
               (export "escape" (func)))))"#,
    );
    let message = refusal(component.unwrap());
    assert!(
        message.contains("imports `bijotel:policy/types@1.0.0-rc.1`"),
        "{message}"
    );
}

#[test]
fn a_rule_for_another_version_of_the_contract_is_refused_by_that_version() {
    let wit = WIT.replace("bijotel:policy@1.0.0-rc.1", "bijotel:policy@0.7.0");
    let component = component(
        &allow().contract("bijotel:policy/rule@0.7.0").module(),
        &wit,
    );
    let message = refusal(component);
    assert!(
        message.contains("exports `bijotel:policy/rule@0.7.0`"),
        "{message}"
    );
    assert!(
        message.contains("speaks only `bijotel:policy/rule@1.0.0-rc.1`"),
        "{message}"
    );
}

#[test]
fn a_component_that_is_no_rule_is_refused() {
    let message = refusal(wat::parse_str("(component)").unwrap());
    assert!(
        message.contains("does not export `bijotel:policy/rule@1.0.0-rc.1`"),
        "{message}"
    );
}

#[test]
fn the_right_name_with_other_functions_is_refused() {
    let component = wat::parse_str(
        r#"(component
             (instance $nothing)
             (export "bijotel:policy/rule@1.0.0-rc.1" (instance $nothing)))"#,
    );
    let message = refusal(component.unwrap());
    assert!(message.contains("does not match the contract"), "{message}");
}

#[test]
fn a_core_module_is_refused_with_what_to_do() {
    let message = refusal(wat::parse_str(allow().module()).unwrap());
    assert!(
        message.contains("make a component of it first"),
        "{message}"
    );
}

#[test]
fn bytes_that_are_not_webassembly_are_refused() {
    for bytes in [&b""[..], b"\0asm", b"{}", &[0xff; 100]] {
        let message = refusal(bytes.to_vec());
        assert!(message.contains("not a WebAssembly component"), "{message}");
    }
}

#[test]
fn a_damaged_component_is_refused_and_never_a_panic() {
    let component = allow().component();
    for at in (0..component.len()).step_by(7) {
        let _ = inspect(&component[..at]).unwrap_err();
        let mut damaged = component.clone();
        damaged[at] ^= 0x55;
        let _ = inspect(&damaged);
    }
}

#[test]
fn threads_and_relaxed_simd_are_refused() {
    for fields in [
        "(func (drop (i32.atomic.load (i32.const 0))))",
        "(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))",
    ] {
        let module = wat::parse_str(allow().fields(fields).module()).unwrap();
        // Around a module that the encoder would refuse as well.
        let mut component = vec![0, b'a', b's', b'm', 0x0d, 0, 1, 0, 1];
        let mut length = module.len();
        while length >= 0x80 {
            component.push(length as u8 | 0x80);
            length >>= 7;
        }
        component.push(length as u8);
        component.extend(module);
        let message = refusal(component);
        assert!(message.contains("not a WebAssembly component"), "{message}");
        assert!(
            message.contains("threads") || message.contains("relaxed"),
            "{message}"
        );
    }
}

#[test]
fn an_unusable_description_is_refused() {
    let message = refusal(allow().id("No Name").component());
    assert!(message.contains("its id"), "{message}");
}

#[test]
fn a_description_can_be_had_without_configuring() {
    let guest = allow().configure("unreachable");
    let engine = Engine::new(EngineOptions::default()).unwrap();
    let description = engine.describe(&guest.component()).unwrap();
    assert_eq!(description.id, "test");
    assert_eq!(description.version, "1.2.3");
    assert_eq!(description.facts, ["owner"]);
    assert_eq!(description.look_back, 7);
}

#[test]
fn a_rule_is_configured_with_the_canonical_bytes() {
    let mut guest = Guest::new("");
    let warn = Evaluation::new(Verdict::Warn, vec![]);
    let answer = guest.answer(&warn);
    // Traps unless the configuration is `{"a":1}`.
    let guest = guest.evaluate(&format!("(i32.const {answer})")).configure(
        r#"(if (i32.ne (local.get $length) (i32.const 7)) (then unreachable))
               (if (i32.ne (i32.load (local.get $text)) (i32.const 0x2261227b)) (then unreachable))
               (i32.const 1016)"#,
    );
    let engine = Engine::new(EngineOptions::default()).unwrap();
    let configuration = Configuration::from_json(" { \"a\" : 1.0 }").unwrap();
    engine.load(guest.component(), &configuration).unwrap();
    engine
        .load(guest.component(), &Configuration::default())
        .unwrap_err();
}
