//! Decisions as entries: the policy's sealed form, and what the decision was about.

use bijotel_policy::{Call, Decision};
use bijotel_seal::canonical::{Value, read_json};
use bijotel_seal::event::Event;
use bijotel_seal::{ChainKey, Digest, Draft};

use crate::error::HostError;

/// The name under which decisions are sealed.
pub(crate) const DECISION: &str = "bijotel.decision";

/// What a decision was about.
pub(crate) enum Subject<'s> {
    /// An entry, named by its body's digest; the decision gets the same ids.
    Entry(&'s Draft),
    /// A call that is not itself sealed, named by a keyed digest: a bare digest of a short prompt
    /// could be guessed.
    Call(&'s Call, &'s ChainKey),
}

/// The entry of a decision, at the time of what it was about.
pub(crate) fn decision_draft(
    decision: &Decision,
    subject: &Subject<'_>,
    timestamp_ns: i64,
) -> Result<Draft, HostError> {
    let sealed = read_json(&decision.to_sealed_json())
        .map_err(|error| HostError::Decision(error.to_string()))?;
    let Value::Object(members) = sealed else {
        return Err(HostError::Decision(
            "its sealed form is not an object".to_owned(),
        ));
    };
    let mut members = members.into_members();
    members.push(("subject".to_owned(), subject.value()?));
    let body = Value::object(members);
    let mut draft = Draft::of_event(&Event::new(DECISION, timestamp_ns, body))?;
    if let Subject::Entry(entry) = subject {
        draft.trace_id.clone_from(&entry.trace_id);
        draft.span_id.clone_from(&entry.span_id);
    }
    draft.rule_set = Some(decision.rule_set);
    Ok(draft)
}

impl Subject<'_> {
    fn value(&self) -> Result<Value, HostError> {
        let (kind, name, digest) = match self {
            Self::Entry(entry) => ("entry", "canonical_hash", entry.canonical_hash),
            Self::Call(call, key) => ("call", "hmac_sha256", call_code(call, key)?),
        };
        Ok(Value::object([
            ("kind".to_owned(), Value::string(kind)),
            (name.to_owned(), Value::string(digest.to_string())),
        ]))
    }
}

/// `HMAC-SHA256(key, "bijotel-call-v1:" ++ canonical JSON of the call)`.
fn call_code(call: &Call, key: &ChainKey) -> Result<Digest, HostError> {
    let failed = |error: String| HostError::Decision(error);
    let json = serde_json::to_string(call).map_err(|error| failed(error.to_string()))?;
    let value = read_json(&json).map_err(|error| failed(error.to_string()))?;
    Ok(key.mac(&[b"bijotel-call-v1:", &value.to_canonical()]))
}
