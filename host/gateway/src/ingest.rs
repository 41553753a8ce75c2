//! `POST /v1/traces` and `POST /v1/logs`: an export is answered when it is sealed.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use bijotel::{Event, Host, HostError, SealOutcome};

use crate::app::App;
use crate::body::{self, Received};
use crate::otlp::{Encoding, LogRecord, OtlpSpan, Refusal, Rejected, Reply, Signal, success};
use crate::sealed_form::{LogForms, SpanForms, hex, is_ours, span_forms};

/// A kind of telemetry that can be sealed.
pub(crate) trait Seal: Signal + Reply {
    /// Seals what is about model calls of one request's items; returns once it is on the disk.
    fn seal(host: &Host, items: Vec<Self>) -> Result<Rejected, HostError>;
}

/// Handles one export request.
pub(crate) async fn export<S: Seal>(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Some(encoding) = body::encoding(&head.headers) else {
        body::discard(body, &app.config).await;
        let message = "Content-Type must be application/x-protobuf or application/json";
        return Refusal::wrong(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).otlp(Encoding::Json);
    };
    let work = async {
        let received = body::receive(&head.headers, body, &app.config, &app.budget).await?;
        let config = Arc::clone(&app);
        app.blocking(move || seal::<S>(&config, received, encoding))
            .await
    };
    match app.in_time(work).await {
        Ok(response) => response,
        Err(refusal) => refusal.otlp(encoding),
    }
}

fn seal<S: Seal>(
    app: &App,
    received: Received,
    encoding: Encoding,
) -> Result<Response<Body>, Refusal> {
    let (body, mut reservation) = received.decompress(&app.config)?;
    body::make_room(S::weight(&body, encoding), &mut reservation, &app.config)?;
    let items = S::decode(&body, encoding)
        .map_err(|error| Refusal::wrong(StatusCode::BAD_REQUEST, error.to_string()))?;
    drop(body);
    body::make_room(S::content_weight(&items), &mut reservation, &app.config)?;
    let rejected = S::seal(&app.host, items).map_err(|error| app.unsealed(&error))?;
    drop(reservation);
    Ok(success::<S>(encoding, &rejected))
}

impl Seal for OtlpSpan {
    fn seal(host: &Host, items: Vec<Self>) -> Result<Rejected, HostError> {
        let mut rejected = Rejected::default();
        let (mut spans, mut events) = (Vec::new(), Vec::new());
        for item in items.into_iter().filter(is_ours) {
            let which = format!("{} {}", Self::ONE, hex(&item.span_id));
            match span_forms(item) {
                Ok(SpanForms {
                    span,
                    events: of_span,
                }) => {
                    spans.extend(span);
                    events.extend(of_span);
                }
                Err(why) => rejected.push(&which, &why),
            }
        }
        // Both kinds may come again: if the second write fails, the client sends all of it once more.
        append(host, &events)?;
        if spans.is_empty() {
            return Ok(rejected);
        }
        let ids: Vec<_> = spans.iter().map(|span| span.span_id).collect();
        for (outcome, id) in host.seal(spans)?.into_iter().zip(ids) {
            if let SealOutcome::Refused(why) = outcome {
                rejected.push(&format!("{} {}", Self::ONE, hex(&id)), &why);
            }
        }
        Ok(rejected)
    }
}

impl Seal for LogRecord {
    fn seal(host: &Host, items: Vec<Self>) -> Result<Rejected, HostError> {
        let mut rejected = Rejected::default();
        let mut forms = LogForms::default();
        let mut events = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let which = format!("{} {index} of the request", Self::ONE);
            match forms.form(item) {
                Ok(event) => events.extend(event),
                Err(why) => rejected.push(&which, &why),
            }
        }
        append(host, &events)?;
        Ok(rejected)
    }
}

fn append(host: &Host, events: &[Event]) -> Result<(), HostError> {
    if !events.is_empty() {
        host.append_once(events)?;
    }
    Ok(())
}
