//! Counters of what calls use: reserve, settle, refund.
//!
//! A counter is a sum over a window of time. It is kept as amounts by bucket: a sliding window has up to
//! sixty of them, so it may count up to a sixtieth (at least a second) more than it says, never less. A
//! calendar window is one bucket.
//!
//! A reservation is counted from the start, so whatever calls do at the same time, in this process or
//! another, the sum of what was granted never passes a limit. It stays counted in its bucket until it
//! is settled with what was really used, or refunded; one that is left by a crash is used up.
//!
//! Trust: whoever can write to the file can change these numbers. They are the gate's working state and
//! no evidence; what a decision was told of them is sealed with it.

mod bucket;

use std::io;

use rusqlite::{Connection, OptionalExtension, params};

use crate::seal::{now_ns, random};

use bucket::Buckets;

/// One counter of one rule, for one owner, agent, session or model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterKey {
    /// The rule's name in the rule set.
    pub rule: String,
    /// The counter's name.
    pub counter: String,
    /// Whose it is, for example `owner:anna`; empty if everything is counted together.
    pub scope: String,
}

/// The span of time over which a counter counts. Times are in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CounterWindow {
    /// The last so many seconds.
    Seconds(u32),
    /// Since midnight.
    Day,
    /// Since the first of the month.
    Month,
    /// From the beginning on.
    Always,
}

/// An amount for a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The counter.
    pub key: CounterKey,
    /// Over which time it counts.
    pub window: CounterWindow,
    /// How much, in the counter's own unit. What is beyond 2^63 - 1 counts as that.
    pub amount: u64,
    /// The most the counter may reach. Looked at when something is reserved, not when it is settled.
    pub limit: Option<u64>,
}

/// Names amounts that are reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation(String);

/// A counter that has no room for a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// Which of the claims.
    pub claim: Claim,
    /// What the counter stands at.
    pub used: u64,
}

impl Reservation {
    /// A name that nobody has.
    pub(crate) fn new() -> io::Result<Self> {
        let random = random::<16>()?;
        Ok(Self(
            random.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }

    /// A reservation that was kept as text, 32 hexadecimal digits.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (hex.len() == 32 && hex.bytes().all(digit)).then(|| Self(hex.to_owned()))
    }

    /// The name, 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a counter stands at.
pub(crate) fn used(
    connection: &Connection,
    key: &CounterKey,
    window: CounterWindow,
    seconds: i64,
) -> rusqlite::Result<u64> {
    let from = Buckets::of(window, seconds).first;
    let mut statement = connection.prepare_cached(
        "SELECT amount FROM bijotel_counters
         WHERE rule = ?1 AND counter = ?2 AND scope = ?3 AND bucket >= ?4",
    )?;
    let mut rows = statement.query(params![key.rule, key.counter, key.scope, from])?;
    let mut sum = 0_u64;
    while let Some(row) = rows.next()? {
        let amount: i64 = row.get(0)?;
        sum = sum.saturating_add(amount.max(0).unsigned_abs());
    }
    Ok(sum)
}

/// What is reserved of a counter under one name.
pub(crate) fn reserved(
    connection: &Connection,
    reservation: &Reservation,
    key: &CounterKey,
) -> rusqlite::Result<u64> {
    let amount: Option<i64> = connection
        .prepare_cached(
            "SELECT amount FROM bijotel_reservations
             WHERE reservation = ?1 AND rule = ?2 AND counter = ?3 AND scope = ?4",
        )?
        .query_row(
            params![reservation.0, key.rule, key.counter, key.scope],
            |row| row.get(0),
        )
        .optional()?;
    Ok(amount.unwrap_or_default().max(0).unsigned_abs())
}

/// Counts all claims as reserved, or none of them and names the first that has no room.
pub(crate) fn reserve(
    connection: &Connection,
    claims: &[Claim],
    reservation: &Reservation,
) -> rusqlite::Result<Option<Shortage>> {
    let seconds = now_seconds();
    for (index, claim) in claims.iter().enumerate() {
        let Some(limit) = claim.limit else { continue };
        let used = used(connection, &claim.key, claim.window, seconds)?;
        // Two claims of one call may be for one counter.
        let before = claims[..index]
            .iter()
            .filter(|earlier| earlier.key == claim.key)
            .fold(0_u64, |sum, earlier| sum.saturating_add(earlier.amount));
        if used.saturating_add(before).saturating_add(claim.amount) > limit {
            return Ok(Some(Shortage {
                claim: claim.clone(),
                used: used.saturating_add(before),
            }));
        }
    }
    for claim in claims {
        let bucket = add(connection, claim, seconds)?;
        connection
            .prepare_cached(
                "INSERT INTO bijotel_reservations (reservation, rule, counter, scope, bucket, amount)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET amount = min(amount + excluded.amount, 4611686018427387903)",
            )?
            .execute(params![
                reservation.0,
                claim.key.rule,
                claim.key.counter,
                claim.key.scope,
                bucket,
                stored(claim.amount),
            ])?;
    }
    Ok(None)
}

/// Counts what was really used, whatever the limits. What the reservation holds for the same counters
/// is given back; what it holds for others stays counted.
pub(crate) fn settle(
    connection: &Connection,
    reservation: Option<&Reservation>,
    claims: &[Claim],
) -> rusqlite::Result<()> {
    let seconds = now_seconds();
    for claim in claims {
        let reserved = match reservation {
            Some(reservation) => take_back(connection, reservation, &claim.key)?,
            None => None,
        };
        match reserved {
            // Where it was reserved, so that a long call counts in the window in which it began.
            Some(bucket) => add_to(connection, claim, bucket)?,
            None => {
                add(connection, claim, seconds)?;
            }
        }
    }
    if let Some(reservation) = reservation {
        forget(connection, reservation)?;
    }
    Ok(())
}

/// Gives back everything that is reserved.
pub(crate) fn refund(connection: &Connection, reservation: &Reservation) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT rule, counter, scope FROM bijotel_reservations WHERE reservation = ?1",
    )?;
    let keys = statement.query_map([&reservation.0], |row| {
        Ok(CounterKey {
            rule: row.get(0)?,
            counter: row.get(1)?,
            scope: row.get(2)?,
        })
    })?;
    for key in keys.collect::<rusqlite::Result<Vec<_>>>()? {
        take_back(connection, reservation, &key)?;
    }
    forget(connection, reservation)
}

