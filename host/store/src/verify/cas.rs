//! The bodies in the CAS against the digests that name them.

use std::path::Path;

use bijotel_seal::Digest;

use super::walk::BATCH_BYTES;
use crate::error::StoreError;
use crate::pipeline;
use crate::read::ChainReader;

/// Checks the CAS with a reader of its own, so that it can go on beside the walk over the entries.
pub(super) fn false_digest(path: &Path) -> Result<Option<String>, StoreError> {
    let reader = ChainReader::open(path)?;
    if !reader.has_table("cas")? {
        return Ok(None);
    }
    first_false_digest(&reader)
}

/// The first digest in the CAS that does not name its body.
fn first_false_digest(reader: &ChainReader) -> Result<Option<String>, StoreError> {
    type Batch = Vec<(String, Vec<u8>)>;
    pipeline::run(
        |sink| {
            let mut statement = reader
                .connection
                .prepare("SELECT body_hash, CAST(body AS BLOB) FROM cas")
                .map_err(reader.failed("read the CAS"))?;
            let mut rows = statement.query([]).map_err(reader.failed("read the CAS"))?;
            let mut batch = Batch::new();
            let mut bytes = 0;
            while let Some(row) = rows.next().map_err(reader.failed("read the CAS"))? {
                let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
                let (digest, body): (String, Vec<u8>) =
                    read(row).map_err(reader.failed("read the CAS"))?;
                bytes += 128 + body.len();
                batch.push((digest, body));
                if bytes >= BATCH_BYTES {
                    bytes = 0;
                    if !sink.put(std::mem::take(&mut batch)) {
                        return Ok(());
                    }
                }
            }
            sink.put(batch);
            Ok(())
        },
        |batch: Batch| {
            batch
                .into_iter()
                .find(|(digest, body)| !Digest::of(body).is_hex(digest))
        },
        |results| Ok(results.flatten().next().map(|(digest, _)| digest)),
    )
}
