//! The facade that embedders use: evaluate, seal, append, export and verify.
