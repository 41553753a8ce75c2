//! `bijotel serve`: takes telemetry from applications and seals it.

use std::net::SocketAddr;
use std::path::PathBuf;

use bijotel::{Host, HostOptions, RulesConfig};
use bijotel_gateway::{Drained, GatewayConfig, serve, shutdown_signal};
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::config::{ChainArgs, Config};
use crate::credentials::SecretArgs;
use crate::exit::{Exit, Failure};
use crate::output::{Output, complain};

/// The port that OTLP exporters send to unless they are told otherwise.
pub(crate) const DEFAULT_PORT: u16 = 4318;

const DEFAULT_HOST: &str = "127.0.0.1";

const EXAMPLES: &str = "\
Examples:
  bijotel serve --config bijotel.toml
  BIJOTEL_HMAC_SECRET=... bijotel serve --db chain.db --port 8080

It takes OTLP over HTTP (traces and logs) on the port that exporters use by default, 4318; the Python tool
listens on 8080. SIGHUP reads the rules of the configuration anew; if they are not good, the old ones go on.
SIGTERM or Ctrl-C ends it once the requests that have begun are answered.
Exit codes: 0 told to stop, 1 could not serve, 2 wrong configuration or no usable secret";

/// Take telemetry over HTTP (OTLP), judge it and seal it
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    secret: SecretArgs,
    /// The address to listen on. Whoever reaches it can add entries [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// The port to listen on; 0 lets the system choose [default: 4318]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let config = arguments.chain.load()?;
    let database = arguments.database(config.as_ref());
    let missing = "HMAC secret required. Provide it via BIJOTEL_HMAC_SECRET, --secret-file or the \
                   configuration; `bijotel init` makes one.";
    let key = arguments.secret.require(config.as_ref(), missing)?;
    let address = arguments.address(config.as_ref())?;
    let (rules, cache, gateway) = match config {
        Some(config) => (config.rules, config.rule_cache, config.gateway),
        None => (
            RulesConfig::shipped_defaults(),
            None,
            GatewayConfig::default(),
        ),
    };
    let host = Host::open(HostOptions {
        cache,
        ..HostOptions::new(&database, key, rules)
    })?;
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start the server: {error}")))?;
    runtime.block_on(async {
        let listener = TcpListener::bind(&address)
            .await
            .map_err(|error| Failure::failed(format!("cannot listen on {address}: {error}")))?;
        let shutdown = shutdown_signal()
            .map_err(|error| Failure::failed(format!("cannot watch for signals: {error}")))?;
        let local = listener
            .local_addr()
            .map_err(|error| Failure::failed(format!("cannot listen on {address}: {error}")))?;
        reload_on_hangup(&host, arguments.chain.clone())?;
        announce(local, &host, out)?;
        match serve(gateway, host, listener, shutdown).await {
            Ok(Drained::All) => Ok(Exit::Ok),
            Ok(Drained::CutOff) => {
                complain("bijotel: stopped; some requests were not answered in time");
                Ok(Exit::Ok)
            }
            Err(error) => Err(Failure::failed(error)),
        }
    })
}

impl Arguments {
    fn database(&self, config: Option<&Config>) -> PathBuf {
        let named = config.and_then(|config| config.database.clone());
        let fallback = || {
            let variable = std::env::var_os("BIJOTEL_DB_PATH").filter(|path| !path.is_empty());
            variable.map_or_else(|| PathBuf::from("chain.db"), PathBuf::from)
        };
        self.chain.db.clone().or(named).unwrap_or_else(fallback)
    }

    /// Where to listen: what the arguments leave out is the configuration's.
    fn address(&self, config: Option<&Config>) -> Result<String, Failure> {
        let listen = config.and_then(|config| config.listen.as_deref());
        let (host, port) = match listen {
            None => (DEFAULT_HOST, DEFAULT_PORT),
            Some(listen) => listen
                .rsplit_once(':')
                .and_then(|(host, port)| Some((host, port.parse().ok()?)))
                .ok_or_else(|| {
                    Failure::usage("server.listen must be ADDRESS:PORT, as in 127.0.0.1:4318")
                })?,
        };
        let host = self.host.as_deref().unwrap_or(host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = self.port.unwrap_or(port);
        Ok(if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        })
    }
}

/// Reads the rules of the configuration anew whenever the process gets SIGHUP. If they are not good the
/// old ones go on.
#[cfg(unix)]
fn reload_on_hangup(host: &Host, chain: ChainArgs) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())
        .map_err(|error| Failure::failed(format!("cannot watch for signals: {error}")))?;
    let host = host.clone();
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let (host, chain) = (host.clone(), chain.clone());
            // A panic in it is reported by the runtime, and the old rules go on.
            let _ = tokio::task::spawn_blocking(move || reload(&host, &chain)).await;
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn reload_on_hangup(_: &Host, _: ChainArgs) -> Result<(), Failure> {
    Ok(())
}

#[cfg(unix)]
fn reload(host: &Host, chain: &ChainArgs) {
    let rules = match chain.load() {
        Ok(config) => config.map_or_else(RulesConfig::shipped_defaults, |config| config.rules),
        Err(failure) => {
            complain(format!(
                "warning: the rules are not reloaded: {}",
                failure.line()
            ));
            return;
        }
    };
    match host.reload(&rules, "SIGHUP") {
        Ok(report) if report.sealed.is_none() => complain("the rules are what they were"),
        Ok(report) => complain(format!(
            "the rules are reloaded: {}; rule set {}",
            report.rules.join(", "),
            report.new
        )),
        Err(error) => complain(format!("warning: {error}")),
    }
}

/// Says where it listens and what it does. Scripts wait for the first line.
fn announce(local: SocketAddr, host: &Host, out: &mut Output) -> Result<(), Failure> {
    let database = host.database().display();
    let set = host.rules();
    let rules: Vec<&str> = set.entries().iter().map(|rule| &*rule.name).collect();
    if out.json() {
        out.document(&json!({
            "listening": format!("http://{local}"),
            "database": database.to_string(),
            "rules": rules,
            "rule_set": set.digest().to_string(),
        }))?;
    } else {
        let judges = if rules.is_empty() {
            "no rule judges".to_owned()
        } else {
            rules.join(", ")
        };
        out.line(format_args!("Listening on http://{local}"))?;
        out.line(format_args!("  Chain: {database}"))?;
        out.line(format_args!("  Rules: {judges}"))?;
        out.line(format_args!("  OTLP:  POST /v1/traces, POST /v1/logs"))?;
        out.line(format_args!(
            "  Other: POST /policy/evaluate (seals nothing), GET /health, GET /version, GET /metrics"
        ))?;
        out.line(format_args!("Ctrl-C stops."))?;
    }
    out.flush()?;
    if !local.ip().is_loopback() {
        complain(
            "warning: this address can be reached from other machines, and whoever reaches it can add \
             entries to the chain",
        );
    }
    Ok(())
}
