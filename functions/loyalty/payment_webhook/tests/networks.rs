//! `POST /payment_webhook`: from which networks it is accepted, with the payment sandbox as the provider.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::Random;
use payment_webhook::{State, router};
use runtime::{OsRandom, Peer};
use serde_json::{Value, json};
use testkit::function::call;

/// A webhook about a payment that the provider does not know.
fn webhook() -> Request<Body> {
    let body = json!({
        "type": "notification", "event": "payment.succeeded",
        "object": {"id": OsRandom.uuid(), "status": "succeeded", "paid": true},
    });
    Request::post("/payment_webhook")
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

async fn answer(request: Request<Body>) -> (StatusCode, Value) {
    let state = State::from_env().expect("run `cargo local test`");
    call(router().with_state(state), request).await
}

#[tokio::test]
async fn webhook_from_unknown_network_is_refused() {
    for peer in ["203.0.113.9", "2001:db8::9", "::ffff:203.0.113.9"] {
        let mut request = webhook();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        // Anyone can write this header.
        let forwarded = "127.0.0.1".parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", forwarded);
        let (status, body) = answer(request).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{peer}: {body}");
        assert_eq!(body["code"], "not_the_provider");
    }
    let (status, body) = answer(webhook()).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "no address: {body}");
}

#[tokio::test]
async fn webhook_from_provider_network_reads_the_payment() {
    for peer in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        let mut request = webhook();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        let (status, body) = answer(request).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{peer}: {body}");
        assert!(body.to_string().contains("object.id"), "{body}");
    }
}
