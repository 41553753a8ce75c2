//! Archives: what was trimmed from a chain's beginning.

use std::path::Path;

use bijotel_seal::ChainKey;
use bijotel_seal::check::{Broken, EntryChecker, Fault, Walk};

use super::Range;
use super::span::Span;
use super::walk::walk_entries;
use crate::error::StoreError;
use crate::read::ChainReader;

/// Verifies an archive after what came before it; its last sequence number and link.
pub(super) fn verify_archive(
    path: &Path,
    key: &ChainKey,
    before: Option<(i64, String)>,
) -> Result<Result<(i64, String), Broken>, StoreError> {
    let reader = ChainReader::open(path)?;
    reader.snapshot()?;
    let Some(span) = Span::of(&reader, Range::All)? else {
        return Ok(Err(Broken::new(0, Fault::Archive)));
    };
    let mut walk = match before {
        Some((seq, link)) => Walk::after(seq, &link),
        None => Walk::from_genesis(),
    };
    let checker = EntryChecker::new(key.clone(), reader.chain_id()?);
    let total = reader.stats()?.entries;
    if let Some(broken) = walk_entries(&reader, &span, &checker, &mut walk, total, &mut |_, _| {})?
    {
        return Ok(Err(broken));
    }
    Ok(Ok((span.last, walk.head().to_owned())))
}
