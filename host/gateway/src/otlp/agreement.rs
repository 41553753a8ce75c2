//! Both encodings of the same telemetry decode to the same.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::{LogRecord as ProtoLog, ResourceLogs, ScopeLogs};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;
use serde_json::{Value as Json, json};

use super::{Encoding, LogRecord, OtlpSpan, Signal};

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(None),
        any::<String>().prop_map(|text| Some(Any::StringValue(text))),
        any::<bool>().prop_map(|value| Some(Any::BoolValue(value))),
        any::<i64>().prop_map(|number| Some(Any::IntValue(number))),
        any::<f64>().prop_map(|number| Some(Any::DoubleValue(number))),
        vec(any::<u8>(), 0..9).prop_map(|bytes| Some(Any::BytesValue(bytes))),
    ];
    let leaf = leaf.prop_map(|value| AnyValue { value });
    leaf.prop_recursive(4, 32, 6, |inner| {
        let array =
            vec(inner.clone(), 0..6).prop_map(|values| Any::ArrayValue(ArrayValue { values }));
        let list = vec((any::<String>(), inner), 0..6).prop_map(|pairs| {
            let values = pairs.into_iter().map(|(key, value)| KeyValue {
                key,
                value: Some(value),
                ..Default::default()
            });
            Any::KvlistValue(KeyValueList {
                values: values.collect(),
            })
        });
        prop_oneof![array, list].prop_map(|value| AnyValue { value: Some(value) })
    })
}

/// The JSON mapping, written from the specification.
fn json_of(value: &AnyValue) -> Json {
    match &value.value {
        None => json!({}),
        Some(Any::StringValue(text)) => json!({"stringValue": text}),
        Some(Any::BoolValue(value)) => json!({"boolValue": value}),
        Some(Any::IntValue(number)) => json!({"intValue": number.to_string()}),
        Some(Any::DoubleValue(number)) if number.is_nan() => json!({"doubleValue": "NaN"}),
        Some(Any::DoubleValue(number)) if number.is_infinite() => {
            let sign = if *number > 0.0 { "" } else { "-" };
            json!({"doubleValue": format!("{sign}Infinity")})
        }
        Some(Any::DoubleValue(number)) => json!({"doubleValue": number}),
        Some(Any::BytesValue(bytes)) => {
            use base64::Engine as _;
            json!({"bytesValue": base64::engine::general_purpose::STANDARD.encode(bytes)})
        }
        Some(Any::ArrayValue(array)) => {
            json!({"arrayValue": {"values": array.values.iter().map(json_of).collect::<Vec<_>>()}})
        }
        Some(Any::KvlistValue(list)) => {
            let pair = |pair: &KeyValue| json!({"key": pair.key, "value": pair.value.as_ref().map(json_of)});
            json!({"kvlistValue": {"values": list.values.iter().map(pair).collect::<Vec<_>>()}})
        }
        Some(Any::StringValueStrindex(_)) => unreachable!("not generated"),
    }
}

proptest! {
    #[test]
    fn any_value_decodes_to_the_same_from_both_encodings(value in any_value()) {
        let json = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [
            {"body": json_of(&value)}
        ]}]}]});
        let log_records = vec![ProtoLog { body: Some(value), ..Default::default() }];
        let scope_logs = vec![ScopeLogs { log_records, ..Default::default() }];
        let resource_logs = vec![ResourceLogs { scope_logs, ..Default::default() }];
        let protobuf = ExportLogsServiceRequest { resource_logs }.encode_to_vec();

        let of_protobuf = LogRecord::decode(&protobuf, Encoding::Protobuf).unwrap();
        let of_json = LogRecord::decode(json.to_string().as_bytes(), Encoding::Json).unwrap();
        prop_assert_eq!(&of_protobuf[0].body, &of_json[0].body);
        prop_assert_eq!(of_protobuf[0].body.to_canonical(), of_json[0].body.to_canonical());
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        for encoding in [Encoding::Protobuf, Encoding::Json] {
            OtlpSpan::weight(&bytes, encoding);
            let _ = OtlpSpan::decode(&bytes, encoding);
            let _ = LogRecord::decode(&bytes, encoding);
        }
    }
}
