//! `GET /healthz`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;

use auth_store::AuthStore;
use loyalty_store::LoyaltyStore;

use crate::{Stop, Worker};

/// Whether one of the loops is connected to RabbitMQ.
#[derive(Clone, Default)]
pub(crate) struct Link(Arc<AtomicBool>);

/// The connections to RabbitMQ.
#[derive(Clone, Default)]
pub(crate) struct Links {
    pub status_relay: Link,
    pub purchase_relay: Link,
    pub consumer: Link,
}

impl Link {
    pub fn set(&self, connected: bool) {
        self.0.store(connected, Ordering::Relaxed);
    }

    fn is_up(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Clone)]
struct Health {
    links: Links,
    auth: AuthStore,
    loyalty: LoyaltyStore,
}

/// Serves until it is time to stop.
pub(crate) async fn serve(
    worker: &Worker,
    links: Links,
    listener: TcpListener,
    mut stop: Stop,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/healthz", get(healthz))
        .with_state(Health {
            links,
            auth: worker.auth.clone(),
            loyalty: worker.loyalty.clone(),
        });
    axum::serve(listener, router)
        .with_graceful_shutdown(async move { stop.wait().await })
        .await
}

/// 200 when all is connected; otherwise 503 with the names of what is not.
async fn healthz(State(health): State<Health>) -> (StatusCode, String) {
    let (auth, loyalty) = tokio::join!(health.auth.ping(), health.loyalty.ping());
    let checks = [
        ("RabbitMQ (status relay)", health.links.status_relay.is_up()),
        (
            "RabbitMQ (purchase relay)",
            health.links.purchase_relay.is_up(),
        ),
        ("RabbitMQ (consumer)", health.links.consumer.is_up()),
        ("auth database", auth.is_ok()),
        ("loyalty database", loyalty.is_ok()),
    ];
    let down: Vec<&str> = checks
        .into_iter()
        .filter_map(|(name, up)| (!up).then_some(name))
        .collect();
    if down.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        let text = format!("not connected: {}\n", down.join(", "));
        (StatusCode::SERVICE_UNAVAILABLE, text)
    }
}
