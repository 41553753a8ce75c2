//! Loading native code: the call in this crate that decides what is run.
//!
//! Native code cannot be checked, only known by who made it. So [`Trusted`] bytes can be had in three
//! ways and no other: compiled by this process, authenticated with the host's key, or part of this
//! program.
#![allow(
    unsafe_code,
    reason = "wasmtime cannot check native code: its caller must know who made it"
)]

use wasmtime::Engine;
use wasmtime::component::Component;
use zeroize::Zeroizing;

/// Bytes that hold native code which may be run.
#[derive(Clone, Copy)]
pub(crate) struct Trusted<'a>(&'a [u8]);

/// Code that this process compiled.
pub(crate) struct Compiled(Vec<u8>);

/// The key that authenticates what this host wrote to disk, with keyed BLAKE3.
///
/// BLAKE3 because a start authenticates tens of megabytes: four times as fast as HMAC-SHA256 where the
/// processor has instructions for SHA, more where it has none, and its keyed mode is a MAC of 256 bits.
/// Nothing that is sealed depends on it.
#[derive(Clone)]
pub(crate) struct CacheKey(Zeroizing<[u8; blake3::KEY_LEN]>);

/// Bytes of the tag that [`CacheKey::sign`] appends.
const TAG: usize = blake3::OUT_LEN;

/// Compile a component to native code.
pub(crate) fn compile(engine: &Engine, component: &[u8]) -> wasmtime::Result<Compiled> {
    engine.precompile_component(component).map(Compiled)
}

impl Compiled {
    pub(crate) fn trusted(&self) -> Trusted<'_> {
        Trusted(&self.0)
    }
}

impl CacheKey {
    /// A key for this purpose alone, derived from the host's key.
    pub(crate) fn derive(host_key: &[u8]) -> Self {
        Self(Zeroizing::new(blake3::derive_key(
            "bijotel 2026 cache of prepared rules v2",
            host_key,
        )))
    }

    /// Append the tag that [`authenticate`](Self::authenticate) looks for.
    pub(crate) fn sign(&self, bytes: &mut Vec<u8>) {
        let tag = blake3::keyed_hash(&self.0, bytes);
        bytes.extend_from_slice(tag.as_bytes());
    }

    /// The bytes without their tag, if the tag is right. It must be these bytes in this memory that
    /// are used: a file could have changed since.
    pub(crate) fn authenticate<'a>(&self, signed: &'a [u8]) -> Option<Trusted<'a>> {
        let (bytes, tag) = signed.split_last_chunk::<TAG>()?;
        // Compared in constant time.
        let authentic = blake3::keyed_hash(&self.0, bytes) == *tag;
        authentic.then_some(Trusted(bytes))
    }
}

impl std::fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CacheKey")
    }
}

impl<'a> Trusted<'a> {
    /// Bytes that the build put into this program. Whoever can change them can change the program.
    pub(crate) fn embedded(bytes: &'static [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.0
    }

    /// All but the first `length` bytes.
    pub(crate) fn after(&self, length: usize) -> Option<Self> {
        self.0.get(length..).map(Self)
    }

    /// Make the code runnable.
    ///
    /// # Errors
    ///
    /// When it was made by another version of wasmtime, with other settings, or for a processor that
    /// can do more than this one.
    pub(crate) fn load(&self, engine: &Engine) -> wasmtime::Result<Component> {
        // SAFETY: `deserialize` is sound for bytes that `precompile_component` returned and nobody
        // changed. Each way to a `Trusted` ensures that, and it borrows the bytes, so they cannot
        // change meanwhile. Another version or other settings are found by wasmtime and are an error.
        unsafe { Component::deserialize(engine, self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_to_signed_bytes_is_seen() {
        let key = CacheKey::derive(b"0123456789abcdef");
        let mut signed = b"code".to_vec();
        key.sign(&mut signed);
        assert_eq!(key.authenticate(&signed).unwrap().bytes(), b"code");
        for at in 0..signed.len() {
            let mut changed = signed.clone();
            changed[at] ^= 1;
            assert!(key.authenticate(&changed).is_none());
            assert!(key.authenticate(&signed[..at]).is_none());
        }
    }

    #[test]
    fn another_host_key_authenticates_nothing() {
        let mut signed = b"code".to_vec();
        CacheKey::derive(b"0123456789abcdef").sign(&mut signed);
        let other = CacheKey::derive(b"0123456789abcdeF");
        assert!(other.authenticate(&signed).is_none());
    }
}
