//! Looking at entries after a verification, and inputs that cannot be used.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::Path;

use bijotel_verifier_web::{BodyForm, FileBytes, Keys, Outcome, Seen, Verification};

const SECRET: &[u8] = b"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn read(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/bijotel");
    fs::read(folder.join(name)).unwrap()
}

fn secret() -> Keys {
    Keys::read(Some(SECRET.to_vec()), None).unwrap()
}

fn json(outcome: &Outcome) -> serde_json::Value {
    serde_json::to_value(outcome).unwrap()
}

#[test]
fn pages_have_all_entries_in_the_order_of_the_file() {
    let file = read("exports/chain_1000.v1.json");
    let mut verification = Verification::new(&file[..]);
    verification.verify(&secret());
    let mut seqs: Vec<i64> = Vec::new();
    for page in 0.. {
        let entries = verification.page(page).unwrap();
        if entries.is_empty() {
            break;
        }
        assert!(entries.iter().all(|entry| entry.seen == Seen::Intact));
        seqs.extend(
            entries
                .into_iter()
                .map(|entry| entry.seq.unwrap().parse::<i64>().unwrap()),
        );
    }
    assert_eq!(seqs, (1..=1000).collect::<Vec<i64>>());
}

#[test]
fn a_summary_has_what_the_body_says_of_model_and_status() {
    let file = read("exports/chain_0012.v1.json");
    let mut verification = Verification::new(&file[..]);
    verification.verify(&secret());
    let entries = verification.page(0).unwrap();
    assert_eq!(entries[0].model.as_deref(), Some("claude-haiku-4-5"));
    assert_eq!(entries[0].status.as_deref(), Some("UNSET"));
    assert_eq!(entries[7].status.as_deref(), Some("BLOCKED"));
    assert_eq!(entries[11].model, None);
}

#[test]
fn without_the_secret_no_entry_is_called_intact() {
    let file = read("exports/chain_0012.v1.json");
    let mut verification = Verification::new(&file[..]);
    verification.verify(&Keys::default());
    let entries = verification.page(0).unwrap();
    assert!(entries.iter().all(|entry| entry.seen == Seen::BodyOnly));
}

