//! The header `Idempotency-Key`: names a request, so that repeating it does not do it twice.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::{Code, Problem};

/// The caller's name for a request, if there is one: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all("idempotency-key").into_iter();
        let Some(value) = values.next() else {
            return Ok(IdempotencyKey(None));
        };
        let visible = |key: &&str| {
            (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
        };
        value
            .to_str()
            .ok()
            .filter(visible)
            .filter(|_| values.next().is_none())
            .map(|key| IdempotencyKey(Some(key.to_owned())))
            .ok_or_else(|| Problem::new(Code::IdempotencyKeyInvalid))
    }
}

/// The same where a repeated request would move money twice: a request without a key is refused.
#[derive(Debug, Clone)]
pub struct RequiredIdempotencyKey(pub String);

impl<S: Sync> FromRequestParts<S> for RequiredIdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let IdempotencyKey(key) = IdempotencyKey::from_request_parts(parts, state).await?;
        key.map(RequiredIdempotencyKey)
            .ok_or_else(|| Problem::new(Code::IdempotencyKeyMissing))
    }
}
