//! Rules as packages: who vouches for a component, where it is kept, and how it travels.
//!
//! - [`digest`]: the name of a component, the SHA-256 of its bytes
//! - [`note`]: C2SP signed notes, the form of a signature
//! - [`signature`]: what a signature over a rule says
//! - [`trust`]: whose signatures an operator accepts, for which rules
//! - [`store`]: a folder of components by digest
//! - `registry` (feature of that name): push and pull, as OCI artifacts
//!
//! `docs/formats/rule-package.md` describes every format byte by byte.

pub mod digest;
pub mod note;
#[cfg(feature = "registry")]
pub mod registry;
pub mod signature;
pub mod store;
pub mod trust;

pub use digest::RuleDigest;
pub use signature::{SignatureFile, Statement};
pub use store::{Package, RuleStore};
pub use trust::{TrustList, TrustedKey, Vouched};

/// No component is greater, in bytes: what the engine takes, too.
pub const MAX_COMPONENT: usize = 64 << 20;

/// No file of signatures is greater, in bytes.
pub const MAX_SIGNATURES: usize = 64 << 10;

/// What the name of a component's file is followed by in the name of its signatures' file.
pub const SIGNATURE_EXTENSION: &str = "sig";

/// The file beside a component that holds its signatures: `my_rule.wasm.sig` for `my_rule.wasm`.
pub fn signature_path(component: &std::path::Path) -> std::path::PathBuf {
    let mut path = component.as_os_str().to_owned();
    path.push(".");
    path.push(SIGNATURE_EXTENSION);
    path.into()
}
