//! Secrets and keys: missing, wrong, short, malformed or open to others, and never shown.

use bijotel_tests::SECRET_HEX;

use crate::bad_input::{Case, assert_harmless, check, odd_files};
use crate::folder::{Folder, ran};

#[test]
fn a_secret_that_is_missing_wrong_or_short_is_said_and_never_shown() {
    let folder = odd_files();
    let mut secrets = [
        ("", "HMAC secret required"),
        (
            "feedfacefeedfacefeedfacefeedfacezz",
            "Invalid hex in secret (not shown)",
        ),
        ("feedface", "at least 16 bytes"),
    ];
    for (secret, sentence) in &mut secrets {
        for line in [
            "verify --db chain_0012.db",
            "export --db chain_0012.db -o o.json",
            "verify-export chain_0012.v1.json",
            "append --db chain_0012.db --json-text {}",
            "serve --db chain_0012.db --port 0",
        ] {
            let mut by_variable = folder.command(line.split(' '));
            by_variable.env("BIJOTEL_HMAC_SECRET", *secret);
            let mut commands = vec![by_variable];
            if !secret.is_empty() {
                folder.write("secret.hex", *secret);
                make_private(&folder, "secret.hex", 0o600);
                let arguments = [" --secret-hex ", secret, " --secret-file ", "secret.hex"];
                for argument in arguments.chunks(2) {
                    let line = format!("{line}{}", argument.concat());
                    commands.push(folder.command(line.split(' ')));
                }
            }
            for mut command in commands {
                let ran = ran(&mut command);
                assert_eq!(ran.exit, Some(2), "{line}: {ran:?}");
                assert!(ran.stderr.contains(*sentence), "{line}: {ran:?}");
                assert_harmless(line, &ran);
            }
        }
    }
}

#[test]
fn another_chains_secret_breaks_verification_and_cannot_append() {
    let folder = odd_files();
    let wrong = "--secret-hex 0123456789abcdef0123456789abcdef";
    let verify = folder.run_without_secret(&format!("verify --db chain_0012.db {wrong}"));
    assert_eq!(verify.exit, Some(3));
    assert!(
        verify
            .stderr
            .contains("Chain BROKEN at seq=1: hmac_hash mismatch")
    );
    assert!(verify.stderr.contains("is it the secret of this chain?"));
    let before = std::fs::read(folder.path("chain_0012.db")).unwrap();
    let line = format!("append --db chain_0012.db --json-text {{}} {wrong}");
    let append = folder.run_without_secret(&line);
    assert_eq!(append.exit, Some(2));
    assert!(
        append
            .stderr
            .contains("the secret does not fit the last entry"),
        "{append:?}"
    );
    let after = std::fs::read(folder.path("chain_0012.db")).unwrap();
    assert!(before == after, "the file was changed");
}

#[test]
fn keys_that_are_no_keys_are_refused_without_quoting_them() {
    let folder = odd_files();
    let cases: [Case; 5] = [
        (
            "export --db chain_0012.db -o o.json --sign-key nope.pem",
            2,
            "--sign-key path not found: nope.pem",
        ),
        (
            "export --db chain_0012.db -o o.json --sign-key key.pem",
            2,
            "not an Ed25519 private key",
        ),
        (
            "export --db chain_0012.db -o o.json --sign-key signer_public.pem",
            2,
            "not an Ed25519 private key",
        ),
        (
            "verify-export chain_0012.v1.json --public-key nope.pem",
            2,
            "--public-key path not found: nope.pem",
        ),
        (
            "verify-export chain_0012.v1.json --public-key key.pem",
            2,
            "not an Ed25519 public key",
        ),
    ];
    cases.into_iter().for_each(|case| check(&folder, case));
    assert!(!folder.path("o.json").exists());
}

#[cfg(unix)]
#[test]
fn a_secret_file_that_others_can_read_is_refused() {
    let folder = Folder::with("chains/chain_0012.db");
    folder.write("secret.hex", SECRET_HEX);
    let line = "verify --db chain_0012.db --secret-file secret.hex";
    for (mode, exit) in [(0o644, 2), (0o660, 2), (0o640, 0), (0o600, 0)] {
        make_private(&folder, "secret.hex", mode);
        let ran = folder.run_without_secret(line);
        assert_eq!(ran.exit, Some(exit), "{mode:o}: {ran:?}");
        assert_eq!(
            ran.stderr.contains("chmod 600"),
            mode != 0o600,
            "{mode:o}: {ran:?}"
        );
    }
}

#[cfg(unix)]
fn make_private(folder: &Folder, name: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(folder.path(name), permissions).unwrap();
}

#[test]
fn a_secret_in_the_wrong_place_of_the_command_line_is_not_shown() {
    let folder = Folder::with("chains/chain_0012.db");
    for line in [
        "verify --db chain_0012.db SECRET",
        "verify --db chain_0012.db --secrethex=SECRET",
        "verify --db chain_0012.db --last SECRET",
        "SECRET verify --json",
        "append --json-text {} --secret-hex SECRET --secret-file SECRET",
    ] {
        let ran = folder.run_without_secret(&line.replace("SECRET", SECRET_HEX));
        assert_eq!(ran.exit, Some(2), "{line}: {ran:?}");
        assert_harmless(line, &ran);
    }
}
