//! `GET /.well-known/jwks.json`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use tokens::Jwks;
use tower::ServiceExt;

#[tokio::test]
async fn public_keys_are_served_cacheable() {
    let set = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"a",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let state = jwks::State::new(&Jwks::parse(set).unwrap());
    let app = service_http::app(service_http::strict(jwks::router().with_state(state)).0);
    let request = Request::get("/.well-known/jwks.json")
        .body(Body::empty())
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "public, max-age=300");
    let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    let served: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        served,
        serde_json::from_str::<serde_json::Value>(set).unwrap()
    );
}
