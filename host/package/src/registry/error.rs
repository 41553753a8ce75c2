//! What can go wrong with a registry.

use thiserror::Error;

use super::reference::NotAReference;
use crate::digest::RuleDigest;
use crate::signature::SignatureError;

/// Why something could not be pushed or pulled. Nothing of it quotes a credential or what a registry
/// wrote, but for codes and media types of a harmless form.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// A text that names no artifact.
    #[error(transparent)]
    Reference(#[from] NotAReference),
    /// A reference without tag and digest.
    #[error("the reference names neither a digest nor a tag: add @sha256:… or :TAG")]
    NothingNamed,
    /// A reference with a digest.
    #[error("nothing can be pushed to a digest: leave @sha256:… out")]
    PushToDigest,
    /// No connection, or one that broke.
    #[error(
        "cannot reach the registry {registry}: {problem}. Check its name, the network, and that it runs"
    )]
    Unreachable {
        /// The registry's host and port.
        registry: String,
        /// What the system says.
        problem: String,
    },
    /// An answer that was not sent to its end.
    #[error("{what} broke off: {problem}. Try again")]
    BrokenOff {
        /// What was read.
        what: &'static str,
        /// What the system says.
        problem: String,
    },
    /// Credentials are missing, or do not suffice.
    #[error(
        "the registry {registry} does not let {user} do that: log in with `docker login {registry}`, or set BIJOTEL_REGISTRY_USER and BIJOTEL_REGISTRY_PASSWORD, or BIJOTEL_REGISTRY_TOKEN"
    )]
    Unauthorized {
        /// The registry's host and port.
        registry: String,
        /// As whom we came.
        user: String,
    },
    /// A token service that may not be told a password.
    #[error(
        "the registry {registry} asks to log in at a place without TLS, or in a way that is not known here"
    )]
    Challenge {
        /// The registry's host and port.
        registry: String,
    },
    /// There is no such thing.
    #[error("the registry {registry} has no {reference}")]
    NotFound {
        /// The registry's host and port.
        registry: String,
        /// What was asked for.
        reference: String,
    },
    /// Any other answer than the one that was to come.
    #[error("the registry {registry} answered {status}{codes} when asked for {what}")]
    Refused {
        /// The registry's host and port.
        registry: String,
        /// The HTTP status.
        status: u16,
        /// The error codes of the answer, in brackets; empty if it has none.
        codes: String,
        /// What was asked for.
        what: &'static str,
    },
    /// A redirection that is not followed.
    #[error("the registry {registry} sends us on to a place without TLS, to none, or in a circle")]
    Redirect {
        /// The registry's host and port.
        registry: String,
    },
    /// More than is read.
    #[error("{what} has more than {limit} bytes, the limit")]
    TooLarge {
        /// Of what there is too much.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// Other bytes than were asked for.
    #[error("{what} is not what its digest says: expected {expected}, found {}. Nothing of it was kept", found.map_or("something else".to_owned(), |found| found.to_string()))]
    Digest {
        /// What was read.
        what: &'static str,
        /// The digest that it should have.
        expected: RuleDigest,
        /// The digest that it has, if that could be told.
        found: Option<RuleDigest>,
    },
    /// A manifest of another kind, or none at all.
    #[error("that is no rule package: {0}")]
    NotAPackage(String),
    /// Signatures that cannot be read.
    #[error("the signatures of the package cannot be used: {0}")]
    Signatures(SignatureError),
    /// Signatures of another component.
    #[error(
        "the signatures of the package are over another component: it was put together wrongly, or tampered with"
    )]
    OtherSignatures,
    /// Credentials that cannot be used.
    #[error("{0}")]
    Credentials(String),
    /// TLS without anybody to trust.
    #[error(
        "there are no certificates of authorities on this machine (package ca-certificates); SSL_CERT_FILE names others: {0}"
    )]
    NoRoots(String),
}
