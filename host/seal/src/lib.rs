//! Sealing and verification, as pure code: no files, clock, threads or randomness.
//!
//! The host seals with this crate and the browser verifies with it, so both give the same verdict on
//! the same bytes. What it holds, in the order of a call's life:
//!
//! - [`canonical`]: values that RFC 8785 can hold, and marked forms for those that it cannot
//! - [`span`] and [`event`]: what is sealed, as a canonical body and its digests
//! - [`entry`]: a draft before it is sealed, an entry afterwards
//! - [`link`]: the HMAC chain
//! - [`leaf`]: what one entry's leaf in the Merkle tree covers
//! - [`check`]: the checks on one stored entry and on the way from one to the next
//! - [`export`]: exports v1 and v2, written and verified as streams
//! - [`signature`]: Ed25519 keys and signatures

pub mod canonical;
pub mod check;
pub mod digest;
pub mod entry;
pub mod event;
pub mod export;
pub mod leaf;
pub mod link;
pub mod semantic;
pub mod signature;
pub mod span;

pub use canonical::Value;
pub use digest::Digest;
pub use entry::{Draft, Entry, SealedAt};
pub use link::{ChainKey, KeyError};
pub use span::{Span, SpanKind, StatusCode};
