//! What a session declared that it would use.

use std::collections::BTreeSet;

use bijotel_rule_sdk::{Call, Folders, Hosts, Url};

/// The fact with the names of the tools: a JSON list of texts.
pub(crate) const SCOPE_TOOLS: &str = "scope.tools";
/// The fact with the hosts.
pub(crate) const SCOPE_HOSTS: &str = "scope.hosts";
/// The fact with the folders.
pub(crate) const SCOPE_PATHS: &str = "scope.paths";

/// What a session declared; `None` where it declared nothing.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) tools: Option<BTreeSet<String>>,
    pub(crate) hosts: Option<Hosts>,
    pub(crate) folders: Option<Folders>,
}

/// A fact about the scope is not a JSON list of what it should list.
#[derive(Debug)]
pub(crate) struct BadScope;

impl Scope {
    pub(crate) fn of(call: &Call) -> Result<Self, BadScope> {
        let hosts = list(call, SCOPE_HOSTS)?.map(|hosts| Hosts::new(&hosts));
        let folders = list(call, SCOPE_PATHS)?.map(|folders| Folders::new(&folders));
        Ok(Self {
            tools: list(call, SCOPE_TOOLS)?.map(BTreeSet::from_iter),
            hosts: hosts.transpose().map_err(|_| BadScope)?,
            folders: folders.transpose().map_err(|_| BadScope)?,
        })
    }

    /// Whether a text has an address at another host, or one that cannot be read.
    pub(crate) fn has_foreign_host(&self, text: &str) -> bool {
        let Some(hosts) = &self.hosts else {
            return false;
        };
        Url::find_all(text).any(|url| !Url::parse(url).is_some_and(|url| hosts.contain(&url)))
    }

    /// Whether a text is a path elsewhere. Only absolute paths, those of a home, and those that go
    /// upwards are taken for paths.
    pub(crate) fn is_foreign_path(&self, text: &str) -> bool {
        let Some(folders) = &self.folders else {
            return false;
        };
        let mut parts = text.split(['/', '\\']);
        let is_drive = |part: &str| part.len() == 2 && part.ends_with(':');
        let is_path = text.starts_with(['/', '\\', '~'])
            || (text.contains(['/', '\\']) && parts.clone().next().is_some_and(is_drive))
            || parts.any(|part| part == "..")
            || text
                .get(..5)
                .is_some_and(|start| start.eq_ignore_ascii_case("file:"));
        is_path && !folders.contain(text)
    }
}

fn list(call: &Call, key: &str) -> Result<Option<Vec<String>>, BadScope> {
    match call.fact(key) {
        None => Ok(None),
        Some(value) => serde_json::from_str(value).map(Some).map_err(|_| BadScope),
    }
}
