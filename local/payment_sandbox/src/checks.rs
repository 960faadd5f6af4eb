//! The checks that the API makes on bodies.

use std::collections::BTreeMap;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use domain::{Currency, Money};
use serde_json::Value;

use crate::error::ApiError;
use crate::script::Script;

/// The API's limits, in characters.
const METADATA_KEYS: usize = 16;
const METADATA_KEY_LIMIT: usize = 32;
const METADATA_VALUE_LIMIT: usize = 512;
const RETURN_URL_LIMIT: usize = 2048;

/// The body of a request, which has to be JSON.
pub(crate) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Value, ApiError> {
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

/// An amount of money, more than nothing.
pub(crate) fn amount(json: &Value) -> Result<Money, ApiError> {
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

/// A description of at most `limit` characters, whose sandbox words are known.
pub(crate) fn description(json: &Value, limit: usize) -> Result<Option<String>, ApiError> {
    match json {
        Value::Null => Ok(None),
        Value::String(text) if text.chars().count() <= limit => {
            Script::parse(text)?;
            Ok(Some(text.clone()))
        }
        _ => Err(ApiError::invalid("description", "Expected a shorter text")),
    }
}

/// Where the buyer goes after paying.
pub(crate) fn return_url(confirmation: &Value) -> Result<String, ApiError> {
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

/// What is echoed back.
pub(crate) fn metadata(json: &Value) -> Result<BTreeMap<String, String>, ApiError> {
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

/// A text that has to be there.
pub(crate) fn text<'a>(
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
