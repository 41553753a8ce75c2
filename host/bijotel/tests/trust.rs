//! Which components a host lets in.

use std::path::{Path, PathBuf};

use bijotel::package::{Package, RuleDigest, SignatureFile, Statement, signature_path};
use bijotel::policy::Engine;
use bijotel::seal::signature::ExportSigner;
use bijotel::{HostError, PublicKey, RuleConfig, RulesConfig, TrustConfig, rule_engine};
use tempfile::TempDir;

const RULE: &str = "routing";

/// A shipped rule, here as a component of somebody else's.
fn component() -> &'static [u8] {
    let (_, shipped) = bijotel::shipped_rules()
        .find(|(id, _)| *id == RULE)
        .unwrap();
    shipped.component
}

fn version(engine: &Engine) -> String {
    engine.describe(component()).unwrap().version
}

fn signer(seed: u8) -> ExportSigner {
    ExportSigner::from_seed(&[seed; 32])
}

fn signed(rule: &str, version: &str, seed: u8) -> SignatureFile {
    let statement = Statement::new(rule, version, RuleDigest::of(component())).unwrap();
    let name = format!("example.org/{seed}").parse().unwrap();
    SignatureFile::sign(statement, name, &signer(seed))
}

fn trusting(seed: u8, pattern: &str) -> TrustConfig {
    TrustConfig {
        name: format!("example.org/{seed}").parse().unwrap(),
        public_key: signer(seed).public().to_pem().unwrap().into(),
        rules: vec![pattern.parse().unwrap()],
    }
}

/// A component file with signatures beside it, and the configuration that names it.
fn in_a_file(signatures: Option<&SignatureFile>) -> (TempDir, RulesConfig) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rule.wasm");
    std::fs::write(&path, component()).unwrap();
    if let Some(signatures) = signatures {
        std::fs::write(signature_path(&path), signatures.to_string()).unwrap();
    }
    let config = RulesConfig::from(vec![named(Some(path), None)]);
    (folder, config)
}

fn named(component: Option<PathBuf>, digest: Option<RuleDigest>) -> RuleConfig {
    RuleConfig {
        component,
        digest,
        ..RuleConfig::shipped("mine")
    }
}

fn load(config: &RulesConfig) -> Result<RuleDigest, HostError> {
    let rules = config.load(&rule_engine(None)?)?;
    Ok(rules.entries()[0].rule.component_digest().into())
}

fn refusal(config: &RulesConfig) -> String {
    load(config).unwrap_err().to_string()
}

#[test]
fn an_unsigned_component_is_refused_with_the_way_out() {
    let (_folder, mut config) = in_a_file(None);
    let refusal = refusal(&config);
    assert!(refusal.contains("is not signed"), "{refusal}");
    assert!(refusal.contains("bijotel rule sign"), "{refusal}");
    assert!(refusal.contains("allow_unsigned = true"), "{refusal}");
    config.rules[0].allow_unsigned = true;
    assert_eq!(load(&config).unwrap(), RuleDigest::of(component()));
}

#[test]
fn a_component_that_a_trusted_key_signed_is_loaded() {
    let version = version(&rule_engine(None).unwrap());
    let (_folder, mut config) = in_a_file(Some(&signed(RULE, &version, 1)));
    config.trust = vec![trusting(1, "rout*")];
    assert_eq!(load(&config).unwrap(), RuleDigest::of(component()));
}

#[test]
fn a_component_that_a_stranger_signed_is_refused() {
    let (_folder, mut config) = in_a_file(Some(&signed(RULE, "1.0.0", 1)));
    config.trust = vec![trusting(2, "*")];
    let refusal = refusal(&config);
    assert!(refusal.contains("signed by example.org/1"), "{refusal}");
}

#[test]
fn a_key_vouches_only_for_its_rules() {
    let (_folder, mut config) = in_a_file(Some(&signed(RULE, "1.0.0", 1)));
    config.trust = vec![trusting(1, "pii*")];
    let refusal = refusal(&config);
    assert!(
        refusal.contains("does not allow to sign the rule routing"),
        "{refusal}"
    );
}

