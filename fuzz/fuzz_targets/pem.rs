//! Any text as a key file: a key or an error.
#![no_main]

use bijotel_seal::ChainKey;
use bijotel_seal::signature::{ExportSigner, ExportVerifyingKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = ExportSigner::from_pem(text);
    let _ = ExportVerifyingKey::from_pem(text);
    let _ = ChainKey::from_hex(text);
});
