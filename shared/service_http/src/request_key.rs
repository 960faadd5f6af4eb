//! Repeated requests of staff: the Idempotency-Key together with what was asked for.

use aws_lc_rs::digest::{Context, SHA256, digest};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::RequestKey;

use crate::body_limit::{Limit, too_large};
use crate::{Code, IdempotencyKey, Problem};

/// The SHA-256 of a request.
#[derive(Debug, Clone, Copy)]
struct Fingerprint([u8; 32]);

/// Takes the fingerprint of a request that has an `Idempotency-Key`, for [`StaffRequestKey`]. The body has the limit of its
/// route.
pub(crate) async fn take_fingerprint(request: Request, next: Next) -> Response {
    let is_keyed = request.headers().contains_key("idempotency-key");
    if !is_keyed || !request.uri().path().starts_with("/admin/") {
        return next.run(request).await;
    }
    let Limit(limit) = request.extensions().get().copied().unwrap_or_default();
    let (mut parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let Ok(bytes) = Bytes::from_request(request, &()).await else {
        return too_large(limit).into_response();
    };
    let mut context = Context::new(&SHA256);
    let uri = parts.uri.path_and_query().map_or("", |uri| uri.as_str());
    for part in [parts.method.as_str(), " ", uri, "\n"] {
        context.update(part.as_bytes());
    }
    context.update(&bytes);
    parts
        .extensions
        .insert(Fingerprint(array(context.finish().as_ref())));
    next.run(Request::from_parts(parts, Body::from(bytes)))
        .await
}

/// The request of a member of staff, if it has an `Idempotency-Key`: a change under a key happens once.
#[derive(Debug, Clone, Copy)]
pub struct StaffRequestKey(pub Option<RequestKey>);

impl<S: Sync> FromRequestParts<S> for StaffRequestKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let IdempotencyKey(key) = IdempotencyKey::from_request_parts(parts, state).await?;
        let Some(key) = key else {
            return Ok(StaffRequestKey(None));
        };
        let Some(Fingerprint(fingerprint)) = parts.extensions.get().copied() else {
            return Err(Problem::new(Code::Internal).caused_by("a request without a fingerprint"));
        };
        Ok(StaffRequestKey(Some(RequestKey {
            key: array(digest(&SHA256, key.as_bytes()).as_ref()),
            fingerprint,
        })))
    }
}

fn array(hash: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash);
    bytes
}
