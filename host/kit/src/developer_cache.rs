//! Compiled rules that are kept between runs of the author's tools, so that asking a rule again takes
//! milliseconds.
//!
//! Trust: the folder and the key in it are private to the user. Whoever can read the key and write the
//! folder can make the tools run native code, and is the user, or has the user's rights anyway. A host
//! that judges calls uses a cache of its own, with a key derived from its secret.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bijotel_policy::{Engine, EngineError, EngineOptions, RuleCache};

/// Bytes of the key that authenticates the cache.
const KEY: usize = 32;

/// Where compiled rules are kept between runs.
#[derive(Debug)]
pub struct DeveloperCache;

impl DeveloperCache {
    /// An engine that keeps what it compiles in the user's cache folder: `bijotel/rules` below
    /// `$XDG_CACHE_HOME`, or `~/.cache`. Where that cannot be used, it keeps nothing.
    ///
    /// # Errors
    ///
    /// When the engine cannot be started.
    pub fn engine() -> Result<Engine, EngineError> {
        Engine::new(EngineOptions {
            cache: folder().and_then(|folder| open(&folder).ok()),
            ..EngineOptions::default()
        })
    }
}

fn folder() -> Option<PathBuf> {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = given
        .filter(|folder| folder.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))?;
    Some(base.join("bijotel/rules"))
}

fn open(folder: &Path) -> io::Result<RuleCache> {
    create_private_folder(folder)?;
    let file = folder.join("key");
    let key = match fs::read(&file) {
        Ok(key) if key.len() == KEY => key,
        _ => new_key(&file)?,
    };
    RuleCache::new(folder, &key).map_err(io::Error::other)
}

/// A key that another process may have made meanwhile.
fn new_key(file: &Path) -> io::Result<Vec<u8>> {
    let mut key = vec![0; KEY];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let draft = file.with_extension(std::process::id().to_string());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft)?.write_all(&key)?;
    fs::rename(&draft, file)?;
    fs::read(file)
}

fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stays_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("bijotel/rules");
        open(&rules).unwrap();
        let key = fs::read(rules.join("key")).unwrap();
        open(&rules).unwrap();
        assert_eq!(fs::read(rules.join("key")).unwrap(), key);
        assert_eq!(key.len(), KEY);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&rules.join("key")), mode(&rules)), (0o600, 0o700));
        }
    }
}
