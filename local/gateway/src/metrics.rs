//! `GET /metrics`: how users' status flows and events of purchases, for Prometheus. What can't be measured now is left
//! out.

use std::collections::HashMap;
use std::time::Duration;

use auth_store::AuthStore;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use domain::Clock;
use events::rabbitmq::{QUEUE, RabbitConnection};
use events::{PublishError, dead_letters_metric};
use jiff::Timestamp;
use loyalty_store::{LoyaltyStore, lag_metric};
use pg::PgError;
use runtime::{ConfigError, Metric, SystemClock, metrics};

/// How far the lag looks back.
const LOOKED_BACK: Duration = Duration::from_secs(300);
/// And over how many changes at most.
const LATEST: i64 = 1000;

#[derive(Clone)]
struct Sources {
    auth: AuthStore,
    loyalty: LoyaltyStore,
    amqp_url: Option<String>,
}

pub(crate) fn router() -> Result<Router, ConfigError> {
    let sources = Sources {
        auth: AuthStore::from_env()?,
        loyalty: LoyaltyStore::from_env()?,
        amqp_url: runtime::optional("AMQP_URL"),
    };
    Ok(Router::new()
        .route("/metrics", get(page))
        .with_state(sources))
}

async fn page(State(sources): State<Sources>) -> ([(&'static str, &'static str); 1], String) {
    let now = SystemClock.now();
    let (status, purchases) = (sources.auth.outbox(), sources.loyalty.outbox());
    let (status, purchases, lags, dead_letters) = tokio::join!(
        status.metrics(now),
        purchases.metrics(now),
        lags(&sources, now),
        dead_letters(&sources)
    );
    let mut all = Vec::new();
    all.extend(measured(status).into_iter().flatten());
    all.extend(measured(purchases).into_iter().flatten());
    all.extend(measured(lags).map(lag_metric));
    all.extend(measured(dead_letters).flatten());
    (
        [("content-type", "text/plain; version=0.0.4")],
        metrics::prometheus(&all),
    )
}

fn measured<T, E: std::fmt::Display>(result: Result<T, E>) -> Option<T> {
    result
        .inspect_err(|error| tracing::warn!(%error, "not measured"))
        .ok()
}

/// How late the latest changes came, in seconds. Those that have not come are as late as they are old.
async fn lags(sources: &Sources, now: Timestamp) -> Result<Vec<f64>, PgError> {
    let events = sources
        .auth
        .latest_events(now - LOOKED_BACK, LATEST)
        .await?;
    let ids: Vec<_> = events.iter().map(|event| event.event_id).collect();
    let received = sources.loyalty.received_events(&ids).await?.into_iter();
    let received: HashMap<_, _> = received.collect();
    let lag = |event: &auth_store::Occurred| {
        let until = received.get(&event.event_id).copied().unwrap_or(now);
        until.duration_since(event.at).as_secs_f64()
    };
    Ok(events.iter().map(lag).collect())
}

async fn dead_letters(sources: &Sources) -> Result<Option<Metric>, PublishError> {
    let Some(url) = &sources.amqp_url else {
        return Ok(None);
    };
    let broker = RabbitConnection::connect(url, QUEUE).await?;
    let count = broker.dead_letters().await?.count().await;
    broker.close().await;
    Ok(Some(dead_letters_metric(u64::from(count?))))
}
