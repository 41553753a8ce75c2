//! Any bytes as an export: a report or an error, and never VALID under a secret that nobody used.
#![no_main]

use bijotel_seal::ChainKey;
use bijotel_seal::export::{Credentials, Verdict, verify_export};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let key = ChainKey::from_bytes(b"a secret that no file was made with").expect("long enough");
    let credentials = Credentials { key: Some(&key), public_key: None };
    if let Ok(report) = verify_export(bytes, credentials, |_| {}) {
        assert_ne!(report.verdict, Verdict::Valid);
    }
});
