//! Any text: reading never panics, and what was read has one canonical spelling that reads back.
#![no_main]

use bijotel_seal::canonical::{read_json, read_sealed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(value) = read_json(text) {
        let sealed = String::from_utf8(value.to_canonical()).expect("canonical text is UTF-8");
        // Marked forms of names that are not Unicode nest deeper than what was read.
        if let Ok(again) = read_sealed(&sealed) {
            assert_eq!(again.to_canonical(), sealed.as_bytes());
        }
    }
});