/// Takes a reserved amount out of its bucket; the bucket.
fn take_back(
    connection: &Connection,
    reservation: &Reservation,
    key: &CounterKey,
) -> rusqlite::Result<Option<i64>> {
    let found: Option<(i64, i64)> = connection
        .prepare_cached(
            "DELETE FROM bijotel_reservations
             WHERE reservation = ?1 AND rule = ?2 AND counter = ?3 AND scope = ?4
             RETURNING bucket, amount",
        )?
        .query_row(
            params![reservation.0, key.rule, key.counter, key.scope],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((bucket, amount)) = found else {
        return Ok(None);
    };
    connection
        .prepare_cached(
            "UPDATE bijotel_counters SET amount = max(amount - ?5, 0)
             WHERE rule = ?1 AND counter = ?2 AND scope = ?3 AND bucket = ?4",
        )?
        .execute(params![key.rule, key.counter, key.scope, bucket, amount])?;
    Ok(Some(bucket))
}

fn forget(connection: &Connection, reservation: &Reservation) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM bijotel_reservations WHERE reservation = ?1")?
        .execute([&reservation.0])?;
    Ok(())
}

/// Adds to the bucket of this moment, and drops the buckets that no window reaches any more.
fn add(connection: &Connection, claim: &Claim, seconds: i64) -> rusqlite::Result<i64> {
    let buckets = Buckets::of(claim.window, seconds);
    connection
        .prepare_cached(
            "DELETE FROM bijotel_counters
             WHERE rule = ?1 AND counter = ?2 AND scope = ?3 AND bucket < ?4",
        )?
        .execute(params![
            claim.key.rule,
            claim.key.counter,
            claim.key.scope,
            buckets.first,
        ])?;
    add_to(connection, claim, buckets.current)?;
    Ok(buckets.current)
}

fn add_to(connection: &Connection, claim: &Claim, bucket: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO bijotel_counters (rule, counter, scope, bucket, amount)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET amount = min(amount + excluded.amount, 4611686018427387903)",
        )?
        .execute(params![
            claim.key.rule,
            claim.key.counter,
            claim.key.scope,
            bucket,
            stored(claim.amount),
        ])?;
    Ok(())
}

/// The largest amount that is stored, so that the sum of two still is a 64-bit integer of SQLite.
const MOST: u64 = (1 << 62) - 1;

fn stored(amount: u64) -> i64 {
    i64::try_from(amount.min(MOST)).unwrap_or(i64::MAX)
}

pub(crate) fn now_seconds() -> i64 {
    now_ns().div_euclid(1_000_000_000)
}
