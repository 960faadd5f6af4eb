//! The API's error object.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::Random;
use serde_json::json;

/// An error as the API words it; it gets its identifier when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) description: &'static str,
    pub(crate) parameter: Option<&'static str>,
}

impl ApiError {
    pub(crate) const UNAUTHORIZED: ApiError = ApiError {
        status: StatusCode::UNAUTHORIZED,
        code: "invalid_credentials",
        description: "Authentication by given credentials failed",
        parameter: Some("Authorization"),
    };
    pub(crate) const NO_PAYMENT: ApiError = ApiError {
        status: StatusCode::NOT_FOUND,
        code: "not_found",
        description: "Payment doesn't exist or access denied",
        parameter: Some("payment_id"),
    };
    pub(crate) const NO_ROUTE: ApiError = ApiError {
        status: StatusCode::NOT_FOUND,
        code: "not_found",
        description: "There is nothing at this address",
        parameter: None,
    };
    /// The key was used for another request.
    pub(crate) const KEY_REUSED: ApiError =
        ApiError::invalid("Idempotence-Key", "Idempotence key duplicated");
    pub(crate) const NOT_CANCELLABLE: ApiError = ApiError::invalid(
        "payment_id",
        "Only a payment in the status waiting_for_capture can be canceled",
    );
    /// A final payment cannot be decided again; only the buyer's page answers this.
    pub(crate) const DECIDED: ApiError = ApiError {
        status: StatusCode::CONFLICT,
        code: "invalid_request",
        description: "The payment is no longer pending",
        parameter: Some("payment_id"),
    };
    pub(crate) const NOT_CAPTURABLE: ApiError = ApiError::invalid(
        "payment_id",
        "Only a payment in the status waiting_for_capture can be captured",
    );
    pub(crate) const NOT_REFUNDABLE: ApiError = ApiError::invalid(
        "payment_id",
        "Only a payment in the status succeeded can be refunded",
    );
    /// More than is held, or more than the payment has left.
    pub(crate) const TOO_MUCH: ApiError =
        ApiError::invalid("amount", "The amount is more than the payment has");
    pub(crate) const NO_REFUND: ApiError = ApiError {
        description: "Refund doesn't exist or access denied",
        parameter: Some("refund_id"),
        ..ApiError::NO_PAYMENT
    };
    pub(crate) const THROTTLED: ApiError = ApiError {
        status: StatusCode::TOO_MANY_REQUESTS,
        code: "too_many_requests",
        description: "Too many requests",
        parameter: None,
    };
    /// The state file cannot be written, or a script wants it so: it may or may not have happened.
    pub(crate) const FAILURE: ApiError = ApiError {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: "internal_server_error",
        description: "The result is unknown: repeat with the same Idempotence-Key",
        parameter: None,
    };

    pub(crate) const fn invalid(parameter: &'static str, description: &'static str) -> ApiError {
        ApiError {
            status: StatusCode::BAD_REQUEST,
            code: "invalid_request",
            description,
            parameter: Some(parameter),
        }
    }

    pub(crate) fn respond(self, random: &dyn Random) -> Response {
        let mut body = json!({
            "type": "error",
            "id": random.uuid(),
            "code": self.code,
            "description": self.description,
        });
        if let Some(parameter) = self.parameter {
            body["parameter"] = parameter.into();
        }
        (self.status, Json(body)).into_response()
    }
}
