//! The API's calls on payments that exist: read, list, capture, cancel.

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::answer;
use crate::auth::{Shop, idempotence_key};
use crate::checks;
use crate::error::ApiError;
use crate::payment::Payment;
use crate::receipt;
use crate::sandbox::Sandbox;
use crate::store::{Request, Store};

/// The API's page: ten unless asked, a hundred at most.
const PAGE: usize = 10;
const LARGEST_PAGE: usize = 100;

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
        let json = checks::parse(&headers, &body)?;
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

#[derive(Deserialize)]
pub(crate) struct Paging {
    limit: Option<usize>,
    cursor: Option<Uuid>,
}

/// Newest first. `cursor` is the payment to begin with.
pub(crate) async fn list(
    _: Shop,
    State(sandbox): State<Sandbox>,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Response {
    let Ok(Query(paging)) = paging else {
        return ApiError::invalid("cursor", "Expected limit and cursor as the list gave them")
            .respond(sandbox.random());
    };
    let limit = paging.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let now = sandbox.clock().now();
    let page = sandbox
        .change(|store| {
            store.advance(now);
            let from_cursor =
                |payment: &&Payment| paging.cursor.is_some_and(|cursor| payment.id != cursor);
            let mut rest = store.newest().skip_while(from_cursor);
            let items: Vec<Value> = rest
                .by_ref()
                .take(limit)
                .map(|payment| payment.to_json(sandbox.settings()))
                .collect();
            let mut page = json!({"type": "list", "items": items});
            if let Some(next) = rest.next() {
                page["next_cursor"] = next.id.to_string().into();
            }
            page
        })
        .await;
    answer(&sandbox, page.ok_or(ApiError::FAILURE))
}

pub(crate) async fn no_such_route(State(sandbox): State<Sandbox>) -> Response {
    ApiError::NO_ROUTE.respond(sandbox.random())
}

fn payment_id(text: &str) -> Result<Uuid, ApiError> {
    text.parse().map_err(|_| ApiError::NO_PAYMENT)
}
