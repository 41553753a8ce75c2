//! Verifies a file and keeps what is needed to look at its entries afterwards.

use std::io::{self, Read};

use bijotel_seal::export::{
    ExportError, ExportReader, ExportReport, ExportVerifier, Item, Problem, Verdict,
    check_export_entry,
};
use serde::Serialize;

use crate::credentials::{Keys, Refusal};
use crate::entries::{Detail, Exported, Seen, Summary};
use crate::file::{FileBytes, Stretch};
use crate::index::{Index, PAGE_ENTRIES, Page};

/// How many bytes are read between two reports of progress; the page shows fewer of them.
const PROGRESS_BYTES: u64 = 256 * 1024;

/// One file and what its last verification found.
#[derive(Debug)]
pub struct Verification<F> {
    file: F,
    index: Index,
    with_secret: bool,
}

/// What a verification came to.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// A verdict about the file.
    Verdict(Box<Judgement>),
    /// An input that cannot be used; there is no verdict.
    Refused(Refusal),
}

/// A verdict and what led to it.
#[derive(Debug, Serialize)]
pub struct Judgement {
    /// The outcome.
    pub verdict: Verdict,
    /// The outcome as a line of text.
    pub headline: String,
    /// Every check; absent if the file could not be read to its end as an export.
    pub report: Option<ExportReport>,
    /// How many entries can be looked at.
    pub entries: u64,
    /// How many entries a page has.
    pub page_entries: u64,
    /// How many entries are broken.
    pub broken: u64,
    /// What is wrong with the first of them, in the order of the file.
    pub problems: Vec<Problem>,
}

impl<F: FileBytes> Verification<F> {
    /// A verification of `file`. Reads nothing yet.
    pub fn new(file: F) -> Self {
        Self {
            file,
            index: Index::default(),
            with_secret: false,
        }
    }

    /// Reads and checks the whole file.
    pub fn verify(&mut self, keys: &Keys) -> Outcome {
        self.with_secret = keys.has_secret();
        self.index = Index::default();
        let (verdict, headline, report) = match self.read(keys) {
            Ok(report) => {
                if let Some(problem) = &report.problem {
                    self.index.note_decisive(problem);
                }
                (report.verdict, report.headline.clone(), Some(report))
            }
            Err(ExportError::Io(error)) => {
                return Outcome::Refused(Refusal {
                    about: "file",
                    message: format!(
                        "The file could not be read: {error}. If it was moved or changed since you \
                         chose it, choose it again."
                    ),
                });
            }
            Err(error) => (Verdict::Invalid, format!("Export INVALID: {error}"), None),
        };
        Outcome::Verdict(Box::new(Judgement {
            verdict,
            headline,
            report,
            entries: self.index.entries(),
            page_entries: PAGE_ENTRIES,
            broken: self.index.broken_count(),
            problems: self.index.problems().to_vec(),
        }))
    }

    /// The same steps as `bijotel_seal::export::verify_export`, with each entry's place noted.
    fn read(&mut self, keys: &Keys) -> Result<ExportReport, ExportError> {
        let Self { file, index, .. } = self;
        let mut reader = ExportReader::new(Stretch::new(&*file, 0, file.length()));
        let mut told = 0;
        let credentials = keys.credentials();
        let mut verifier = ExportVerifier::new(credentials);
        loop {
            let length = match reader.next_item()? {
                Item::Member(name, value) => {
                    verifier.member(&name, value);
                    continue;
                }
                Item::Entry(text) => {
                    let checked = check_export_entry(text, credentials.key)?;
                    if let Some(problem) = verifier.problem_of(&checked) {
                        index.note_broken(problem);
                    }
                    verifier.entry(&checked);
                    text.len() as u64
                }
                Item::End => break,
            };
            let end = reader.position();
            index.note(end - length, end);
            if end - told >= PROGRESS_BYTES {
                told = end;
                file.progress(end, index.entries());
            }
        }
        file.progress(file.length(), index.entries());
        Ok(verifier.finish())
    }

    /// The entries of one page, from page 0; none after the last page.
    pub fn page(&self, number: usize) -> io::Result<Vec<Summary>> {
        let mut entries = Vec::new();
        if let Some(page) = self.index.page(number) {
            self.walk(page, |position, exported| {
                entries.push(exported.summary(position, self.seen(position)));
                true
            })?;
        }
        Ok(entries)
    }

    /// The entry at a place in the file, from 1.
    pub fn entry(&self, position: u64) -> io::Result<Detail> {
        let detail = |exported: &Exported| {
            let problem = self.index.problem(position).cloned();
            exported.detail(position, self.seen(position), problem)
        };
        self.at(position, detail)?.ok_or_else(|| no_entry(position))
    }

    /// The sealed body of the entry at a place in the file, from 1.
    pub fn body(&self, position: u64) -> io::Result<Vec<u8>> {
        let body = self.at(position, Exported::body)?;
        body.flatten().ok_or_else(|| no_entry(position))
    }

    /// The place in the file, from 1, of the first entry with this sequence number.
    ///
    /// Looks where it stands if sequence numbers have no gaps, then in every page.
    pub fn find(&self, seq: i64) -> io::Result<Option<u64>> {
        let first = self.at(1, Exported::seq)?.flatten();
        let straight = first.and_then(|first| u64::try_from(seq.checked_sub(first)? + 1).ok());
        if let Some(position) = straight
            && self.at(position, Exported::seq)?.flatten() == Some(seq)
        {
            return Ok(Some(position));
        }
        for page in (0..self.index.pages()).filter_map(|number| self.index.page(number)) {
            let mut found = None;
            self.walk(page, |position, exported| {
                if exported.seq() == Some(seq) {
                    found = Some(position);
                }
                found.is_none()
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn seen(&self, position: u64) -> Seen {
        if self.index.is_broken(position) {
            Seen::Broken
        } else if self.with_secret {
            Seen::Intact
        } else {
            Seen::BodyOnly
        }
    }

    fn at<T>(&self, position: u64, take: impl Fn(&Exported) -> T) -> io::Result<Option<T>> {
        let mut taken = None;
        if let Some(page) = self.index.page_of(position) {
            self.walk(page, |here, exported| {
                if here == position {
                    taken = Some(take(exported));
                }
                here < position
            })?;
        }
        Ok(taken)
    }

    /// Reads the entries of a page again, until `visit` says that it has enough.
    fn walk(&self, page: Page, mut visit: impl FnMut(u64, &Exported) -> bool) -> io::Result<()> {
        let stretch = Stretch::new(&self.file, page.start, page.end);
        let text = (&b"{\"entries\":["[..]).chain(stretch).chain(&b"]}"[..]);
        let mut reader = ExportReader::new(text);
        let mut position = page.first_position;
        loop {
            match reader.next_item().map_err(io::Error::other)? {
                Item::Entry(text) => {
                    if !visit(position, &Exported::read(text)) {
                        return Ok(());
                    }
                    position += 1;
                }
                Item::Member(..) => {}
                Item::End => return Ok(()),
            }
        }
    }
}

fn no_entry(position: u64) -> io::Error {
    io::Error::other(format!("the file has no entry at place {position}"))
}
