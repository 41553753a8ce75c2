//! What a check found in a piece of code.

use std::ops::Range;

use crate::check::Check;

/// A finding, at bytes of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) check: Check,
    pub(crate) range: Range<usize>,
}
