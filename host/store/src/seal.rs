//! Seals drafts inside a transaction: gives each its place, link, leaf and rows.

use std::borrow::Cow;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use bijotel_seal::digest::GENESIS_LINK;
use bijotel_seal::event::NO_TRACE_ID;
use bijotel_seal::leaf::{ChainId, leaf_hash, leaf_hmac};
use bijotel_seal::{ChainKey, Digest, Draft, Entry, SealedAt};
use rusqlite::{Connection, OptionalExtension, params};

use crate::store::Sealed;

/// How many of the latest entries outside any trace are compared with one that may come again.
const RESEND_WINDOW: i64 = 10_000;

/// The last entry of a chain.
pub(crate) struct Tip {
    /// Its sequence number; 0 if there is none.
    pub(crate) seq: i64,
    /// Its link.
    pub(crate) link: String,
}

impl Tip {
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut statement = connection
            .prepare_cached("SELECT seq, hmac_hash FROM chain ORDER BY seq DESC LIMIT 1")?;
        let last = statement
            .query_row([], |row| {
                Ok(Self {
                    seq: row.get(0)?,
                    link: row.get(1)?,
                })
            })
            .optional()?;
        Ok(last.unwrap_or_else(|| Self {
            seq: 0,
            link: GENESIS_LINK.to_owned(),
        }))
    }
}

/// Seals one draft after the other. Lives as long as one transaction.
pub(crate) struct Sealer<'t> {
    connection: &'t Connection,
    key: &'t ChainKey,
    chain: ChainId,
    tip: Tip,
    salts: Salts,
}

impl<'t> Sealer<'t> {
    pub(crate) fn new(
        connection: &'t Connection,
        key: &'t ChainKey,
        chain: ChainId,
        tip: Tip,
    ) -> io::Result<Self> {
        Ok(Self {
            connection,
            key,
            chain,
            tip,
            salts: Salts::new()?,
        })
    }

