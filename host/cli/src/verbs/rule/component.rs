//! The component that a verb works on.

use std::path::Path;

use bijotel::policy::MAX_COMPONENT;

use crate::exit::Failure;

/// The bytes of a component file.
pub(super) fn read_component(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error| {
        Failure::not_found(format!(
            "cannot read the component {}: {error}",
            path.display()
        ))
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_COMPONENT as u64 {
        return Err(Failure::failed(format!(
            "{} has {size} bytes, more than the {MAX_COMPONENT} that a component may have",
            path.display()
        )));
    }
    std::fs::read(path).map_err(unreadable)
}
