//! What an instance may take: the resource limiter of its store.

use std::fmt;

use wasmtime::ResourceLimiter;

use crate::engine::MAX_TABLE_ELEMENTS;

/// The state of one instance's store.
pub(crate) struct Sandbox {
    memory_left: usize,
    elements_left: usize,
}

impl Sandbox {
    pub(crate) fn new(memory_bytes: u64) -> Self {
        Self {
            memory_left: usize::try_from(memory_bytes).unwrap_or(usize::MAX),
            elements_left: MAX_TABLE_ELEMENTS,
        }
    }
}

/// The error with which a rule ends that wants more memory than it may have.
///
/// Refusing politely (an error code from `memory.grow`) would leave it to the rule's language what
/// happens next, and every language does something else.
#[derive(Debug)]
pub(crate) struct MemoryExceeded;

impl fmt::Display for MemoryExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory limit exceeded")
    }
}

impl std::error::Error for MemoryExceeded {}

impl ResourceLimiter for Sandbox {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        take(&mut self.memory_left, current, desired)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        take(&mut self.elements_left, current, desired)
    }
}

fn take(left: &mut usize, current: usize, desired: usize) -> wasmtime::Result<bool> {
    match left.checked_sub(desired.saturating_sub(current)) {
        Some(rest) => {
            *left = rest;
            Ok(true)
        }
        None => Err(wasmtime::Error::new(MemoryExceeded)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_memories_share_one_limit() {
        let mut sandbox = Sandbox::new(100);
        assert!(sandbox.memory_growing(0, 60, None).unwrap());
        assert!(sandbox.memory_growing(0, 30, None).unwrap());
        assert!(sandbox.memory_growing(30, 40, None).unwrap());
        let error = sandbox.memory_growing(40, 41, None).unwrap_err();
        assert!(error.is::<MemoryExceeded>());
    }
}
