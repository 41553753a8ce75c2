//! Makes the weights of the learned detector from labelled texts.
//!
//! A linear support vector machine with squared hinge loss, on the features of `features.rs` weighted
//! by how rare they are, vectors scaled to length one; solved in the dual, one coordinate at a time
//! (Hsieh and others, ICML 2008). A text is as suspicious as its worst window, so every window of a
//! harmless text is an example, and the worst one of an attack. Everything is deterministic: the same
//! texts give the same bytes on any machine.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::ops::Range;
use std::path::Path;

use crate::config::Category;
use crate::features::{extract, mark};
use crate::fold::{Fold, fold};
use crate::model::{Model, UNIT, WINDOW, Weight, encode};
use crate::scan::Scanner;
use crate::script::{Script, script};
use crate::tokens::Token;

/// A labelled text.
#[derive(Debug, Clone)]
pub struct Example {
    /// The text as a reader would see it, without any disguise.
    pub text: String,
    /// What kind of attack it is; nothing for a harmless text.
    pub category: Option<Category>,
    /// Whether a role of the application wrote it.
    pub is_instructions: bool,
}

/// How training is done. Tuned by cross-validation.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How often the solver goes through all examples.
    pub rounds: u32,
    /// The price of a wrong example.
    pub price: f64,
    /// Features of fewer texts are left out.
    pub least_texts: u32,
    /// Buckets of the table, a power of two.
    pub buckets: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rounds: 40,
            price: 2.0,
            least_texts: 3,
            buckets: 1 << 16,
        }
    }
}

/// Steps of the norm of a feature in the file.
const NORM_STEP: f64 = 12.6;

/// Texts with their features worked out.
#[derive(Debug)]
pub struct Prepared {
    documents: Vec<Document>,
    ids: HashMap<u32, usize>,
    /// The feature with each number.
    features: Vec<u32>,
}

#[derive(Debug)]
struct Document {
    category: Option<Category>,
    is_instructions: bool,
    tokens: Vec<Token>,
    marks: Vec<(usize, u8)>,
    /// The numbers of the features of each token.
    features: Vec<Vec<usize>>,
}

/// What the solver has found.
#[derive(Debug)]
struct Machine {
    /// Added to every score, and to that of instructions.
    bases: [f64; 2],
    weights: Vec<f64>,
}

/// One window of a text, as the solver sees it.
#[derive(Debug)]
struct Vector {
    is_attack: bool,
    is_instructions: bool,
    parts: Vec<(usize, f64)>,
}

impl Prepared {
    /// Works out the features of texts.
    pub fn new(examples: &[Example]) -> Self {
        let scanner = Scanner::for_training();
        let mut prepared = Self {
            documents: Vec::new(),
            ids: HashMap::new(),
            features: Vec::new(),
        };
        for example in examples {
            let (tokens, marks) = scanner.tokens(&example.text);
            let mut features = vec![Vec::new(); tokens.len()];
            extract(&tokens, |at, feature| {
                features[at].push(prepared.id(feature));
            });
            for (at, category) in &marks {
                features[*at].push(prepared.id(mark(*category)));
            }
            prepared.documents.push(Document {
                category: example.category,
                is_instructions: example.is_instructions,
                tokens,
                marks,
                features,
            });
        }
        prepared
    }

    /// The weights, in the form of the file, that the texts with these indices give.
    pub fn train(&self, indices: &[usize], settings: &Settings) -> Vec<u8> {
        let rarity = self.rarity(indices, settings.least_texts);
        let mut attack_windows: HashMap<usize, Range<usize>> = HashMap::new();
        let mut machine = Machine {
            bases: [0.0; 2],
            weights: vec![0.0; self.features.len()],
        };
        // Where the attack stands in a long text is learned from the short ones first.
        for pass in 0..2 {
            let mut vectors = Vec::new();
            for index in indices {
                let document = &self.documents[*index];
                let windows = document.windows();
                if document.category.is_none() {
                    vectors.extend(
                        windows
                            .into_iter()
                            .map(|window| document.vector(&window, &rarity)),
                    );
                } else if windows.len() == 1 {
                    vectors.push(document.vector(&windows[0], &rarity));
                } else if pass > 0 {
                    let window = attack_windows
                        .remove(index)
                        .unwrap_or(0..document.tokens.len());
                    vectors.push(document.vector(&window, &rarity));
                }
            }
            machine = solve(&vectors, self.features.len(), settings);
            for index in indices {
                let document = &self.documents[*index];
                if document.category.is_some() {
                    let worst = document.windows().into_iter().fold(
                        None,
                        |worst: Option<(f64, Range<usize>)>, window| {
                            let score = machine.score(&document.vector(&window, &rarity));
                            match worst {
                                Some(worst) if worst.0 >= score => Some(worst),
                                _ => Some((score, window)),
                            }
                        },
                    );
                    if let Some((_, window)) = worst {
                        attack_windows.insert(*index, window);
                    }
                }
            }
        }
        self.write(indices, &machine, &rarity, settings)
    }

