//! JSON bodies.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};
use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::body_limit::too_large;
use crate::json_error::{
    BodyError, Differences, KIND, described, has_lists_for_objects, tell_repeated_members,
};
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
        CheckedBody::parse(&bytes, language)
    }
}

impl<T: DeserializeOwned + PartialSchema> CheckedBody<T> {
    fn parse(bytes: &[u8], language: Language) -> Result<Self, Problem> {
        let mut errors = FieldErrors::new(language);
        let error = match serde_json::from_slice(bytes) {
            Ok(fields) if !has_lists_for_objects::<T>(bytes) => {
                return Ok(CheckedBody { fields, errors });
            }
            read => read.err(),
        };
        let differences = Differences::of::<T>(bytes).ok_or_else(|| broken(error))?;
        differences.tell(&mut errors);
        match with_example::<T>(differences.rest) {
            Some(fields) => Ok(CheckedBody { fields, errors }),
            None => Err(errors.into_problem()),
        }
    }
}

/// A body that changes some members of a resource (RFC 7396): `null` removes one, and an object is merged member by member,
/// unless it names its `kind`: then it takes the place of the one before.
#[derive(Debug, Clone)]
pub struct MergePatch {
    members: Map<String, Value>,
    language: Language,
}

impl<S: Send + Sync> FromRequest<S> for MergePatch {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let language = Language::of(request.headers());
        let bytes = json_object(request, state, language).await?;
        let mut errors = FieldErrors::new(language);
        tell_repeated_members(&bytes, &mut errors);
        if !errors.is_empty() {
            return Err(errors.into_problem());
        }
        let members = serde_json::from_slice(&bytes).map_err(not_json)?;
        Ok(MergePatch { members, language })
    }
}

impl MergePatch {
    /// `resource` with these changes, to be checked like one that is sent as a whole.
    ///
    /// # Errors
    /// `validation_failed`.
    pub fn merge<T>(self, resource: &T) -> Result<CheckedBody<T>, Problem>
    where
        T: Serialize + DeserializeOwned + PartialSchema,
    {
        let mut value = serde_json::to_value(resource).unwrap_or_default();
        let known = described::<T>().map(|object| object.properties);
        let is_unknown =
            |name: &String| !known.as_ref().is_some_and(|known| known.contains_key(name));
        let (unknown, members): (Map<_, _>, Map<_, _>) = self
            .members
            .into_iter()
            .partition(|(name, _)| is_unknown(name));
        merge(&mut value, Value::Object(members), false);
        // Removing what can't be there is a slip, too.
        if let Some(value) = value.as_object_mut() {
            value.extend(unknown);
        }
        CheckedBody::parse(value.to_string().as_bytes(), self.language)
    }
}

/// Merges the whole resource, or what `is_inside` of it.
fn merge(value: &mut Value, patch: Value, is_inside: bool) {
    let Value::Object(patch) = patch else {
        *value = patch;
        return;
    };
    if !value.is_object() || patch.contains_key(KIND) {
        *value = Value::Object(Map::new());
    }
    let Some(members) = value.as_object_mut() else {
        return;
    };
    for (name, change) in patch {
        match change {
            Value::Null => {
                let was_there = members.remove(&name).is_some();
                // The check tells whether there can be such a member at all.
                if is_inside && !was_there {
                    members.insert(name, Value::Null);
                }
            }
            change => merge(members.entry(name).or_insert(Value::Null), change, true),
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
