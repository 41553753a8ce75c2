//! The bytes of a component, and what they are known by.

use std::ops::Deref;
use std::sync::Arc;

use bijotel_seal::Digest;

/// A component with its digest. Cloning shares it: where several rules are made of one component, with
/// a configuration each, make it once, so that its bytes are hashed and kept once.
#[derive(Clone)]
pub struct Component {
    bytes: Bytes,
    digest: Digest,
}

/// Shipped components are part of the program and are not copied.
#[derive(Clone)]
enum Bytes {
    Shipped(&'static [u8]),
    Loaded(Arc<[u8]>),
}

impl Component {
    /// A component that is part of this program.
    pub fn shipped(bytes: &'static [u8]) -> Self {
        Self {
            digest: Digest::of(bytes),
            bytes: Bytes::Shipped(bytes),
        }
    }

    /// SHA-256 of its bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl<T: Into<Arc<[u8]>>> From<T> for Component {
    fn from(bytes: T) -> Self {
        let bytes = bytes.into();
        Self {
            digest: Digest::of(&bytes),
            bytes: Bytes::Loaded(bytes),
        }
    }
}

impl Deref for Component {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Shipped(bytes) => bytes,
            Bytes::Loaded(bytes) => bytes,
        }
    }
}

impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Component({})", self.digest)
    }
}
