//! Rule `loopback_trust`: who may call without saying who they are.
//!
//! `docs/rules/loopback_trust.md` says what it catches and what it cannot.

mod network;

use std::net::IpAddr;

use bijotel_rule_sdk::{
    Action, Call, Description, Evaluation, Mode, Report, Rule, Stage, export_rule,
};
use serde::Deserialize;

use network::Network;

/// The fact that says on whose behalf the call is made.
pub const OWNER: &str = "owner";
/// The fact that says how the host knows.
pub const OWNER_SOURCE: &str = "owner.source";
/// The fact that says where the connection to the host comes from.
pub const ADDRESS: &str = "client.address";
/// The fact that says whether the request was handed on by a proxy: `true` or `false`.
pub const FORWARDED: &str = "client.forwarded";

const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];
const TAILSCALE: &str = "100.64.0.0/10";
const MAX_NETWORKS: usize = 256;
const SCHEMA: &str = include_str!("config.schema.json");

/// The configuration of the rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether to trust this machine: 127.0.0.0/8 and ::1. Default false.
    pub trust_loopback: bool,
    /// Whether to trust 100.64.0.0/10, which Tailscale uses, and others too. Default false.
    pub trust_tailscale: bool,
    /// Further networks to trust. Default none.
    pub extra_trusted_cidrs: Vec<String>,
    /// What to do about a call without a proven owner from anywhere else. Default deny.
    pub mode: Mode,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            trust_loopback: false,
            trust_tailscale: false,
            extra_trusted_cidrs: Vec::new(),
            mode: Mode::Deny,
        }
    }
}

/// The rule.
#[derive(Debug)]
pub struct LoopbackTrust {
    trusted: Vec<Network>,
    mode: Mode,
}

impl Rule for LoopbackTrust {
    type Config = Config;

    fn describe() -> Description {
        Description {
            configuration_schema: SCHEMA.to_owned(),
            facts: [OWNER, OWNER_SOURCE, ADDRESS, FORWARDED]
                .map(str::to_owned)
                .to_vec(),
            ..bijotel_rule_sdk::description(
                "loopback_trust",
                env!("CARGO_PKG_VERSION"),
                "Asks for a proven owner, except from trusted addresses.",
                &[Stage::Admission, Stage::Record],
            )
        }
    }

    fn new(config: Config) -> Result<Self, String> {
        let mut networks: Vec<&str> = Vec::new();
        if config.trust_loopback {
            networks.extend(LOOPBACK);
        }
        if config.trust_tailscale {
            networks.push(TAILSCALE);
        }
        networks.extend(config.extra_trusted_cidrs.iter().map(String::as_str));
        let read = |text: &&str| Network::parse(text);
        let trusted: Option<Vec<_>> = networks.iter().map(read).collect();
        let trusted = trusted.filter(|trusted| trusted.len() <= MAX_NETWORKS).ok_or_else(|| {
            format!(
                "the configuration key `extra_trusted_cidrs`: expected at most {MAX_NETWORKS} networks such as 10.1.0.0/16, without bits of a host"
            )
        })?;
        Ok(Self {
            trusted,
            mode: config.mode,
        })
    }

    fn evaluate(&self, call: &Call) -> Evaluation {
        let mut report = Report::default();
        if has_proven_owner(call) {
            return report.finish();
        }
        let mode = self.mode.into();
        let address = call
            .fact(ADDRESS)
            .and_then(|text| text.parse::<IpAddr>().ok());
        let is_trusted = |address: IpAddr| {
            let address = address.to_canonical();
            self.trusted.iter().any(|network| network.contains(address))
        };
        match address {
            None => {
                let reason = "Nothing proves who owns the call, and the host does not say where it comes from";
                report.find_in_call(mode, "loopback_trust.unknown_address", reason);
            }
            Some(address) if !is_trusted(address) => {
                let reason =
                    "Nothing proves who owns the call, and it does not come from a trusted address";
                report.find_in_call(mode, "loopback_trust.untrusted", reason);
            }
            Some(_) if call.fact(FORWARDED) != Some("false") => {
                let reason = "Nothing proves who owns the call, and the trusted address may be that of a proxy before others";
                report.find_in_call(mode, "loopback_trust.forwarded", reason);
            }
            Some(_) => {
                let reason = "The call needs no proven owner, as it comes from a trusted address";
                report.find_in_call(Action::Allow, "loopback_trust.trusted", reason);
            }
        }
        report.finish()
    }
}

