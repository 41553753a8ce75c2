//! Names of artifacts: `registry.example.org/team/rule:1.0.0@sha256:…`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::digest::RuleDigest;

/// What may stand before a reference, to tell it from a file's name.
const SCHEME: &str = "oci://";

/// An artifact in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<RuleDigest>,
}

/// A text that names no artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotAReference {
    /// The registry.
    #[error(
        "a reference begins with its registry's host, as in oci://registry.example.org/team/rule:1.0.0"
    )]
    Host,
    /// The repository.
    #[error(
        "a repository is lower-case letters, digits and `.`, `_`, `-`, in parts between `/`, as in team/rule"
    )]
    Repository,
    /// The tag.
    #[error("a tag is 1 to 128 letters, digits and `.`, `_`, `-`, as in :1.0.0")]
    Tag,
    /// The digest.
    #[error("a digest in a reference is `@sha256:` and 64 lower-case hexadecimal digits")]
    Digest,
}

impl Reference {
    /// Whether a text is meant as a reference, not as a file: it begins with `oci://`.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// The registry's host and, if it is given, port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository within the registry.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, if it has one.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The manifest's digest, if it has one.
    pub fn digest(&self) -> Option<RuleDigest> {
        self.digest
    }

    /// Whether the registry is on this machine: only then it is spoken to without TLS.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// The same artifact by its manifest's digest.
    pub(crate) fn pinned(&self, tag: Option<&str>, digest: RuleDigest) -> Self {
        Self {
            tag: tag.map(str::to_owned),
            digest: Some(digest),
            ..self.clone()
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.host, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        let text = text.strip_prefix(SCHEME).unwrap_or(text);
        let (host, rest) = text.split_once('/').ok_or(NotAReference::Host)?;
        if !is_host(host) {
            return Err(NotAReference::Host);
        }
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) => {
                let digest = digest.parse().map_err(|_| NotAReference::Digest)?;
                (rest, Some(digest))
            }
            None => (rest, None),
        };
        let (repository, tag) = match rest.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (rest, None),
        };
        if !is_repository(repository) {
            return Err(NotAReference::Repository);
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(NotAReference::Tag);
        }
        Ok(Self {
            host: host.to_ascii_lowercase(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest,
        })
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whether a host, with or without a port, is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = without_port(host);
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => name == "localhost",
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // A colon within brackets belongs to an IPv6 address.
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    }
}

/// A name with a dot or a port, `localhost`, or an address: what has neither could be a folder.
fn is_host(host: &str) -> bool {
    let name = without_port(host);
    let port = host[name.len()..].strip_prefix(':');
    if port.is_some_and(|port| port.parse::<u16>().is_err()) || host.len() > 255 {
        return false;
    }
    let bracketed = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    if let Some(address) = bracketed {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let character = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-');
    let named = port.is_some() || name.contains('.') || name == "localhost";
    named
        && name.bytes().all(character)
        && name
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

fn is_repository(repository: &str) -> bool {
    let alphanumeric = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| {
        let bytes = part.as_bytes();
        let ends = [bytes.first(), bytes.last()];
        ends.iter().all(|c| c.is_some_and(|c| alphanumeric(*c)))
            && bytes
                .iter()
                .all(|c| alphanumeric(*c) || matches!(c, b'.' | b'_' | b'-'))
            && !part.contains("..")
    };
    repository.len() <= 255 && repository.split('/').all(part)
}

fn is_tag(tag: &str) -> bool {
    let character = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    (1..=128).contains(&tag.len()) && tag.bytes().all(character) && !tag.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn references_read_back() {
        for text in [
            "oci://registry.example.org/team/rule:1.0.0",
            "oci://localhost/rule",
            "oci://127.0.0.1:5000/a/b/c_d-e.f:latest",
            "oci://[::1]:5000/rule:x",
            &format!("oci://registry.example.org/rule@{DIGEST}"),
            &format!("oci://registry.example.org/rule:1@{DIGEST}"),
        ] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.to_string(), text);
            assert_eq!(text[6..].parse(), Ok(reference));
        }
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for (text, error) in [
            ("rule.wasm", NotAReference::Host),
            ("rules/rule.wasm", NotAReference::Host),
            ("../x.y/rule", NotAReference::Host),
            ("user@example.org/rule", NotAReference::Host),
            ("example.org:port/rule", NotAReference::Host),
            ("-a.org/rule", NotAReference::Host),
            ("[::1/rule", NotAReference::Host),
            ("example.org/", NotAReference::Repository),
            ("example.org/Rule", NotAReference::Repository),
            ("example.org/a//b", NotAReference::Repository),
            ("example.org/a/../b", NotAReference::Repository),
            ("example.org/a?b", NotAReference::Repository),
            ("example.org/a:", NotAReference::Tag),
            ("example.org/a:b c", NotAReference::Tag),
            ("example.org/a@sha256:00", NotAReference::Digest),
        ] {
            assert_eq!(text.parse::<Reference>(), Err(error), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (host, expected) in [
            ("localhost", true),
            ("localhost:5000", true),
            ("127.0.0.1", true),
            ("127.8.9.1:5000", true),
            ("[::1]:5000", true),
            ("localhost.example.org", false),
            ("127.0.0.1.example.org", false),
            ("10.0.0.1:5000", false),
            ("[2001:db8::1]", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
