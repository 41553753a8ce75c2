//! `bijotel.toml`: where the chain is, how it is served, and which rules judge.
//!
//! `docs/cli.md` documents every key. A key that nobody knows is an error, so that a misspelt one is
//! not ignored.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bijotel::policy::Mode;
use bijotel::{RuleConfig, RulesConfig, TrustConfig};
use bijotel_gateway::GatewayConfig;
use clap::Args;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::exit::{Failure, without_values};

/// The name under which a configuration is found without being named.
pub(crate) const FILE_NAME: &str = "bijotel.toml";

/// Which chain a verb works on.
#[derive(Clone, Debug, Args)]
pub(crate) struct ChainArgs {
    /// The chain's SQLite file
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    /// A configuration that names chain and secret. Default: bijotel.toml in this folder, if --db is
    /// not given
    #[arg(long, value_name = "FILE", env = "BIJOTEL_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// The chain that a verb works on.
pub(crate) struct Chain {
    pub(crate) database: PathBuf,
    pub(crate) config: Option<Config>,
}

impl ChainArgs {
    /// The chain that is meant; an error if none is named.
    pub(crate) fn chain(&self) -> Result<Chain, Failure> {
        let config = self.load()?;
        let named = config.as_ref().and_then(|config| config.database.clone());
        match self.db.clone().or(named) {
            Some(database) => Ok(Chain { database, config }),
            None => Err(Failure::usage(
                "no chain is named: give --db FILE or --config FILE, or make both with `bijotel init`",
            )),
        }
    }

    /// The configuration, if one is named or found. One that is only found does not count beside
    /// `--db`: its secret is another chain's.
    pub(crate) fn load(&self) -> Result<Option<Config>, Failure> {
        match &self.config {
            Some(path) => Config::read(path).map(Some),
            None if self.db.is_none() && Path::new(FILE_NAME).is_file() => {
                Config::read(Path::new(FILE_NAME)).map(Some)
            }
            None => Ok(None),
        }
    }
}

/// A configuration; its paths are as seen from the working folder.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) database: Option<PathBuf>,
    pub(crate) secret_file: Option<PathBuf>,
    pub(crate) listen: Option<String>,
    pub(crate) gateway: GatewayConfig,
    pub(crate) rules: RulesConfig,
    pub(crate) rule_cache: Option<PathBuf>,
}

impl Config {
    /// Reads a configuration file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!(
                "cannot read the configuration {}: {error}",
                path.display()
            ))
        })?;
        let file: File = parse(path, &text)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(file.config(folder))
    }
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    chain: ChainSection,
    server: ServerSection,
    rules: RulesSection,
    rule: Option<Vec<RuleConfig>>,
    trust: Vec<TrustConfig>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ChainSection {
    database: Option<PathBuf>,
    secret_file: Option<PathBuf>,
}

/// The limits of [`GatewayConfig`], with the units of times in their names.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ServerSection {
    listen: Option<String>,
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
    body_bytes: Option<NonZeroUsize>,
    decompressed_bytes: Option<NonZeroUsize>,
    compression_ratio: Option<NonZeroUsize>,
    decoded_bytes: Option<NonZeroUsize>,
    bytes_in_flight: Option<NonZeroUsize>,
    sealing_at_once: Option<NonZeroUsize>,
    connections: Option<NonZeroUsize>,
    headers: Option<NonZeroUsize>,
    header_bytes: Option<NonZeroUsize>,
    header_timeout_seconds: Option<NonZeroU64>,
    request_timeout_seconds: Option<NonZeroU64>,
    drain_timeout_seconds: Option<u64>,
    retry_after_seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RulesSection {
    judge: bool,
    mode: Mode,
    cache: Option<PathBuf>,
    store: Option<PathBuf>,
    allow_unsigned: bool,
}

impl Default for RulesSection {
    fn default() -> Self {
        Self {
            judge: true,
            mode: Mode::default(),
            cache: None,
            store: None,
            allow_unsigned: false,
        }
    }
}

impl File {
    fn config(self, folder: &Path) -> Config {
        let mut rules = match (self.rules.judge, self.rule) {
            (false, _) => RulesConfig::none(),
            (true, None) => RulesConfig::shipped_defaults(),
            (true, Some(rules)) => RulesConfig::from(rules),
        };
        rules.mode = self.rules.mode;
        rules.trust = self.trust;
        rules.allow_unsigned = self.rules.allow_unsigned;
        if let Some(store) = self.rules.store {
            rules.store = store;
        }
        rules.relative_to(folder);
        let at = |path: Option<PathBuf>| path.map(|path| folder.join(path));
        Config {
            database: at(self.chain.database),
            secret_file: at(self.chain.secret_file),
            gateway: self.server.gateway(),
            listen: self.server.listen,
            rule_cache: at(self.rules.cache),
            rules,
        }
    }
}

