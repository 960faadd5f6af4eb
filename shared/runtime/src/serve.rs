//! Listening on a port, for what runs outside Lambda.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::Peer;

/// Browsers open connections ahead and say nothing on them: a stop does not wait for those any longer.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves `router` on `address` (`host:port`) until SIGTERM or SIGINT, then finishes the requests under way. Each request
/// has its [`Peer`] among its extensions.
///
/// # Errors
/// When the address is taken, or the operating system gives no signals.
pub async fn serve(address: &str, router: Router) -> io::Result<()> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tracing::info!(address, "listening");
    let service = router
        .layer(middleware::from_fn(with_peer))
        .into_make_service_with_connect_info::<SocketAddr>();
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        let _ = stopping.send(());
    });
    let overdue = async {
        let _ = stopped.await;
        tokio::time::sleep(STOP_TIMEOUT).await;
    };
    tokio::select! {
        served = server => served,
        () = overdue => Ok(()),
    }
}

async fn with_peer(
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(Peer(address.ip()));
    next.run(request).await
}
