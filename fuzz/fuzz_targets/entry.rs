//! Any bytes as a stored body: the columns' check never panics.
#![no_main]

use std::borrow::Cow;

use bijotel_seal::Entry;
use bijotel_seal::check::{check_body, check_columns};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let entry = Entry {
        seq: 1,
        timestamp_ns: 0,
        trace_id: Cow::Borrowed(""),
        span_id: Cow::Borrowed(""),
        span_name: Cow::Borrowed("chat"),
        span_kind: None,
        canonical_body: Cow::Borrowed(body),
        canonical_hash: Cow::Borrowed(""),
        prev_hash: Cow::Borrowed(""),
        hmac_hash: Cow::Borrowed(""),
        semantic_body_hash: Some(Cow::Borrowed("")),
        sealed: None,
    };
    assert!(check_body(&entry).is_some());
    let _ = check_columns(&entry);
});
