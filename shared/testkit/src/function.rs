//! A single function in the process of the test, with the same HTTP layer around it as in a Lambda.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;

/// Sends a request to a function. Returns the status and the body, which is `null` if it is not JSON.
pub async fn call(router: OpenApiRouter, request: Request<Body>) -> (StatusCode, Value) {
    let (router, _openapi) = service_http::strict(router);
    let response = service_http::app(router).oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}
