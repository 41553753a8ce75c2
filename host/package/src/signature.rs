//! What a signature over a rule says, and the file that holds it.

use std::fmt;

use bijotel_seal::signature::ExportSigner;
use thiserror::Error;

use crate::digest::RuleDigest;
use crate::note::{KeyName, Note, NoteError, NoteSignature};
use crate::{MAX_SIGNATURES, trust};

/// The first line of every statement. No other text that bijotel signs begins with it, so that a
/// signature made for something else is never one over a rule.
pub const STATEMENT_HEADER: &str = "bijotel rule signature v1";

/// What a signer vouches for: that the component with this digest is this rule in this version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    rule: String,
    version: String,
    digest: RuleDigest,
}

/// A statement and the signatures under it: the contents of `my_rule.wasm.sig`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFile {
    statement: Statement,
    note: Note,
}

/// Why bytes are no signatures over a rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// More bytes than are read.
    #[error("it has more than {MAX_SIGNATURES} bytes")]
    TooLarge,
    /// Not a signed note.
    #[error("it is no signed note: {0}")]
    Note(#[from] NoteError),
    /// A signed note about something else.
    #[error("it is a signed note, but not over a rule: its first line is not `{STATEMENT_HEADER}`")]
    OtherNote,
    /// Not the four lines that there must be.
    #[error("what it says of the rule is malformed: {0}")]
    Statement(#[from] StatementError),
}

/// Why there is no such statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StatementError {
    /// Not the lines that there must be.
    #[error("it must be four lines: `{STATEMENT_HEADER}`, rule, version, digest")]
    Lines,
    /// A rule's id.
    #[error("a rule's id is 1 to 64 lower-case letters, digits, `_` and `-`")]
    Rule,
    /// A rule's version.
    #[error("a version is 1 to 64 letters, digits and `.+-`, such as 1.0.0")]
    Version,
    /// The component's digest.
    #[error("the digest is not `sha256:` and 64 lower-case hexadecimal digits")]
    Digest,
}

/// Signatures over two different statements cannot be in one file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the signatures that are there are over {there}, not over {wanted}; move that file away to sign anew"
)]
pub struct OtherStatement {
    /// What the file is about.
    pub there: String,
    /// What was to be signed.
    pub wanted: String,
}

impl Statement {
    /// A statement about the component with `digest`, which calls itself `rule` in `version`.
    pub fn new(rule: &str, version: &str, digest: RuleDigest) -> Result<Self, StatementError> {
        if !is_rule_id(rule) {
            return Err(StatementError::Rule);
        }
        if !is_version(version) {
            return Err(StatementError::Version);
        }
        Ok(Self {
            rule: rule.to_owned(),
            version: version.to_owned(),
            digest,
        })
    }

    /// The rule's id.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The rule's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The component's digest.
    pub fn digest(&self) -> RuleDigest {
        self.digest
    }

    /// The bytes that are signed: header, id, version and digest, each followed by a newline. None
    /// of them can hold a newline, so no two statements have the same bytes.
    pub fn text(&self) -> String {
        let Self {
            rule,
            version,
            digest,
        } = self;
        format!("{STATEMENT_HEADER}\n{rule}\n{version}\n{digest}\n")
    }

    fn parse(text: &str) -> Result<Self, SignatureError> {
        let lines = text.strip_suffix('\n').unwrap_or(text);
        let lines: Vec<&str> = lines.split('\n').collect();
        if lines.first() != Some(&STATEMENT_HEADER) {
            return Err(SignatureError::OtherNote);
        }
        let [_, rule, version, digest] = lines.as_slice() else {
            return Err(StatementError::Lines.into());
        };
        let digest = digest.parse().map_err(|_| StatementError::Digest)?;
        Ok(Self::new(rule, version, digest)?)
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.rule, self.version, self.digest)
    }
}

