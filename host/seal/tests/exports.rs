//! Exports: every vector's verdict, every differing verdict in the book's table, and no unseen change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bijotel_seal::ChainKey;
use bijotel_seal::export::{
    Credentials, ExportError, ExportHeader, ExportReader, ExportReport, ExportWriter, Item,
    Verdict, verify_export,
};
use bijotel_seal::signature::{ExportSigner, ExportVerifyingKey};
use proptest::prelude::*;
use serde_json::Value as Json;

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/bijotel")
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(vectors().join(name)).unwrap()
}

fn manifest() -> Json {
    serde_json::from_slice(&read("manifest.json")).unwrap()
}

fn secret() -> ChainKey {
    ChainKey::from_hex(manifest()["secret_hex"].as_str().unwrap()).unwrap()
}

fn public_key(name: &str) -> ExportVerifyingKey {
    ExportVerifyingKey::from_pem(&String::from_utf8(read(name)).unwrap()).unwrap()
}

fn verify(file: &[u8], key: Option<&ChainKey>) -> Result<ExportReport, ExportError> {
    verify_export(
        file,
        Credentials {
            key,
            public_key: None,
        },
        |_| {},
    )
}

/// What one case of the manifest comes to: `VALID`, `INVALID: reason`, `INCOMPLETE` or an error.
fn outcome(case: &Json) -> Option<String> {
    let args: Vec<&str> = case["cmd"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arg| arg.as_str().unwrap())
        .collect();
    if args[1] != "verify-export" || !vectors().join(args[2]).exists() {
        return None;
    }
    let option = |name: &str| {
        args.iter()
            .position(|arg| *arg == name)
            .map(|at| args[at + 1].to_owned())
    };
    let key = match option("--secret-hex") {
        Some(hex) => match ChainKey::from_hex(&hex) {
            Ok(key) => Some(key),
            Err(_) => return None,
        },
        None => case["env_secret"].as_bool().unwrap().then(secret),
    };
    let public_key = option("--public-key").map(|name| public_key(&name));
    if key.is_none() && public_key.is_none() {
        return None;
    }
    let credentials = Credentials {
        key: key.as_ref(),
        public_key: public_key.as_ref(),
    };
    Some(
        match verify_export(&read(args[2])[..], credentials, |_| {}) {
            Ok(report) => match (report.verdict, report.problem) {
                (Verdict::Valid, None) => "VALID".to_owned(),
                (Verdict::Invalid, Some(problem)) => format!("INVALID: {}", problem.reason),
                (Verdict::Incomplete, None) => "INCOMPLETE".to_owned(),
                (verdict, problem) => panic!("{verdict:?} with {problem:?}"),
            },
            Err(error) => format!("INVALID: {error}"),
        },
    )
}

#[test]
fn verdicts_are_those_of_the_python_tool_or_stand_in_the_table_of_differences() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/differences.md");
    let book = std::fs::read_to_string(book).unwrap();
    let mut documented: BTreeMap<String, String> = BTreeMap::new();
    for row in book.lines().filter(|row| row.starts_with("| export |")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        documented.insert(cells[2].replace('`', ""), cells[4].to_owned());
    }
    let mut compared = 0;
    for case in manifest()["cases"].as_array().unwrap() {
        let Some(ours) = outcome(case) else { continue };
        let theirs = &case["expected_2_17_0"];
        let name = format!(
            "{}: {}",
            case["file"].as_str().unwrap(),
            case["change"].as_str().unwrap()
        );
        compared += 1;
        let verdict = ours.split(':').next().unwrap();
        let same_verdict = (verdict == "VALID") == (theirs["verdict"] == "accepted");
        if !same_verdict || verdict == "INCOMPLETE" {
            let row = documented.remove(&name).unwrap_or_else(|| {
                panic!("not in docs/differences.md: {name}\n  ours: {ours}\n  theirs: {theirs}")
            });
            assert!(
                row.starts_with(verdict),
                "{name}: the book says {row}, the code {ours}"
            );
        }
    }
    assert!(compared > 55, "only {compared} cases");
    assert!(
        documented.is_empty(),
        "in the book, but no case differs: {documented:?}"
    );
}

