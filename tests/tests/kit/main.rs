//! The rule author's kit, as `bijotel rule` offers it.
//!
//! These tests run the built program; `cargo xtask test` builds it first.

mod cases;
mod documents;
#[allow(dead_code, reason = "shared with the tests of the command line")]
#[path = "../cli/folder.rs"]
mod folder;
mod projects;
mod shipped;
mod verbs;
