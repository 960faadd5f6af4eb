//! The API's calls, but for creating: read, list, cancel.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::auth::{Shop, idempotence_key};
use crate::error::ApiError;
use crate::payment::Payment;
use crate::sandbox::Sandbox;

/// The API's page: ten unless asked, a hundred at most.
const PAGE: usize = 10;
const LARGEST_PAGE: usize = 100;

pub(crate) async fn read(
    _: Shop,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
) -> Response {
    let found = match id.parse() {
        Ok(id) => load(&sandbox, id).await,
        Err(_) => Err(ApiError::NO_PAYMENT),
    };
    answer(&sandbox, found)
}

pub(crate) async fn cancel(
    _: Shop,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let cancelled = async {
        let key = idempotence_key(&headers)?;
        let id = id.parse().map_err(|_| ApiError::NO_PAYMENT)?;
        let request = format!("cancel {id}");
        let now = sandbox.clock().now();
        sandbox
            .attempt(|store| store.cancel(key, &request, id, now))
            .await?;
        tracing::info!(payment = %id, "cancelled by the shop");
        load(&sandbox, id).await
    };
    let cancelled = cancelled.await;
    answer(&sandbox, cancelled)
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
            .respond(&sandbox);
    };
    let limit = paging.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let now = sandbox.clock().now();
    let page = sandbox
        .change(|store| {
            store.expire(now);
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
    answer(&sandbox, page.ok_or(ApiError::NOT_SAVED))
}

pub(crate) async fn no_such_route(State(sandbox): State<Sandbox>) -> Response {
    ApiError::NO_ROUTE.respond(&sandbox)
}

/// The payment as the API shows it.
pub(crate) async fn load(sandbox: &Sandbox, id: Uuid) -> Result<Value, ApiError> {
    let now = sandbox.clock().now();
    sandbox
        .attempt(|store| {
            let payment = store.get(id, now).ok_or(ApiError::NO_PAYMENT)?;
            Ok(payment.to_json(sandbox.settings()))
        })
        .await
}

pub(crate) fn answer(sandbox: &Sandbox, result: Result<Value, ApiError>) -> Response {
    match result {
        Ok(json) => Json(json).into_response(),
        Err(error) => error.respond(sandbox),
    }
}