#[test]
fn reasons_are_those_of_the_python_tool_where_it_has_one() {
    // Words of Python's libraries and tracebacks are not ours to repeat, and a member that comes
    // twice is refused as such.
    let other_words = [
        "b64_",
        "truncated_file",
        "bom_prefixed",
        "not_an_object",
        "entry_",
        "duplicate_key",
        "count_float",
        "format_missing",
        "exports/chain_0012.v1.json",
    ];
    let mut compared = 0;
    for case in manifest()["cases"].as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        let theirs = case["expected_2_17_0"]["reason"]
            .as_str()
            .unwrap_or_default();
        let (Some(ours), Some(reason)) = (outcome(case), theirs.strip_prefix("Export INVALID: "))
        else {
            continue;
        };
        if other_words.iter().any(|word| file.contains(word)) {
            continue;
        }
        assert_eq!(ours, format!("INVALID: {reason}"), "{file}");
        compared += 1;
    }
    assert!(compared > 18, "only {compared} cases");
}

#[test]
fn exports_are_written_byte_for_byte_as_python_writes_them() {
    for name in [
        "chain_0000.v1.json",
        "chain_0001.v1.json",
        "chain_0012.v1.json",
        "chain_0012.v2.json",
        "chain_1000.v1.json",
        "opaque_bodies.v1.json",
        "seg_1_5.v1.json",
        "seg_4_9.v1.json",
        "seg_last3.v2.json",
        "archive_head.segment.json",
    ] {
        let original = read(&format!("exports/{name}"));
        assert_eq!(
            String::from_utf8(rewritten(&original)).unwrap(),
            String::from_utf8(original).unwrap(),
            "{name}"
        );
    }
}

/// Reads an export and writes it again from its values.
fn rewritten(original: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    use bijotel_seal::Entry;
    let json: Json = serde_json::from_slice(original).unwrap();
    let pem = String::from_utf8(read("keys/signer_private.pem")).unwrap();
    let signer = ExportSigner::from_pem(&pem).unwrap();
    let header = ExportHeader {
        created_at: json["created_at"].as_str().unwrap().to_owned(),
        entries_count: json["entries_count"].as_u64().unwrap(),
        head_hash: json["head_hash"].as_str().unwrap().to_owned(),
    };
    let signer = (json["format"] == "bijotel-chain-v2").then_some(&signer);
    let mut writer = ExportWriter::start(Vec::new(), &header, &secret(), signer).unwrap();
    for entry in json["entries"].as_array().unwrap() {
        let text = |name: &str| entry[name].as_str().unwrap().to_owned().into();
        let body = base64::engine::general_purpose::STANDARD
            .decode(entry["canonical_body_b64"].as_str().unwrap())
            .unwrap();
        let entry = Entry {
            seq: entry["seq"].as_i64().unwrap(),
            timestamp_ns: entry["timestamp_ns"].as_i64().unwrap(),
            trace_id: text("trace_id"),
            span_id: text("span_id"),
            span_name: text("span_name"),
            span_kind: entry["span_kind"]
                .as_str()
                .map(|kind| kind.to_owned().into()),
            canonical_body: body.into(),
            canonical_hash: text("canonical_hash"),
            prev_hash: text("prev_hash"),
            hmac_hash: text("hmac_hash"),
            semantic_body_hash: entry["semantic_body_hash"]
                .as_str()
                .map(|h| h.to_owned().into()),
            sealed: None,
        };
        writer.entry(&entry).unwrap();
    }
    let segment = json
        .get("segment")
        .map(|s| serde_json::from_value(s.clone()).unwrap());
    writer.finish(segment.as_ref()).unwrap()
}

#[test]
fn a_report_names_the_first_broken_entry_with_what_it_should_be() {
    let report = verify(
        &read("tampered_export/body_edit_seq5.json"),
        Some(&secret()),
    )
    .unwrap();
    let problem = report.problem.unwrap();
    assert_eq!((problem.seq, problem.position), (Some(5), Some(5)));
    assert!(problem.expected.unwrap().starts_with("478f9009c0c03f85"));
    assert!(problem.found.unwrap().starts_with("5901e178c1d56aa6"));
}

