//! Where the entries of a file stand, and which of them are broken.

use bijotel_seal::export::Problem;

/// How many entries one page has.
pub(crate) const PAGE_ENTRIES: u64 = 50;

/// For how many broken entries the reason is kept.
const KEPT_PROBLEMS: usize = 100;

/// The places of every page of entries: 24 bytes for each fifty of them.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: u64,
    pages: Vec<Page>,
    broken: Broken,
}

/// The bytes of a file in which a page's entries stand, from the first byte of the first to the last
/// byte of the last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The place in the file of the page's first entry, from 1.
    pub(crate) first_position: u64,
}

/// Which entries are broken, and why the first of them are.
#[derive(Debug, Default)]
struct Broken {
    /// Runs of places, first and last included, in order.
    runs: Vec<(u64, u64)>,
    problems: Vec<Problem>,
}

impl Index {
    /// Takes the place of the next entry.
    pub(crate) fn note(&mut self, start: u64, end: u64) {
        if self.entries.is_multiple_of(PAGE_ENTRIES) {
            self.pages.push(Page {
                start,
                end,
                first_position: self.entries + 1,
            });
        } else if let Some(page) = self.pages.last_mut() {
            page.end = end;
        }
        self.entries += 1;
    }

    /// Takes what is wrong with an entry. They come in the order of the file.
    pub(crate) fn note_broken(&mut self, problem: Problem) {
        let Some(position) = problem.position else {
            return;
        };
        match self.broken.runs.last_mut() {
            Some((_, last)) if *last + 1 == position => *last = position,
            _ => self.broken.runs.push((position, position)),
        }
        if self.broken.problems.len() < KEPT_PROBLEMS {
            self.broken.problems.push(problem);
        }
    }

    /// Takes the problem that decided the verdict, which may be about an entry that is intact by
    /// itself.
    pub(crate) fn note_decisive(&mut self, problem: &Problem) {
        let Some(position) = problem.position else {
            return;
        };
        if !self.is_broken(position) {
            let at = self.broken.runs.partition_point(|run| run.0 < position);
            self.broken.runs.insert(at, (position, position));
        }
        if self.problem(position).is_none() {
            let problems = &mut self.broken.problems;
            let at = problems.partition_point(|other| other.position < Some(position));
            problems.insert(at, problem.clone());
        }
    }

    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    pub(crate) fn page(&self, number: usize) -> Option<Page> {
        self.pages.get(number).copied()
    }

    pub(crate) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// The page that has the entry at `position`, from 1.
    pub(crate) fn page_of(&self, position: u64) -> Option<Page> {
        let number = position.checked_sub(1)? / PAGE_ENTRIES;
        self.page(usize::try_from(number).ok()?)
    }

    pub(crate) fn is_broken(&self, position: u64) -> bool {
        let at = self.broken.runs.partition_point(|run| run.1 < position);
        self.broken
            .runs
            .get(at)
            .is_some_and(|run| run.0 <= position)
    }

    pub(crate) fn broken_count(&self) -> u64 {
        self.broken
            .runs
            .iter()
            .map(|(first, last)| last - first + 1)
            .sum()
    }

    /// What is wrong with an entry, where it was kept.
    pub(crate) fn problem(&self, position: u64) -> Option<&Problem> {
        let same = |problem: &&Problem| problem.position == Some(position);
        self.broken.problems.iter().find(same)
    }

    /// What is wrong with the first broken entries, in the order of the file.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.broken.problems
    }
}