    /// The transaction.
    pub(crate) fn connection(&self) -> &'t Connection {
        self.connection
    }

    /// An entry with the same ids and body digest, if there is one.
    ///
    /// The index on traces finds it at once. Entries outside any trace share one id, so among those
    /// only the latest are looked at: clients send again within minutes.
    pub(crate) fn find(&self, draft: &Draft) -> rusqlite::Result<Option<Sealed>> {
        let from = if draft.trace_id == NO_TRACE_ID {
            self.tip.seq - RESEND_WINDOW
        } else {
            0
        };
        let mut statement = self.connection.prepare_cached(
            "SELECT seq, hmac_hash FROM chain
             WHERE trace_id = ?1 AND seq > ?2 AND span_id = ?3 AND canonical_hash = ?4 LIMIT 1",
        )?;
        let hash = draft.canonical_hash.to_string();
        let found = statement
            .query_row(params![draft.trace_id, from, draft.span_id, hash], |row| {
                Ok((row.get(0)?, row.get::<_, String>(1)?))
            })
            .optional()?;
        Ok(found.and_then(|(seq, link)| {
            let hmac_hash = Digest::from_hex(&link)?;
            Some(Sealed {
                seq,
                canonical_hash: draft.canonical_hash,
                hmac_hash,
                already: true,
            })
        }))
    }

    /// Writes the rows of one entry.
    pub(crate) fn seal(&mut self, draft: &Draft) -> rusqlite::Result<Sealed> {
        let canonical_hash = draft.canonical_hash.to_string();
        let link = self.key.link(&self.tip.link, &canonical_hash);
        let hmac_hash = link.to_string();
        let semantic_hash = draft
            .semantic
            .as_ref()
            .map(|(digest, _)| digest.to_string());
        self.connection
            .prepare_cached(
                "INSERT INTO chain (timestamp_ns, trace_id, span_id, span_name, span_kind,
                     canonical_body, canonical_hash, prev_hash, hmac_hash, semantic_body_hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                draft.timestamp_ns,
                draft.trace_id,
                draft.span_id,
                draft.span_name,
                draft.span_kind,
                draft.canonical_body,
                canonical_hash,
                self.tip.link,
                hmac_hash,
                semantic_hash,
            ])?;
        let seq = self.connection.last_insert_rowid();
        if let (Some(hash), Some((_, body))) = (&semantic_hash, &draft.semantic) {
            self.count_body(hash, body, draft.timestamp_ns)?;
        }
        self.record(
            seq,
            draft,
            &canonical_hash,
            &hmac_hash,
            semantic_hash.as_deref(),
        )?;
        self.tip = Tip {
            seq,
            link: hmac_hash,
        };
        Ok(Sealed {
            seq,
            canonical_hash: draft.canonical_hash,
            hmac_hash: link,
            already: false,
        })
    }

    /// The CAS and the node of the reference graph, as the Python tool writes them.
    fn count_body(&self, hash: &str, body: &[u8], seen_ns: i64) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO cas (body_hash, body, first_seen_ns, ref_count) VALUES (?1, ?2, ?3, 1)
                 ON CONFLICT (body_hash) DO UPDATE SET ref_count = ref_count + 1",
            )?
            .execute(params![hash, body, seen_ns])?;
        self.connection
            .prepare_cached(
                "INSERT INTO dag_nodes (content_hash, refs_json, created_ns) VALUES (?1, '[]', ?2)
                 ON CONFLICT (content_hash) DO NOTHING",
            )?
            .execute(params![hash, seen_ns])?;
        Ok(())
    }

    /// What the host knows of the entry, covered by its leaf.
    fn record(
        &mut self,
        seq: i64,
        draft: &Draft,
        canonical_hash: &str,
        hmac_hash: &str,
        semantic_hash: Option<&str>,
    ) -> rusqlite::Result<()> {
        let mut sealed = SealedAt {
            sealed_at_ns: now_ns(),
            salt: self
                .salts
                .next()
                .map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?,
            decision: draft.decision,
            rule_set: draft.rule_set,
            leaf_hmac: Digest([0; 32]),
        };
        let entry = Entry {
            seq,
            timestamp_ns: draft.timestamp_ns,
            trace_id: Cow::Borrowed(&draft.trace_id),
            span_id: Cow::Borrowed(&draft.span_id),
            span_name: Cow::Borrowed(&draft.span_name),
            span_kind: draft.span_kind.as_deref().map(Cow::Borrowed),
            // The leaf covers the body by its digest.
            canonical_body: Cow::Borrowed(&[]),
            canonical_hash: Cow::Borrowed(canonical_hash),
            prev_hash: Cow::Borrowed(&self.tip.link),
            hmac_hash: Cow::Borrowed(hmac_hash),
            semantic_body_hash: semantic_hash.map(Cow::Borrowed),
            sealed: None,
        };
        sealed.leaf_hmac = leaf_hmac(self.key, &leaf_hash(self.chain, &entry, &sealed));
        self.connection
            .prepare_cached(
                "INSERT INTO bijotel_entries (seq, sealed_at_ns, salt, decision, rule_set, leaf_hmac)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                seq,
                sealed.sealed_at_ns,
                &sealed.salt[..],
                sealed.decision.map(|digest| digest.to_string()),
                sealed.rule_set.map(|digest| digest.to_string()),
                sealed.leaf_hmac.to_string(),
            ])?;
        Ok(())
    }
}

/// Nanoseconds since 1970-01-01 UTC by the host's clock.
pub(crate) fn now_ns() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

/// Salts, drawn from the operating system many at a time.
struct Salts {
    drawn: [u8; 32 * 64],
    used: usize,
}

impl Salts {
    fn new() -> io::Result<Self> {
        Ok(Self {
            drawn: random()?,
            used: 0,
        })
    }

    fn next(&mut self) -> io::Result<[u8; 32]> {
        if self.used == self.drawn.len() {
            *self = Self::new()?;
        }
        let mut salt = [0; 32];
        salt.copy_from_slice(&self.drawn[self.used..self.used + 32]);
        // A salt is erased with its body; a copy left in memory would outlive it.
        self.drawn[self.used..self.used + 32].fill(0);
        self.used += 32;
        Ok(salt)
    }
}
