//! `keygen` and `init`: new keys are private, and none is overwritten.

use crate::folder::Folder;

#[cfg(unix)]
fn mode(folder: &Folder, name: &str) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(folder.path(name)).unwrap();
    metadata.permissions().mode() & 0o777
}

#[test]
fn keygen_says_what_the_python_tool_says() {
    let folder = Folder::new();
    let ran = folder.run("keygen --output-dir ./k/");
    let fingerprint = ran.stdout.split("Fingerprint: ").nth(1).unwrap();
    let (fingerprint, _) = fingerprint.split_once('\n').unwrap();
    assert_eq!(fingerprint.len(), 16);
    let expected = format!(
        "Generated Ed25519 keypair in k/\n  \
         Private key: k/bijotel_private.pem  (mode 0o600 — keep secret)\n  \
         Public key:  k/bijotel_public.pem   (share with auditors)\n  \
         Fingerprint: {fingerprint}\n\n\
         Next steps:\n  \
         bijotel export --db chain.db -o export.json --sign-key k/bijotel_private.pem\n  \
         bijotel verify-export export.json --public-key k/bijotel_public.pem [--secret-hex <hex>]\n"
    );
    assert_eq!((ran.stdout, ran.exit), (expected, Some(0)));
    #[cfg(unix)]
    assert_eq!(mode(&folder, "k/bijotel_private.pem"), 0o600);
}

#[test]
fn a_key_is_overwritten_only_by_force() {
    let folder = Folder::new();
    let key = || std::fs::read(folder.path("keys/bijotel_private.pem")).unwrap();
    folder.run("keygen");
    let first = key();
    let refused = folder.run("keygen");
    assert_eq!((refused.exit, key()), (Some(2), first.clone()));
    assert!(
        refused
            .stderr
            .starts_with("ERROR: keys/bijotel_private.pem already exists.")
    );
    assert_eq!(folder.run("keygen --force").exit, Some(0));
    assert_ne!(key(), first);
}

#[test]
fn a_key_pair_signs_an_export_that_its_public_half_recognises() {
    let folder = Folder::with("chains/chain_0012.db");
    folder.run("keygen");
    let line = "export --db chain_0012.db -o e.json --sign-key keys/bijotel_private.pem";
    let export = folder.run(line);
    assert!(export.stdout.contains("bijotel-chain-v2"), "{export:?}");
    let line = "verify-export e.json --public-key keys/bijotel_public.pem";
    let both = folder.run(line);
    assert!(
        both.stdout
            .ends_with("Export VALID — HMAC chain + Ed25519 signature both verified.\n")
    );
    let alone = folder.run_without_secret(line);
    assert_eq!(alone.exit, Some(4));
    assert!(
        alone.stderr.starts_with("Export INCOMPLETE — "),
        "{alone:?}"
    );
}

#[test]
fn keys_for_anchoring_come_later() {
    let ran = Folder::new().run("keygen --type ecdsa");
    assert_eq!(ran.exit, Some(2));
    assert!(ran.stderr.contains("comes later"));
}

#[test]
fn init_makes_everything_that_the_other_verbs_need() {
    let folder = Folder::new();
    let init = folder.run_without_secret("init");
    assert_eq!(init.exit, Some(0), "{init:?}");
    assert!(
        init.stdout.contains("bijotel serve --config bijotel.toml"),
        "{init:?}"
    );
    let secret = std::fs::read_to_string(folder.path("secret.hex")).unwrap();
    assert_eq!(secret.trim().len(), 64);
    assert!(!init.stdout.contains(secret.trim()));
    #[cfg(unix)]
    assert_eq!(
        (mode(&folder, "secret.hex"), mode(&folder, "chain.db")),
        (0o600, 0o600)
    );
    for line in [
        "verify",
        "append --json-text {}",
        "list",
        "stats",
        "export -o e.json",
    ] {
        let ran = folder.run_without_secret(line);
        assert_eq!(ran.exit, Some(0), "{line}: {ran:?}");
    }
}

#[test]
fn init_overwrites_nothing() {
    let folder = Folder::new();
    folder.run_without_secret("init data");
    let secret = || std::fs::read(folder.path("data/secret.hex")).unwrap();
    let first = secret();
    assert_eq!(folder.run_without_secret("init data").exit, Some(1));
    std::fs::remove_file(folder.path("data/bijotel.toml")).unwrap();
    let again = folder.run_without_secret("init data");
    assert_eq!((again.exit, secret()), (Some(0), first));
    assert!(again.stdout.contains("was there and is kept"), "{again:?}");
    let verify = folder.run_without_secret("verify --config data/bijotel.toml");
    assert_eq!(verify.stdout, "Chain VALID (1 entries).\n");
}
