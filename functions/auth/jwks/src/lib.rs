//! `GET /.well-known/jwks.json`: the public keys of the access tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract;
use axum::http::{HeaderName, header};
use runtime::ConfigError;
use serde_json::Value;
use tokens::Jwks;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The state of the function.
#[derive(Clone)]
pub struct State {
    set: Arc<Value>,
}

impl State {
    /// From `JWT_JWKS`.
    ///
    /// # Errors
    /// When it is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        Ok(State::new(&Jwks::from_env()?))
    }

    /// The function over these keys.
    pub fn new(jwks: &Jwks) -> State {
        State {
            set: Arc::new(jwks.json()),
        }
    }
}

/// The function's routes.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(jwks))
}

/// The public keys of the access tokens
///
/// A JWK set; two keys are live while they are being rotated.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "auth",
    responses((status = 200, description = "A JWK set (RFC 7517)", body = Object))
)]
async fn jwks(
    extract::State(state): extract::State<State>,
) -> ([(HeaderName, &'static str); 1], Json<Value>) {
    // Public, and a new key is published long before it signs.
    let cache = [(header::CACHE_CONTROL, "public, max-age=300")];
    (cache, Json(Value::clone(&state.set)))
}
