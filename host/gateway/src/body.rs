//! Request bodies: their type, their limits, their decompression.

use std::io::{self, Read};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use crate::budget::{Budget, Reservation};
use crate::config::GatewayConfig;
use crate::otlp::{Encoding, Refusal};

/// What a compressed body may grow to before its ratio counts.
const RATIO_COUNTS_FROM: usize = 1 << 20;

/// How the body of a request is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
}

/// A body as it was sent, with the memory that it is allowed.
#[derive(Debug)]
pub(crate) struct Received {
    bytes: Vec<u8>,
    compression: Compression,
    reservation: Reservation,
}

/// The encoding that the headers name; `None` if it is none of OTLP's.
pub(crate) fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    match media_type(headers)?.as_str() {
        "application/x-protobuf" => Some(Encoding::Protobuf),
        "application/json" => Some(Encoding::Json),
        _ => None,
    }
}

/// The media type without its parameters. Only `charset=utf-8` may be one.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = only_value(headers, &header::CONTENT_TYPE)?.to_ascii_lowercase();
    let (essence, parameters) = value.split_once(';').unwrap_or((&value, ""));
    let known = matches!(
        parameters.trim(),
        "" | "charset=utf-8" | "charset=\"utf-8\""
    );
    known.then(|| essence.trim().to_owned())
}

fn compression(headers: &HeaderMap) -> Option<Compression> {
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return Some(Compression::None);
    }
    match only_value(headers, &header::CONTENT_ENCODING)?
        .to_ascii_lowercase()
        .as_str()
    {
        "identity" | "" => Some(Compression::None),
        "gzip" | "x-gzip" => Some(Compression::Gzip),
        _ => None,
    }
}

/// The value of a header that came once.
pub(crate) fn only_value<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Reads a body within the limits.
pub(crate) async fn receive(
    headers: &HeaderMap,
    mut body: Body,
    config: &GatewayConfig,
    budget: &Budget,
) -> Result<Received, Refusal> {
    let Some(compression) = compression(headers) else {
        discard(body, config).await;
        return Err(Refusal::wrong(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Content-Encoding must be gzip, identity or left out",
        ));
    };
    let limit = config.body_bytes;
    let announced = body.size_hint().lower();
    if announced > limit as u64 {
        discard(body, config).await;
        return Err(too_large(limit));
    }
    let mut received = Received {
        bytes: Vec::new(),
        compression,
        reservation: budget.reserve(),
    };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Refusal::wrong(StatusCode::BAD_REQUEST, "the body broke off before its end")
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if received.bytes.len() + data.len() > limit {
            discard(body, config).await;
            return Err(too_large(limit));
        }
        if received.reservation.grow(data.len()).is_err() {
            discard(body, config).await;
            return Err(overloaded(config));
        }
        received.bytes.extend_from_slice(&data);
    }
    Ok(received)
}

/// Reads on without keeping anything: a client that is still sending does not read our answer, and
/// takes a connection closed in its face for a reason to send the same again.
pub(crate) async fn discard(mut body: Body, config: &GatewayConfig) {
    let mut left = config.body_bytes.saturating_mul(4);
    while let Some(Ok(frame)) = body.frame().await {
        let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, |data| data.len())) else {
            return;
        };
        left = rest;
    }
}

impl Received {
    /// The body decompressed, within the limits, and the memory that it holds. Blocks.
    pub(crate) fn decompress(
        self,
        config: &GatewayConfig,
    ) -> Result<(Vec<u8>, Reservation), Refusal> {
        let Self {
            bytes,
            compression,
            mut reservation,
        } = self;
        if compression == Compression::None {
            return Ok((bytes, reservation));
        }
        let by_ratio = bytes
            .len()
            .saturating_mul(config.compression_ratio)
            .max(RATIO_COUNTS_FROM);
        let limit = config.decompressed_bytes.min(by_ratio);
        let mut decoder = MultiGzDecoder::new(bytes.as_slice());
        let mut plain = Vec::new();
        let mut chunk = vec![0; 64 << 10];
        loop {
            let count = match decoder.read(&mut chunk) {
                Ok(0) => return Ok((plain, reservation)),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => {
                    let message =
                        "the body is not what Content-Encoding says: it is no gzip stream";
                    return Err(Refusal::wrong(StatusCode::BAD_REQUEST, message));
                }
            };
            if plain.len() + count > limit {
                return Err(Refusal::wrong(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    format!(
                        "the body is more than {limit} bytes when decompressed; send fewer items \
                         in a request"
                    ),
                ));
            }
            reservation.grow(count).map_err(|_| overloaded(config))?;
            plain.extend_from_slice(&chunk[..count]);
        }
    }
}

/// Takes the memory that decoding a body needs.
pub(crate) fn make_room(
    weight: usize,
    reservation: &mut Reservation,
    config: &GatewayConfig,
) -> Result<(), Refusal> {
    if weight > config.decoded_bytes {
        let message = "the body holds too many items; send fewer in a request";
        return Err(Refusal::wrong(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    reservation.grow(weight).map_err(|_| overloaded(config))
}

fn too_large(limit: usize) -> Refusal {
    Refusal::wrong(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the body is more than {limit} bytes; send fewer items in a request"),
    )
}

fn overloaded(config: &GatewayConfig) -> Refusal {
    Refusal::unavailable(
        "other requests take all the memory that there is for bodies; send the same again",
        config.retry_after_seconds,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_the_two_media_types_of_otlp_are_known() {
        let of = |values: &[&str]| encoding(&with(&header::CONTENT_TYPE, values));
        assert_eq!(of(&["application/json"]), Some(Encoding::Json));
        assert_eq!(
            of(&["Application/JSON; charset=utf-8"]),
            Some(Encoding::Json)
        );
        assert_eq!(of(&["application/x-protobuf"]), Some(Encoding::Protobuf));
        for other in [
            "text/plain",
            "application/json; charset=latin1",
            "application/jsonx",
            "",
        ] {
            assert_eq!(of(&[other]), None, "{other}");
        }
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["application/json", "text/plain"]), None);
    }

    #[test]
    fn only_gzip_is_a_compression() {
        let of = |values: &[&str]| compression(&with(&header::CONTENT_ENCODING, values));
        assert_eq!(of(&[]), Some(Compression::None));
        assert_eq!(of(&["identity"]), Some(Compression::None));
        assert_eq!(of(&["gzip"]), Some(Compression::Gzip));
        assert_eq!(of(&["br"]), None);
        assert_eq!(of(&["gzip, gzip"]), None);
    }
}
