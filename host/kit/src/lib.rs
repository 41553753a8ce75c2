//! What the author of a rule needs: the parts behind `bijotel rule`.
//!
//! - [`Inspection`]: what can be seen of a component, also of one that the host refuses

mod inspection;

pub use inspection::{Inspection, Producer};