#[test]
fn a_right_link_for_a_forged_entry_is_never_shown() {
    let key = secret();
    let file = read("tampered_export/body_and_hash_seq5.json");
    let report = verify(&file, Some(&key)).unwrap();
    let json: Json = serde_json::from_slice(&file).unwrap();
    let entry = &json["entries"][4];
    let right = key
        .link(
            entry["prev_hash"].as_str().unwrap(),
            entry["canonical_hash"].as_str().unwrap(),
        )
        .to_string();
    assert_eq!(report.verdict, Verdict::Invalid);
    assert!(!serde_json::to_string(&report).unwrap().contains(&right));
}

/// Where each value of an export stands, as a JSON pointer.
fn pointers(json: &Json, at: &str, out: &mut Vec<String>) {
    match json {
        Json::Object(members) => {
            members
                .iter()
                .for_each(|(name, value)| pointers(value, &format!("{at}/{name}"), out));
        }
        Json::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(n, item)| pointers(item, &format!("{at}/{n}"), out));
        }
        _ => out.push(at.to_owned()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn any_changed_value_is_noticed_or_named_as_not_authenticated(
        file in prop::sample::select(vec!["chain_0012.v1.json", "chain_0012.v2.json",
            "seg_4_9.v1.json", "seg_last3.v2.json", "opaque_bodies.v1.json"]),
        which in any::<prop::sample::Index>(),
        change in 0..4,
    ) {
        let mut json: Json = serde_json::from_slice(&read(&format!("exports/{file}"))).unwrap();
        let mut places = Vec::new();
        pointers(&json, "", &mut places);
        let place = which.get(&places).clone();
        let value = json.pointer_mut(&place).unwrap();
        let changed = match (&*value, change) {
            (_, 0) => Json::Null,
            (Json::String(text), 1) => Json::String(text.to_uppercase()),
            (Json::String(text), 2) => Json::String(text.replacen(['a', '1', 'C'], "b", 1)),
            (Json::String(text), _) => Json::String(format!("{text}0")),
            (Json::Number(number), _) => Json::from(number.as_i64().unwrap() + i64::from(change)),
            (Json::Bool(bool), _) => Json::from(!bool),
            _ => Json::from("x"),
        };
        prop_assume!(*value != changed);
        *value = changed;
        let report = verify(json.to_string().as_bytes(), Some(&secret()));
        let member = place.rsplit('/').next().unwrap();
        // What a span's body decides must be noticed; to be named is not enough, unless it was the
        // one digest that old chains may lack.
        let of_span = place.starts_with("/entries/") && {
            let body = json.pointer(place.replace(member, "canonical_body_b64").as_str());
            body.and_then(Json::as_str).is_some_and(|body| body.starts_with("eyJhdHRyaWJ1dGVzIjp7"))
        };
        let decided = match member {
            "timestamp_ns" | "span_name" | "span_kind" => of_span,
            "semantic_body_hash" => of_span && !json.pointer(&place).unwrap().is_null(),
            _ => false,
        };
        let named = !decided && report.as_ref().is_ok_and(|report| {
            report.not_authenticated.iter().any(|line| line.contains(member))
        });
        let valid = report.is_ok_and(|report| report.verdict == Verdict::Valid);
        prop_assert!(!valid || named, "{file} {place} was changed and nobody said so");
    }

    #[test]
    fn any_bytes_give_a_report_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = verify(&bytes, Some(&secret()));
    }

    #[test]
    fn a_cut_file_is_never_valid(at in any::<prop::sample::Index>()) {
        let file = read("exports/chain_0001.v1.json");
        let cut = &file[..at.index(file.len())];
        prop_assert!(!verify(cut, Some(&secret())).is_ok_and(|r| r.verdict == Verdict::Valid));
    }
}

#[test]
fn items_come_in_the_order_of_the_file() {
    let file = read("exports/seg_4_9.v1.json");
    let mut reader = ExportReader::new(&file[..]);
    let mut seen = Vec::new();
    loop {
        match reader.next_item().unwrap() {
            Item::Member(name, _) => seen.push(name),
            Item::Entry(_) => seen.push("-".to_owned()),
            Item::End => break,
        }
    }
    assert_eq!(
        seen,
        [
            "version",
            "format",
            "created_at",
            "entries_count",
            "head_hash",
            "chain_signature",
            "-",
            "-",
            "-",
            "-",
            "-",
            "-",
            "segment"
        ]
    );
}
