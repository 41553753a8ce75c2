//! Push and pull with a real registry on this machine, and with servers that mean harm.

mod hostile;
mod server;

use bijotel_package::registry::{
    About, COMPONENT_TYPE, CONFIG_TYPE, Credentials, Interfaces, Pulled, Pushed, Reference,
    Registry, RegistryError, SIGNATURE_TYPE, Secret,
};
use bijotel_package::{Package, RuleDigest, SignatureFile, Statement};
use bijotel_seal::signature::ExportSigner;

use server::Server;

const COMPONENT: &[u8] = b"\0asm the bytes of a component";

fn package() -> Package {
    let statement = Statement::new("no_shouting", "1.0.0+a", RuleDigest::of(COMPONENT)).unwrap();
    let name = "example.org/rules".parse().unwrap();
    let signatures = SignatureFile::sign(statement, name, &ExportSigner::from_seed(&[1; 32]));
    Package::new(COMPONENT.to_vec(), Some(signatures))
}

fn about() -> About {
    About {
        rule: "no_shouting".into(),
        version: "1.0.0+a".into(),
        interfaces: Interfaces {
            exports: vec!["bijotel:policy/rule@1.0.0".into()],
            imports: Vec::new(),
        },
    }
}

fn push(reference: &str, credentials: Credentials) -> Result<Pushed, RegistryError> {
    let mut registry = Registry::open(&reference.parse().unwrap(), credentials)?;
    registry.push(&package(), &about(), &mut |_, _| {})
}

fn pull(reference: &str, credentials: Credentials) -> Result<Pulled, RegistryError> {
    let mut registry = Registry::open(&reference.parse().unwrap(), credentials)?;
    registry.pull(&mut |_, _| {})
}

fn pushed(server: &Server) -> Pushed {
    push(
        &server.reference("rules/no_shouting"),
        Credentials::Anonymous,
    )
    .unwrap()
}

fn pull_again(reference: &Reference) -> Result<Pulled, RegistryError> {
    pull(&reference.to_string(), Credentials::Anonymous)
}

#[test]
fn what_is_pushed_can_be_pulled_by_digest_and_by_tag() {
    let server = Server::start();
    let pushed = pushed(&server);
    let by_digest = pull_again(&pushed.reference).unwrap();
    assert_eq!(by_digest.package, package());
    assert_eq!(by_digest.manifest, pushed.manifest);
    // A tag has no `+`: the version's becomes `_`.
    let by_tag = server.reference("rules/no_shouting:1.0.0_a");
    let by_tag = pull(&by_tag, Credentials::Anonymous).unwrap();
    assert_eq!(by_tag.reference, pushed.reference);
}

#[test]
fn pushing_again_changes_nothing() {
    let server = Server::start();
    assert_eq!(pushed(&server), pushed(&server));
}

#[test]
fn the_manifest_is_the_one_that_wasm_tools_expect() {
    let server = Server::start();
    let pushed = pushed(&server);
    let manifest = server.manifest("rules/no_shouting", &pushed.manifest.to_string());
    assert_eq!(manifest["config"]["mediaType"], CONFIG_TYPE);
    assert_eq!(manifest["layers"][0]["mediaType"], COMPONENT_TYPE);
    assert_eq!(manifest["layers"][1]["mediaType"], SIGNATURE_TYPE);
    let annotations = &manifest["annotations"];
    assert_eq!(annotations["org.opencontainers.image.title"], "no_shouting");
    assert_eq!(annotations["org.opencontainers.image.version"], "1.0.0+a");
    let digest = manifest["config"]["digest"].as_str().unwrap();
    let config: serde_json::Value = serde_json::from_slice(&server.blob(digest)).unwrap();
    assert_eq!(config["architecture"], "wasm");
    assert_eq!(
        config["layerDigests"][0],
        RuleDigest::of(COMPONENT).to_string()
    );
    assert_eq!(
        config["component"]["exports"][0],
        "bijotel:policy/rule@1.0.0"
    );
}

#[test]
fn progress_ends_where_the_component_does() {
    let server = Server::start();
    let reference: Reference = server.reference("rules/x").parse().unwrap();
    let mut registry = Registry::open(&reference, Credentials::Anonymous).unwrap();
    let total = COMPONENT.len() as u64;
    let mut sent = Vec::new();
    let pushed = registry
        .push(&package(), &about(), &mut |done, total| {
            sent.push((done, total));
        })
        .unwrap();
    assert_eq!(sent.last(), Some(&(total, total)));
    let mut registry = Registry::open(&pushed.reference, Credentials::Anonymous).unwrap();
    let mut received = Vec::new();
    registry
        .pull(&mut |done, total| received.push((done, total)))
        .unwrap();
    assert_eq!(received.last(), Some(&(total, total)));
}

#[test]
fn a_digest_that_the_registry_does_not_have_is_not_found() {
    let server = Server::start();
    pushed(&server);
    let other = RuleDigest::of(b"other");
    let reference = server.reference(&format!("rules/no_shouting@{other}"));
    let error = pull(&reference, Credentials::Anonymous).unwrap_err();
    assert!(matches!(error, RegistryError::NotFound { .. }), "{error}");
}

