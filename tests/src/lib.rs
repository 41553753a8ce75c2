//! Tests that cross crates: vectors, real clients, browser, faults.
