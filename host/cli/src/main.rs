//! The bijotel command.
fn main() {}