#[test]
fn a_tampered_layer_is_refused() {
    let server = Server::start();
    let pushed = pushed(&server);
    for digest in [
        RuleDigest::of(COMPONENT),
        RuleDigest::of(package().signatures.unwrap().to_string().as_bytes()),
    ] {
        let good = server.blob(&digest.to_string());
        let mut bad = good.clone();
        *bad.last_mut().unwrap() ^= 1;
        server.replace_blob(digest, &bad);
        let error = pull_again(&pushed.reference).unwrap_err();
        assert!(
            matches!(
                error,
                RegistryError::Digest {
                    what: "a layer",
                    ..
                }
            ),
            "{error}"
        );
        server.replace_blob(digest, &good);
    }
    assert!(pull_again(&pushed.reference).is_ok());
}

#[test]
fn a_tampered_manifest_is_refused() {
    let server = Server::start();
    let pushed = pushed(&server);
    let good = String::from_utf8(server.blob(&pushed.manifest.to_string())).unwrap();
    let bad = good.replace("no_shouting", "no_whisper_");
    server.replace_blob(pushed.manifest, bad.as_bytes());
    // The registry itself may notice; what counts is that it does not come through.
    let error = pull_again(&pushed.reference).unwrap_err();
    let refused = matches!(
        error,
        RegistryError::Digest {
            what: "the manifest",
            ..
        } | RegistryError::Refused { .. }
    );
    assert!(refused, "{error}");
}

#[test]
fn other_artifacts_are_refused_by_name() {
    let server = Server::start();
    let pushed = pushed(&server);
    let good = String::from_utf8(server.blob(&pushed.manifest.to_string())).unwrap();
    for (from, to, problem) in [
        (
            SIGNATURE_TYPE,
            "application/vnd.example.sbom",
            "unknown type application/vnd.example.sbom",
        ),
        (
            COMPONENT_TYPE,
            "application/vnd.oci.image.layer.v1.tar",
            "unknown type",
        ),
        (
            CONFIG_TYPE,
            "application/vnd.example.config",
            "its config is application/vnd.example.config",
        ),
    ] {
        server.put_manifest(
            "rules/no_shouting",
            "other",
            &good.replace(&format!("\"{from}\""), &format!("\"{to}\"")),
        );
        let reference = server.reference("rules/no_shouting:other");
        let error = pull(&reference, Credentials::Anonymous).unwrap_err();
        assert!(matches!(error, RegistryError::NotAPackage(_)), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn a_layer_of_another_size_than_the_manifest_says_is_refused() {
    let server = Server::start();
    let pushed = pushed(&server);
    let good = String::from_utf8(server.blob(&pushed.manifest.to_string())).unwrap();
    let size = format!("\"size\":{}", COMPONENT.len());
    for (claimed, too_large) in [("\"size\":3", false), ("\"size\":99999999999", true)] {
        server.put_manifest("rules/no_shouting", "other", &good.replace(&size, claimed));
        let reference = server.reference("rules/no_shouting:other");
        let error = pull(&reference, Credentials::Anonymous).unwrap_err();
        match too_large {
            true => assert!(matches!(error, RegistryError::TooLarge { .. }), "{error}"),
            false => assert!(matches!(error, RegistryError::Digest { .. }), "{error}"),
        }
    }
}

#[test]
fn a_registry_that_is_down_is_said_to_be() {
    let server = Server::start();
    let reference = pushed(&server).reference;
    drop(server);
    let error = pull_again(&reference).unwrap_err();
    assert!(
        matches!(error, RegistryError::Unreachable { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("that it runs"), "{error}");
}

#[test]
fn a_registry_with_passwords_wants_the_right_one() {
    let server = Server::start_with_password();
    let reference = server.reference("rules/no_shouting");
    let as_ann = |password: &str| Credentials::Basic {
        user: "ann".into(),
        password: Secret::new(password.into()),
    };
    for credentials in [Credentials::Anonymous, as_ann("wrong")] {
        let error = push(&reference, credentials).unwrap_err();
        assert!(
            matches!(error, RegistryError::Unauthorized { .. }),
            "{error}"
        );
        assert!(!error.to_string().contains("wrong"), "{error}");
    }
    let pushed = push(&reference, as_ann(server::PASSWORD)).unwrap();
    let pulled = pull(&pushed.reference.to_string(), as_ann(server::PASSWORD)).unwrap();
    assert_eq!(pulled.package, package());
}

#[test]
fn nothing_is_pushed_to_a_digest_or_pulled_without_a_name() {
    let server = Server::start();
    let digest = RuleDigest::of(b"x");
    let error = push(
        &server.reference(&format!("a@{digest}")),
        Credentials::Anonymous,
    )
    .unwrap_err();
    assert!(matches!(error, RegistryError::PushToDigest), "{error}");
    let error = pull(&server.reference("a"), Credentials::Anonymous).unwrap_err();
    assert!(matches!(error, RegistryError::NothingNamed), "{error}");
}
