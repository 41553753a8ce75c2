//! Writes an export of a chain, verifying every entry on the way: a broken chain is not exported.
//!
//! The file appears under its name only when it is complete and flushed.

use std::io::BufWriter;
use std::path::Path;

use bijotel_seal::ChainKey;
use bijotel_seal::Entry;
use bijotel_seal::check::{Broken, Checked, EntryChecker};
use bijotel_seal::digest::GENESIS_LINK;
use bijotel_seal::export::{ExportHeader, ExportWriter, Segment};
use bijotel_seal::signature::ExportSigner;
use thiserror::Error;

use crate::draft_file::DraftFile;
use crate::error::StoreError;
use crate::read::ChainReader;
use crate::verify::{self, Range, Span};

/// What is exported, and with what.
#[derive(Debug)]
pub struct ExportOptions<'o> {
    /// The chain's secret.
    pub key: ChainKey,
    /// Signs the export, which makes it a v2.
    pub signer: Option<&'o ExportSigner>,
    /// Which entries. Anything but [`Range::All`] becomes a segment.
    pub range: Range,
    /// When the export is made: RFC 3339 with microseconds and `+00:00`.
    pub created_at: String,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportSummary {
    /// `bijotel-chain-v1` or `bijotel-chain-v2`.
    pub format: &'static str,
    /// How many entries.
    pub entries: u64,
    /// The last entry's link.
    pub head_hash: String,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The range, if one was asked for.
    pub segment: Option<Segment>,
}

/// Why nothing was exported.
#[derive(Debug, Error)]
pub enum ExportFailure {
    /// The chain could not be read, or the file not written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The chain is broken.
    #[error(
        "Chain BROKEN at seq={}: {}. Nothing was exported: an export of a broken chain would only \
         carry the damage on",
        .0.seq,
        .0.fault
    )]
    Broken(Box<Broken>),
}

/// Exports the chain in `path` to the file `out`; `progress` is told how many of how many entries are
/// done. A file that is there is replaced only by a complete one.
pub fn export(
    path: &Path,
    options: &ExportOptions<'_>,
    out: &Path,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<ExportSummary, ExportFailure> {
    let reader = ChainReader::open(path)?;
    reader.snapshot()?;
    let plan = Plan::of(&reader, options)?;
    let mut draft = DraftFile::create(out)?;
    let draft_path = draft.path().to_owned();
    let written = |error| StoreError::io("write", &draft_path)(error);
    let file = BufWriter::with_capacity(1 << 20, &mut draft);
    let mut writer =
        ExportWriter::start(file, &plan.header, &options.key, options.signer).map_err(written)?;
    if let Some(span) = &plan.span {
        let checker = EntryChecker::new(options.key.clone(), reader.chain_id()?);
        let check = |entry: Entry<'static>| {
            let checked = checker.check(&entry);
            (entry, checked)
        };
        let mut walk = plan.walk.clone();
        let mut take = |(entry, checked): (Entry<'static>, Checked)| {
            walk.step(&checked)?;
            writer.entry(&entry).map_err(written)?;
            progress(walk.tally().entries, plan.header.entries_count);
            Ok(())
        };
        verify::for_each_entry(&reader, span, check, &mut take).map_err(|stop| match stop {
            verify::Stop::Broken(broken) => ExportFailure::Broken(broken),
            verify::Stop::Store(error) => ExportFailure::Store(error),
        })?;
    }
    drop(writer.finish(plan.segment.as_ref()).map_err(written)?);
    let bytes = draft.publish(out)?;
    Ok(ExportSummary {
        format: if options.signer.is_some() {
            bijotel_seal::export::FORMAT_V2
        } else {
            bijotel_seal::export::FORMAT_V1
        },
        entries: plan.header.entries_count,
        head_hash: plan.header.head_hash,
        bytes,
        segment: plan.segment,
    })
}

/// What stands before and after the entries; read first, from the same snapshot.
struct Plan {
    header: ExportHeader,
    span: Option<Span>,
    segment: Option<Segment>,
    walk: bijotel_seal::check::Walk,
}

impl Plan {
    fn of(reader: &ChainReader, options: &ExportOptions<'_>) -> Result<Self, StoreError> {
        let span = Span::of(reader, options.range)?;
        let walk = verify::walk_before(reader, span.as_ref())?;
        let boundary_prev_hash = walk.head().to_owned();
        let (entries_count, head_hash) = match &span {
            Some(span) => (span.count(reader)?, span.head(reader)?),
            None => (0, GENESIS_LINK.to_owned()),
        };
        let total_in_full_chain = reader.stats()?.entries;
        let segment = match (&span, options.range) {
            (_, Range::All) | (None, _) => None,
            (Some(span), _) => Some(Segment {
                first_seq: span.first,
                last_seq: span.last,
                total_in_segment: entries_count,
                total_in_full_chain,
                boundary_prev_hash,
                is_complete_chain: entries_count == total_in_full_chain,
            }),
        };
        let header = ExportHeader {
            created_at: options.created_at.clone(),
            entries_count,
            head_hash,
        };
        Ok(Self {
            header,
            span,
            segment,
            walk,
        })
    }
}
