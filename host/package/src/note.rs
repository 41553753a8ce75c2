//! Signed notes with Ed25519 signatures: <https://c2sp.org/signed-note>.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bijotel_seal::Digest;
use bijotel_seal::signature::{ExportSigner, ExportVerifyingKey};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// A note with more signatures is refused; the specification demands at least 16.
pub const MAX_SIGNATURES_IN_NOTE: usize = 64;

/// What every signature line begins with: an em dash and a space.
const SIGNATURE_LINE: &str = "\u{2014} ";

/// The signature type byte of Ed25519 (RFC 8032) over the note's text.
const ED25519: u8 = 0x01;

/// The name of a key: 1 to 128 characters, none of them a space, a control character or `+`.
///
/// The specification recommends a URL without its scheme, such as `example.org/rules`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// A text that cannot name a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a key's name is 1 to 128 characters without spaces, control characters and `+`, such as example.org/rules"
)]
pub struct NotAKeyName;

/// The first four bytes of a hash over a key's name, type and public key. An identifier, not a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId(pub [u8; 4]);

/// A public key with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedKey {
    /// The name; signature lines carry it.
    pub name: KeyName,
    /// The key.
    pub key: ExportVerifyingKey,
}

/// One signature line. That it is well formed says nothing about who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: KeyName,
    /// The key's id.
    pub id: KeyId,
    /// What follows the id: 64 bytes if the signature is Ed25519.
    pub bytes: Vec<u8>,
}

/// A text and the signatures under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// Why bytes are no signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoteError {
    /// Other characters than the specification allows.
    #[error("it is not UTF-8 text, or holds control characters other than newlines")]
    Characters,
    /// No blank line and signature lines at its end.
    #[error("it does not end in a blank line and signature lines")]
    NoSignatures,
    /// A signature line of another form.
    #[error("signature line {0} is not an em dash, a key name and base64, each after one space")]
    Line(usize),
    /// More signatures than are read.
    #[error("it has more than {MAX_SIGNATURES_IN_NOTE} signatures")]
    TooMany,
}

impl Note {
    /// A note without signatures yet. `text` ends in a newline and holds no other control character.
    pub(crate) fn unsigned(text: String) -> Self {
        Self {
            text,
            signatures: Vec::new(),
        }
    }

    /// Reads a note. Signatures are not checked: that takes a key.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Characters)?;
        if note.chars().any(|char| char < ' ' && char != '\n') {
            return Err(NoteError::Characters);
        }
        // The text may hold blank lines itself: the last one is the border.
        let border = note.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let (text, lines) = (&note[..=border], &note[border + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        let mut signatures = Vec::new();
        for (at, line) in lines.split('\n').enumerate() {
            if at == MAX_SIGNATURES_IN_NOTE {
                return Err(NoteError::TooMany);
            }
            signatures.push(NoteSignature::parse(line).ok_or(NoteError::Line(at + 1))?);
        }
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// What is signed, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, checked or not.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature; one that the same key made before is replaced.
    pub(crate) fn sign(&mut self, name: KeyName, signer: &ExportSigner) {
        let bytes = signer.sign(self.text.as_bytes()).to_vec();
        let key = NamedKey {
            name,
            key: signer.public(),
        };
        let id = key.id();
        self.add(NoteSignature {
            name: key.name,
            id,
            bytes,
        });
    }

    pub(crate) fn add(&mut self, signature: NoteSignature) {
        let same =
            |other: &NoteSignature| (&other.name, other.id) == (&signature.name, signature.id);
        match self.signatures.iter_mut().find(|other| same(other)) {
            Some(other) => *other = signature,
            None => self.signatures.push(signature),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            writeln!(f, "{signature}")?;
        }
        Ok(())
    }
}

impl NoteSignature {
    /// Whether name and id are those of `key`. If they are and [`verifies`](Self::verifies) says no,
    /// somebody changed the note.
    pub fn is_by(&self, key: &NamedKey) -> bool {
        self.name == key.name && self.id == key.id()
    }

    /// Whether this is a signature of `key` over `text`.
    pub fn verifies(&self, text: &str, key: &NamedKey) -> bool {
        self.is_by(key) && key.key.verifies(text.as_bytes(), &self.bytes)
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix(SIGNATURE_LINE)?.split_once(' ')?;
        let signature = BASE64_STANDARD.decode(signature).ok()?;
        let (id, bytes) = signature.split_first_chunk::<4>()?;
        if bytes.is_empty() {
            return None;
        }
        Some(Self {
            name: name.parse().ok()?,
            id: KeyId(*id),
            bytes: bytes.to_vec(),
        })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.0.as_slice(), &self.bytes].concat();
        let base64 = BASE64_STANDARD.encode(bytes);
        write!(f, "{SIGNATURE_LINE}{} {base64}", self.name)
    }
}

impl NamedKey {
    /// The key's id: the first four bytes of SHA-256 over name, newline, type and public key.
    pub fn id(&self) -> KeyId {
        let parts: [&[u8]; 4] = [
            self.name.0.as_bytes(),
            b"\n",
            &[ED25519],
            &self.key.to_bytes(),
        ];
        let digest = Digest::of_parts(&parts).0;
        KeyId([digest[0], digest[1], digest[2], digest[3]])
    }
}

impl KeyName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = NotAKeyName;

