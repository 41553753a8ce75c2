//! The scalar fields of OTLP/JSON, in every spelling that an encoder may choose.
//!
//! 64-bit integers are strings or numbers, doubles may be `"NaN"` and `"Infinity"`, enumerations are
//! numbers or names, ids are hexadecimal in either case, bytes are base64 with either alphabet, and a
//! string may hold `\u` escapes of lone surrogates, as JavaScript writes them.
//! <https://protobuf.dev/programming-guides/json/>

use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bijotel::seal::Value;
use bijotel::seal::canonical::read_json;
use opentelemetry_proto::tonic::logs::v1::SeverityNumber;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// An id's bytes; empty if it is not hexadecimal, so that its owner can be refused by name.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Id(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self(bytes_of_hex(text.as_bytes()).unwrap_or_default()))
    }
}

fn bytes_of_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.chunks(2).map(|pair| match *pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    });
    pairs.collect()
}

/// A signed 64-bit integer.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Signed(pub(super) i64);

/// An unsigned 64-bit integer.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Unsigned(pub(super) u64);

/// A double.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Double(pub(super) f64);

/// A number as JSON has it.
enum Number {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Signed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = match Number::deserialize(deserializer)? {
            Number::Signed(number) => Some(number),
            Number::Unsigned(number) => i64::try_from(number).ok(),
            Number::Float(number) => whole(number),
            Number::Text(text) => text
                .parse()
                .ok()
                .or_else(|| text.parse().ok().and_then(whole)),
        };
        number
            .map(Self)
            .ok_or_else(|| D::Error::custom("not a 64-bit integer"))
    }
}

impl<'de> Deserialize<'de> for Unsigned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = match Number::deserialize(deserializer)? {
            Number::Signed(number) => u64::try_from(number).ok(),
            Number::Unsigned(number) => Some(number),
            Number::Float(number) => whole(number).and_then(|number| u64::try_from(number).ok()),
            Number::Text(text) => text.parse().ok(),
        };
        number
            .map(Self)
            .ok_or_else(|| D::Error::custom("not an unsigned 64-bit integer"))
    }
}

impl<'de> Deserialize<'de> for Double {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = match Number::deserialize(deserializer)? {
            Number::Signed(number) => Some(number as f64),
            Number::Unsigned(number) => Some(number as f64),
            Number::Float(number) => Some(number),
            // Rust reads NaN and the infinities in these spellings too.
            Number::Text(text) => text.parse().ok(),
        };
        number
            .map(Self)
            .ok_or_else(|| D::Error::custom("not a number"))
    }
}

/// The integer that a double stands for, where it stands for exactly one.
fn whole(number: f64) -> Option<i64> {
    let exact = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    exact.then_some(number as i64)
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;

        impl Visitor<'_> for NumberVisitor {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a string of one")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number::Signed(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number::Unsigned(number))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
                Ok(Number::Float(number))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                Ok(Number::Text(text.to_owned()))
            }
        }

        deserializer.deserialize_any(NumberVisitor)
    }
}

/// A member of an enumeration; one that is not known is number 0, unspecified.
#[derive(Debug, PartialEq)]
pub(super) struct Enumeration<E> {
    pub(super) number: i32,
    of: PhantomData<E>,
}

/// An enumeration of OTLP.
pub(super) trait Named: Sized {
    /// The number of a name.
    fn number(name: &str) -> Option<i32>;
}

impl Named for SpanKind {
    fn number(name: &str) -> Option<i32> {
        Self::from_str_name(name).map(i32::from)
    }
}

impl Named for StatusCode {
    fn number(name: &str) -> Option<i32> {
        Self::from_str_name(name).map(i32::from)
    }
}

impl Named for SeverityNumber {
    fn number(name: &str) -> Option<i32> {
        Self::from_str_name(name).map(i32::from)
    }
}

impl<'de, E: Named> Deserialize<'de> for Enumeration<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = match Number::deserialize(deserializer)? {
            Number::Signed(number) => i32::try_from(number).ok(),
            Number::Unsigned(number) => i32::try_from(number).ok(),
            Number::Float(number) => whole(number).and_then(|number| i32::try_from(number).ok()),
            Number::Text(name) => E::number(&name),
        };
        Ok(Self {
            number: number.unwrap_or(0),
            of: PhantomData,
        })
    }
}

/// Bytes in base64.
#[derive(Debug, PartialEq)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const ANY_PADDING: GeneralPurposeConfig =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, ANY_PADDING);
        let text = String::deserialize(deserializer)?
            .replace('-', "+")
            .replace('_', "/");
        BASE64
            .decode(text)
            .map(Self)
            .map_err(|_| D::Error::custom("not base64"))
    }
}

