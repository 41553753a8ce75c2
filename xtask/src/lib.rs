//! What tests share with `cargo xtask`: the quality of the rules, measured on the corpora.

pub mod quality;
