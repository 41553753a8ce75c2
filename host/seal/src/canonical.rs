//! Values that have exactly one spelling: RFC 8785 (JSON Canonicalization Scheme).
//!
//! A [`Value`] can only hold what JCS can write, so writing never fails. Everything else (integers of
//! 2^53 and more, NaN, lone surrogates, bytes, JSON nested too deep) becomes a *marked form* when the
//! value is made; `docs/formats/canonical.md` lists them. Nothing is dropped.

mod marked;
mod reader;
mod value;
mod writer;

pub use marked::MARK;
pub use reader::{MAX_DEPTH, ReadError, read_json, read_sealed};
pub use value::{Finite, Object, Value};
pub use writer::{write_number, write_string};
