//! A prepared rule as bytes: what the build embeds and what the cache keeps.
//!
//! ```text
//! 16 bytes   "bijotel-prepared"
//!  1 byte    version of this layout: 1
//!  1 byte    1 if the code is of a snapshot, 0 if the rule must be configured for every call
//! 32 bytes   the key: SHA-256 over the engine's identity and settings, the component and
//!            the configuration
//!  rest      native code, as wasmtime's `Engine::precompile_component` made it
//! ```

use bijotel_seal::Digest;

use crate::configuration::Configuration;
use crate::engine::IDENTITY;
use crate::trusted::Trusted;

const MAGIC: &[u8; 16] = b"bijotel-prepared";
const VERSION: u8 = 1;
const HEADER: usize = 16 + 1 + 1 + 32;

/// Whether each evaluation starts from a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Configured once; every evaluation starts from the memory as it was afterwards.
    Snapshot,
    /// Could not be snapshotted; every evaluation configures a fresh instance. The answers are the
    /// same, only slower.
    Configured,
}

/// What a prepared rule was made from, as one digest.
///
/// `compatibility` tells native code for this engine from other code.
pub(crate) fn key(compatibility: u64, component: &Digest, configuration: &Configuration) -> Digest {
    let engine = format!("{IDENTITY:?}");
    Digest::of_parts(&[
        b"bijotel prepared rule\n",
        engine.as_bytes(),
        &compatibility.to_le_bytes(),
        &component.0,
        &configuration.digest().0,
    ])
}

/// Put a prepared rule together.
pub(crate) fn write(key: &Digest, form: Form, code: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + code.len());
    bytes.extend_from_slice(MAGIC);
    bytes.push(VERSION);
    bytes.push(u8::from(form == Form::Snapshot));
    bytes.extend_from_slice(&key.0);
    bytes.extend_from_slice(code);
    bytes
}

/// Take a prepared rule apart: `None` if it is none, or was made from something else.
pub(crate) fn read<'a>(artefact: &Trusted<'a>, key: &Digest) -> Option<(Form, Trusted<'a>)> {
    let form = header(artefact.bytes(), key)?;
    Some((form, artefact.after(HEADER)?))
}

/// Whether these bytes say that they were made from what the key stands for.
pub(crate) fn is_for(artefact: &[u8], key: &Digest) -> bool {
    header(artefact, key).is_some()
}

fn header(artefact: &[u8], key: &Digest) -> Option<Form> {
    let rest = artefact.strip_prefix(MAGIC)?;
    let (form, rest) = rest.strip_prefix(&[VERSION])?.split_first()?;
    rest.starts_with(&key.0).then_some(())?;
    match form {
        0 => Some(Form::Configured),
        1 => Some(Form::Snapshot),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(component: &[u8], configuration: &str) -> Digest {
        let configuration = Configuration::from_json(configuration).unwrap();
        key(1, &Digest::of(component), &configuration)
    }

    fn reads(bytes: &[u8], key: &Digest) -> bool {
        let bytes = Trusted::embedded(bytes.to_vec().leak());
        read(&bytes, key).is_some()
    }

    #[test]
    fn what_was_written_is_read() {
        let key = key_of(b"component", "{}");
        let bytes = Trusted::embedded(write(&key, Form::Snapshot, b"code").leak());
        let (form, code) = read(&bytes, &key).unwrap();
        assert_eq!((form, code.bytes()), (Form::Snapshot, &b"code"[..]));
    }

    #[test]
    fn code_of_another_component_or_configuration_is_not_read() {
        let bytes = write(&key_of(b"component", "{}"), Form::Snapshot, b"code");
        assert!(!reads(&bytes, &key_of(b"other", "{}")));
        assert!(!reads(&bytes, &key_of(b"component", r#"{"a":1}"#)));
    }

    #[test]
    fn damaged_or_cut_bytes_are_not_read() {
        let key = key_of(b"component", "{}");
        let bytes = write(&key, Form::Snapshot, b"code");
        for at in 0..HEADER {
            assert!(!reads(&bytes[..at], &key));
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x40;
            assert!(!reads(&damaged, &key));
        }
    }
}
