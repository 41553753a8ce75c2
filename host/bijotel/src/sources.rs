//! The components that a configuration names, each read and hashed once however many rules are made
//! of it, and let in for each of them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use bijotel_package::{Package, RuleDigest, SignatureFile, TrustList, Vouched};
use bijotel_policy::Component;

use crate::error::HostError;
use crate::rules::{RuleConfig, RulesConfig};
use crate::trust::{Untrusted, admit};

/// What was read for a configuration, and whom it trusts.
pub(crate) struct Sources<'a> {
    read: HashMap<Place<'a>, Read>,
    trust: TrustList,
    allow_unsigned: bool,
}

/// Where a component is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place<'a> {
    File(&'a Path),
    Store(RuleDigest),
}

struct Read {
    component: Component,
    signatures: Option<SignatureFile>,
}

impl<'a> Sources<'a> {
    /// Reads every component that is not a shipped one.
    pub(crate) fn read(config: &'a RulesConfig) -> Result<Self, HostError> {
        let store = config.rule_store();
        let mut read = HashMap::new();
        for rule in &config.rules {
            let Some(place) = Place::of(rule) else {
                continue;
            };
            if let Entry::Vacant(vacant) = read.entry(place) {
                let package = match place {
                    Place::File(path) => Package::read(path),
                    Place::Store(digest) => store.read(digest),
                };
                let package = package.map_err(|source| HostError::Package {
                    rule: rule.name.clone(),
                    source,
                })?;
                vacant.insert(Read {
                    component: Component::from(package.component),
                    signatures: package.signatures,
                });
            }
        }
        Ok(Self {
            read,
            trust: config.trust_list()?,
            allow_unsigned: config.allow_unsigned,
        })
    }

    /// The component of a rule, if it is let in, and who vouches for it; `None` for a shipped rule.
    pub(crate) fn admitted<'s>(
        &'s self,
        rule: &'s RuleConfig,
    ) -> Result<Option<(&'s Component, Option<Vouched>)>, Untrusted> {
        let Some(read) = Place::of(rule).and_then(|place| self.read.get(&place)) else {
            return Ok(None);
        };
        // The digest of these very bytes; they are what is loaded.
        let digest = RuleDigest::from(read.component.digest());
        match rule.digest {
            Some(pinned) if pinned != digest => {
                return Err(Untrusted::Pinned {
                    pinned,
                    found: digest,
                });
            }
            _ => {}
        }
        let allow_unsigned = rule.allow_unsigned || self.allow_unsigned;
        let vouched = admit(
            digest,
            read.signatures.as_ref(),
            &self.trust,
            allow_unsigned,
        )?;
        Ok(Some((&read.component, vouched)))
    }
}

impl<'a> Place<'a> {
    /// `None` for a shipped rule.
    fn of(rule: &'a RuleConfig) -> Option<Self> {
        match (&rule.component, rule.digest) {
            (Some(path), _) => Some(Self::File(path)),
            (None, Some(digest)) => Some(Self::Store(digest)),
            (None, None) => None,
        }
    }
}