/// Whether the host knows who owns the call, and has it not from the caller alone.
fn has_proven_owner(call: &Call) -> bool {
    let given = |key: &str| {
        call.fact(key)
            .map(str::trim)
            .filter(|value| !value.is_empty())
    };
    given(OWNER).is_some() && given(OWNER_SOURCE).is_some_and(|source| source != "asserted")
}

export_rule!(LoopbackTrust);

#[cfg(test)]
mod tests {
    use super::*;
    use bijotel_rule_sdk::{Verdict, testing};

    const LOCAL: &str = r#"{"trust_loopback":true}"#;

    fn from(address: &str) -> Call {
        Call::of_text("hi")
            .with_fact(ADDRESS, address)
            .with_fact(FORWARDED, "false")
    }

    fn codes(configuration: &str, call: &Call) -> Vec<String> {
        testing::codes::<LoopbackTrust>(configuration, call)
    }

    #[test]
    fn without_a_configuration_no_address_is_trusted() {
        assert_eq!(
            codes("{}", &from("127.0.0.1")),
            ["loopback_trust.untrusted"]
        );
    }

    #[test]
    fn this_machine_can_be_trusted() {
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            let evaluation = testing::ask::<LoopbackTrust>(LOCAL, &from(address)).unwrap();
            assert_eq!(evaluation.verdict, Verdict::Allow, "{address}");
            assert_eq!(evaluation.findings[0].code, "loopback_trust.trusted");
        }
    }

    #[test]
    fn others_are_then_still_not() {
        for address in [
            "128.0.0.1",
            "10.0.0.1",
            "::2",
            "::ffff:10.0.0.1",
            "100.64.0.1",
        ] {
            assert_eq!(
                codes(LOCAL, &from(address)),
                ["loopback_trust.untrusted"],
                "{address}"
            );
        }
    }

    #[test]
    fn other_networks_can_be_trusted() {
        let networks =
            r#"{"trust_tailscale":true,"extra_trusted_cidrs":["10.1.0.0/16","fd00::/8"]}"#;
        for address in ["100.127.255.255", "10.1.2.3", "fd12::1"] {
            assert_eq!(
                codes(networks, &from(address)),
                ["loopback_trust.trusted"],
                "{address}"
            );
        }
        assert_eq!(
            codes(networks, &from("127.0.0.1")),
            ["loopback_trust.untrusted"]
        );
    }

    #[test]
    fn a_proxy_lends_nobody_its_address() {
        let bare = Call::of_text("hi").with_fact(ADDRESS, "127.0.0.1");
        let forwarded = bare.clone().with_fact(FORWARDED, "true");
        for call in [bare, forwarded] {
            assert_eq!(codes(LOCAL, &call), ["loopback_trust.forwarded"]);
        }
    }

    #[test]
    fn without_an_address_nothing_is_trusted() {
        for call in [Call::of_text("hi"), from("localhost"), from("127.0.0.1:80")] {
            assert_eq!(codes(LOCAL, &call), ["loopback_trust.unknown_address"]);
        }
    }

    #[test]
    fn a_proven_owner_may_call_from_anywhere() {
        let call = from("203.0.113.5").with_fact(OWNER, "human:alice");
        assert_eq!(codes("{}", &call).len(), 1, "not proven");
        assert!(codes("{}", &call.with_fact(OWNER_SOURCE, "key")).is_empty());
        let claimed = from("203.0.113.5")
            .with_fact(OWNER, "human:alice")
            .with_fact(OWNER_SOURCE, "asserted");
        assert_eq!(codes("{}", &claimed).len(), 1);
    }

    #[test]
    fn networks_must_be_networks() {
        for network in [
            "10.1.2.3/16",
            "10.0.0.0/33",
            "10.0.0.0",
            "x/8",
            "::/129",
            "10.0.0.0/+8",
        ] {
            let refusal = testing::refusal::<LoopbackTrust>(&format!(
                r#"{{"extra_trusted_cidrs":["{network}"]}}"#
            ));
            assert!(refusal.contains("`extra_trusted_cidrs`"), "{network}");
        }
    }

    #[test]
    fn the_schema_says_what_the_rule_takes() {
        testing::check_schema::<LoopbackTrust>().unwrap();
    }
}
