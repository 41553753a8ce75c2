//! The REST API: health, version and the dry run of the rules, in bijotel's shapes.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bijotel::policy::{Call, Decision, Stage, VerdictKind};
use bijotel::seal::canonical::read_json;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use crate::app::App;
use crate::body;
use crate::otlp::{Encoding, Refusal, of_json};

/// `GET /health`: 200 if the chain's file is there, else 503.
pub(crate) async fn health(State(app): State<Arc<App>>) -> Response {
    let database = app.host.database();
    let exists = database.is_file();
    let (code, status) = if exists {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no database")
    };
    let health = json!({
        "status": status,
        "version": env!("CARGO_PKG_VERSION"),
        // Without its folder: what the machine looks like is nobody's business.
        "db": database.file_name().unwrap_or_default().to_string_lossy(),
        "db_exists": exists,
    });
    (code, Json(health)).into_response()
}

/// `GET /version`.
pub(crate) async fn version() -> Response {
    Json(json!({"version": env!("CARGO_PKG_VERSION"), "package": "bijotel"})).into_response()
}

/// `POST /policy/evaluate`: what the rules say of a call. Nothing is sealed.
///
/// The body is a call in the JSON form of [`Call`], or bijotel's request: `messages`, `model`,
/// `max_tokens`. Messages may be in any provider's form; places then begin with `/messages`.
pub(crate) async fn evaluate(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if body::encoding(&head.headers) != Some(Encoding::Json) {
        body::discard(body, &app.config).await;
        let message = "Content-Type must be application/json";
        return Refusal::wrong(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).rest();
    }
    let work = async {
        let received = body::receive(&head.headers, body, &app.config, &app.budget).await?;
        let shared = Arc::clone(&app);
        app.blocking(move || {
            let (body, mut reservation) = received.decompress(&shared.config)?;
            body::make_room(of_json(&body), &mut reservation, &shared.config)?;
            Ok(match read_call(&body) {
                Ok(call) => Json(evaluated(&shared, &call)?).into_response(),
                Err(invalid) => invalid.response(),
            })
        })
        .await
    };
    app.in_time(work).await.unwrap_or_else(Refusal::rest)
}

/// The answer: bijotel's members, then ours.
#[derive(Serialize)]
struct Evaluated {
    /// `deny` if the call must not go ahead (it is denied, or held until a person has decided), else
    /// `allow`.
    decision: &'static str,
    denied: bool,
    deny_rule: Option<String>,
    deny_reason: Option<String>,
    warnings: Vec<Warning>,
    evaluation_ms: f64,
    #[serde(flatten)]
    details: Decision,
}

#[derive(Serialize)]
struct Warning {
    rule: String,
    reason: String,
}

fn evaluated(app: &App, call: &Call) -> Result<Evaluated, Refusal> {
    let started = Instant::now();
    let decision = app.host.dry_run(call);
    let evaluation_ms = started.elapsed().as_secs_f64() * 1000.0;
    let decision = decision.map_err(|error| app.unjudged(&error))?;
    Ok(Evaluated::of(decision, evaluation_ms))
}

impl Evaluated {
    fn of(details: Decision, evaluation_ms: f64) -> Self {
        let denied = matches!(details.verdict, VerdictKind::Deny | VerdictKind::Escalate);
        let warnings = details
            .outcomes
            .iter()
            .filter(|o| o.verdict.kind() == VerdictKind::Warn && !o.shadow);
        let warnings = warnings.flat_map(|outcome| {
            outcome.findings.iter().map(|finding| Warning {
                rule: outcome.name.clone(),
                reason: finding.reason.clone(),
            })
        });
        Self {
            decision: if denied { "deny" } else { "allow" },
            denied,
            deny_rule: details.rule.clone().filter(|_| denied),
            deny_reason: details.reason.clone().filter(|_| denied),
            warnings: warnings.collect(),
            evaluation_ms,
            details,
        }
    }
}

/// bijotel's request.
#[derive(Deserialize)]
struct Messages {
    messages: Vec<Box<RawValue>>,
    model: Option<String>,
    max_tokens: Option<u64>,
}

/// Why a body is no request: where in it, and what is wrong there.
struct Invalid {
    place: String,
    message: String,
}

fn read_call(body: &[u8]) -> Result<Call, Invalid> {
    /// Tells the two shapes apart.
    #[derive(Deserialize)]
    struct Shape<'b> {
        #[serde(borrow)]
        messages: Option<&'b RawValue>,
    }

    let shape: Shape<'_> = read(body)?;
    let Some(raw) = shape.messages else {
        return read(body);
    };
    let Messages {
        messages,
        model,
        max_tokens,
    } = read(body)?;
    let is_object = |message: &RawValue| message.get().trim_start().starts_with('{');
    if let Some(index) = messages.iter().position(|message| !is_object(message)) {
        let place = format!("messages[{index}]");
        return Err(Invalid {
            place,
            message: "must be an object".to_owned(),
        });
    }
    // Read as bodies are: a lone surrogate or a huge number is judged, not refused.
    let messages = read_json(raw.get()).map_err(|error| Invalid {
        place: "messages".to_owned(),
        message: error.to_string(),
    })?;
    let mut call = bijotel::call_of_messages(&messages, "/messages", Stage::Admission);
    call.model = model.unwrap_or_default();
    call.limits.max_output_tokens = max_tokens;
    Ok(call)
}

fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Invalid> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read: Result<T, _> = serde_path_to_error::deserialize(&mut reader);
    let ended = |value| {
        reader
            .end()
            .map(|()| value)
            .map_err(|error| (String::new(), error))
    };
    let read = read.map_err(|error| (error.path().to_string(), error.into_inner()));
    read.and_then(ended).map_err(|(place, error)| Invalid {
        place,
        message: harmless(&error),
    })
}

/// serde's words where they name members; where they might quote a value, ours.
fn harmless(error: &serde_json::Error) -> String {
    let at = format!("at line {} column {}", error.line(), error.column());
    let words = error.to_string();
    if !error.is_data() {
        format!("it is not JSON, or nested too deeply, {at}")
    } else if words.starts_with("missing field") || words.starts_with("unknown field") {
        words.chars().take(300).collect()
    } else {
        format!("a value has the wrong type or form, {at}")
    }
}

impl Invalid {
    /// 422, in the shape that bijotel's API gives.
    fn response(self) -> Response<Body> {
        let place = self
            .place
            .split(['.', '[', ']'])
            .filter(|step| !matches!(*step, "" | "?"));
        let location: Vec<&str> = std::iter::once("body").chain(place).collect();
        let detail = json!([{"loc": location, "msg": self.message, "type": "value_error"}]);
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            Json(json!({"detail": detail})),
        )
            .into_response()
    }
}