impl ServerSection {
    fn gateway(&self) -> GatewayConfig {
        let default = GatewayConfig::default();
        let number =
            |given: Option<NonZeroUsize>, default| given.map_or(default, NonZeroUsize::get);
        let seconds = |given: Option<u64>, default| given.map_or(default, Duration::from_secs);
        GatewayConfig {
            allowed_hosts: self.allowed_hosts.clone(),
            allowed_origins: self.allowed_origins.clone(),
            body_bytes: number(self.body_bytes, default.body_bytes),
            decompressed_bytes: number(self.decompressed_bytes, default.decompressed_bytes),
            compression_ratio: number(self.compression_ratio, default.compression_ratio),
            decoded_bytes: number(self.decoded_bytes, default.decoded_bytes),
            bytes_in_flight: number(self.bytes_in_flight, default.bytes_in_flight),
            sealing_at_once: number(self.sealing_at_once, default.sealing_at_once),
            connections: number(self.connections, default.connections),
            headers: number(self.headers, default.headers),
            header_bytes: number(self.header_bytes, default.header_bytes),
            header_timeout: seconds(
                self.header_timeout_seconds.map(NonZeroU64::get),
                default.header_timeout,
            ),
            request_timeout: seconds(
                self.request_timeout_seconds.map(NonZeroU64::get),
                default.request_timeout,
            ),
            drain_timeout: seconds(self.drain_timeout_seconds, default.drain_timeout),
            retry_after_seconds: self
                .retry_after_seconds
                .unwrap_or(default.retry_after_seconds),
            ..default
        }
    }
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Failure> {
    toml::from_str(text).map_err(|error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        let path = path.display();
        let problem = without_values(&error.message());
        Failure::usage(format!("{path}, line {line}, column {column}: {problem}"))
    })
}

#[cfg(test)]
mod tests {
    use bijotel::PublicKey;

    use super::*;

    fn read(text: &str) -> Result<Config, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, text).unwrap();
        Config::read(&path)
    }

    fn problem(text: &str) -> String {
        read(text).unwrap_err().line()
    }

    #[test]
    fn a_key_that_nobody_knows_is_refused_with_its_place() {
        for (text, place, name) in [
            ("[chain]\ndatabse = 'x'\n", "line 2, column 1", "databse"),
            (
                "[server]\n\nlisten = 'x'\nport = 1\n",
                "line 4, column 1",
                "port",
            ),
            (
                "[[rule]]\nname = 'x'\nmood = 1\n",
                "line 3, column 1",
                "mood",
            ),
            ("chian = 1\n", "line 1, column 1", "chian"),
        ] {
            let problem = problem(text);
            assert!(problem.contains(place), "{problem}");
            assert!(problem.contains(&format!("`{name}`")), "{problem}");
        }
    }

    #[test]
    fn an_error_quotes_no_value() {
        for text in [
            "[chain]\nsecret = 'feedface'\n",
            "[chain]\nsecret_file = ['feedface']\n",
            "[server]\nconnections = 'feedface'\n",
            "[chain]\nsecret_file = 'feedface\n",
        ] {
            let problem = problem(text);
            assert!(!problem.contains("feedface"), "{problem}");
        }
    }

    #[test]
    fn a_limit_of_nothing_is_refused() {
        assert!(problem("[server]\nconnections = 0\n").contains("line 2"));
    }

    #[test]
    fn without_rules_the_shipped_ones_judge() {
        let shipped = RulesConfig::shipped_defaults().rules.len();
        assert_eq!(read("").unwrap().rules.rules.len(), shipped);
        assert_eq!(read("[rules]\njudge = false").unwrap().rules.rules.len(), 0);
        assert_eq!(
            read("[[rule]]\nname = 'routing'")
                .unwrap()
                .rules
                .rules
                .len(),
            1
        );
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let text = "[chain]\ndatabase = 'chain.db'\n[[rule]]\nname = 'x'\ncomponent = 'x.wasm'\n\
            [[trust]]\nname = 'acme'\npublic_key = 'acme.pem'\nrules = ['*']\n";
        std::fs::write(&path, text).unwrap();
        let config = Config::read(&path).unwrap();
        assert_eq!(config.database, Some(folder.path().join("chain.db")));
        let component = config.rules.rules[0].component.clone();
        assert_eq!(component, Some(folder.path().join("x.wasm")));
        assert_eq!(config.rules.store, folder.path().join("rules"));
        let file = PublicKey::File(folder.path().join("acme.pem"));
        assert_eq!(config.rules.trust[0].public_key, file);
    }

    #[test]
    fn limits_reach_the_server() {
        let config = read("[server]\nrequest_timeout_seconds = 7\nconnections = 3").unwrap();
        assert_eq!(config.gateway.request_timeout, Duration::from_secs(7));
        assert_eq!(config.gateway.connections, 3);
    }

    #[test]
    fn the_documented_example_has_the_defaults() {
        let page = include_str!("../../../docs/cli.md");
        let (_, rest) = page.split_once("```toml\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let documented = read(example).unwrap();
        let defaults = read("").unwrap();
        assert_eq!(
            format!("{:?}", documented.gateway),
            format!("{:?}", defaults.gateway)
        );
        let rule = &documented.rules.rules[0];
        let default = RuleConfig::shipped(&rule.name);
        assert_eq!(
            (rule.limits, rule.on_failure),
            (default.limits, default.on_failure)
        );
    }
}
