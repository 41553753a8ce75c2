//! How well the rules find what they are for, measured on `tests/corpus` through the real host.
//!
//! A corpus is a folder for each rule with JSON Lines, one item a line. Its tuning half is what the
//! rules' authors worked with, its test half is what no rule was tuned on. Every item becomes a call
//! that is put to the built component with its default configuration.

mod ast;
mod corpus;
mod disguise;
mod host;
mod injection;
mod page;
mod pii;
mod report;
mod tally;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

pub use corpus::Half;
pub use page::page;
pub use report::{print, print_misses};
pub use tally::{Tallies, Tally};

use corpus::Corpus;
use host::Judge;

/// A rule whose quality is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Prompt injection: `prompt_pattern_deny`. One unit is a text.
    Injection,
    /// Personal data and secrets: `pii_detection`. One unit is a value in a text.
    Pii,
    /// Dangerous code: `ast_safety`. One unit is a construct in a text.
    Ast,
}

impl Subject {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 3] = [Self::Injection, Self::Pii, Self::Ast];

    /// The id of the rule.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Injection => "prompt_pattern_deny",
            Self::Pii => "pii_detection",
            Self::Ast => "ast_safety",
        }
    }

    /// The folder of its corpus.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Injection => "injection",
            Self::Pii => "pii",
            Self::Ast => "ast",
        }
    }
}

/// What to measure with what.
#[derive(Clone, Debug)]
pub struct Source {
    /// The folder with a folder for each rule's corpus, for example `tests/corpus`.
    pub corpus: PathBuf,
    /// Where `cargo xtask rules` has put the components.
    pub rules: PathBuf,
}

/// What one rule did with one half of its corpus.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// The rule.
    pub subject: Subject,
    /// What the rule says its version is.
    pub version: String,
    /// The half.
    pub half: Half,
    /// How many items were put to the rule.
    pub items: usize,
    /// How many of them have something to find.
    pub positives: usize,
    /// All items together.
    pub total: Tally,
    /// By category: kind of attack, kind of value, construct.
    pub categories: Tallies,
    /// By language.
    pub languages: Tallies,
    /// By form: the disguise of an attack, the place in which code stands.
    pub forms: Tallies,
    /// What went wrong, in the order of the corpus.
    pub misses: Vec<Miss>,
    /// Items on which the rule itself failed (trap, limit, unusable answer). Each counts as nothing
    /// found, and as an alarm where nothing is to be found.
    pub failures: usize,
    /// How much text the rule was given.
    pub bytes: u64,
    /// How long that took, one call after the other.
    pub took: Duration,
}

/// One thing a rule did wrong.
#[derive(Clone, Debug)]
pub struct Miss {
    /// The item.
    pub id: String,
    /// `missed` or `false alarm`.
    pub kind: MissKind,
    /// The category it counts to.
    pub category: String,
    /// The language of the item.
    pub language: String,
    /// What the rule said instead: codes, without text.
    pub said: String,
    /// The beginning of the text; only for the tuning half.
    pub text: Option<String>,
}

/// In which way a rule was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissKind {
    /// It did not find what is there.
    Missed,
    /// It found what is not there.
    FalseAlarm,
}

/// Put one half of a rule's corpus to the rule. `None` if there is no such half.
///
/// # Errors
///
/// When the component or the corpus cannot be read, or an item is not what its README says.
pub fn measure(source: &Source, subject: Subject, half: Half) -> Result<Option<Measurement>> {
    let corpus = Corpus::read(&source.corpus.join(subject.folder()), half)?;
    if corpus.is_empty() {
        return Ok(None);
    }
    let judge = Judge::load(&source.rules, subject.rule())?;
    let mut measurement = Measurement::new(subject, half, judge.version());
    match subject {
        Subject::Injection => injection::measure(&corpus, &judge, &mut measurement)?,
        Subject::Pii => pii::measure(&corpus, &judge, &mut measurement)?,
        Subject::Ast => ast::measure(&corpus, &judge, &mut measurement)?,
    }
    Ok(Some(measurement))
}

impl Measurement {
    fn new(subject: Subject, half: Half, version: &str) -> Self {
        Self {
            subject,
            version: version.to_owned(),
            half,
            items: 0,
            positives: 0,
            total: Tally::default(),
            categories: Tallies::default(),
            languages: Tallies::default(),
            forms: Tallies::default(),
            misses: Vec::new(),
            failures: 0,
            bytes: 0,
            took: Duration::ZERO,
        }
    }

    /// Milliseconds for a KB (1000 bytes) of text, the host's share included.
    #[allow(clippy::cast_precision_loss, reason = "shown with two digits")]
    pub fn milliseconds_per_kb(&self) -> f64 {
        self.took.as_secs_f64() * 1e6 / self.bytes.max(1) as f64
    }

    /// Note what was asked and how it went.
    fn note(&mut self, answer: &host::Answer, is_positive: bool) {
        self.items += 1;
        self.positives += usize::from(is_positive);
        self.failures += usize::from(answer.failed);
        self.bytes += answer.bytes;
        self.took += answer.took;
    }

    /// Count one unit for the total, its category and its language.
    fn count(&mut self, category: &str, language: &str, count: impl Fn(&mut Tally)) {
        count(&mut self.total);
        count(self.categories.of(category));
        count(self.languages.of(language));
    }

    /// Remember what went wrong. Texts of the test half are kept back, so that nobody reads them
    /// while tuning.
    fn miss(
        &mut self,
        kind: MissKind,
        item: &corpus::Head,
        category: &str,
        answer: &host::Answer,
        text: &str,
    ) {
        let shown = (self.half == Half::Tuning).then(|| text.chars().take(240).collect());
        self.misses.push(Miss {
            id: item.id.clone(),
            kind,
            category: category.to_owned(),
            language: item.language.clone(),
            said: answer.said(),
            text: shown,
        });
    }
}
