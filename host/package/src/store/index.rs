//! The index: what the components in a store say of themselves, so that a list need not run them.

use std::fs;

use serde::{Deserialize, Serialize};

use super::files::{self, Lock, read_limited, sync_folder, write_synced};
use super::{RuleStore, StoreError};
use crate::digest::RuleDigest;
use crate::note::KeyName;

const FORMAT: &str = "bijotel-rule-index-v1";

/// No index is greater, in bytes.
const MAX_INDEX: usize = 16 << 20;

/// What a component says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// The rule's id.
    pub rule: String,
    /// Its version.
    pub version: String,
}

/// One rule of the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// The component.
    pub digest: RuleDigest,
    /// The component's size.
    pub bytes: u64,
    /// What it says of itself; `None` if it is changed, or no rule of this host.
    pub described: Option<Described>,
    /// Who signed it, as they call themselves. Not checked.
    pub signed_by: Vec<KeyName>,
}

#[derive(Serialize, Deserialize)]
struct Index {
    format: String,
    rules: Vec<IndexEntry>,
}

impl RuleStore {
    /// All rules, by the index as far as it goes. Components that it does not have are read and
    /// described by `describe`, which is handed bytes that fit their digest, and the index is
    /// written anew. With `rebuild` that is done for all of them.
    pub fn list(
        &self,
        rebuild: bool,
        describe: &mut dyn FnMut(&[u8]) -> Option<Described>,
    ) -> Result<Vec<IndexEntry>, StoreError> {
        let digests = self.digests()?;
        let known = if rebuild {
            Vec::new()
        } else {
            self.read_index()
        };
        let mut rules = Vec::with_capacity(digests.len());
        for digest in digests {
            let found = known.iter().find(|entry| entry.digest == digest);
            let described = match found {
                Some(entry) => entry.described.clone(),
                None => match self.read(digest) {
                    Ok(package) => describe(&package.component),
                    Err(StoreError::Missing { .. }) => continue,
                    Err(StoreError::Changed { .. } | StoreError::TooLarge { .. }) => None,
                    Err(error) => return Err(error),
                },
            };
            rules.push(self.entry(digest, described)?);
        }
        if rules != known {
            self.write_index(&rules)?;
        }
        Ok(rules)
    }

    /// What of an entry can be seen without reading the component.
    fn entry(
        &self,
        digest: RuleDigest,
        described: Option<Described>,
    ) -> Result<IndexEntry, StoreError> {
        let path = self.component_path(digest);
        let metadata = fs::metadata(&path).map_err(files::io("read", &path))?;
        Ok(IndexEntry {
            digest,
            bytes: metadata.len(),
            described,
            signed_by: self.signers(digest),
        })
    }

    /// Who signed a component, if its signatures can be read. Loading it says why they cannot.
    fn signers(&self, digest: RuleDigest) -> Vec<KeyName> {
        let path = crate::signature_path(&self.component_path(digest));
        let bytes = read_limited(&path, crate::MAX_SIGNATURES).unwrap_or_default();
        let Ok(file) = crate::SignatureFile::parse(&bytes) else {
            return Vec::new();
        };
        let names = file.signatures().iter();
        names.map(|signature| signature.name.clone()).collect()
    }

    /// An index that is missing, or damaged, is one without entries: it can be made again.
    fn read_index(&self) -> Vec<IndexEntry> {
        let path = self.folder().join("index.json");
        let bytes = read_limited(&path, MAX_INDEX).unwrap_or_default();
        match serde_json::from_slice::<Index>(&bytes) {
            Ok(index) if index.format == FORMAT => index.rules,
            _ => Vec::new(),
        }
    }

    fn write_index(&self, rules: &[IndexEntry]) -> Result<(), StoreError> {
        let path = self.folder().join("index.json");
        let index = Index {
            format: FORMAT.to_owned(),
            rules: rules.to_vec(),
        };
        let text = serde_json::to_vec_pretty(&index)
            .map_err(|error| files::io("write", &path)(error.into()))?;
        let _lock = Lock::take(self.folder())?;
        let incoming = files::empty_folder(&self.folder().join("incoming"))?;
        let draft = incoming.join("index.json");
        write_synced(&draft, &text)?;
        files::rename(&draft, &path)?;
        sync_folder(self.folder())
    }
}
