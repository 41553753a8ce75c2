//! What tests share with `cargo xtask`: the quality of the rules, measured on the corpora, and pages that are generated.

pub mod contract;
pub mod quality;