    /// The score that weights in the form of the file give a text.
    pub fn score(&self, index: usize, weights: &Scorer) -> i32 {
        let document = &self.documents[index];
        weights
            .0
            .score(&document.tokens, &document.marks, document.is_instructions)
            .worst()
    }

    /// Whether a shipped phrase is in the text, and the highest score around one.
    pub fn score_of_phrase(&self, index: usize, weights: &Scorer) -> Option<i32> {
        let document = &self.documents[index];
        let scores = weights
            .0
            .score(&document.tokens, &document.marks, document.is_instructions);
        document
            .marks
            .iter()
            .map(|(at, _)| scores.around(*at) - scores.trust())
            .max()
    }

    /// The category that the worst window of a text speaks for.
    pub fn category(&self, index: usize, weights: &Scorer) -> Category {
        let document = &self.documents[index];
        let scores = weights
            .0
            .score(&document.tokens, &document.marks, document.is_instructions);
        let window = scores
            .suspects(scores.worst())
            .into_iter()
            .next()
            .unwrap_or(0..0);
        weights.0.category(&document.tokens, &window)
    }

    fn id(&mut self, feature: u32) -> usize {
        let next = self.features.len();
        let id = *self.ids.entry(feature).or_insert(next);
        if id == next {
            self.features.push(feature);
        }
        id
    }

    /// How rare each feature is; 0 for those that too few texts have.
    fn rarity(&self, indices: &[usize], least: u32) -> Vec<f64> {
        let mut counts = vec![0u32; self.features.len()];
        for index in indices {
            for feature in self.documents[*index].distinct(0..usize::MAX) {
                counts[feature] += 1;
            }
        }
        let texts = indices.len() as f64;
        let rarity = |count| {
            let idf = logarithm(texts / f64::from(count));
            idf * idf.sqrt()
        };
        counts
            .into_iter()
            .map(|count| if count < least { 0.0 } else { rarity(count) })
            .collect()
    }

    fn write(
        &self,
        indices: &[usize],
        machine: &Machine,
        rarity: &[f64],
        settings: &Settings,
    ) -> Vec<u8> {
        let categories = self.categories(indices);
        let mut sizes: Vec<f64> = (0..rarity.len())
            .map(|id| (machine.weights[id] * rarity[id]).abs())
            .collect();
        sizes.sort_by(f64::total_cmp);
        let large = sizes
            .get(sizes.len().saturating_sub(20))
            .copied()
            .unwrap_or(1.0);
        let step = large.max(1e-9) / 127.0;
        let features = (0..rarity.len()).filter(|id| rarity[*id] > 0.0).map(|id| {
            let weight = (machine.weights[id] * rarity[id] / step)
                .round()
                .clamp(-127.0, 127.0) as i8;
            let norm = (rarity[id] * rarity[id] / NORM_STEP)
                .round()
                .clamp(0.0, 31.0) as u8;
            (
                self.features[id],
                Weight {
                    weight,
                    norm,
                    category: categories[id],
                },
            )
        });
        // A score of the file is UNIT * weights / (16 * root of norms); this brings both to one scale.
        let scale = f64::from(UNIT) / 16.0 * NORM_STEP.sqrt() / step;
        let bases = machine.bases.map(|base| (base * scale).round() as i32);
        encode(bases, features.collect(), settings.buckets)
    }

    /// For each feature, the category whose texts have it most often for their number.
    fn categories(&self, indices: &[usize]) -> Vec<u8> {
        let mut counts = vec![[0.0f64; 7]; self.features.len()];
        let mut texts = [0.0f64; 7];
        for index in indices {
            let document = &self.documents[*index];
            let Some(category) = document.category else {
                continue;
            };
            texts[category as usize] += 1.0;
            for feature in document.distinct(0..usize::MAX) {
                counts[feature][category as usize] += 1.0;
            }
        }
        let share = |counts: &[f64; 7], index: usize| counts[index] / (texts[index] + 1.0);
        counts
            .iter()
            .map(|counts| {
                (0..7u8).fold(0, |best, index| {
                    let is_better =
                        share(counts, usize::from(index)) > share(counts, usize::from(best));
                    if is_better { index } else { best }
                })
            })
            .collect()
    }
}

