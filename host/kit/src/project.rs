//! The folder of a rule: what it is written in, and which cases it has.

use std::path::{Path, PathBuf};

/// A rule's project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    folder: PathBuf,
}

impl Project {
    /// The files of cases in a folder: `cases.yaml`, and what ends with `.yaml` in `cases`, ordered.
    pub fn case_files(folder: &Path) -> Vec<PathBuf> {
        let one = folder.join("cases.yaml");
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("cases"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
            .collect();
        files.sort();
        if one.is_file() {
            files.insert(0, one);
        }
        files
    }
}
