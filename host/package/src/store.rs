//! A folder of components by digest.
//!
//! Trust: whoever can write to the folder can take rules away and make its index lie about what they
//! are called. They cannot make anybody run other bytes than the digest in a configuration stands
//! for, nor forge a signature: every component is hashed when it is read.
//!
//! ```text
//! rules/
//!   sha256/HEX/rule.wasm       the component; HEX is the SHA-256 of this file
//!   sha256/HEX/rule.wasm.sig   its signatures, if there are any
//!   index.json                 what the components say of themselves; can be made again from them
//!   incoming/                  what is being written
//!   lock                       held by who changes anything
//! ```
//!
//! How a rule is installed, so that a power cut leaves either nothing or all of it:
//!
//! 1. `lock` is locked; what an earlier writer left in `incoming/` is removed.
//! 2. Both files are written to `incoming/HEX/` and synced, then that folder.
//! 3. `incoming/HEX` is renamed to `sha256/HEX`; the folder `sha256` is synced.
//!
//! Signatures that come later, and the index, are written to `incoming/`, synced, renamed over the old
//! file, and the folder of that is synced.

mod files;
mod index;

pub use index::{Described, IndexEntry};

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::digest::RuleDigest;
use crate::signature::{OtherStatement, SignatureError, SignatureFile};
use crate::{MAX_COMPONENT, MAX_SIGNATURES, signature_path};
use files::{Lock, exists, read_limited, sync_folder, write_synced};

const COMPONENT: &str = "rule.wasm";

/// A rule store: a folder, which need not be there yet.
#[derive(Debug, Clone)]
pub struct RuleStore {
    folder: PathBuf,
}

/// A component with its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The component's bytes, already checked against `digest`.
    pub component: Vec<u8>,
    /// The component's digest.
    pub digest: RuleDigest,
    /// Its signatures, not checked.
    pub signatures: Option<SignatureFile>,
}

/// What an installation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// The rule is new.
    New,
    /// The rule was there; signatures were added.
    Signatures,
    /// All of it was there.
    Already,
}

