//! Canonical bytes against those that the Python tool wrote, and against a second implementation.

use bijotel_seal::canonical::{Value, read_json, read_sealed, write_number};
use bijotel_seal::entry::SpanShape;
use bijotel_seal::semantic::NEWEST;
use bijotel_seal::{Digest, Span, SpanKind, StatusCode};
use proptest::prelude::*;
use serde_json::Value as Json;

const VECTORS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/vectors/bijotel/canon"
);

#[test]
fn numbers_are_spelled_as_ecmascript_does() {
    let vectors = load("jcs_numbers.json");
    let numbers = vectors["numbers"].as_array().unwrap();
    assert!(numbers.len() > 1000);
    for number in numbers {
        let bits = u64::from_str_radix(number["bits"].as_str().unwrap(), 16).unwrap();
        let mut out = Vec::new();
        write_number(f64::from_bits(bits), &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            number["jcs"].as_str().unwrap(),
            "{number}"
        );
    }
}

#[test]
fn span_bodies_and_digests_are_those_of_the_python_tool() {
    let vectors = load("span_vectors.json");
    let vectors = vectors["vectors"].as_array().unwrap();
    assert!(vectors.len() > 10);
    for vector in vectors {
        let Some(canonical) = vector["canonical_body_b64"].as_str() else {
            continue;
        };
        let bodies = span_of(&vector["span"]).bodies();
        assert_eq!(text(&bodies.canonical), text(&base64(canonical)));
        let semantic = base64(vector["semantic_body_b64"].as_str().unwrap());
        assert_eq!(text(&bodies.semantic), text(&semantic));
        assert_eq!(
            Digest::of(&bodies.canonical).to_string(),
            vector["canonical_hash"]
        );
        assert_eq!(
            Digest::of(&bodies.semantic).to_string(),
            vector["semantic_body_hash"]
        );
    }
}

#[test]
fn spans_that_the_python_tool_drops_are_sealed() {
    for messages in [
        "[9007199254740992]",
        "[NaN]",
        "[1e999]",
        r#"["\ud800"]"#,
        &"[".repeat(2000),
    ] {
        let body = text(&span_with_messages(messages).bodies().canonical);
        let value = read_sealed(&body).unwrap();
        assert_eq!(
            text(&value.to_canonical()),
            body,
            "canonical bytes are a fixed point"
        );
    }
}