/// Weights in the form of the file, ready to score with.
#[derive(Debug)]
pub struct Scorer(Model);

impl Scorer {
    /// Takes weights as [`Prepared::train`] makes them.
    pub fn new(weights: Vec<u8>) -> Self {
        Self(Model::of_bytes(weights))
    }
}

impl Document {
    /// Windows that overlap by three quarters.
    fn windows(&self) -> Vec<Range<usize>> {
        let tokens = self.tokens.len();
        let starts = (0..tokens.max(1)).step_by(WINDOW / 4);
        let mut windows: Vec<Range<usize>> = starts
            .map(|start| {
                let end = tokens.min(start + WINDOW);
                end.saturating_sub(WINDOW)..end
            })
            .collect();
        windows.dedup();
        windows
    }

    /// The features of a window, each once.
    fn distinct(&self, window: Range<usize>) -> Vec<usize> {
        let window = window.start..window.end.min(self.features.len());
        let mut features: Vec<usize> = self.features[window].iter().flatten().copied().collect();
        features.sort_unstable();
        features.dedup();
        features
    }

    fn vector(&self, window: &Range<usize>, rarity: &[f64]) -> Vector {
        let features = self.distinct(window.clone());
        let parts = features.into_iter().filter(|id| rarity[*id] > 0.0);
        let mut parts: Vec<(usize, f64)> = parts.map(|id| (id, rarity[id])).collect();
        let square: f64 = parts.iter().map(|(_, value)| value * value).sum();
        let length = square.sqrt().max(1e-9);
        for (_, value) in &mut parts {
            *value /= length;
        }
        Vector {
            is_attack: self.category.is_some(),
            is_instructions: self.is_instructions,
            parts,
        }
    }
}

impl Machine {
    fn score(&self, vector: &Vector) -> f64 {
        let sum: f64 = vector
            .parts
            .iter()
            .map(|(id, value)| self.weights[*id] * value)
            .sum();
        sum + self.bases[0]
            + if vector.is_instructions {
                self.bases[1]
            } else {
                0.0
            }
    }

    fn add(&mut self, vector: &Vector, amount: f64) {
        for (id, value) in &vector.parts {
            self.weights[*id] += amount * value;
        }
        self.bases[0] += amount;
        if vector.is_instructions {
            self.bases[1] += amount;
        }
    }
}

/// Dual coordinate descent for the squared hinge loss.
fn solve(vectors: &[Vector], features: usize, settings: &Settings) -> Machine {
    let mut machine = Machine {
        bases: [0.0; 2],
        weights: vec![0.0; features],
    };
    let slack = 1.0 / (2.0 * settings.price);
    let mut duals = vec![0.0f64; vectors.len()];
    let mut order: Vec<usize> = (0..vectors.len()).collect();
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    for _ in 0..settings.rounds {
        chance.shuffle(&mut order);
        for index in &order {
            let vector = &vectors[*index];
            let sign = if vector.is_attack { 1.0 } else { -1.0 };
            let slope = sign * machine.score(vector) - 1.0 + slack * duals[*index];
            let square = 2.0 + f64::from(u8::from(vector.is_instructions));
            let after = (duals[*index] - slope / (square + slack)).max(0.0);
            let change = after - duals[*index];
            if change != 0.0 {
                duals[*index] = after;
                machine.add(vector, change * sign);
            }
        }
    }
    machine
}

/// The natural logarithm of a number from 1 on, made of operations that are exact on every machine.
fn logarithm(number: f64) -> f64 {
    const LN_2: f64 = std::f64::consts::LN_2;
    let (mut rest, mut twos) = (number, 0.0);
    while rest > 1.5 {
        rest /= 2.0;
        twos += 1.0;
    }
    // ln x = 2 artanh((x - 1) / (x + 1)), and the argument is at most 1/5 here.
    let argument = (rest - 1.0) / (rest + 1.0);
    let square = argument * argument;
    let series = (0..12).rev().fold(0.0, |sum, index| {
        sum * square + 1.0 / f64::from(2 * index + 1)
    });
    twos * LN_2 + 2.0 * argument * series
}

/// Numbers that look random and are always the same (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            items.swap(index, self.below(index + 1));
        }
    }
}