/// Why the store, or a file of a rule, cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No such rule.
    #[error("the rule store {} has no rule {digest}; `bijotel rule install` adds one", folder.display())]
    Missing {
        /// The rule.
        digest: RuleDigest,
        /// The store.
        folder: PathBuf,
    },
    /// A component that is not what its name says.
    #[error("{} was changed: its digest is {found}; remove that rule and install it again", path.display())]
    Changed {
        /// The component.
        path: PathBuf,
        /// What it is now.
        found: RuleDigest,
    },
    /// A file that is too large.
    #[error("{} has more than {limit} bytes, the limit", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: usize,
    },
    /// A file of signatures that cannot be read.
    #[error("{}: {source}", path.display())]
    Signatures {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SignatureError,
    },
    /// Signatures that are over another rule, version or component.
    #[error(transparent)]
    OtherStatement(#[from] OtherStatement),
    /// Signatures of another component.
    #[error("the signatures are over {signed}, not over this component ({digest})")]
    OtherComponent {
        /// What they are over.
        signed: RuleDigest,
        /// The component.
        digest: RuleDigest,
    },
    /// A file or folder.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was to be done.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl RuleStore {
    /// The store in `folder`. Nothing is read or made.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The component's file, whether it is there or not.
    pub fn component_path(&self, digest: RuleDigest) -> PathBuf {
        self.rule_folder(digest).join(COMPONENT)
    }

    /// Reads a rule. Its bytes are read once, and hashed before they are handed out.
    pub fn read(&self, digest: RuleDigest) -> Result<Package, StoreError> {
        let path = self.component_path(digest);
        if !exists(&path) {
            return Err(StoreError::Missing {
                digest,
                folder: self.folder.clone(),
            });
        }
        let package = Package::read(&path)?;
        if package.digest != digest {
            return Err(StoreError::Changed {
                path,
                found: package.digest,
            });
        }
        Ok(package)
    }

    /// Adds a rule, or signatures to a rule that is there. When this returns, it is on the disk.
    pub fn install(&self, package: &Package) -> Result<Installed, StoreError> {
        package.check()?;
        let _lock = Lock::take(&self.folder)?;
        let incoming = files::empty_folder(&self.folder.join("incoming"))?;
        if exists(&self.component_path(package.digest)) {
            return self.add_signatures(package, &incoming);
        }
        let draft = incoming.join(package.digest.hex());
        files::make_folder(&draft)?;
        write_synced(&draft.join(COMPONENT), &package.component)?;
        if let Some(signatures) = &package.signatures {
            let path = signature_path(&draft.join(COMPONENT));
            write_synced(&path, signatures.to_string().as_bytes())?;
        }
        sync_folder(&draft)?;
        let all = self.folder.join("sha256");
        files::make_folder(&all)?;
        files::rename(&draft, &self.rule_folder(package.digest))?;
        sync_folder(&all)?;
        sync_folder(&self.folder)?;
        Ok(Installed::New)
    }

    /// Takes a rule away. Configurations that name it no longer load.
    pub fn remove(&self, digest: RuleDigest) -> Result<(), StoreError> {
        let folder = self.rule_folder(digest);
        if !exists(&folder) {
            return Err(StoreError::Missing {
                digest,
                folder: self.folder.clone(),
            });
        }
        let _lock = Lock::take(&self.folder)?;
        let incoming = files::empty_folder(&self.folder.join("incoming"))?;
        // Renamed first: at no moment is there half a rule.
        let going = incoming.join(digest.hex());
        files::rename(&folder, &going)?;
        sync_folder(&self.folder.join("sha256"))?;
        fs::remove_dir_all(&going).map_err(files::io("remove", &going))
    }

    /// The digests of all rules that are there, in their order. The components are not read.
    pub fn digests(&self) -> Result<Vec<RuleDigest>, StoreError> {
        let all = self.folder.join("sha256");
        let failed = files::io("read", &all);
        let mut digests = Vec::new();
        let entries = match fs::read_dir(&all) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(digests),
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            let name = entry.map_err(&failed)?.file_name();
            if let Some(Ok(digest)) = name.to_str().map(RuleDigest::from_hex) {
                digests.push(digest);
            }
        }
        digests.sort_unstable();
        Ok(digests)
    }

    fn add_signatures(&self, package: &Package, incoming: &Path) -> Result<Installed, StoreError> {
        let there = self.read(package.digest)?;
        let Some(new) = &package.signatures else {
            return Ok(Installed::Already);
        };
        let merged = match &there.signatures {
            None => new.clone(),
            Some(old) => {
                let mut merged = old.clone();
                merged.merge(new)?;
                merged
            }
        };
        if there.signatures.as_ref() == Some(&merged) {
            return Ok(Installed::Already);
        }
        let draft = incoming.join("signatures");
        write_synced(&draft, merged.to_string().as_bytes())?;
        files::rename(
            &draft,
            &signature_path(&self.component_path(package.digest)),
        )?;
        sync_folder(&self.rule_folder(package.digest))?;
        Ok(Installed::Signatures)
    }

    fn rule_folder(&self, digest: RuleDigest) -> PathBuf {
        self.folder.join("sha256").join(digest.hex())
    }
}

impl Package {
    /// A component and its signatures.
    pub fn new(component: Vec<u8>, signatures: Option<SignatureFile>) -> Self {
        Self {
            digest: RuleDigest::of(&component),
            component,
            signatures,
        }
    }

    /// Reads a component's file, and the file of signatures beside it if there is one.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let component = read_limited(path, MAX_COMPONENT)?;
        let beside = signature_path(path);
        let signatures = if exists(&beside) {
            let bytes = read_limited(&beside, MAX_SIGNATURES)?;
            let parsed = SignatureFile::parse(&bytes).map_err(|source| StoreError::Signatures {
                path: beside,
                source,
            })?;
            Some(parsed)
        } else {
            None
        };
        Ok(Self::new(component, signatures))
    }

    /// Whether size and signatures are those of a package; nothing is said of trust.
    fn check(&self) -> Result<(), StoreError> {
        if self.component.len() > MAX_COMPONENT {
            return Err(StoreError::TooLarge {
                path: COMPONENT.into(),
                limit: MAX_COMPONENT,
            });
        }
        match &self.signatures {
            Some(file) if file.statement().digest() != self.digest => {
                Err(StoreError::OtherComponent {
                    signed: file.statement().digest(),
                    digest: self.digest,
                })
            }
            _ => Ok(()),
        }
    }
}
