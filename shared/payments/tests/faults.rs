//! How the client classifies the faults of a provider, each over a real connection.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::future::Future;

use domain::{Currency, Money};
use payments::{CaptureMode, Config, NewPayment, PaymentError, Provider, Uncertainty, YooKassa};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

async fn create_against<F, Fut>(serve: F) -> PaymentError
where
    F: FnOnce(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("http://{}/v3", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        // The body ends with the metadata's closing braces.
        while !request.ends_with(b"}}") {
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
        }
        serve(stream).await;
    });
    create(&api).await
}

async fn create(api: &str) -> PaymentError {
    let config = Config::new(api, "1", "s3cret", "https://shop.example/").unwrap();
    let new = NewPayment {
        idempotence_key: Uuid::nil(),
        purchase_id: Uuid::nil(),
        amount: Money::from_minor(100, Currency::RUB).unwrap(),
        description: String::new(),
        capture: CaptureMode::AtOnce,
    };
    let error = YooKassa::new(config).unwrap().create(&new).await;
    let error = error.unwrap_err();
    assert!(!format!("{error:?} {error}").contains("s3cret"));
    error
}

async fn answer(status: u16, body: &str) -> PaymentError {
    let text = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    create_against(move |mut stream| async move {
        stream.write_all(text.as_bytes()).await.unwrap();
    })
    .await
}

fn cause(error: &PaymentError) -> Option<Uncertainty> {
    match error {
        PaymentError::Unknown { cause, .. } => Some(*cause),
        _ => None,
    }
}

#[tokio::test]
async fn timeout_is_unknown() {
    let error = create_against(|stream| async move {
        // In real time, until the client gives up: tokio's paused time needs a feature that the programs do not enable,
        // and with it the tests would compile everything again.
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    assert_eq!(cause(&error), Some(Uncertainty::Timeout), "{error:?}");
    assert!(error.outcome_unknown());
}

#[tokio::test]
async fn connection_broken_after_sending_is_unknown() {
    let error = create_against(|stream| async move { drop(stream) }).await;
    assert_eq!(cause(&error), Some(Uncertainty::Broken), "{error:?}");
}

#[tokio::test]
async fn truncated_answer_is_unknown() {
    let error = create_against(|mut stream| async move {
        let half = b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"id\":";
        stream.write_all(half).await.unwrap();
    })
    .await;
    assert_eq!(cause(&error), Some(Uncertainty::Broken), "{error:?}");
}

#[tokio::test]
async fn refused_connection_is_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("http://{}/v3", listener.local_addr().unwrap());
    drop(listener);
    let error = create(&api).await;
    assert_eq!(cause(&error), Some(Uncertainty::Unreachable), "{error:?}");
}

#[tokio::test]
async fn error_answers_are_classified() {
    let refused = r#"{"type":"error","id":"1","code":"invalid_request","description":"no","parameter":"amount"}"#;
    for (status, expected) in [
        (202, Uncertainty::Processing),
        (429, Uncertainty::Throttled),
        (500, Uncertainty::ServerError(500)),
        (504, Uncertainty::ServerError(504)),
    ] {
        assert_eq!(cause(&answer(status, refused).await), Some(expected));
    }
    for status in [401, 403] {
        let error = answer(status, refused).await;
        assert!(
            matches!(error, PaymentError::Misconfigured(_)),
            "{status}: {error:?}"
        );
    }
    let error = answer(400, refused).await;
    assert!(
        matches!(&error, PaymentError::Rejected { code, parameter: Some(p), .. }
            if code == "invalid_request" && p == "amount"),
        "{error:?}"
    );
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn invalid_payment_is_malformed() {
    let payment = |status: &str, paid: bool, value: &str| {
        format!(
            r#"{{"id":"1","status":"{status}","paid":{paid},"amount":{{"value":"{value}","currency":"RUB"}},
            "created_at":"2026-01-01T00:00:00.000Z"}}"#
        )
    };
    for (status, body) in [
        (200, String::new()),
        (200, "<html>".to_owned()),
        (200, payment("odd", false, "1.00")),
        (200, payment("succeeded", false, "1.00")),
        (200, payment("pending", false, "1")),
        // Not the amount that was asked for.
        (200, payment("pending", false, "2.00")),
        (200, " ".repeat(100_000)),
        (302, String::new()),
        (404, "<html>not the API</html>".to_owned()),
    ] {
        let error = answer(status, &body).await;
        assert!(
            matches!(error, PaymentError::Malformed(_)),
            "{status} {body}: {error:?}"
        );
        assert!(error.outcome_unknown());
    }
}
