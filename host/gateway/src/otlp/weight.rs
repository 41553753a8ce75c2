//! How much memory a request takes once it is decoded, told before it is.
//!
//! An empty message is two bytes on the wire and hundreds in memory: 16 MiB of empty spans would be
//! gigabytes. So the messages in a body are counted first, without decoding them.

use super::Encoding;

/// prost decodes no more messages inside each other, and refuses the body.
const MAX_DEPTH: u32 = 100;

/// What an object takes in OTLP/JSON, whatever it becomes.
const JSON_OBJECT: usize = 512;

/// What a value takes in JSON of any shape, as a value and as a text that rules see.
const JSON_VALUE: usize = 256;

/// A message of OTLP: what one takes while it is decoded, and the messages in it by field number.
struct Kind {
    bytes: usize,
    fields: &'static [(u64, &'static Kind)],
}

static KEY_VALUE: Kind = Kind {
    bytes: 256,
    fields: &[(2, &ANY_VALUE)],
};
static ANY_VALUE: Kind = Kind {
    bytes: 128,
    fields: &[(5, &ARRAY), (6, &LIST)],
};
static ARRAY: Kind = Kind {
    bytes: 64,
    fields: &[(1, &ANY_VALUE)],
};
static LIST: Kind = Kind {
    bytes: 64,
    fields: &[(1, &KEY_VALUE)],
};

static RESOURCE: Kind = Kind {
    bytes: 256,
    fields: &[(1, &KEY_VALUE), (3, &ENTITY)],
};
static ENTITY: Kind = Kind {
    bytes: 256,
    fields: &[],
};
static SCOPE: Kind = Kind {
    bytes: 256,
    fields: &[(3, &KEY_VALUE)],
};

/// `ExportTraceServiceRequest`
pub(super) static TRACES: Message = Message(Kind {
    bytes: 64,
    fields: &[(1, &RESOURCE_SPANS)],
});
static RESOURCE_SPANS: Kind = Kind {
    bytes: 512,
    fields: &[(1, &RESOURCE), (2, &SCOPE_SPANS)],
};
static SCOPE_SPANS: Kind = Kind {
    bytes: 512,
    fields: &[(1, &SCOPE), (2, &SPAN)],
};
static SPAN: Kind = Kind {
    bytes: 1024,
    fields: &[(9, &KEY_VALUE), (11, &EVENT), (13, &LINK)],
};
static EVENT: Kind = Kind {
    bytes: 384,
    fields: &[(3, &KEY_VALUE)],
};
static LINK: Kind = Kind {
    bytes: 384,
    fields: &[(4, &KEY_VALUE)],
};

/// `ExportLogsServiceRequest`
pub(super) static LOGS: Message = Message(Kind {
    bytes: 64,
    fields: &[(1, &RESOURCE_LOGS)],
});
static RESOURCE_LOGS: Kind = Kind {
    bytes: 512,
    fields: &[(1, &RESOURCE), (2, &SCOPE_LOGS)],
};
static SCOPE_LOGS: Kind = Kind {
    bytes: 512,
    fields: &[(1, &SCOPE), (2, &LOG_RECORD)],
};
static LOG_RECORD: Kind = Kind {
    bytes: 1024,
    fields: &[(5, &ANY_VALUE), (6, &KEY_VALUE)],
};

/// A message that is the body of a request.
pub(super) struct Message(Kind);

impl Message {
    /// The bytes that `body` takes once it is decoded, estimated from above. Of a malformed body, what
    /// decoding takes until it is refused.
    pub(super) fn weight(&self, body: &[u8], encoding: Encoding) -> usize {
        let structure = match encoding {
            Encoding::Protobuf => of_messages(body, &self.0, 0),
            Encoding::Json => count(body, b"{").saturating_mul(JSON_OBJECT),
        };
        structure.saturating_add(body.len())
    }
}

fn of_messages(mut wire: &[u8], kind: &Kind, depth: u32) -> usize {
    let mut bytes = kind.bytes;
    if depth == MAX_DEPTH {
        return bytes;
    }
    while let Some((field, value)) = next_field(&mut wire) {
        if let Some(value) = value
            && let Some((_, kind)) = kind.fields.iter().find(|(number, _)| *number == field)
        {
            bytes = bytes.saturating_add(of_messages(value, kind, depth + 1));
        }
    }
    bytes
}

