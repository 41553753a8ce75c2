//! The chain in SQLite: one writer with group commit, many processes, many readers.
