//! Creating a payment: the checks that the API makes.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{Currency, Money};
use serde_json::Value;

use crate::api::{answer, load};
use crate::auth::{Shop, idempotence_key};
use crate::error::ApiError;
use crate::payment::Order;
use crate::sandbox::Sandbox;

/// The API's limits, in characters.
const DESCRIPTION_LIMIT: usize = 128;
const METADATA_KEYS: usize = 16;
const METADATA_KEY_LIMIT: usize = 32;
const METADATA_VALUE_LIMIT: usize = 512;
const RETURN_URL_LIMIT: usize = 2048;

pub(crate) async fn create(
    _: Shop,
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let created = async {
        let key = idempotence_key(&headers)?;
        let json = parse(&headers, &body)?;
        let order = check(&json)?;
        let amount = order.amount;
        // Parsed and printed again: spaces and the order of fields make no other request.
        let request = format!("create {json}");
        let (id, now) = (sandbox.random().uuid(), sandbox.clock().now());
        let id = sandbox
            .attempt(|store| store.create(key, &request, id, order, now))
            .await?;
        tracing::info!(payment = %id, %amount, "payment asked for");
        load(&sandbox, id).await
    };
    let created = created.await;
    answer(&sandbox, created)
}

fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Value, ApiError> {
    let is_json = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(ApiError {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ..ApiError::invalid("Content-Type", "Expected application/json")
        });
    }
    serde_json::from_slice(body).map_err(|_| ApiError {
        parameter: None,
        ..ApiError::invalid("", "The body is not JSON")
    })
}

fn check(json: &Value) -> Result<Order, ApiError> {
    Ok(Order {
        amount: amount(&json["amount"])?,
        description: description(&json["description"])?,
        return_url: return_url(&json["confirmation"])?,
        metadata: metadata(&json["metadata"])?,
        capture: match &json["capture"] {
            Value::Null => false,
            Value::Bool(capture) => *capture,
            _ => return Err(ApiError::invalid("capture", "Expected true or false")),
        },
    })
}

fn amount(json: &Value) -> Result<Money, ApiError> {
    if json.is_null() {
        return Err(ApiError::invalid("amount", "Amount is missing"));
    }
    let value = text(&json["value"], "amount.value", "Amount value is missing")?;
    let currency = text(&json["currency"], "amount.currency", "Currency is missing")?;
    if currency != Currency::RUB.as_str() {
        let description = "The shop does not accept this currency";
        return Err(ApiError::invalid("amount.currency", description));
    }
    let amount = Money::parse_decimal(value, Currency::RUB).map_err(|_| {
        ApiError::invalid(
            "amount.value",
            "Expected roubles and kopecks, such as 199.00",
        )
    })?;
    if amount.is_zero() {
        let description = "The amount must be more than zero";
        return Err(ApiError::invalid("amount.value", description));
    }
    Ok(amount)
}

fn description(json: &Value) -> Result<Option<String>, ApiError> {
    match json {
        Value::Null => Ok(None),
        Value::String(text) if text.chars().count() <= DESCRIPTION_LIMIT => Ok(Some(text.clone())),
        _ => Err(ApiError::invalid(
            "description",
            "Expected a text of 128 characters at most",
        )),
    }
}

fn return_url(confirmation: &Value) -> Result<String, ApiError> {
    if confirmation.is_null() {
        return Err(ApiError::invalid("confirmation", "Confirmation is missing"));
    }
    let kind = text(
        &confirmation["type"],
        "confirmation.type",
        "Confirmation type is missing",
    )?;
    if kind != "redirect" {
        let description = "The sandbox only confirms by redirect";
        return Err(ApiError::invalid("confirmation.type", description));
    }
    const PARAMETER: &str = "confirmation.return_url";
    let url = text(&confirmation["return_url"], PARAMETER, "It is missing")?;
    // It becomes a link: nothing but a web address may stand there.
    let is_web = reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if is_web && url.len() <= RETURN_URL_LIMIT {
        Ok(url.to_owned())
    } else {
        Err(ApiError::invalid(PARAMETER, "Expected a web address"))
    }
}

fn metadata(json: &Value) -> Result<BTreeMap<String, String>, ApiError> {
    let invalid = ApiError::invalid(
        "metadata",
        "Expected at most 16 texts of 512 characters under keys of 32",
    );
    let pairs = match json {
        Value::Null => return Ok(BTreeMap::new()),
        Value::Object(pairs) if pairs.len() <= METADATA_KEYS => pairs,
        _ => return Err(invalid),
    };
    let mut metadata = BTreeMap::new();
    for (key, value) in pairs {
        let value = value.as_str().ok_or(invalid)?;
        let fits = key.chars().count() <= METADATA_KEY_LIMIT
            && value.chars().count() <= METADATA_VALUE_LIMIT;
        if !fits {
            return Err(invalid);
        }
        metadata.insert(key.clone(), value.to_owned());
    }
    Ok(metadata)
}

fn text<'a>(
    json: &'a Value,
    parameter: &'static str,
    missing: &'static str,
) -> Result<&'a str, ApiError> {
    match json {
        Value::Null => Err(ApiError::invalid(parameter, missing)),
        Value::String(text) => Ok(text),
        _ => Err(ApiError::invalid(parameter, "Expected a text")),
    }
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
    fn each_fault_names_its_parameter() {
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
