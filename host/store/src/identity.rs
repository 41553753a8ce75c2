//! The identity of a chain: a sealed entry at its beginning, or where bijotel took it over.

use std::path::Path;

use bijotel_seal::canonical::Value;
use bijotel_seal::event::Event;
use bijotel_seal::leaf::ChainId;
use bijotel_seal::{ChainKey, Draft};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::error::StoreError;
use crate::schema::table_exists;
use crate::seal::{Sealer, Tip, now_ns, random};

/// The name of the entry that begins a chain.
pub(crate) const GENESIS: &str = "bijotel.genesis";

/// The name of the entry from which on bijotel's leaves cover a chain that the Python tool began.
pub(crate) const ADOPTION: &str = "bijotel.adoption";

/// The chain's identity; made and sealed if the chain has none.
pub(crate) fn ensure(
    connection: &mut Connection,
    key: &ChainKey,
    path: &Path,
) -> Result<ChainId, StoreError> {
    let sqlite = |action| StoreError::sqlite(action, path);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(sqlite("read the chain's identity"))?;
    let tip = Tip::read(&transaction).map_err(sqlite("read the last entry"))?;
    refuse_wrong_secret(&transaction, key, path)?;
    if let Some(chain) = stored(&transaction).map_err(sqlite("read the chain's identity"))? {
        return Ok(chain);
    }
    let chain = ChainId(random().map_err(StoreError::io("draw random bytes for", path))?);
    let event = Event::new(
        if tip.seq == 0 { GENESIS } else { ADOPTION },
        now_ns(),
        body(chain, &tip),
    );
    let draft = Draft::of_event(&event)
        .map_err(|error| StoreError::Output(format!("cannot seal the identity: {error}")))?;
    let mut sealer = Sealer::new(&transaction, key, chain, tip)
        .map_err(StoreError::io("draw random bytes for", path))?;
    let sealed = sealer
        .seal(&draft)
        .map_err(sqlite("seal the chain's identity"))?;
    for (name, value) in [
        ("chain_id", chain.hex()),
        ("identity_seq", sealed.seq.to_string()),
    ] {
        transaction
            .execute(
                "INSERT INTO bijotel_meta (key, value) VALUES (?1, ?2)",
                [name, &value],
            )
            .map_err(sqlite("store the chain's identity"))?;
    }
    transaction
        .commit()
        .map_err(sqlite("store the chain's identity"))?;
    Ok(chain)
}

/// The identity in the host's own table. Not trusted: leaves are bound to it, and the identity entry
/// names it.
pub(crate) fn stored(connection: &Connection) -> rusqlite::Result<Option<ChainId>> {
    Ok(meta(connection, "chain_id")?.and_then(|text| ChainId::from_hex(&text)))
}

/// The sequence number of the identity entry.
pub(crate) fn stored_seq(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    Ok(meta(connection, "identity_seq")?.and_then(|text| text.parse().ok()))
}

fn meta(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection
        .query_row(
            "SELECT value FROM bijotel_meta WHERE key = ?1",
            [key],
            |row| row.get(0),
        )
        .optional()
}

/// A chain continued under another secret would be broken for good.
pub(crate) fn refuse_wrong_secret(
    connection: &Connection,
    key: &ChainKey,
    path: &Path,
) -> Result<(), StoreError> {
    if !table_exists(connection, "chain").map_err(StoreError::sqlite("read the schema", path))? {
        return Ok(());
    }
    let last: Option<(i64, String, String, String)> = connection
        .query_row(
            "SELECT seq, prev_hash, canonical_hash, hmac_hash FROM chain ORDER BY seq DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .optional()
        .map_err(StoreError::sqlite("read the last entry", path))?;
    match last {
        Some((seq, prev, canonical, link)) if !key.link(&prev, &canonical).is_code(&link) => {
            Err(StoreError::WrongSecret {
                path: path.to_owned(),
                seq,
            })
        }
        _ => Ok(()),
    }
}

fn body(chain: ChainId, tip: &Tip) -> Value {
    let mut members = vec![
        ("chain_id".to_owned(), Value::string(chain.hex())),
        (
            "event".to_owned(),
            Value::string(if tip.seq == 0 { GENESIS } else { ADOPTION }),
        ),
        ("leaf".to_owned(), Value::string("bijotel-leaf-v1")),
        (
            "software".to_owned(),
            Value::string(concat!("bijotel ", env!("CARGO_PKG_VERSION"))),
        ),
        ("version".to_owned(), Value::integer(1)),
    ];
    if tip.seq > 0 {
        members.push(("entries_before".to_owned(), Value::integer(tip.seq)));
        members.push(("head_hash".to_owned(), Value::string(tip.link.clone())));
    }
    Value::object(members)
}
