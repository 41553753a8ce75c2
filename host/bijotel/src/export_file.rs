//! Verifies an export file on all cores, with the same code and the same words as the browser.

use std::fs::File;
use std::path::{Path, PathBuf};

use bijotel_seal::export::{
    CheckedEntry, Credentials, ExportError, ExportReader, ExportReport, ExportVerifier, Item,
    check_export_entry,
};
use bijotel_store::pipeline;
use thiserror::Error;

/// How many bytes of entries go to a worker at a time.
const BATCH_BYTES: usize = 256 * 1024;

/// Why a file could not be verified at all.
#[derive(Debug, Error)]
pub enum ExportFileError {
    /// There is no such file.
    #[error("file not found: {}", .0.display())]
    NotFound(PathBuf),
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// Not an export.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// The result of verifying a file.
#[derive(Debug, Clone)]
pub struct VerifiedFile {
    /// What was found.
    pub report: ExportReport,
    /// The size of the file in bytes.
    pub bytes: u64,
}

/// Verifies the export in `path`; `progress` is told how many of how many bytes were read.
pub fn verify_export_file(
    path: &Path,
    credentials: Credentials<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifiedFile, ExportFileError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => ExportFileError::NotFound(path.to_owned()),
        _ => ExportFileError::Io {
            path: path.to_owned(),
            source,
        },
    };
    let file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let mut reader = ExportReader::new(file);
    let report = pipeline::run(
        |sink| {
            let mut batch = Batch::default();
            loop {
                let at = reader.position();
                match reader.next_item().map_err(ExportFileError::from)? {
                    Item::Member(name, value) => batch.members.push((name, value)),
                    Item::Entry(text) => batch.push(text),
                    Item::End => {
                        sink.put(batch);
                        return Ok(());
                    }
                }
                if batch.text.len() >= BATCH_BYTES {
                    progress(at, bytes);
                    if !sink.put(std::mem::take(&mut batch)) {
                        return Ok(());
                    }
                }
            }
        },
        |batch: Batch| batch.check(credentials),
        |results| {
            let mut verifier = ExportVerifier::new(credentials);
            for (members, entries) in results {
                for (name, value) in members {
                    verifier.member(&name, value);
                }
                for entry in entries {
                    verifier.entry(&entry?);
                }
            }
            Ok::<_, ExportFileError>(verifier.finish())
        },
    )?;
    Ok(VerifiedFile { report, bytes })
}

/// Entries as they stand in the file, one after the other, and members that came between them.
#[derive(Default)]
struct Batch {
    text: Vec<u8>,
    ends: Vec<usize>,
    members: Vec<(String, serde_json::Value)>,
}

type Checked = (
    Vec<(String, serde_json::Value)>,
    Vec<Result<CheckedEntry, ExportError>>,
);

impl Batch {
    fn push(&mut self, entry: &[u8]) {
        self.text.extend_from_slice(entry);
        self.ends.push(self.text.len());
    }

    fn check(self, credentials: Credentials<'_>) -> Checked {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let entries = starts
            .zip(&self.ends)
            .map(|(start, end)| check_export_entry(&self.text[start..*end], credentials.key))
            .collect();
        (self.members, entries)
    }
}