/// A string, as the value that is sealed: one with lone surrogates is in its marked form.
#[derive(Debug, PartialEq)]
pub(super) struct Text(pub(super) Value);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl Visitor<'_> for TextVisitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            /// serde_json hands over lone surrogates in WTF-8, and checks nothing else.
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Text, E> {
                match std::str::from_utf8(bytes) {
                    Ok(text) => Ok(Text(Value::string(text))),
                    Err(_) => of_wtf8(bytes)
                        .map(Text)
                        .ok_or_else(|| E::custom("not UTF-8")),
                }
            }
        }

        deserializer.deserialize_bytes(TextVisitor)
    }
}

/// The value of a string in WTF-8: UTF-8 in which surrogates are encoded as if they were characters.
fn of_wtf8(mut bytes: &[u8]) -> Option<Value> {
    let mut json = String::from("\"");
    while !bytes.is_empty() {
        let (valid, rest) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, &bytes[bytes.len()..]),
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                (std::str::from_utf8(valid).ok()?, rest)
            }
        };
        let quoted = serde_json::to_string(valid).ok()?;
        json.push_str(quoted.strip_prefix('"')?.strip_suffix('"')?);
        bytes = match rest {
            [] => rest,
            [0xED, high @ 0xA0..=0xBF, low @ 0x80..=0xBF, rest @ ..] => {
                let surrogate = 0xD000 | (u32::from(high & 0x3F) << 6) | u32::from(low & 0x3F);
                json.push_str(&format!("\\u{surrogate:04x}"));
                rest
            }
            _ => return None,
        };
    }
    json.push('"');
    read_json(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn an_integer_is_a_number_or_a_string() {
        for json in ["-5", "\"-5\"", "-5.0", "\"-5.0\"", "-0.5e1"] {
            assert_eq!(read::<Signed>(json).unwrap(), Signed(-5), "{json}");
        }
        let greatest = format!("\"{}\"", u64::MAX);
        assert_eq!(read::<Unsigned>(&greatest).unwrap(), Unsigned(u64::MAX));
        for json in ["5.5", "\"\"", "\"five\"", "true", "1e300"] {
            assert!(read::<Signed>(json).is_err(), "{json}");
        }
        assert!(read::<Unsigned>("-1").is_err());
    }

    #[test]
    fn a_double_may_be_a_word() {
        assert!(read::<Double>("\"NaN\"").unwrap().0.is_nan());
        assert_eq!(
            read::<Double>("\"-Infinity\"").unwrap(),
            Double(f64::NEG_INFINITY)
        );
        assert_eq!(read::<Double>("\"0.5\"").unwrap(), Double(0.5));
        assert_eq!(read::<Double>("2").unwrap(), Double(2.0));
    }

    #[test]
    fn an_enumeration_is_a_number_or_a_name() {
        for json in ["3", "\"SPAN_KIND_CLIENT\""] {
            assert_eq!(
                read::<Enumeration<SpanKind>>(json).unwrap().number,
                3,
                "{json}"
            );
        }
        assert_eq!(
            read::<Enumeration<SpanKind>>("\"SPAN_KIND_NEW\"")
                .unwrap()
                .number,
            0
        );
    }

    #[test]
    fn an_id_is_hexadecimal_in_either_case() {
        assert_eq!(read::<Id>("\"00fFaB\"").unwrap(), Id(vec![0, 255, 171]));
        for json in ["\"abc\"", "\"zz\"", "\"\""] {
            assert_eq!(read::<Id>(json).unwrap(), Id(vec![]), "{json}");
        }
    }

    #[test]
    fn bytes_are_base64_with_either_alphabet() {
        for json in ["\"+/8=\"", "\"-_8\""] {
            assert_eq!(
                read::<Bytes>(json).unwrap(),
                Bytes(vec![251, 255]),
                "{json}"
            );
        }
        assert!(read::<Bytes>("\"?\"").is_err());
    }

    #[test]
    fn a_string_with_lone_surrogates_is_kept_in_its_marked_form() {
        let Text(value) = read(r#""\"a\" \ud83d\ude00 \ud800 z""#).unwrap();
        assert_eq!(value, read_json(r#""\"a\" 😀 \ud800 z""#).unwrap());
        assert!(value.as_object().is_some());
    }

    #[test]
    fn a_string_without_them_is_a_string() {
        let Text(value) = read(r#""\"a\" \ud83d\ude00 \n""#).unwrap();
        assert_eq!(value, Value::string("\"a\" 😀 \n"));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert!(serde_json::from_slice::<Text>(b"\"\xff\"").is_err());
    }
}
