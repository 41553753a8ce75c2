//! Events: any JSON value sealed as the body itself.

use crate::canonical::Value;

/// The name under which an event is sealed if none is given.
pub const DEFAULT_EVENT_NAME: &str = "audit.event";

/// The trace id of an event that belongs to no trace.
pub const NO_TRACE_ID: &str = "00000000000000000000000000000000";

/// The span id of an event that belongs to no span.
pub const NO_SPAN_ID: &str = "0000000000000000";

/// What is sealed that is not a span.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The body.
    pub body: Value,
    /// The entry's `span_name`.
    pub name: String,
    /// The trace that the event belongs to.
    pub trace_id: Option<[u8; 16]>,
    /// The span that the event belongs to.
    pub span_id: Option<[u8; 8]>,
    /// When it happened, in nanoseconds since 1970-01-01 UTC, as the caller claims.
    pub timestamp_ns: i64,
}

impl Event {
    /// An event with a name, a time and no span.
    pub fn new(name: impl Into<String>, timestamp_ns: i64, body: Value) -> Self {
        Self {
            body,
            name: name.into(),
            trace_id: None,
            span_id: None,
            timestamp_ns,
        }
    }
}