/// Words that several attacks have, in lower case without accents, a line each: the vocabulary by which
/// disguises are read.
pub fn vocabulary(examples: &[Example]) -> String {
    const LEAST_TEXTS: usize = 24;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for example in examples.iter().filter(|example| example.category.is_some()) {
        let folded: String = example.text.chars().map(plain_sign).collect();
        let words: BTreeSet<&str> = folded.split(' ').filter(|word| word.len() > 2).collect();
        for word in words {
            *counts.entry(word.to_owned()).or_default() += 1;
        }
    }
    let often = counts
        .into_iter()
        .filter(|(_, count)| *count >= LEAST_TEXTS);
    often.map(|(word, _)| word + "\n").collect()
}

/// A Latin letter in lower case and without its marks, or a space.
fn plain_sign(sign: char) -> char {
    if script(sign) != Script::Latin {
        return ' ';
    }
    match fold(sign) {
        Fold::Ascii(letter @ b'a'..=b'z') => char::from(letter),
        _ => ' ',
    }
}

/// A text and where it comes from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The text with its label.
    pub example: Example,
    /// Its language, as two letters.
    pub language: String,
    /// Whether it is of the tuning half of the corpus, and not of the crate's own texts.
    pub is_corpus: bool,
}

impl Source {
    /// The part of a cross-validation that the text belongs to. It depends on nothing but the text.
    pub fn fold(&self, folds: usize) -> usize {
        let hash = self
            .example
            .text
            .bytes()
            .fold(crate::tokens::SEED, |hash, byte| {
                crate::tokens::hash(hash, u32::from(byte))
            });
        (hash >> 8) as usize % folds
    }
}

/// All texts to train on: those in `training/` and the tuning half of the corpus in
/// `tests/corpus/injection/tuning`.
///
/// # Panics
/// If a file is missing or malformed: it is part of the source code.
pub fn examples() -> Vec<Source> {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for (name, text) in read_folder(&crate_folder.join("training")) {
        own_examples(&name[..2], &text, &mut all);
    }
    for (name, text) in read_folder(&crate_folder.join("training/more")) {
        own_examples(&name[..2], &text, &mut all);
    }
    for (_, text) in read_folder(&crate_folder.join("../../tests/corpus/injection/tuning")) {
        all.extend(text.lines().map(corpus_example));
    }
    all
}

fn own_examples(language: &str, text: &str, all: &mut Vec<Source>) {
    let mut category = None;
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("== ") {
            // What kind of harmless text it is stands after the word.
            category = (!name.starts_with("benign")).then(|| Category::named(name));
            continue;
        }
        let (text, is_instructions) = match line.strip_prefix("SYSTEM: ") {
            Some(text) => (text, true),
            None => (line, false),
        };
        all.push(Source {
            example: Example {
                text: text.replace("\\n", "\n"),
                category,
                is_instructions,
            },
            language: language.to_owned(),
            is_corpus: false,
        });
    }
}

fn corpus_example(line: &str) -> Source {
    #[derive(serde::Deserialize)]
    struct Line {
        label: String,
        category: String,
        language: String,
        place: String,
        text: String,
    }
    let line: Line =
        serde_json::from_str(line).unwrap_or_else(|error| panic!("the corpus: {error}"));
    Source {
        example: Example {
            text: line.text,
            category: (line.label == "attack").then(|| Category::named(&line.category)),
            is_instructions: line.place == "system",
        },
        language: line.language,
        is_corpus: true,
    }
}

/// The files of a folder by name, with their text.
fn read_folder(folder: &Path) -> Vec<(String, String)> {
    let files =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = files.flatten().map(|file| file.path()).collect();
    let is_data = |path: &Path| {
        path.extension()
            .is_some_and(|end| end == "txt" || end == "jsonl")
    };
    files.retain(|path| is_data(path));
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let text = fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (name, text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_weights_are_those_that_the_committed_texts_give() {
        let texts: Vec<Example> = examples()
            .into_iter()
            .map(|source| source.example)
            .collect();
        let all: Vec<usize> = (0..texts.len()).collect();
        let again = "run `cargo run --release -p rule-prompt-pattern-deny --example train`";
        assert!(vocabulary(&texts) == include_str!("words.txt"), "{again}");
        let weights = Prepared::new(&texts).train(&all, &Settings::default());
        assert!(weights == include_bytes!("weights.bin"), "{again}");
    }

    #[test]
    fn logarithms_are_those_of_the_books() {
        for number in [1.0, 1.5, 2.0, 10.0, 3000.0] {
            assert!(
                (logarithm(number) - f64::ln(number)).abs() < 1e-12,
                "{number}"
            );
        }
    }
}
