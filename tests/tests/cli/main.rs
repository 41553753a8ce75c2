//! The command line: the Python tool's outputs, bad input, and what is our own.
//!
//! These tests run the built program; `cargo xtask test` builds it first.

mod bad_input;
mod disk_full;
mod folder;
mod keys;
mod packages;
mod policy;
mod recorded;
#[path = "../../../host/package/tests/registry/server.rs"]
#[allow(
    dead_code,
    reason = "the tests of bijotel-package look into the registry, these do not"
)]
mod registry;
mod secrets;
mod serve;
mod verbs;
