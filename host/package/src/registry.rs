//! Rules in OCI registries: push and pull.
//!
//! A client of the OCI distribution specification 1.1 for exactly one kind of artifact, the one that
//! <https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/> lays down. A registry is not
//! trusted with anything but to be there: whatever it answers is limited in size, what it sends is
//! hashed, and credentials go to it alone, and to the token service that it names, over TLS. Without
//! TLS only a registry on this machine is spoken to.
//!
//! Written on a plain HTTP client, because the client libraries for registries that there are read
//! manifests, tokens and errors without a limit.

mod agent;
mod challenge;
mod credentials;
mod docker_config;
mod error;
mod manifest;
mod reference;
mod transport;

pub use credentials::{Credentials, Secret};
pub use error::RegistryError;
pub use manifest::{COMPONENT_TYPE, CONFIG_TYPE, Interfaces, SIGNATURE_TYPE};
pub use reference::{NotAReference, Reference};

use crate::digest::RuleDigest;
use crate::signature::SignatureFile;
use crate::store::Package;
use crate::{MAX_COMPONENT, MAX_SIGNATURES};
use manifest::{Descriptor, MANIFEST_TYPE, MAX_MANIFEST, Manifest};
use transport::{Payload, Transport};

/// Told how many bytes of how many are sent or received.
pub type OnProgress<'a> = &'a mut dyn FnMut(u64, u64);

/// A repository in a registry.
pub struct Registry {
    transport: Transport,
    reference: Reference,
}

/// What is pushed beside the component's bytes, for people and tools. Nobody who pulls relies on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The rule's id.
    pub rule: String,
    /// Its version.
    pub version: String,
    /// What the component exports and imports.
    pub interfaces: Interfaces,
}

/// Where something was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The reference with the manifest's digest: what to pull.
    pub reference: Reference,
    /// The manifest's digest.
    pub manifest: RuleDigest,
}

/// What was pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Component and signatures, as the manifest's digests say.
    pub package: Package,
    /// The reference with the manifest's digest, to pull exactly this again.
    pub reference: Reference,
    /// The manifest's digest.
    pub manifest: RuleDigest,
}

impl Registry {
    /// The repository that `reference` names. Nothing is sent yet.
    pub fn open(reference: &Reference, credentials: Credentials) -> Result<Self, RegistryError> {
        Ok(Self {
            transport: Transport::new(reference, credentials)?,
            reference: reference.clone(),
        })
    }

    /// Pushes a component and its signatures under the reference's tag; without one, the version is
    /// the tag.
    pub fn push(
        &mut self,
        package: &Package,
        about: &About,
        progress: OnProgress<'_>,
    ) -> Result<Pushed, RegistryError> {
        self.transport.may_push();
        if self.reference.digest().is_some() {
            return Err(RegistryError::PushToDigest);
        }
        // Tags have no `+`.
        let tag = match self.reference.tag() {
            Some(tag) => tag.to_owned(),
            None => about.version.replace('+', "_"),
        };
        let config = manifest::config(package, &about.interfaces);
        let signatures = package.signatures.as_ref().map(SignatureFile::to_string);
        let manifest = manifest::manifest(package, about, &config);
        self.push_blob(&config, &mut |_, _| {})?;
        if let Some(signatures) = &signatures {
            self.push_blob(signatures.as_bytes(), &mut |_, _| {})?;
        }
        self.push_blob(&package.component, progress)?;
        let digest = RuleDigest::of(&manifest);
        self.push_manifest(&tag, &manifest, digest)?;
        Ok(Pushed {
            reference: self.reference.pinned(Some(&tag), digest),
            manifest: digest,
        })
    }

