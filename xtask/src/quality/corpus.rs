//! Reading a corpus: JSON Lines in the folders `tuning` and `test`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Which half of a corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// What rules are tuned on.
    Tuning,
    /// What no rule was tuned on.
    Test,
}

impl Half {
    /// Its name, which is also its folder.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tuning => "tuning",
            Self::Test => "test",
        }
    }
}

/// What every item has.
#[derive(Deserialize)]
pub(super) struct Head {
    pub(super) id: String,
    pub(super) language: String,
}

/// The lines of one half of a rule's corpus.
pub(super) struct Corpus {
    folder: PathBuf,
    lines: Vec<(String, String)>,
}

impl Corpus {
    /// Read all files of a half, in the order of their names. Files beside the two folders count to
    /// the test half: that is the form of a test half which is kept apart.
    pub(super) fn read(folder: &Path, half: Half) -> Result<Self> {
        let mut files = json_lines(&folder.join(half.as_str()))?;
        if half == Half::Test {
            files.extend(json_lines(folder)?);
        }
        let mut lines = Vec::new();
        for file in files {
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            for (number, line) in text.lines().enumerate() {
                if !line.trim().is_empty() {
                    lines.push((
                        format!("{}:{}", file.display(), number + 1),
                        line.to_owned(),
                    ));
                }
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            lines,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A file that belongs to both halves.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// All items, in order. The error names the line.
    pub(super) fn items<T: DeserializeOwned>(&self) -> impl Iterator<Item = Result<T>> {
        self.lines.iter().map(|(place, line)| {
            serde_json::from_str(line).with_context(|| format!("{place} is not an item"))
        })
    }
}

/// The files of a folder that end in `.jsonl`; none if there is no such folder.
fn json_lines(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
