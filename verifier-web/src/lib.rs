//! The verification of bijotel-seal for the browser.
//!
//! The page's worker makes one [`Session`] for each chosen file. The file is read in slices and never
//! held: what stays in memory is an index of where its entries stand, so that pages of them can be
//! read again. All answers are JSON texts; `page/worker.js` passes them on.

mod credentials;
mod entries;
mod file;
mod indent;
mod index;
mod session;

pub use credentials::{Keys, Refusal};
pub use entries::{BodyForm, Detail, Seen, Summary};
pub use file::FileBytes;
pub use session::{Outcome, Verification};

use std::io;

use serde::Serialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// What the worker gives for a file: `size`, `read(offset, into)` and `progress(bytes, entries)`.
    pub type ChosenFile;

    #[wasm_bindgen(method, getter)]
    fn size(this: &ChosenFile) -> f64;

    #[wasm_bindgen(method, catch)]
    fn read(this: &ChosenFile, offset: f64, into: &mut [u8]) -> Result<u32, JsValue>;

    #[wasm_bindgen(method)]
    fn progress(this: &ChosenFile, bytes: f64, entries: f64);
}

/// One file, verified once or more.
#[wasm_bindgen]
pub struct Session(Verification<ChosenFile>);

#[wasm_bindgen]
impl Session {
    /// A session about `file`. Reads nothing yet.
    #[wasm_bindgen(constructor)]
    pub fn new(file: ChosenFile) -> Self {
        Self(Verification::new(file))
    }

    /// Reads the whole file and returns the [`Outcome`].
    ///
    /// `secret` is the HMAC secret in hexadecimal digits, as ASCII bytes; it is overwritten before this
    /// returns. `public_key` is the operator's key as PEM text.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "wasm-bindgen hands optional strings over by value"
    )]
    pub fn verify(&mut self, secret: Option<Vec<u8>>, public_key: Option<String>) -> String {
        let outcome = match Keys::read(secret, public_key.as_deref()) {
            Ok(keys) => self.0.verify(&keys),
            Err(refusal) => Outcome::Refused(refusal),
        };
        json(&outcome)
    }

    /// The page of entries with this number, from 0: `{"entries": [Summary]}` or `{"error": text}`.
    pub fn page(&self, page: u32) -> String {
        #[derive(Serialize)]
        struct Page {
            entries: Vec<Summary>,
        }
        answer(self.0.page(page as usize).map(|entries| Page { entries }))
    }

    /// One entry by its place in the file, from 1: a [`Detail`] or `{"error": text}`.
    pub fn entry(&self, position: f64) -> String {
        answer(self.0.entry(position as u64))
    }

    /// The sealed body of an entry, byte for byte; empty if there is none.
    pub fn body(&self, position: f64) -> Vec<u8> {
        self.0.body(position as u64).unwrap_or_default()
    }

    /// The place in the file, from 1, of the entry with a sequence number; 0 if there is none.
    pub fn find(&self, seq: f64) -> f64 {
        self.0.find(seq as i64).ok().flatten().unwrap_or(0) as f64
    }
}

impl FileBytes for ChosenFile {
    fn length(&self) -> u64 {
        self.size() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let read = self.read(offset as f64, into);
        read.map(|read| read as usize).map_err(|error| {
            let text = error.as_string().unwrap_or_default();
            io::Error::other(text)
        })
    }

    fn progress(&self, bytes: u64, entries: u64) {
        ChosenFile::progress(self, bytes as f64, entries as f64);
    }
}

fn answer<T: Serialize>(result: io::Result<T>) -> String {
    match result {
        Ok(value) => json(&value),
        Err(error) => json(&serde_json::json!({ "error": error.to_string() })),
    }
}

fn json(value: &impl Serialize) -> String {
    // Every value here has text keys only, which is all that serde_json asks for.
    serde_json::to_string(value).unwrap_or_default()
}
