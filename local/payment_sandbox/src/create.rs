//! Creating a payment.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;

use crate::answer::scripted;
use crate::auth::{Shop, idempotence_key};
use crate::checks;
use crate::error::ApiError;
use crate::payment::Order;
use crate::receipt;
use crate::sandbox::Sandbox;
use crate::script::Answer;
use crate::store::Request;

/// The API's limit on a description, in characters.
const DESCRIPTION_LIMIT: usize = 128;

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
    let amount = order.amount;
    // Parsed and printed again: spaces and the order of fields make no other request.
    let text = format!("create {json}");
    let (id, now) = (sandbox.random().uuid(), sandbox.clock().now());
    let request = Request {
        key,
        text: &text,
        now,
    };
    let made = sandbox.attempt(|store| {
        let made = store.create(request, id, order)?;
        let payment = store.get(made.id, now).ok_or(ApiError::NO_PAYMENT)?;
        // The retry of a call that was scripted to go wrong gets its answer.
        let script = match made.fresh {
            true => payment.script().answer,
            false => Answer::Prompt,
        };
        Ok((made.id, script, payment.to_json(sandbox.settings())))
    });
    let (id, script, json) = made.await?;
    tracing::info!(payment = %id, %amount, "payment asked for");
    Ok((script, json))
}

fn check(json: &Value) -> Result<Order, ApiError> {
    let amount = checks::amount(&json["amount"])?;
    Ok(Order {
        amount,
        description: checks::description(&json["description"], DESCRIPTION_LIMIT)?,
        return_url: checks::return_url(&json["confirmation"])?,
        metadata: checks::metadata(&json["metadata"])?,
        capture: match &json["capture"] {
            Value::Null => false,
            Value::Bool(capture) => *capture,
            _ => return Err(ApiError::invalid("capture", "Expected true or false")),
        },
        receipt: receipt::check(&json["receipt"], amount)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn valid() -> Value {
        json!({
            "amount": {"value": "199.00", "currency": "RUB"},
            "capture": true,
            "confirmation": {"type": "redirect", "return_url": "https://shop.example/"},
            "description": "Подписка",
            "metadata": {"purchase_id": "1"},
        })
    }

    #[test]
    fn invalid_payment_names_its_parameter() {
        assert!(check(&valid()).is_ok());
        for (pointer, value, parameter) in [
            ("/amount", Value::Null, "amount"),
            ("/amount/value", Value::Null, "amount.value"),
            ("/amount/value", json!("0.00"), "amount.value"),
            ("/amount/value", json!("-1.00"), "amount.value"),
            ("/amount/value", json!("1"), "amount.value"),
            ("/amount/value", json!(199), "amount.value"),
            ("/amount/currency", json!("XYZ"), "amount.currency"),
            ("/amount/currency", Value::Null, "amount.currency"),
            ("/confirmation", Value::Null, "confirmation"),
            ("/confirmation/type", json!("qr"), "confirmation.type"),
            (
                "/confirmation/return_url",
                json!("javascript:alert(1)"),
                "confirmation.return_url",
            ),
            ("/description", json!("ы".repeat(129)), "description"),
            ("/description", json!("sandbox:slwo"), "description"),
            ("/capture", json!("yes"), "capture"),
            ("/metadata", json!({"k": 1}), "metadata"),
            ("/metadata", json!({"k".repeat(33): ""}), "metadata"),
        ] {
            let mut json = valid();
            *json.pointer_mut(pointer).unwrap() = value.clone();
            let error = check(&json).unwrap_err();
            assert_eq!(error.parameter, Some(parameter), "{pointer} = {value}");
            assert_eq!(error.code, "invalid_request");
        }
        assert_eq!(check(&json!([])).unwrap_err().parameter, Some("amount"));
    }
}
