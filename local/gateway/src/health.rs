//! `GET /healthz`: whether what the functions stand on answers.

use auth_store::AuthStore;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use cache::Cache;
use loyalty_store::LoyaltyStore;
use runtime::ConfigError;
use serde_json::{Value, json};

#[derive(Clone)]
struct Backends {
    auth: AuthStore,
    loyalty: LoyaltyStore,
    redis: Cache,
}

pub(crate) fn router() -> Result<Router, ConfigError> {
    let backends = Backends {
        auth: AuthStore::from_env()?,
        loyalty: LoyaltyStore::from_env()?,
        redis: Cache::from_env()?,
    };
    Ok(Router::new()
        .route("/healthz", get(healthz))
        .with_state(backends))
}

async fn healthz(State(backends): State<Backends>) -> (StatusCode, Json<Value>) {
    let (auth, loyalty, redis) = tokio::join!(
        backends.auth.ping(),
        backends.loyalty.ping(),
        backends.redis.ping()
    );
    let up = json!({ "auth_database": auth.is_ok(), "loyalty_database": loyalty.is_ok(), "redis": redis });
    let status = match auth.is_ok() && loyalty.is_ok() && redis {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(up))
}
