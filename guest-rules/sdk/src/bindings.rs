//! The contract `bijotel:policy`, generated from `wit/policy.wit`. Its documentation stands there.
#![allow(
    missing_docs,
    reason = "generated; the generator does not document the modules and the trait it makes"
)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "policy-rule",
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "bijotel_rule_sdk::bindings",
    additional_derives: [PartialEq],
});
