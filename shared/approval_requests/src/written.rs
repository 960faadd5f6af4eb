//! The answer to a change that may need an approval.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};

use crate::ApprovalBody;

/// The answer to a change.
#[derive(Debug)]
pub enum Written<T> {
    /// It is made.
    Done(T),
    /// It waits for this approval, and nothing has changed.
    Waits(Box<ApprovalBody>),
}

impl<T: IntoResponse> IntoResponse for Written<T> {
    fn into_response(self) -> Response {
        match self {
            Written::Done(answer) => answer.into_response(),
            Written::Waits(approval) => {
                let location = [(LOCATION, approval.path())];
                (StatusCode::ACCEPTED, location, Json(*approval)).into_response()
            }
        }
    }
}