    /// Pulls a component and its signatures. Every byte is checked against the manifest's digests, and
    /// the manifest against the reference's digest, if it has one.
    pub fn pull(&mut self, progress: OnProgress<'_>) -> Result<Pulled, RegistryError> {
        let (manifest, digest) = self.pull_manifest()?;
        let contents = manifest.contents()?;
        let component = self.pull_blob(contents.component, MAX_COMPONENT, progress)?;
        let signatures = match contents.signatures {
            None => None,
            Some(descriptor) => {
                let bytes = self.pull_blob(descriptor, MAX_SIGNATURES, &mut |_, _| {})?;
                Some(SignatureFile::parse(&bytes).map_err(RegistryError::Signatures)?)
            }
        };
        let package = Package::new(component, signatures);
        match &package.signatures {
            Some(file) if file.statement().digest() != package.digest => {
                return Err(RegistryError::OtherSignatures);
            }
            _ => {}
        }
        Ok(Pulled {
            package,
            reference: self.reference.pinned(self.reference.tag(), digest),
            manifest: digest,
        })
    }

    fn push_blob(&mut self, bytes: &[u8], progress: OnProgress<'_>) -> Result<(), RegistryError> {
        let digest = RuleDigest::of(bytes);
        let path = format!("blobs/{digest}");
        if self.transport.has(&path)? {
            return Ok(());
        }
        let upload = self.transport.begin_upload()?;
        let mark = if upload.contains('?') { '&' } else { '?' };
        let url = format!("{upload}{mark}digest={digest}");
        let payload = Payload::new("application/octet-stream", bytes, progress);
        self.transport.put(&url, payload, "a blob")?;
        Ok(())
    }

    fn push_manifest(
        &mut self,
        tag: &str,
        manifest: &[u8],
        digest: RuleDigest,
    ) -> Result<(), RegistryError> {
        let url = self.transport.url(&format!("manifests/{tag}"));
        let mut quiet = |_, _| {};
        let payload = Payload::new(MANIFEST_TYPE, manifest, &mut quiet);
        let said = self.transport.put(&url, payload, "the manifest")?;
        match said {
            Some(said) if said != digest.to_string() => Err(RegistryError::Digest {
                what: "the manifest",
                expected: digest,
                found: said.parse().ok(),
            }),
            _ => Ok(()),
        }
    }

    fn pull_manifest(&mut self) -> Result<(Manifest, RuleDigest), RegistryError> {
        let name = match (self.reference.digest(), self.reference.tag()) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.to_owned(),
            (None, None) => return Err(RegistryError::NothingNamed),
        };
        let url = self.transport.url(&format!("manifests/{name}"));
        let mut response = self
            .transport
            .get(&url, Some(MANIFEST_TYPE), "the manifest")?;
        let content_type = transport::header(&response, http::header::CONTENT_TYPE);
        let bytes = transport::read(&mut response, MAX_MANIFEST, "the manifest", &mut |_| {})?;
        let found = RuleDigest::of(&bytes);
        match self.reference.digest() {
            Some(expected) if expected != found => Err(RegistryError::Digest {
                what: "the manifest",
                expected,
                found: Some(found),
            }),
            _ => Ok((Manifest::parse(&bytes, content_type.as_deref())?, found)),
        }
    }

    fn pull_blob(
        &mut self,
        descriptor: &Descriptor,
        limit: usize,
        progress: OnProgress<'_>,
    ) -> Result<Vec<u8>, RegistryError> {
        const WHAT: &str = "a layer";
        if descriptor.size > limit as u64 {
            return Err(RegistryError::TooLarge { what: WHAT, limit });
        }
        let url = self.transport.url(&format!("blobs/{}", descriptor.digest));
        let mut response = self.transport.get(&url, None, WHAT)?;
        let bytes = transport::read(&mut response, limit, WHAT, &mut |done| {
            progress(done, descriptor.size);
        })?;
        let found = RuleDigest::of(&bytes);
        if found != descriptor.digest || bytes.len() as u64 != descriptor.size {
            return Err(RegistryError::Digest {
                what: WHAT,
                expected: descriptor.digest,
                found: Some(found),
            });
        }
        Ok(bytes)
    }
}
