//! The rule store on a real disk.

use std::path::Path;

use bijotel_package::store::{Described, Installed, StoreError};
use bijotel_package::{MAX_COMPONENT, Package, RuleDigest, RuleStore, SignatureFile, Statement};
use bijotel_seal::signature::ExportSigner;
use tempfile::TempDir;

const COMPONENT: &[u8] = b"a component";

fn store() -> (TempDir, RuleStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RuleStore::new(folder.path().join("rules"));
    (folder, store)
}

fn signatures(version: &str, seed: u8) -> SignatureFile {
    let statement = Statement::new("rule", version, RuleDigest::of(COMPONENT)).unwrap();
    let name = format!("example.org/{seed}").parse().unwrap();
    SignatureFile::sign(statement, name, &ExportSigner::from_seed(&[seed; 32]))
}

fn package(signatures: Option<SignatureFile>) -> Package {
    Package::new(COMPONENT.to_vec(), signatures)
}

fn described(_: &[u8]) -> Option<Described> {
    Some(Described {
        rule: "rule".into(),
        version: "1.0.0".into(),
    })
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_installed_can_be_read() {
    let (_folder, store) = store();
    let package = package(Some(signatures("1.0.0", 1)));
    assert_eq!(store.install(&package).unwrap(), Installed::New);
    assert_eq!(store.read(package.digest).unwrap(), package);
    assert_eq!(store.digests().unwrap(), [package.digest]);
}

#[test]
fn a_rule_has_its_digest_for_a_name() {
    let (_folder, store) = store();
    store
        .install(&package(Some(signatures("1.0.0", 1))))
        .unwrap();
    let hex = RuleDigest::of(COMPONENT).hex();
    let folder = store.folder().join("sha256").join(hex);
    assert_eq!(files(&folder), ["rule.wasm", "rule.wasm.sig"]);
    assert!(files(&store.folder().join("incoming")).is_empty());
}

#[test]
fn signatures_may_come_later() {
    let (_folder, store) = store();
    store.install(&package(None)).unwrap();
    let mut both = signatures("1.0.0", 1);
    both.merge(&signatures("1.0.0", 2)).unwrap();
    for (seed, expected) in [
        (1, Installed::Signatures),
        (2, Installed::Signatures),
        (1, Installed::Already),
    ] {
        let package = package(Some(signatures("1.0.0", seed)));
        assert_eq!(store.install(&package).unwrap(), expected);
    }
    assert_eq!(store.install(&package(None)).unwrap(), Installed::Already);
    let there = store.read(RuleDigest::of(COMPONENT)).unwrap();
    assert_eq!(there.signatures, Some(both));
}

#[test]
fn signatures_over_another_version_are_refused() {
    let (_folder, store) = store();
    store
        .install(&package(Some(signatures("1.0.0", 1))))
        .unwrap();
    let error = store
        .install(&package(Some(signatures("1.0.1", 2))))
        .unwrap_err();
    assert!(matches!(error, StoreError::OtherStatement(_)), "{error}");
}

#[test]
fn signatures_over_another_component_are_refused() {
    let (_folder, store) = store();
    let other = Package::new(b"other".to_vec(), Some(signatures("1.0.0", 1)));
    let error = store.install(&other).unwrap_err();
    assert!(
        matches!(error, StoreError::OtherComponent { .. }),
        "{error}"
    );
    assert!(store.digests().unwrap().is_empty());
}

#[test]
fn a_changed_component_is_not_handed_out() {
    let (_folder, store) = store();
    let package = package(None);
    store.install(&package).unwrap();
    std::fs::write(store.component_path(package.digest), b"b component").unwrap();
    let error = store.read(package.digest).unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    let list = store.list(false, &mut described).unwrap();
    assert_eq!(list[0].described, None);
}

#[test]
fn a_component_beyond_the_limit_is_not_read() {
    let (_folder, store) = store();
    let package = package(None);
    store.install(&package).unwrap();
    let file = std::fs::File::create(store.component_path(package.digest)).unwrap();
    file.set_len(MAX_COMPONENT as u64 + 1).unwrap();
    let error = store.read(package.digest).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { .. }), "{error}");
}

#[test]
fn a_rule_that_is_removed_is_gone() {
    let (_folder, store) = store();
    let package = package(None);
    store.install(&package).unwrap();
    store.remove(package.digest).unwrap();
    assert!(store.digests().unwrap().is_empty());
    for error in [
        store.remove(package.digest).unwrap_err(),
        store.read(package.digest).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Missing { .. }), "{error}");
    }
}

#[test]
fn a_writer_that_was_cut_off_leaves_nothing_behind() {
    let (_folder, store) = store();
    let package = package(None);
    let half = store.folder().join("incoming").join(package.digest.hex());
    std::fs::create_dir_all(&half).unwrap();
    std::fs::write(half.join("rule.wasm"), b"a comp").unwrap();
    assert!(store.digests().unwrap().is_empty());
    store.install(&package).unwrap();
    assert_eq!(store.read(package.digest).unwrap(), package);
}

#[test]
fn a_list_describes_a_component_once() {
    let (_folder, store) = store();
    store
        .install(&package(Some(signatures("1.0.0", 1))))
        .unwrap();
    let list = store.list(false, &mut described).unwrap();
    assert_eq!(list[0].described, described(b""));
    assert_eq!(list[0].signed_by[0].as_str(), "example.org/1");
    let again = store
        .list(false, &mut |_| panic!("described twice"))
        .unwrap();
    assert_eq!(again, list);
}

#[test]
fn an_index_that_is_lost_or_damaged_is_made_again() {
    let (_folder, store) = store();
    store.install(&package(None)).unwrap();
    let list = store.list(false, &mut described).unwrap();
    let index = store.folder().join("index.json");
    for damage in [&b"{"[..], b"{\"format\":\"other\",\"rules\":[]}"] {
        std::fs::write(&index, damage).unwrap();
        assert_eq!(store.list(false, &mut described).unwrap(), list);
    }
    std::fs::remove_file(&index).unwrap();
    assert_eq!(store.list(false, &mut described).unwrap(), list);
    assert!(index.exists());
}

#[test]
fn an_index_that_lies_is_put_right_by_rebuilding() {
    let (_folder, store) = store();
    store.install(&package(None)).unwrap();
    store.list(false, &mut |_| None).unwrap();
    assert_eq!(
        store.list(false, &mut described).unwrap()[0].described,
        None
    );
    let list = store.list(true, &mut described).unwrap();
    assert_eq!(list[0].described, described(b""));
}

#[test]
fn a_store_that_is_not_there_is_empty() {
    let (_folder, store) = store();
    assert!(store.digests().unwrap().is_empty());
    assert!(!store.folder().exists());
}

#[test]
fn many_writers_do_not_disturb_each_other() {
    let (_folder, store) = store();
    std::thread::scope(|scope| {
        for seed in 0..8 {
            let store = &store;
            scope.spawn(move || {
                let package = package(Some(signatures("1.0.0", seed)));
                store.install(&package).unwrap();
            });
        }
    });
    let there = store.read(RuleDigest::of(COMPONENT)).unwrap();
    assert_eq!(there.signatures.unwrap().signatures().len(), 8);
}
