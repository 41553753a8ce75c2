//! `rule sign`, `verify`, `install`, `store`, `push` and `pull`, with a real registry.

use serde_json::Value;

use crate::folder::{Folder, Ran, ran};
use crate::registry::{PASSWORD, Server};

/// A shipped rule, here as a component of somebody else's.
const RULE: &str = "routing";

const TRUST: &str = "[[trust]]\nname = \"example.org/rules\"\n\
    public_key = \"keys/bijotel_public.pem\"\nrules = [\"rout*\"]\n";

const SIGN: &str =
    "rule sign routing.wasm --sign-key keys/bijotel_private.pem --name example.org/rules --json";

/// A folder with a component and a key pair.
fn author() -> Folder {
    let folder = Folder::new();
    let (_, shipped) = bijotel::shipped_rules()
        .find(|(id, _)| *id == RULE)
        .unwrap();
    folder.write("routing.wasm", shipped.component);
    folder.run("keygen");
    folder
}

fn signed() -> (Folder, Value) {
    let folder = author();
    let signed = folder.run(SIGN);
    assert_eq!(signed.exit, Some(0), "{signed:?}");
    let signed = signed.json();
    (folder, signed)
}

/// Runs a command line as nobody whom a registry knows.
fn run(folder: &Folder, line: &str, variables: &[(&str, &str)]) -> Ran {
    let mut command = folder.command(line.split_whitespace());
    command.env("DOCKER_CONFIG", folder.path("docker"));
    for name in ["USER", "PASSWORD", "TOKEN"] {
        command.env_remove(format!("BIJOTEL_REGISTRY_{name}"));
    }
    ran(command.envs(variables.iter().copied()))
}

#[test]
fn a_signature_counts_for_who_trusts_its_key() {
    let (folder, signed) = signed();
    assert_eq!(signed["rule"], RULE);
    assert_eq!(signed["signed_by"][0], "example.org/rules");
    let stranger = folder.run("rule verify routing.wasm");
    assert_eq!(stranger.exit, Some(1), "{stranger:?}");
    assert!(stranger.stdout.starts_with("NOT TRUSTED: "), "{stranger:?}");
    folder.write("bijotel.toml", TRUST);
    let trusting = folder.run("rule verify routing.wasm --json");
    assert_eq!(trusting.exit, Some(0), "{trusting:?}");
    assert_eq!(trusting.json()["verdict"], "TRUSTED");
    assert_eq!(trusting.json()["digest"], signed["digest"]);
}

#[test]
fn a_changed_component_is_not_trusted() {
    let (folder, _) = signed();
    folder.write("bijotel.toml", TRUST);
    let mut component = std::fs::read(folder.path("routing.wasm")).unwrap();
    component.push(0);
    folder.write("routing.wasm", component);
    let verified = folder.run("rule verify routing.wasm");
    assert_eq!(verified.exit, Some(1), "{verified:?}");
    assert!(
        verified.stdout.contains("is not what was signed"),
        "{verified:?}"
    );
}

#[test]
fn an_unsigned_rule_is_installed_only_if_that_is_meant() {
    let folder = author();
    let refused = folder.run("rule install routing.wasm --json");
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    assert_eq!(refused.json()["error"]["kind"], "not_trusted");
    assert!(!folder.path("rules").exists());
    let allowed = folder.run("rule install routing.wasm --allow-unsigned");
    assert_eq!(allowed.exit, Some(0), "{allowed:?}");
    assert!(
        allowed.stdout.contains("allow_unsigned = true"),
        "{allowed:?}"
    );
}

