//! The command line: the Python tool's outputs, bad input, and what is our own.
//!
//! These tests run the built program; `cargo xtask test` builds it first.

mod bad_input;
mod disk_full;
mod folder;
mod keys;
mod policy;
mod recorded;
mod secrets;
mod serve;
mod verbs;
