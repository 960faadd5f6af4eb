//! The API's calls on refunds: make, read, list.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use uuid::Uuid;

use crate::answer::{answer, scripted};
use crate::auth::{Shop, idempotence_key};
use crate::checks;
use crate::error::ApiError;
use crate::list::ListQuery;
use crate::receipt;
use crate::refund::{Refund, RefundOrder};
use crate::sandbox::Sandbox;
use crate::script::Answer;
use crate::store::{Request, Store};

/// The API's limit on a refund's description, in characters.
const DESCRIPTION_LIMIT: usize = 250;

pub(crate) async fn create(
    _: Shop,
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match created(&sandbox, &headers, &body).await {
        Ok((script, json)) => scripted(&sandbox, script, json).await,
        Err(error) => error.respond(sandbox.random()),
    }
}

async fn created(
    sandbox: &Sandbox,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Answer, Value), ApiError> {
    let key = idempotence_key(headers)?;
    let json = checks::parse(headers, body)?;
    let order = check(&json)?;
    let (payment, amount) = (order.payment, order.amount);
    let text = format!("refund {json}");
    let (id, now) = (sandbox.random().uuid(), sandbox.clock().now());
    let request = Request {
        key,
        text: &text,
        now,
    };
    let made = sandbox.attempt(|store| {
        let made = store.refund(request, id, order)?;
        let refund = store.get_refund(made.id, now).ok_or(ApiError::NO_REFUND)?;
        let script = match made.fresh {
            true => refund.script().answer,
            false => Answer::Prompt,
        };
        Ok((script, refund.to_json()))
    });
    let (script, json) = made.await?;
    tracing::info!(%payment, %amount, status = json["status"].as_str(), "refund asked for");
    Ok((script, json))
}

pub(crate) async fn read(
    _: Shop,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
) -> Response {
    let found = async {
        let id: Uuid = id.parse().map_err(|_| ApiError::NO_REFUND)?;
        let now = sandbox.clock().now();
        let read = sandbox.attempt(|store| {
            let refund = store.get_refund(id, now).ok_or(ApiError::NO_REFUND)?;
            refund.reads += 1;
            if refund.reads <= refund.script().read_failures {
                return Err(ApiError::FAILURE);
            }
            Ok(refund.to_json())
        });
        read.await
    };
    answer(&sandbox, found.await)
}

/// Newest first.
pub(crate) async fn list(
    _: Shop,
    State(sandbox): State<Sandbox>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let listed = async {
        let query = ListQuery::parse(query, &["status", "payment_id"], &["created_at"])?;
        let now = sandbox.clock().now();
        let list = |store: &mut Store| {
            store.advance(now);
            query.page(store.newest_refunds().map(Refund::to_json))
        };
        sandbox.change(list).await.ok_or(ApiError::FAILURE)
    };
    answer(&sandbox, listed.await)
}

fn check(json: &Value) -> Result<RefundOrder, ApiError> {
    const PAYMENT: &str = "payment_id";
    let payment = checks::text(&json[PAYMENT], PAYMENT, "Payment id is missing")?;
    let amount = checks::amount(&json["amount"])?;
    Ok(RefundOrder {
        payment: payment.parse().map_err(|_| ApiError::NO_PAYMENT)?,
        amount,
        description: checks::description(&json["description"], DESCRIPTION_LIMIT)?,
        metadata: checks::metadata(&json["metadata"])?,
        receipt: receipt::check(&json["receipt"], amount)?,
    })
}
