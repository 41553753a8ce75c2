//! OTLP over HTTP in, the REST API out.
//!
//! A server for one chain: whatever OpenTelemetry SDK an application uses, it exports traces and logs
//! here as it would to any collector, and everything that tells of a model call is judged by the rules
//! of the record stage and sealed. An export is acknowledged when its entries are on the disk.
//!
//! ```no_run
//! # async fn run(host: bijotel::Host) -> Result<(), Box<dyn std::error::Error>> {
//! use bijotel_gateway::{GatewayConfig, serve, shutdown_signal};
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:4318").await?;
//! println!("listening on {}", listener.local_addr()?);
//! serve(GatewayConfig::default(), host, listener, shutdown_signal()?).await?;
//! # Ok(())
//! # }
//! ```
//!
//! | Path | What |
//! |---|---|
//! | `POST /v1/traces` | OTLP spans, protobuf or JSON, plain or gzip |
//! | `POST /v1/logs` | OTLP log records, likewise |
//! | `POST /policy/evaluate` | asks the rules about a call, seals nothing |
//! | `GET /health` | whether the server can seal |
//! | `GET /version` | its version |
//! | `GET /metrics` | what the rules have done, for Prometheus |

mod app;
mod body;
mod budget;
mod config;
mod guard;
mod ingest;
mod metrics;
mod otlp;
mod rest;
mod sealed_form;
mod server;
mod shutdown;

pub use config::GatewayConfig;
pub use server::{Drained, ServeError, serve};
pub use shutdown::shutdown_signal;
