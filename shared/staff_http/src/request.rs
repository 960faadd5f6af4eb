//! A request of staff to change something: new, or repeated with its Idempotency-Key.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::Clock;
use loyalty_store::{CarriedOut, Change, EarlierRequest, LoyaltyStore};
use service_http::{Caller, Code, Problem, StaffRequestKey};

/// An extractor, after the one of the caller's role. Its key is looked up before anything that may have changed since: a
/// repeated request gets its answer also where it would be refused by now. The functions of the database look the key up
/// again, for requests that run at the same time.
#[derive(Debug)]
pub enum StaffRequest {
    /// It is to be carried out: who changes something, when, and under which key.
    New(Change),
    /// It repeats one that was carried out, and changes nothing.
    Repeated(CarriedOut),
}

impl<S: Sync> FromRequestParts<S> for StaffRequest
where
    LoyaltyStore: FromRef<S>,
    Arc<dyn Clock>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Some(caller) = parts.extensions.get::<Caller>().copied() else {
            return Err(Problem::new(Code::Internal).caused_by("a request of nobody"));
        };
        let StaffRequestKey(request) = StaffRequestKey::from_request_parts(parts, state).await?;
        let change = Change {
            actor_id: caller.user_id,
            at: <Arc<dyn Clock>>::from_ref(state).now(),
            request,
        };
        let store = LoyaltyStore::from_ref(state);
        match store.earlier_request(&change).await? {
            EarlierRequest::None => Ok(StaffRequest::New(change)),
            EarlierRequest::Same(request) => Ok(StaffRequest::Repeated(request)),
            EarlierRequest::Other => Err(Problem::new(Code::IdempotencyKeyReused)),
        }
    }
}

/// What a request has made or changed, as it is now.
///
/// # Errors
/// `deleted_since` instead of that there is none; any other of `found`.
pub fn written<T>(found: Result<T, Problem>) -> Result<T, Problem> {
    found.map_err(|problem| match problem.code().status() {
        StatusCode::NOT_FOUND => Problem::new(Code::DeletedSince),
        _ => problem,
    })
}
