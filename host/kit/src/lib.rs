//! What the author of a rule needs: the parts behind `bijotel rule`.
//!
//! - [`cases`]: what a rule must answer, written in YAML and judged in the real host
//! - [`diff`]: how two texts differ, for people
//! - [`Inspection`]: what can be seen of a component, also of one that the host refuses

pub mod cases;
mod developer_cache;
pub mod diff;
mod inspection;
mod project;

pub use developer_cache::DeveloperCache;
pub use inspection::{Inspection, Producer};
pub use project::Project;
