//! The API's calls on payments that exist: read, list, capture, cancel.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use uuid::Uuid;

use crate::answer::answer;
use crate::auth::{Shop, idempotence_key};
use crate::checks;
use crate::error::ApiError;
use crate::list::ListQuery;
use crate::receipt;
use crate::sandbox::Sandbox;
use crate::store::{Request, Store};

pub(crate) async fn read(
    _: Shop,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
) -> Response {
    let found = async {
        let id = payment_id(&id)?;
        let now = sandbox.clock().now();
        let read = |store: &mut Store| {
            let payment = store.get(id, now).ok_or(ApiError::NO_PAYMENT)?;
            payment.reads += 1;
            if payment.reads <= payment.script().read_failures {
                return Err(ApiError::FAILURE);
            }
            Ok(payment.to_json(sandbox.settings()))
        };
        sandbox.attempt(read).await
    };
    answer(&sandbox, found.await)
}

pub(crate) async fn capture(
    _: Shop,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let captured = async {
        let key = idempotence_key(&headers)?;
        let id = payment_id(&id)?;
        // Without a body, all of it is taken.
        let json = match body.is_empty() {
            true => Value::Null,
            false => checks::parse(&headers, &body)?,
        };
        let part = match &json["amount"] {
            Value::Null => None,
            amount => {
                let amount = checks::amount(amount)?;
                Some((amount, receipt::check(&json["receipt"], amount)?))
            }
        };
        let text = format!("capture {id} {json}");
        change(&sandbox, id, key, &text, |store, request| {
            store.capture(request, id, part)
        })
        .await
    };
    answer(&sandbox, captured.await)
}

pub(crate) async fn cancel(
    _: Shop,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let cancelled = async {
        let key = idempotence_key(&headers)?;
        let id = payment_id(&id)?;
        let text = format!("cancel {id}");
        change(&sandbox, id, key, &text, |store, request| {
            store.cancel(request, id)
        })
        .await
    };
    answer(&sandbox, cancelled.await)
}

/// Changes a payment and shows what has become of it.
async fn change(
    sandbox: &Sandbox,
    id: Uuid,
    key: &str,
    text: &str,
    work: impl FnOnce(&mut Store, Request) -> Result<(), ApiError>,
) -> Result<Value, ApiError> {
    let now = sandbox.clock().now();
    let request = Request { key, text, now };
    let changed = sandbox.attempt(|store| {
        work(store, request)?;
        let payment = store.get(id, now).ok_or(ApiError::NO_PAYMENT)?;
        Ok(payment.to_json(sandbox.settings()))
    });
    let json = changed.await?;
    tracing::info!(payment = %id, status = json["status"].as_str(), "changed by the shop");
    Ok(json)
}

/// Newest first.
pub(crate) async fn list(
    _: Shop,
    State(sandbox): State<Sandbox>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let listed = async {
        let query = ListQuery::parse(query, &["status"], &["created_at", "captured_at"])?;
        let now = sandbox.clock().now();
        let list = |store: &mut Store| {
            store.advance(now);
            let payments = store.newest();
            query.page(payments.map(|payment| payment.to_json(sandbox.settings())))
        };
        sandbox.change(list).await.ok_or(ApiError::FAILURE)
    };
    answer(&sandbox, listed.await)
}

pub(crate) async fn no_such_route(State(sandbox): State<Sandbox>) -> Response {
    ApiError::NO_ROUTE.respond(sandbox.random())
}

fn payment_id(text: &str) -> Result<Uuid, ApiError> {
    text.parse().map_err(|_| ApiError::NO_PAYMENT)
}
