//! JSON bodies.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::json_error::BodyError;
use crate::{Code, Language, Problem};

/// A body of JSON, parsed.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let language = Language::of(request.headers());
        let declared = request.headers().get(header::CONTENT_TYPE);
        let is_json = declared
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| {
                let essence = value.split(';').next().unwrap_or_default().trim();
                essence.eq_ignore_ascii_case("application/json")
            });
        if !is_json {
            return Err(Problem::new(Code::UnsupportedMediaType));
        }
        let bytes =
            Bytes::from_request(request, state)
                .await
                .map_err(|rejection| match rejection.into_response().status() {
                    StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::BodyTooLarge),
                    _ => Problem::new(Code::BodyNotJson),
                })?;
        // The form first: whether a body is JSON must not hang on the field at which the fault is noticed.
        serde_json::from_slice::<IgnoredAny>(&bytes).map_err(not_json)?;
        if !bytes.trim_ascii_start().starts_with(b"{") {
            // Serde takes an array for an object, too, value by value.
            let advice = BodyError::not_an_object().advice(language);
            return Err(Problem::invalid_field("body", advice));
        }
        serde_json::from_slice(&bytes)
            .map(JsonBody)
            .map_err(|error| match BodyError::of::<T>(&bytes) {
                Some(error) => Problem::invalid_field("body", error.advice(language)),
                None => not_json(error),
            })
    }
}

fn not_json(error: serde_json::Error) -> Problem {
    Problem::new(Code::BodyNotJson)
        .with("line", error.line())
        .with("column", error.column())
}
