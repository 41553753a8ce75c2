//! The vectors are those that the Python tool made: a test that writes into one would spoil the others.

use bijotel::seal::Digest;
use bijotel_tests::vectors;

#[test]
fn every_vector_has_the_digest_of_its_manifest() {
    let manifest = std::fs::read_to_string(vectors().join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let files = manifest["files"].as_object().unwrap();
    assert!(files.len() > 100);
    for (name, facts) in files {
        let bytes = std::fs::read(vectors().join(name)).unwrap();
        assert_eq!(Digest::of(&bytes).to_string(), facts["sha256"], "{name}");
    }
}