/// The number of the next field, and its bytes if it is delimited by its length. `None` at the end, or
/// where decoding would stop.
/// <https://protobuf.dev/programming-guides/encoding/>
fn next_field<'w>(wire: &mut &'w [u8]) -> Option<(u64, Option<&'w [u8]>)> {
    let key = varint(wire)?;
    let value = match key & 7 {
        0 => varint(wire).map(|_| None)?,
        1 => wire.split_off(..8).map(|_| None)?,
        2 => {
            let length = usize::try_from(varint(wire)?).ok()?;
            Some(wire.split_off(..length)?)
        }
        5 => wire.split_off(..4).map(|_| None)?,
        // Groups, which begin and end with a key alone.
        3 | 4 => None,
        _ => return None,
    };
    Some((key >> 3, value))
}

fn varint(wire: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let byte = *wire.split_off_first()?;
        value |= u64::from(byte & 0x7F).checked_shl(shift).unwrap_or(0);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// The bytes that JSON of any shape takes once it is read, estimated from above.
pub(crate) fn of_json(json: &[u8]) -> usize {
    count(json, b"{[,").saturating_mul(JSON_VALUE)
}

/// How often one of the bytes `wanted` comes in a JSON text, outside of its strings.
fn count(json: &[u8], wanted: &[u8]) -> usize {
    let mut count = 0;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => loop {
                match bytes.next() {
                    None | Some(b'"') => break,
                    Some(b'\\') => {
                        bytes.next();
                    }
                    Some(_) => {}
                }
            },
            byte if wanted.contains(byte) => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value};
    use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use prost::Message as _;

    use super::*;

    fn weight(spans: Vec<Span>) -> usize {
        let scope_spans = vec![ScopeSpans {
            spans,
            ..Default::default()
        }];
        let resource_spans = vec![ResourceSpans {
            scope_spans,
            ..Default::default()
        }];
        let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        TRACES.weight(&body, Encoding::Protobuf)
    }

    #[test]
    fn every_kind_of_message_weighs_what_it_takes_in_memory() {
        const MANY: usize = 1000;
        let value = AnyValue { value: None };
        let array = any_value::Value::ArrayValue(ArrayValue {
            values: vec![value; MANY],
        });
        let array = KeyValue {
            value: Some(AnyValue { value: Some(array) }),
            ..Default::default()
        };
        let events = vec![Event::default(); MANY];
        let links = vec![Link::default(); MANY];
        let attributes = vec![KeyValue::default(); MANY];
        for (spans, each) in [
            (vec![Span::default(); MANY], size_of::<Span>()),
            (
                vec![Span {
                    events,
                    ..Default::default()
                }],
                size_of::<Event>(),
            ),
            (
                vec![Span {
                    links,
                    ..Default::default()
                }],
                size_of::<Link>(),
            ),
            (
                vec![Span {
                    attributes,
                    ..Default::default()
                }],
                size_of::<KeyValue>(),
            ),
            (
                vec![Span {
                    attributes: vec![array],
                    ..Default::default()
                }],
                size_of::<AnyValue>(),
            ),
        ] {
            // Twice, because a growing list is copied and because it is decoded into our own form.
            assert!(weight(spans) > 2 * MANY * each, "{each}");
        }
    }

    #[test]
    fn a_usual_request_weighs_little_more_than_its_bytes() {
        let body = include_bytes!("../../../../tests/vectors/otlp/openai-traces.pb");
        let weight = TRACES.weight(body, Encoding::Protobuf);
        assert!(
            (body.len()..15 * body.len()).contains(&weight),
            "{weight} of {}",
            body.len()
        );
    }

    #[test]
    fn objects_in_strings_do_not_count() {
        assert_eq!(count(br#"{"a{": [{}, "{\"{", {"b": "\\"}]}"#, b"{"), 3);
    }

    #[test]
    fn what_is_malformed_or_deep_is_weighed_without_harm() {
        for bytes in [
            &[0x0A, 0xFF, 0xFF][..],
            &[0x0A; 10_000],
            &[0xFF; 100],
            &[0x0F],
            &[],
        ] {
            TRACES.weight(bytes, Encoding::Protobuf);
            LOGS.weight(bytes, Encoding::Json);
        }
    }
}
