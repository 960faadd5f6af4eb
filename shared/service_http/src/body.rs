//! JSON bodies.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};
use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::body_limit::too_large;
use crate::json_error::{BodyError, Differences, described, has_lists_for_objects};
use crate::media_type::is_json;
use crate::{Code, FieldErrors, Language, MAX_BODY, Problem};

/// A body of JSON, parsed. What differs from the description is refused: each difference with its field.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

/// A body of JSON whose values are checked further. Where it differs from the description it has the values of its example,
/// so that all that is wrong with it can be said in one answer.
#[derive(Debug)]
pub struct CheckedBody<T> {
    /// The body.
    pub fields: T,
    /// What is wrong with it so far: what is checked further has to be added before any use of it.
    pub errors: FieldErrors,
}

impl<S: Send + Sync, T: DeserializeOwned + PartialSchema> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let language = Language::of(request.headers());
        let bytes = json_object(request, state, language).await?;
        let error = match serde_json::from_slice(&bytes) {
            Ok(body) if !has_lists_for_objects::<T>(&bytes) => return Ok(JsonBody(body)),
            read => read.err(),
        };
        Err(match Differences::of::<T>(&bytes) {
            Some(differences) => {
                let mut errors = FieldErrors::new(language);
                differences.tell(&mut errors);
                errors.into_problem()
            }
            None => broken(error),
        })
    }
}

impl<S: Send + Sync, T: DeserializeOwned + PartialSchema> FromRequest<S> for CheckedBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let language = Language::of(request.headers());
        let bytes = json_object(request, state, language).await?;
        let mut errors = FieldErrors::new(language);
        let error = match serde_json::from_slice(&bytes) {
            Ok(fields) if !has_lists_for_objects::<T>(&bytes) => {
                return Ok(CheckedBody { fields, errors });
            }
            read => read.err(),
        };
        let differences = Differences::of::<T>(&bytes).ok_or_else(|| broken(error))?;
        differences.tell(&mut errors);
        match with_example::<T>(differences.rest) {
            Some(fields) => Ok(CheckedBody { fields, errors }),
            None => Err(errors.into_problem()),
        }
    }
}

/// The members, with those of the example where required ones are missing.
fn with_example<T: DeserializeOwned + PartialSchema>(mut members: Map<String, Value>) -> Option<T> {
    let described = described::<T>()?;
    for name in described.required {
        if members.contains_key(&name) {
            continue;
        }
        let of_whole = described
            .example
            .as_ref()
            .and_then(|example| example.get(&name));
        let of_member = match described.properties.get(&name) {
            Some(RefOr::T(Schema::Object(member))) => member.example.as_ref(),
            _ => None,
        };
        let value = of_whole.or(of_member)?.clone();
        members.insert(name, value);
    }
    serde_json::from_value(Value::Object(members)).ok()
}

/// The bytes of a JSON object.
async fn json_object<S: Send + Sync>(
    request: Request,
    state: &S,
    language: Language,
) -> Result<Bytes, Problem> {
    if !is_json(request.headers()) {
        let accepted = vec!["application/json"];
        return Err(Problem::new(Code::UnsupportedMediaType).with("accepted", accepted));
    }
    let bytes = Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large(MAX_BODY),
            _ => Problem::new(Code::BodyNotJson),
        })?;
    // The form first: whether a body is JSON must not hang on the field at which the fault is noticed.
    serde_json::from_slice::<IgnoredAny>(&bytes).map_err(not_json)?;
    if !bytes.trim_ascii_start().starts_with(b"{") {
        // Serde takes an array for an object, too, value by value.
        let advice = BodyError::not_an_object().advice(language);
        return Err(Problem::invalid_field("body", advice));
    }
    Ok(bytes)
}

fn broken(error: Option<serde_json::Error>) -> Problem {
    error.map_or_else(|| Problem::new(Code::BodyNotJson), not_json)
}

fn not_json(error: serde_json::Error) -> Problem {
    Problem::new(Code::BodyNotJson)
        .with("line", error.line())
        .with("column", error.column())
}