    fn from_str(text: &str) -> Result<Self, NotAKeyName> {
        let bad = |char: char| char.is_whitespace() || char.is_control() || char == '+';
        if text.is_empty() || text.chars().count() > 128 || text.contains(bad) {
            return Err(NotAKeyName);
        }
        Ok(Self(text.to_owned()))
    }
}

impl Serialize for KeyName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for KeyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification, signed by a key that others made.
    const EXAMPLE: &str = "Ognuno sta solo sul cuor della terra\n\
        trafitto da un raggio di sole:\n\
        \n\
        ed è subito sera.\n\
        \n\
        — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

    fn signer(byte: u8) -> ExportSigner {
        ExportSigner::from_seed(&[byte; 32])
    }

    fn named(name: &str, byte: u8) -> NamedKey {
        NamedKey {
            name: name.parse().unwrap(),
            key: signer(byte).public(),
        }
    }

    fn signed(text: &str) -> Note {
        let mut note = Note::unsigned(text.to_owned());
        note.sign("example.org/a".parse().unwrap(), &signer(1));
        note
    }

    #[test]
    fn the_example_of_the_specification_reads_back() {
        let note = Note::parse(EXAMPLE.as_bytes()).unwrap();
        assert!(note.text().ends_with("sera.\n"), "{note:?}");
        assert_eq!(note.signatures().len(), 1);
        assert_eq!(note.signatures()[0].bytes.len(), 64);
        assert_eq!(note.signatures()[0].id.0, [0x36, 0x7b, 0xa0, 0x4b]);
        assert_eq!(note.to_string(), EXAMPLE);
    }

    #[test]
    fn a_signature_verifies_under_its_name_and_key_alone() {
        let note = signed("text\n");
        let signature = &note.signatures()[0];
        assert!(signature.verifies("text\n", &named("example.org/a", 1)));
        assert!(!signature.verifies("text\n", &named("example.org/b", 1)));
        assert!(!signature.verifies("text\n", &named("example.org/a", 2)));
        assert!(!signature.verifies("other\n", &named("example.org/a", 1)));
    }

    #[test]
    fn a_second_signature_of_a_key_replaces_its_first() {
        let mut note = signed("text\n");
        note.sign("example.org/a".parse().unwrap(), &signer(1));
        assert_eq!(note.signatures().len(), 1);
        note.sign("example.org/a".parse().unwrap(), &signer(2));
        assert_eq!(note.signatures().len(), 2);
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let good = signed("text\n").to_string();
        let line = good.lines().last().unwrap();
        let cases = [
            (String::new(), NoteError::NoSignatures),
            ("text\n".into(), NoteError::NoSignatures),
            (good.trim_end().to_owned(), NoteError::NoSignatures),
            (good.replace("text", "te\txt"), NoteError::Characters),
            (good.replace('\u{2014}', "-"), NoteError::Line(1)),
            (good.replace("org/a", "org /a"), NoteError::Line(1)),
            (format!("{good}{line}\r\n"), NoteError::Characters),
            (format!("{good}{line}"), NoteError::NoSignatures),
            ("text\n\n\u{2014} a AAAA\n".into(), NoteError::Line(1)),
        ];
        for (text, error) in cases {
            assert_eq!(Note::parse(text.as_bytes()), Err(error), "{text:?}");
        }
        assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteError::Characters));
    }

    #[test]
    fn a_note_has_a_limited_number_of_signatures() {
        let good = signed("text\n").to_string();
        let line = format!("{}\n", good.lines().last().unwrap());
        let full = format!("text\n\n{}", line.repeat(MAX_SIGNATURES_IN_NOTE));
        assert!(Note::parse(full.as_bytes()).is_ok());
        let over = format!("{full}{line}");
        assert_eq!(Note::parse(over.as_bytes()), Err(NoteError::TooMany));
    }

    #[test]
    fn names_cannot_be_taken_apart_in_two_ways() {
        for name in ["", "a b", "a+b", "a\n", "a\u{a0}b", &"a".repeat(129)] {
            assert_eq!(name.parse::<KeyName>(), Err(NotAKeyName), "{name:?}");
        }
        assert!("example.org/rules".parse::<KeyName>().is_ok());
    }
}
