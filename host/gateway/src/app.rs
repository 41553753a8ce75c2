//! What all requests share, and which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use bijotel::{Host, HostError};
use tokio::sync::Semaphore;

use crate::budget::Budget;
use crate::config::GatewayConfig;
use crate::guard::guard;
use crate::ingest;
use crate::metrics;
use crate::otlp::{LogRecord, OtlpSpan, Refusal};
use crate::rest;

/// What all requests share.
pub(crate) struct App {
    pub(crate) host: Host,
    pub(crate) config: GatewayConfig,
    pub(crate) budget: Budget,
    turns: Arc<Semaphore>,
}

impl App {
    pub(crate) fn new(config: GatewayConfig, host: Host) -> Self {
        Self {
            host,
            budget: Budget::new(config.bytes_in_flight),
            turns: Arc::new(Semaphore::new(config.sealing_at_once)),
            config,
        }
    }

    /// Does blocking work in a thread of its own when it is its turn. Work that has begun is done to
    /// its end, even if nobody waits for it any more.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let stopped = || Refusal::unavailable("the server is stopping", self.retry_after());
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| stopped())?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.unwrap_or_else(|error| {
            if error.is_panic() {
                (self.config.report)("a request could not be handled: its thread panicked");
            }
            Err(stopped())
        })
    }

    /// Waits for `work` as long as a request may take.
    pub(crate) async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        let done = tokio::time::timeout(self.config.request_timeout, work).await;
        done.unwrap_or_else(|_| {
            let message = "the request took too long; send the same again";
            Err(Refusal::unavailable(message, self.retry_after()))
        })
    }

    /// What a client is told when nothing could be sealed; the operator is told why.
    pub(crate) fn unsealed(&self, error: &HostError) -> Refusal {
        (self.config.report)(&format!("could not seal an export: {error}"));
        let message = "the chain cannot be written; nothing is acknowledged, send the same again";
        Refusal::unavailable(message, self.retry_after())
    }

    /// What a client is told when the rules could not be asked, because what they count cannot be read.
    pub(crate) fn unjudged(&self, error: &HostError) -> Refusal {
        (self.config.report)(&format!("could not ask the rules: {error}"));
        let message = "the rules cannot be asked now; send the same again";
        Refusal::unavailable(message, self.retry_after())
    }

    fn retry_after(&self) -> u64 {
        self.config.retry_after_seconds
    }
}

/// All routes, behind the guard.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/traces", post(ingest::export::<OtlpSpan>))
        .route("/v1/logs", post(ingest::export::<LogRecord>))
        .route("/policy/evaluate", post(rest::evaluate))
        .route("/health", get(rest::health))
        .route("/version", get(rest::version))
        .route("/metrics", get(metrics::metrics))
        .fallback(|| async { not_found() })
        .method_not_allowed_fallback(|| async { method_not_allowed() })
        // Bodies are read by `body`, within the configured limits.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard))
        .with_state(app)
}

fn not_found() -> Response {
    Refusal::wrong(StatusCode::NOT_FOUND, "there is nothing at this path").rest()
}

fn method_not_allowed() -> Response {
    let message = "this path does not take this method";
    Refusal::wrong(StatusCode::METHOD_NOT_ALLOWED, message).rest()
}