#[test]
fn every_broken_entry_is_listed_with_its_reason() {
    let file = read("tampered_export/swap_entries_3_7.json");
    let mut verification = Verification::new(&file[..]);
    let outcome = json(&verification.verify(&secret()));
    let positions: Vec<_> = outcome["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["position"].as_u64().unwrap())
        .collect();
    assert_eq!(positions, [3, 4, 7, 8]);
    assert_eq!(outcome["broken"], 4);
    let broken: Vec<_> = verification
        .page(0)
        .unwrap()
        .into_iter()
        .filter(|entry| entry.seen == Seen::Broken)
        .map(|entry| entry.position)
        .collect();
    assert_eq!(broken, [3, 4, 7, 8]);
}

#[test]
fn a_broken_entry_shows_what_was_expected_and_found() {
    let file = read("tampered_export/body_edit_seq5.json");
    let mut verification = Verification::new(&file[..]);
    verification.verify(&secret());
    let detail = verification.entry(5).unwrap();
    let problem = detail.problem.unwrap();
    assert_eq!(problem.field, Some("canonical_body_b64"));
    assert!(problem.expected.unwrap().starts_with("478f9009c0c03f85"));
    assert_eq!(problem.found, detail.body_digest);
}

#[test]
fn with_a_wrong_secret_every_entry_is_broken_and_the_list_of_reasons_stays_short() {
    let file = read("exports/chain_1000.v1.json");
    let mut verification = Verification::new(&file[..]);
    let wrong = Keys::read(Some(b"ff".repeat(32)), None).unwrap();
    let outcome = json(&verification.verify(&wrong));
    assert_eq!(outcome["broken"], 1000);
    assert_eq!(outcome["problems"].as_array().unwrap().len(), 100);
    assert_eq!(verification.entry(900).unwrap().seen, Seen::Broken);
}

#[test]
fn members_keep_their_order_and_those_that_come_twice_are_both_shown() {
    let file = read("tampered_export/duplicate_key_body.json");
    let text = String::from_utf8(file).unwrap();
    let file = text.replacen("\"seq\": 1,", "\"seq\": 1, \"seq\": 7,", 1);
    let mut verification = Verification::new(file.as_bytes());
    verification.verify(&secret());
    let members = verification.entry(1).unwrap().members;
    assert_eq!(members[0], ("seq".to_owned(), "1".to_owned()));
    assert_eq!(members[1], ("seq".to_owned(), "7".to_owned()));
    assert_eq!(members[2].0, "timestamp_ns");
}

#[test]
fn bodies_that_are_no_json_are_shown_as_what_they_are() {
    let file = read("exports/opaque_bodies.v1.json");
    let mut verification = Verification::new(&file[..]);
    verification.verify(&secret());
    let forms: Vec<_> = (1..=3)
        .filter_map(|position| verification.entry(position).ok())
        .map(|detail| detail.body_form)
        .collect();
    assert!(
        forms.contains(&BodyForm::Bytes) || forms.contains(&BodyForm::Text),
        "{forms:?}"
    );
    assert_eq!(
        verification.body(1).unwrap().len(),
        verification.entry(1).unwrap().body_bytes
    );
}

#[test]
fn an_entry_is_found_by_its_sequence_number() {
    let file = read("exports/seg_4_9.v1.json");
    let mut verification = Verification::new(&file[..]);
    verification.verify(&secret());
    assert_eq!(verification.find(6).unwrap(), Some(3));
    assert_eq!(verification.find(3).unwrap(), None);
    let file = read("tampered_export/swap_entries_3_7.json");
    let mut verification = Verification::new(&file[..]);
    verification.verify(&secret());
    assert_eq!(verification.find(7).unwrap(), Some(3));
    assert_eq!(verification.find(i64::MIN).unwrap(), None);
}

#[test]
fn entries_before_the_end_of_a_cut_file_can_be_looked_at() {
    let file = read("tampered_export/truncated_file.json");
    let mut verification = Verification::new(&file[..]);
    let outcome = json(&verification.verify(&secret()));
    assert_eq!(outcome["verdict"], "INVALID");
    assert!(outcome["report"].is_null());
    let entries = verification.page(0).unwrap();
    assert!(entries.len() > 3);
    assert_eq!(outcome["entries"], entries.len());
}

#[test]
fn a_place_without_an_entry_is_an_error() {
    let file = read("exports/chain_0001.v1.json");
    let mut verification = Verification::new(&file[..]);
    verification.verify(&secret());
    assert!(verification.entry(0).is_err());
    assert!(verification.entry(2).is_err());
    assert!(verification.body(2).is_err());
}

#[test]
fn keys_that_cannot_be_used_are_refused_with_what_to_do() {
    let private = String::from_utf8(read("keys/signer_private.pem")).unwrap();
    let cases = [
        (Some(b"zz".to_vec()), None, "secret", "hexadecimal"),
        (Some(b"\xff\xfe".to_vec()), None, "secret", "hexadecimal"),
        (Some(b"00ff".to_vec()), None, "secret", "at least 16 bytes"),
        (
            None,
            Some("not a key"),
            "public_key",
            "-----BEGIN PUBLIC KEY-----",
        ),
        (None, Some(&*private), "public_key", "private key"),
    ];
    for (secret, public_key, about, words) in cases {
        let refusal = Keys::read(secret, public_key).unwrap_err();
        assert_eq!(refusal.about, about);
        assert!(refusal.message.contains(words), "{}", refusal.message);
    }
}

/// A file that reads a few bytes at a time, notes progress and can be taken away.
struct Slow<'b> {
    bytes: &'b [u8],
    gone: bool,
    progress: RefCell<Vec<(u64, u64)>>,
}

impl FileBytes for Slow<'_> {
    fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        if self.gone {
            return Err(io::Error::other("NotReadableError"));
        }
        let few = into.len().min(97);
        self.bytes.read_at(offset, &mut into[..few])
    }

    fn progress(&self, bytes: u64, entries: u64) {
        self.progress.borrow_mut().push((bytes, entries));
    }
}

#[test]
fn progress_grows_to_the_whole_file() {
    let bytes = read("exports/chain_1000.v1.json");
    let file = Slow {
        bytes: &bytes,
        gone: false,
        progress: RefCell::default(),
    };
    let mut verification = Verification::new(&file);
    verification.verify(&secret());
    let progress = file.progress.borrow();
    assert!(progress.len() > 5);
    assert!(progress.is_sorted());
    assert_eq!(progress.last(), Some(&(bytes.len() as u64, 1000)));
}

#[test]
fn a_file_that_cannot_be_read_has_no_verdict() {
    let file = Slow {
        bytes: b"{}",
        gone: true,
        progress: RefCell::default(),
    };
    let outcome = json(&Verification::new(&file).verify(&secret()));
    assert_eq!(outcome["outcome"], "refused");
    assert_eq!(outcome["about"], "file");
}