impl SignatureFile {
    /// A statement with a first signature.
    pub fn sign(statement: Statement, name: KeyName, signer: &ExportSigner) -> Self {
        let mut note = Note::unsigned(statement.text());
        note.sign(name, signer);
        Self { statement, note }
    }

    /// Reads a file's bytes. No signature is checked: [`trust::TrustList::verify`] does that.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        if bytes.len() > MAX_SIGNATURES {
            return Err(SignatureError::TooLarge);
        }
        let note = Note::parse(bytes)?;
        Ok(Self {
            statement: Statement::parse(note.text())?,
            note,
        })
    }

    /// What it says; true only for who trusts a signer.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The signatures, checked or not.
    pub fn signatures(&self) -> &[NoteSignature] {
        self.note.signatures()
    }

    /// Adds the signatures of another file about the same component. Of two by one key the other's
    /// stays.
    pub fn merge(&mut self, other: &Self) -> Result<(), OtherStatement> {
        if self.statement != other.statement {
            return Err(OtherStatement {
                there: self.statement.to_string(),
                wanted: other.statement.to_string(),
            });
        }
        for signature in other.signatures() {
            self.note.add(signature.clone());
        }
        Ok(())
    }

    pub(crate) fn note(&self) -> &Note {
        &self.note
    }
}

impl fmt::Display for SignatureFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

/// Whether a text can be a rule's id: the contract's words (`wit/policy.wit`).
fn is_rule_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(trust::is_id_byte)
}

/// Whether a text has the characters of a semantic version. Whether it is one, the engine says.
fn is_version(text: &str) -> bool {
    let character = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'+');
    (1..=64).contains(&text.len()) && text.bytes().all(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(component: &[u8]) -> Statement {
        Statement::new("no_shouting", "1.2.0", RuleDigest::of(component)).unwrap()
    }

    fn signed(component: &[u8], seed: u8) -> SignatureFile {
        let signer = ExportSigner::from_seed(&[seed; 32]);
        let name = format!("example.org/{seed}").parse().unwrap();
        SignatureFile::sign(statement(component), name, &signer)
    }

    #[test]
    fn the_signed_bytes_are_these() {
        let expected = "bijotel rule signature v1\nno_shouting\n1.2.0\n\
            sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";
        assert_eq!(statement(b"abc").text(), expected);
    }

    #[test]
    fn a_file_reads_back() {
        let file = signed(b"abc", 1);
        let text = file.to_string();
        assert_eq!(SignatureFile::parse(text.as_bytes()), Ok(file));
    }

    #[test]
    fn the_documented_file_is_what_its_key_signs() {
        let page = include_str!("../../../docs/formats/rule-package.md");
        let (_, rest) = page.split_once("```text\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let signer = ExportSigner::from_seed(&[0; 32]);
        let name = "example.org/rules".parse().unwrap();
        let file = SignatureFile::sign(statement(b"abc"), name, &signer);
        assert_eq!(file.to_string(), example);
    }

    #[test]
    fn signatures_over_one_statement_come_together() {
        let mut file = signed(b"abc", 1);
        file.merge(&signed(b"abc", 2)).unwrap();
        assert_eq!(file.signatures().len(), 2);
        let other = file.merge(&signed(b"other", 3)).unwrap_err();
        assert!(other.to_string().contains("move that file away"));
    }

    #[test]
    fn other_notes_are_refused() {
        let good = signed(b"abc", 1).to_string();
        let cases = [
            (good.replace("signature v1", "signature v2"), "first line"),
            (good.replace("1.2.0\n", "1.2.0\nmore\n"), "four lines"),
            (good.replace("no_shouting", "No_Shouting"), "lower-case"),
            (good.replace("1.2.0", "1.2 0"), "version"),
            (good.replace("sha256", "sha512"), "digest"),
            ("x".repeat(MAX_SIGNATURES + 1), "more than"),
            ("x".into(), "no signed note"),
        ];
        for (text, problem) in cases {
            let error = SignatureFile::parse(text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(problem), "{error}");
        }
    }
}
