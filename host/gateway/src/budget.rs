//! A bound on the memory that all requests hold together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes may be held at once.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    left: Arc<AtomicUsize>,
}

/// Bytes taken from a budget; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    left: Arc<AtomicUsize>,
    taken: usize,
}

/// The budget is used up by other requests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            left: Arc::new(AtomicUsize::new(bytes)),
        }
    }

    /// A reservation of nothing yet.
    pub(crate) fn reserve(&self) -> Reservation {
        Reservation {
            left: Arc::clone(&self.left),
            taken: 0,
        }
    }
}

impl Reservation {
    /// Takes `bytes` more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .map_err(|_| Exhausted)?;
        self.taken += bytes;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.left.fetch_add(self.taken, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_until_others_give_back() {
        let budget = Budget::new(10);
        let mut first = budget.reserve();
        let mut second = budget.reserve();
        assert_eq!(first.grow(8), Ok(()));
        assert_eq!(second.grow(3), Err(Exhausted));
        assert_eq!(second.grow(2), Ok(()));
        drop(first);
        assert_eq!(second.grow(8), Ok(()));
    }
}
