//! The verbs, one file each.

pub(crate) mod append;
pub(crate) mod backup;
pub(crate) mod completions;
pub(crate) mod export;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod keygen;
pub(crate) mod list;
pub(crate) mod policy;
pub(crate) mod rule;
pub(crate) mod serve;
pub(crate) mod stats;
pub(crate) mod verify;
pub(crate) mod verify_export;
