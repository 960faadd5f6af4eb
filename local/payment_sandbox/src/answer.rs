//! Answers, and what a script makes of them.

use std::io;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;

use crate::error::ApiError;
use crate::sandbox::Sandbox;
use crate::script::Answer;

/// The answer of a call that makes nothing.
pub(crate) fn answer(sandbox: &Sandbox, result: Result<Value, ApiError>) -> Response {
    match result {
        Ok(json) => Json(json).into_response(),
        Err(error) => error.respond(sandbox.random()),
    }
}

/// The answer of a call that has made what `json` shows, as the script wants it.
pub(crate) async fn scripted(sandbox: &Sandbox, script: Answer, json: Value) -> Response {
    match script {
        Answer::Prompt => Json(json).into_response(),
        Answer::Slow(seconds) => {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Json(json).into_response()
        }
        Answer::Failure => ApiError::FAILURE.respond(sandbox.random()),
        Answer::Crash => {
            let torn = stream::once(async { Err::<Bytes, _>(io::Error::other("as scripted")) });
            (StatusCode::OK, Body::from_stream(torn)).into_response()
        }
    }
}