#[test]
fn a_body_as_deep_as_python_reads_is_still_recognised_as_a_span() {
    let messages = "[".repeat(990) + &"]".repeat(990);
    let mut span = span_with_messages(&messages);
    let body = span.bodies().canonical;
    assert!(text(&body).contains(&format!(r#""gen_ai.input.messages":{messages}"#)));
    let shape = SpanShape::of(&body).unwrap();
    assert_eq!((&*shape.name, shape.end_time_ns), ("chat", 2));
    span.end_time_ns = 3;
    assert_eq!(shape.semantic_body(NEWEST), span.bodies().semantic);
}

#[test]
fn what_jcs_cannot_hold_is_marked() {
    let marked = |json: &str| text(&read_json(json).unwrap().to_canonical());
    assert_eq!(marked("9007199254740991"), "9007199254740991");
    assert_eq!(
        marked("9007199254740992"),
        r#"{"$bijotel":"integer","text":"9007199254740992"}"#
    );
    assert_eq!(
        marked("-123456789012345678901234567890"),
        r#"{"$bijotel":"integer","text":"-123456789012345678901234567890"}"#
    );
    assert_eq!(marked("[NaN]"), r#"[{"$bijotel":"number","text":"NaN"}]"#);
    assert_eq!(
        marked("-Infinity"),
        r#"{"$bijotel":"number","text":"-Infinity"}"#
    );
    assert_eq!(marked("-1e400"), r#"{"$bijotel":"number","text":"-1e400"}"#);
    assert_eq!(
        marked(r#""a\\\ud800z""#),
        r#"{"$bijotel":"string","escaped":"a\\\\\\ud800z"}"#
    );
    assert_eq!(marked(r#""\ud83d\ude00""#), "\"😀\"");
    assert_eq!(
        marked(r#"{"\udc00":1,"b":2}"#),
        r#"{"$bijotel":"object","members":[[{"$bijotel":"string","escaped":"\\udc00"},1],["b",2]]}"#
    );
    assert_eq!(
        text(&Value::bytes(b"\0\xff").to_canonical()),
        r#"{"$bijotel":"bytes","base64":"AP8="}"#
    );
    assert_eq!(
        text(&Value::float(f64::NAN).to_canonical()),
        r#"{"$bijotel":"number","text":"NaN"}"#
    );
    let twice = Value::object([
        ("k".to_owned(), Value::integer(1)),
        ("k".to_owned(), Value::integer(2)),
        ("k".to_owned(), Value::integer(3)),
    ]);
    assert_eq!(
        text(&twice.to_canonical()),
        r#"{"k":{"$bijotel":"duplicates","values":[1,2,3]}}"#
    );
}

#[test]
fn nobody_can_fake_a_mark() {
    let marked = |json: &str| text(&read_json(json).unwrap().to_canonical());
    assert_eq!(
        marked(r#"{"$bijotel":"integer","text":"1"}"#),
        r#"{"$$bijotel":"integer","text":"1"}"#
    );
    assert_eq!(marked(r#"{"$$bijotel":1}"#), r#"{"$$$bijotel":1}"#);
    assert_eq!(
        marked(r#"{"bijotel":1,"x$bijotel":2}"#),
        r#"{"bijotel":1,"x$bijotel":2}"#
    );
}

#[test]
fn message_text_is_read_as_python_reads_it() {
    let embedded = |messages: &str| {
        let body = read_sealed(&text(&span_with_messages(messages).bodies().canonical)).unwrap();
        let attributes = body.as_object().unwrap().get("attributes").unwrap();
        text(
            &attributes
                .as_object()
                .unwrap()
                .get("gen_ai.input.messages")
                .unwrap()
                .to_canonical(),
        )
    };
    assert_eq!(embedded("42"), "42");
    assert_eq!(embedded("1.0"), "1");
    assert_eq!(embedded("null"), "null");
    assert_eq!(embedded(r#"{"a":1,"a":2}"#), r#"{"a":2}"#);
    assert_eq!(embedded(" [1 , 2]\n"), "[1,2]");
    assert_eq!(embedded("[1,2"), r#""[1,2""#);
    assert_eq!(embedded("01"), r#""01""#);
    assert_eq!(embedded("1."), r#""1.""#);
    assert_eq!(embedded("-"), r#""-""#);
    assert_eq!(embedded("\u{feff}1"), "\"\u{feff}1\"");
    assert_eq!(embedded("[1,]"), r#""[1,]""#);
    assert_eq!(embedded("\"tab\there\""), r#""\"tab\there\"""#);
}

#[test]
fn names_are_ordered_by_utf16_code_units() {
    let json = "{\"\u{fb33}\":2,\"\u{1f600}\":1,\"a\":0}";
    assert_eq!(
        text(&read_json(json).unwrap().to_canonical()),
        "{\"a\":0,\"\u{1f600}\":1,\"\u{fb33}\":2}"
    );
}

#[test]
fn an_object_of_many_unordered_names_takes_no_quadratic_time() {
    let members: Vec<String> = (0..200_000)
        .rev()
        .map(|n| format!("\"k{n:07}\":{n}"))
        .collect();
    let value = read_json(&format!("{{{}}}", members.join(","))).unwrap();
    assert_eq!(value.as_object().unwrap().len(), 200_000);
}

fn json_strategy() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-9007199254740991i64..=9007199254740991).prop_map(Json::from),
        any::<f64>()
            .prop_filter("finite", |n| n.is_finite())
            .prop_map(Json::from),
        "\\PC*".prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Json::from),
            prop::collection::hash_map(any::<String>(), inner, 0..8)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_value_gets_the_bytes_of_another_implementation(json in json_strategy()) {
        let ours = read_json(&json.to_string()).unwrap().to_canonical();
        let theirs = serde_json_canonicalizer::to_vec(&json).unwrap();
        prop_assert_eq!(text(&ours), text(&theirs));
    }

    #[test]
    fn canonical_text_reads_back_as_itself(json in json_strategy()) {
        let sealed = text(&read_json(&json.to_string()).unwrap().to_canonical());
        prop_assert_eq!(text(&read_sealed(&sealed).unwrap().to_canonical()), sealed);
    }

    #[test]
    fn reading_never_panics(parts in prop::collection::vec(
        prop::sample::select(vec!["{", "}", "[", "]", "\"", "\\", "\\u", "d800", "dc00", ":", ",",
            "1", "-", ".", "e", "NaN", "Infinity", "true", " ", "é", "\u{1f600}"]), 0..40)) {
        let _ = read_json(&parts.concat());
    }
}

fn load(name: &str) -> Json {
    let text = std::fs::read_to_string(format!("{VECTORS}/{name}")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

fn span_with_messages(messages: &str) -> Span {
    Span {
        trace_id: [1; 16],
        span_id: [2; 8],
        name: "chat".to_owned(),
        kind: SpanKind::Client,
        attributes: vec![("gen_ai.input.messages".to_owned(), Value::string(messages))],
        status_code: StatusCode::Unset,
        status_description: None,
        start_time_ns: 1,
        end_time_ns: 2,
    }
}

fn span_of(span: &Json) -> Span {
    let attributes = span["attributes"].as_object().unwrap();
    Span {
        trace_id: [0; 16],
        span_id: [0; 8],
        name: span["name"].as_str().unwrap().to_owned(),
        kind: match span["kind"].as_str().unwrap() {
            "INTERNAL" => SpanKind::Internal,
            "SERVER" => SpanKind::Server,
            "CLIENT" => SpanKind::Client,
            "PRODUCER" => SpanKind::Producer,
            "CONSUMER" => SpanKind::Consumer,
            other => panic!("{other}"),
        },
        attributes: attributes
            .iter()
            .map(|(k, v)| (k.clone(), typed(v)))
            .collect(),
        status_code: match span["status_code"].as_str().unwrap() {
            "UNSET" => StatusCode::Unset,
            "OK" => StatusCode::Ok,
            "ERROR" => StatusCode::Error,
            other => panic!("{other}"),
        },
        status_description: span["status_description"].as_str().map(str::to_owned),
        start_time_ns: span["start_time_ns"].as_str().unwrap().parse().unwrap(),
        end_time_ns: span["end_time_ns"].as_str().unwrap().parse().unwrap(),
    }
}

fn typed(value: &Json) -> Value {
    let v = &value["v"];
    match value["t"].as_str().unwrap() {
        "string" => Value::string(v.as_str().unwrap()),
        "int" => Value::integer(v.as_str().unwrap().parse().unwrap()),
        "double" => {
            let bits = u64::from_str_radix(value["bits"].as_str().unwrap(), 16).unwrap();
            Value::float(f64::from_bits(bits))
        }
        "bool" => Value::Bool(v.as_bool().unwrap()),
        "array" => Value::Array(v.as_array().unwrap().iter().map(typed).collect()),
        other => panic!("{other}"),
    }
}