#[test]
fn a_component_must_be_the_rule_that_was_signed() {
    let (_folder, mut config) = in_a_file(Some(&signed("pii_detection", "1.0.0", 1)));
    config.trust = vec![trusting(1, "pii*")];
    let refusal = refusal(&config);
    assert!(
        refusal.contains("signed as pii_detection 1.0.0"),
        "{refusal}"
    );
}

#[test]
fn a_component_that_was_changed_is_refused_even_where_unsigned_ones_are_allowed() {
    let (folder, mut config) = in_a_file(Some(&signed(RULE, "1.0.0", 1)));
    config.trust = vec![trusting(1, "*")];
    config.allow_unsigned = true;
    let mut changed = component().to_vec();
    changed.push(0);
    std::fs::write(folder.path().join("rule.wasm"), changed).unwrap();
    let refusal = refusal(&config);
    assert!(refusal.contains("is not what was signed"), "{refusal}");
}

#[test]
fn a_file_must_have_the_digest_that_the_configuration_names() {
    let (_folder, mut config) = in_a_file(None);
    config.allow_unsigned = true;
    config.rules[0].digest = Some(RuleDigest::of(b"other"));
    let refusal = refusal(&config);
    assert!(refusal.contains("it was exchanged"), "{refusal}");
}

#[test]
fn a_rule_named_by_digest_comes_from_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let digest = RuleDigest::of(component());
    let mut config = RulesConfig::from(vec![named(None, Some(digest))]);
    config.allow_unsigned = true;
    config.relative_to(folder.path());
    let missing = refusal(&config);
    assert!(missing.contains("bijotel rule install"), "{missing}");
    let package = Package::new(component().to_vec(), None);
    config.rule_store().install(&package).unwrap();
    assert_eq!(load(&config).unwrap(), digest);
    assert!(
        folder
            .path()
            .join("rules/index.json")
            .parent()
            .unwrap()
            .is_dir()
    );
}

#[test]
fn a_store_that_was_tampered_with_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let digest = RuleDigest::of(component());
    let mut config = RulesConfig::from(vec![named(None, Some(digest))]);
    config.allow_unsigned = true;
    config.relative_to(folder.path());
    let package = Package::new(component().to_vec(), None);
    let store = config.rule_store();
    store.install(&package).unwrap();
    std::fs::write(store.component_path(digest), b"\0asm").unwrap();
    let refusal = refusal(&config);
    assert!(refusal.contains("was changed"), "{refusal}");
}

#[test]
fn shipped_rules_need_no_signature() {
    let config = RulesConfig::from(vec![RuleConfig::shipped(RULE)]);
    assert_eq!(load(&config).unwrap(), RuleDigest::of(component()));
}

#[test]
fn a_public_key_is_a_file_or_stands_for_itself() {
    let folder = tempfile::tempdir().unwrap();
    let pem = signer(1).public().to_pem().unwrap();
    let path = folder.path().join("key.pem");
    std::fs::write(&path, &pem).unwrap();
    let base64 = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=";
    for text in [pem.as_str(), path.to_str().unwrap(), base64] {
        let key = PublicKey::from(text.to_owned());
        assert_eq!(key.read().unwrap(), signer(1).public(), "{text}");
    }
}

#[test]
fn a_trust_entry_without_a_usable_key_or_rules_is_refused() {
    let pem = signer(1).public().to_pem().unwrap();
    for (key, rules, problem) in [
        ("no-such-file.pem", "*", "cannot read"),
        (
            "-----BEGIN PUBLIC KEY-----\n",
            "*",
            "not an Ed25519 public key",
        ),
        (pem.as_str(), "", "`rules` is empty"),
    ] {
        let mut config = RulesConfig::none();
        config.trust = vec![TrustConfig {
            name: "example.org/1".parse().unwrap(),
            public_key: key.to_owned().into(),
            rules: rules.parse().into_iter().collect(),
        }];
        config.relative_to(Path::new("/nowhere"));
        let error = config.trust_list().unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
        assert!(error.contains("example.org/1"), "{error}");
    }
}
