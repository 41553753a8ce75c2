//! What an export request is answered: success, partial success, or a status.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use opentelemetry_proto::tonic::collector::logs::v1 as logs;
use opentelemetry_proto::tonic::collector::trace::v1 as trace;
use prost::Message;
use serde_json::json;

use super::{Encoding, LogRecord, OtlpSpan, Signal};

/// How many refused items a partial success names; the others it counts.
const NAMED: usize = 16;

/// Items of a request that were refused for good: sending them again would not help.
#[derive(Debug, Default)]
pub(crate) struct Rejected {
    count: i64,
    named: Vec<String>,
}

impl Rejected {
    /// Adds one: which it is, and why.
    pub(crate) fn push(&mut self, which: &str, why: &str) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(format!("{which}: {why}"));
        }
    }

    fn message(&self) -> String {
        let mut message = self.named.join("; ");
        let more = usize::try_from(self.count).unwrap_or(usize::MAX) - self.named.len();
        if more > 0 {
            message.push_str(&format!("; and {more} more"));
        }
        message
    }
}

/// The answer to a request all of whose items were sealed, ignored or `rejected`.
pub(crate) fn success<S: Signal + Reply>(
    encoding: Encoding,
    rejected: &Rejected,
) -> Response<Body> {
    let partial = (rejected.count > 0).then(|| (rejected.count, rejected.message()));
    let body = match (encoding, partial) {
        (Encoding::Protobuf, partial) => S::protobuf(partial),
        (Encoding::Json, None) => b"{}".to_vec(),
        // A 64-bit integer is a string in this mapping.
        (Encoding::Json, Some((count, message))) => json!({
            "partialSuccess": {S::REJECTED: count.to_string(), "errorMessage": message}
        })
        .to_string()
        .into_bytes(),
    };
    response(StatusCode::OK, encoding, body)
}

/// The `Export…ServiceResponse` of a signal.
pub(crate) trait Reply {
    /// Its bytes; `partial` is how many items were refused, and which and why.
    fn protobuf(partial: Option<(i64, String)>) -> Vec<u8>;
}

impl Reply for OtlpSpan {
    fn protobuf(partial: Option<(i64, String)>) -> Vec<u8> {
        let partial_success =
            partial.map(
                |(rejected_spans, error_message)| trace::ExportTracePartialSuccess {
                    rejected_spans,
                    error_message,
                },
            );
        trace::ExportTraceServiceResponse { partial_success }.encode_to_vec()
    }
}

impl Reply for LogRecord {
    fn protobuf(partial: Option<(i64, String)>) -> Vec<u8> {
        let partial_success =
            partial.map(
                |(rejected_log_records, error_message)| logs::ExportLogsPartialSuccess {
                    rejected_log_records,
                    error_message,
                },
            );
        logs::ExportLogsServiceResponse { partial_success }.encode_to_vec()
    }
}

/// A request that is refused as a whole.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    message: String,
    /// Seconds after which the client should send the same again.
    retry_after: Option<u64>,
}

impl Refusal {
    /// The request itself is wrong; sending it again would not help.
    pub(crate) fn wrong(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            retry_after: None,
        }
    }

    /// Not now. The client should send the same again after some seconds.
    pub(crate) fn unavailable(message: impl Into<String>, retry_after: u64) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self {
            status,
            message: message.into(),
            retry_after: Some(retry_after),
        }
    }

    /// The answer as a `google.rpc.Status`, which OTLP asks for.
    pub(crate) fn otlp(self, encoding: Encoding) -> Response<Body> {
        let status = RpcStatus {
            code: self.rpc_code(),
            message: self.message.clone(),
        };
        let body = match encoding {
            Encoding::Protobuf => status.encode_to_vec(),
            Encoding::Json => json!({"code": status.code, "message": status.message})
                .to_string()
                .into_bytes(),
        };
        self.retrying(response(self.status, encoding, body))
    }

    /// The answer as the REST API gives it.
    pub(crate) fn rest(self) -> Response<Body> {
        let body = json!({"detail": self.message}).to_string().into_bytes();
        self.retrying(response(self.status, Encoding::Json, body))
    }

    fn retrying(&self, mut response: Response<Body>) -> Response<Body> {
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// INVALID_ARGUMENT or UNAVAILABLE.
    fn rpc_code(&self) -> i32 {
        if self.retry_after.is_some() { 14 } else { 3 }
    }
}

/// `google.rpc.Status` without details, which are not used.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

fn response(status: StatusCode, encoding: Encoding, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static(encoding.media_type());
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    response
}