#[test]
fn an_installed_rule_is_listed_asked_and_removed() {
    let (folder, signed) = signed();
    let digest = signed["digest"].as_str().unwrap();
    let config = format!("[[rule]]\nname = \"mine\"\ndigest = \"{digest}\"\n{TRUST}");
    folder.write("bijotel.toml", config);
    let before = folder.run("policy list");
    assert_eq!(before.exit, Some(2), "{before:?}");
    assert!(before.stderr.contains("bijotel rule install"), "{before:?}");
    let installed = folder.run("rule install routing.wasm --json");
    assert_eq!(installed.exit, Some(0), "{installed:?}");
    assert_eq!(installed.json()["trusted_by"][0], "example.org/rules");
    let list = folder.run("rule store list --json").json();
    assert_eq!(list["rules"][0]["rule"], RULE);
    assert_eq!(list["rules"][0]["digest"], signed["digest"]);
    let asked = folder.run("policy list --json");
    assert_eq!(asked.exit, Some(0), "{asked:?}");
    assert_eq!(
        asked.json()["rules"][0]["component"],
        digest["sha256:".len()..]
    );
    let remove = format!("rule store remove {digest}");
    let unconfirmed = folder.run(&remove);
    assert_eq!(unconfirmed.exit, Some(2), "{unconfirmed:?}");
    assert_eq!(folder.run(&format!("{remove} --yes")).exit, Some(0));
    assert_eq!(folder.run(&format!("{remove} --yes")).exit, Some(1));
}

#[test]
fn a_rule_goes_through_a_registry() {
    let server = Server::start();
    let (folder, signed) = signed();
    folder.write("bijotel.toml", TRUST);
    let line = format!(
        "rule push routing.wasm {} --json",
        server.reference("rules/routing")
    );
    let pushed = run(&folder, &line, &[]);
    assert_eq!(pushed.exit, Some(0), "{pushed:?}");
    let reference = pushed.json()["reference"].as_str().unwrap().to_owned();
    assert!(reference.contains("@sha256:"), "{reference}");

    let line = format!("rule pull {reference} --output pulled.wasm");
    let pulled = run(&folder, &line, &[]);
    assert_eq!(pulled.exit, Some(0), "{pulled:?}");
    for (there, here) in [
        ("routing.wasm", "pulled.wasm"),
        ("routing.wasm.sig", "pulled.wasm.sig"),
    ] {
        let (there, here) = (folder.path(there), folder.path(here));
        assert_eq!(std::fs::read(there).unwrap(), std::fs::read(here).unwrap());
    }
    let again = run(&folder, &line, &[]);
    assert_eq!(again.exit, Some(1), "{again:?}");
    assert!(again.stderr.contains("--force"), "{again:?}");

    let installed = run(&folder, &format!("rule install {reference} --json"), &[]);
    assert_eq!(installed.exit, Some(0), "{installed:?}");
    assert_eq!(installed.json()["digest"], signed["digest"]);

    drop(server);
    let down = run(&folder, &format!("rule install {reference}"), &[]);
    assert_eq!(down.exit, Some(1), "{down:?}");
    assert!(
        down.stderr.contains("cannot reach the registry"),
        "{down:?}"
    );
}

#[test]
fn what_a_stranger_signed_is_not_installed_from_a_registry() {
    let server = Server::start();
    let (folder, _) = signed();
    let line = format!(
        "rule push routing.wasm {}",
        server.reference("rules/routing:x")
    );
    assert_eq!(run(&folder, &line, &[]).exit, Some(0));
    let line = format!("rule install {}", server.reference("rules/routing:x"));
    let refused = run(&folder, &line, &[]);
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("signed by example.org/rules"),
        "{refused:?}"
    );
    assert!(!folder.path("rules").exists());
}

#[test]
fn a_password_comes_from_the_environment_or_standard_input() {
    let server = Server::start_with_password();
    let folder = author();
    let line = format!(
        "rule push routing.wasm {}",
        server.reference("rules/routing")
    );
    let nobody = run(&folder, &line, &[]);
    assert_eq!(nobody.exit, Some(2), "{nobody:?}");
    assert!(nobody.stderr.contains("docker login"), "{nobody:?}");
    let variables = [
        ("BIJOTEL_REGISTRY_USER", "ann"),
        ("BIJOTEL_REGISTRY_PASSWORD", PASSWORD),
    ];
    assert_eq!(run(&folder, &line, &variables).exit, Some(0));
    let line = format!("{line} --username ann --password-stdin");
    let ran = folder.run_with_input(&line, &format!("{PASSWORD}\n"));
    assert_eq!(ran.exit, Some(0), "{ran:?}");
}

#[test]
fn a_reference_without_its_registry_is_refused() {
    let ran = Folder::new().run("rule pull oci://no_shouting:1.0.0");
    assert_eq!(ran.exit, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("registry.example.org"), "{ran:?}");
}
