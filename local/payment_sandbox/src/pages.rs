//! The buyer's page and its two buttons, and the list of payments.

mod html;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::answer::answer;
use crate::error::ApiError;
use crate::sandbox::Sandbox;
use crate::script::{self, Buyer};

/// No scripts, nothing from elsewhere: what a shop puts into a payment stays text.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How many payments the first page has.
const NEWEST: usize = 50;

pub(crate) async fn newest(State(sandbox): State<Sandbox>) -> Response {
    let listed = sandbox.attempt(|store| {
        let payments: Vec<_> = store.newest().take(NEWEST).collect();
        Ok(html::payments(&payments))
    });
    respond(match listed.await {
        Ok(html) => (StatusCode::OK, html),
        Err(error) => (error.status, html::problem(error.status)),
    })
}

pub(crate) async fn show(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    page(&sandbox, &id, StatusCode::OK).await
}

pub(crate) async fn approve(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    decide(&sandbox, &id, &headers, &form, Buyer::Pays).await
}

pub(crate) async fn decline(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    let declines = Buyer::Declines("general_decline".to_owned());
    decide(&sandbox, &id, &headers, &form, declines).await
}

async fn decide(
    sandbox: &Sandbox,
    id: &str,
    headers: &HeaderMap,
    form: &[u8],
    buyer: Buyer,
) -> Response {
    let now = sandbox.clock().now();
    let choice = form_urlencoded::parse(form)
        .find(|(name, _)| name == "webhook")
        .and_then(|(_, value)| script::announcing(&value))
        .unwrap_or_default();
    let decided = match id.parse::<Uuid>() {
        Err(_) => Err(ApiError::NO_PAYMENT),
        Ok(id) => {
            let decided = sandbox.attempt(|store| {
                store.decide(id, buyer, choice, now)?;
                let payment = store.get(id, now).ok_or(ApiError::NO_PAYMENT)?;
                Ok((id, payment.to_json(sandbox.settings())))
            });
            decided.await
        }
    };
    if let Ok((id, json)) = &decided {
        tracing::info!(payment = %id, status = json["status"].as_str(), "decided by the buyer");
    }
    if wants_json(headers) {
        return answer(sandbox, decided.map(|(_, json)| json));
    }
    match decided {
        // The result is a page of its own: reloading it does not pay again.
        Ok((id, _)) => Redirect::to(&format!("/pay/{id}")).into_response(),
        Err(error) => page(sandbox, id, error.status).await,
    }
}

/// The payment's page, whatever its state.
async fn page(sandbox: &Sandbox, id: &str, status: StatusCode) -> Response {
    let now = sandbox.clock().now();
    let shown = match id.parse() {
        Err(_) => Err(ApiError::NO_PAYMENT),
        Ok(id) => {
            sandbox
                .attempt(|store| {
                    let payment = store.get(id, now).ok_or(ApiError::NO_PAYMENT)?;
                    Ok(html::payment(payment, &sandbox.settings().shop_id))
                })
                .await
        }
    };
    respond(match shown {
        Ok(html) => (status, html),
        Err(error) => (error.status, html::problem(error.status)),
    })
}

fn respond((status, html): (StatusCode, String)) -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, Html(html)).into_response()
}

fn wants_json(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("application/json"))
}
