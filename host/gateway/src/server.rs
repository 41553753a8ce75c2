//! Connections: accepting, bounding and draining them.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use bijotel::Host;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::app::{App, router};
use crate::config::GatewayConfig;
use crate::guard::LocalAddress;

/// How long to wait after a connection could not be accepted, such as for want of file descriptors.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// How often in a row accepting may fail, about a minute's worth, until the server gives up.
const ACCEPT_FAILURES: u32 = 600;

/// The least buffer that hyper takes for a request's head.
const LEAST_HEADER_BYTES: usize = 8192;

/// How a server ended that was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every request that had begun was answered.
    All,
    /// Some were not answered when [`GatewayConfig::drain_timeout`] was over. What they were about to
    /// seal may be sealed; it was not acknowledged.
    CutOff,
}

/// Why a server ended although nobody told it to stop.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The listener takes no more connections.
    #[error("the server cannot accept connections any more: {0}")]
    Accept(#[source] io::Error),
}

/// Serves `host` on `listener` until `shutdown` is ready; then takes no more connections, answers the
/// requests that have begun, and returns.
///
/// Must run in a tokio runtime with I/O and time. The caller binds the listener, so it knows the
/// address even of a port that the system chose.
pub async fn serve(
    config: GatewayConfig,
    host: Host,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<Drained, ServeError> {
    let server = Server {
        slots: Arc::new(Semaphore::new(config.connections)),
        http: http(&config),
        drain_timeout: config.drain_timeout,
        router: router(Arc::new(App::new(config, host))),
        graceful: GracefulShutdown::new(),
    };
    let mut shutdown = pin!(shutdown);
    let mut failures = 0;
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = server.accept(&listener) => accepted,
        };
        match accepted {
            Ok(()) => failures = 0,
            Err(error) if failures == ACCEPT_FAILURES => return Err(ServeError::Accept(error)),
            Err(_) => {
                failures += 1;
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    drop(listener);
    Ok(server.drain().await)
}

struct Server {
    slots: Arc<Semaphore>,
    http: http1::Builder,
    router: Router,
    graceful: GracefulShutdown,
    drain_timeout: Duration,
}

impl Server {
    /// Waits for a free slot and a connection, and lets it be served.
    async fn accept(&self, listener: &TcpListener) -> io::Result<()> {
        let slot = Arc::clone(&self.slots)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let (stream, _) = listener.accept().await?;
        // A connection that is already broken is no reason to stop accepting others.
        let Ok(local) = stream.local_addr() else {
            return Ok(());
        };
        let connection = self.connection(stream, LocalAddress(local.ip().to_canonical()));
        let connection = self.graceful.watch(connection);
        tokio::spawn(async move {
            // Ends in an error when the client goes away or breaks the protocol: nobody is left to tell.
            let _ = connection.await;
            drop(slot);
        });
        Ok(())
    }

    fn connection(
        &self,
        stream: TcpStream,
        local: LocalAddress,
    ) -> http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Router>> {
        // Answers are small; do not wait for more to send with them.
        let _ = stream.set_nodelay(true);
        let router = self.router.clone().layer(Extension(local));
        self.http
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
    }

    async fn drain(self) -> Drained {
        match tokio::time::timeout(self.drain_timeout, self.graceful.shutdown()).await {
            Ok(()) => Drained::All,
            Err(_) => Drained::CutOff,
        }
    }
}

fn http(config: &GatewayConfig) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout)
        .max_headers(config.headers)
        .max_buf_size(config.header_bytes.max(LEAST_HEADER_BYTES));
    http
}
