//! Who may call the API, and the idempotence key.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::ApiError;
use crate::sandbox::Sandbox;
use crate::settings::Settings;

/// The API's limit on an idempotence key, in characters.
const KEY_LIMIT: usize = 64;

/// Proof that the caller is the shop.
pub(crate) struct Shop;

impl FromRequestParts<Sandbox> for Shop {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, sandbox: &Sandbox) -> Result<Shop, Response> {
        if is_shop(&parts.headers, sandbox.settings()) {
            Ok(Shop)
        } else {
            Err(ApiError::UNAUTHORIZED.respond(sandbox.random()))
        }
    }
}

fn is_shop(headers: &HeaderMap, settings: &Settings) -> bool {
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, pair)| STANDARD.decode(pair.trim()).ok());
    let expected = format!("{}:{}", settings.shop_id, settings.secret_key);
    given.is_some_and(|given| given == expected.as_bytes())
}

/// The idempotence key of a request that changes something.
pub(crate) fn idempotence_key(headers: &HeaderMap) -> Result<&str, ApiError> {
    let invalid = |description| ApiError::invalid("Idempotence-Key", description);
    let key = headers
        .get("Idempotence-Key")
        .ok_or(invalid("Idempotence key is missing"))?
        .to_str()
        .map_err(|_| invalid("Idempotence key is not text"))?;
    if (1..=KEY_LIMIT).contains(&key.len()) {
        Ok(key)
    } else {
        Err(invalid("Idempotence key must have 1 to 64 characters"))
    }
}
