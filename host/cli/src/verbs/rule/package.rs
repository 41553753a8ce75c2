//! What the verbs about packages share: the trust list, a rule's own words, and where it comes from.

use std::path::{Path, PathBuf};

use bijotel::policy::Description;
use bijotel::trust::{admit, check_description};
use bijotel::{RulesConfig, Untrusted, rule_engine};
use bijotel_package::registry::{Credentials, Pulled, Reference, Registry, Secret};
use bijotel_package::{Package, RuleDigest, RuleStore, Vouched};
use clap::Args;

use crate::config::{Config, FILE_NAME};
use crate::exit::{Exit, Failure};
use crate::files::read_document;
use crate::output::harmless;
use crate::progress::Progress;

/// The configuration with trust list and rule store.
#[derive(Args)]
pub(super) struct RulesArgs {
    /// The configuration with the trust list and the rule store. Default: bijotel.toml in this folder,
    /// if it is there
    #[arg(long, value_name = "FILE", env = "BIJOTEL_CONFIG")]
    config: Option<PathBuf>,
}

impl RulesArgs {
    /// The rules' configuration; without a file one that trusts nobody.
    pub(super) fn load(&self) -> Result<RulesConfig, Failure> {
        let found = Path::new(FILE_NAME);
        match &self.config {
            Some(path) => Config::read(path).map(|config| config.rules),
            None if found.is_file() => Config::read(found).map(|config| config.rules),
            None => Ok(RulesConfig::none()),
        }
    }
}

/// As whom we come to a registry, if neither the environment nor docker is to say.
#[derive(Args)]
pub(super) struct LoginArgs {
    /// The user's name at the registry; the password comes on standard input
    #[arg(long, value_name = "NAME", requires = "password_stdin")]
    username: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    password_stdin: bool,
}

impl LoginArgs {
    /// The credentials for the registry of a reference.
    pub(super) fn find(&self, reference: &Reference) -> Result<Credentials, Failure> {
        match &self.username {
            Some(user) if self.password_stdin => {
                let text = zeroize::Zeroizing::new(read_document(None)?);
                Ok(Credentials::Basic {
                    user: user.clone(),
                    password: Secret::new(text.trim_end_matches(['\n', '\r']).to_owned()),
                })
            }
            _ => Ok(Credentials::find(reference.host())?),
        }
    }
}

/// A package by a file's name, or by its digest from the rule store.
pub(super) fn read_package(source: &str, store: &RuleStore) -> Result<Package, Failure> {
    match source.parse::<RuleDigest>() {
        Ok(digest) => Ok(store.read(digest)?),
        Err(_) => Ok(Package::read(Path::new(source))?),
    }
}

/// Pulls a package, and shows how far that is.
pub(super) fn pull(reference: &Reference, login: &LoginArgs) -> Result<Pulled, Failure> {
    let mut registry = Registry::open(reference, login.find(reference)?)?;
    let mut progress = Progress::new("Pulling", "bytes");
    Ok(registry.pull(&mut |done, total| progress.update(done, total))?)
}

/// What a component says of itself. It is compiled and run for that, in its sandbox: about a second.
pub(super) fn describe(component: &[u8]) -> Result<Description, Failure> {
    rule_engine(None)?
        .describe(component)
        .map_err(|error| Failure::failed(format!("that is no rule of this host: {error}")))
}

/// What trusted keys say of a package, checked against what it says of itself. Nothing of the
/// component runs before its signatures are checked.
pub(super) fn check(
    package: &Package,
    rules: &RulesConfig,
    allow_unsigned: bool,
) -> Result<(Description, Option<Vouched>), Failure> {
    let allow_unsigned = allow_unsigned || rules.allow_unsigned;
    let trust = rules.trust_list()?;
    let vouched = admit(
        package.digest,
        package.signatures.as_ref(),
        &trust,
        allow_unsigned,
    )
    .map_err(|error| {
        let way_out = match &error {
            Untrusted::Unsigned { .. } | Untrusted::Signature { .. } => {
                "; --allow-unsigned keeps it in the rule store all the same"
            }
            _ => "",
        };
        Failure::new(Exit::Failed, "not_trusted", format!("{error}{way_out}"))
    })?;
    let description = describe(&package.component)?;
    if let Some(vouched) = &vouched {
        check_description(vouched, &description)?;
    }
    Ok((description, vouched))
}

/// The names of those who signed, whether they are who they say or not.
pub(super) fn signers(package: &Package) -> Vec<String> {
    let signatures = package.signatures.iter().flat_map(|file| file.signatures());
    signatures
        .map(|signature| harmless(signature.name.as_str()))
        .collect()
}
