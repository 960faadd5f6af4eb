//! The frame of the API description; the functions fill it.

use utoipa::openapi::path::Operation;
use utoipa::openapi::response::Response;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, RefOr, Schema};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Promo codes and loyalty",
        description = "Register, log in, and buy a tariff with a promo code. Errors are RFC 9457 problem details with \
            a stable `code`: see docs/errors.md.",
        version = "0.1.0",
        license(name = "MIT", identifier = "MIT"),
    ),
    modifiers(&AccessToken),
)]
pub(crate) struct Api;

struct AccessToken;

impl Modify for AccessToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("access_token", scheme);
    }
}

/// Adds what holds for all operations: errors are problem details, and the operations for staff have IDs of their own.
pub(crate) fn complete(openapi: &mut utoipa::openapi::OpenApi) {
    openapi.components.iter_mut().for_each(open_parts);
    for path in openapi.paths.paths.values_mut() {
        let operations = [
            &mut path.get,
            &mut path.put,
            &mut path.post,
            &mut path.delete,
            &mut path.patch,
        ];
        for operation in operations.into_iter().flatten() {
            if tags_of(operation).any(|tag| tag == "admin")
                && let Some(id) = &mut operation.operation_id
            {
                id.insert_str(0, "admin_");
            }
            for (status, response) in &mut operation.responses.responses {
                let is_error = status.starts_with(['4', '5']);
                if let (true, RefOr::T(response)) = (is_error, response)
                    && let Some(body) = response.content.shift_remove("application/json")
                {
                    let problem = "application/problem+json".to_owned();
                    response.content.insert(problem, body);
                }
            }
            add_errors(operation, &[("414", "`uri_too_long`")]);
            if operation.request_body.is_some() && !tags_of(operation).any(|tag| tag == "payments")
            {
                add_errors(operation, BODY_ERRORS);
            }
        }
    }
}

fn tags_of(operation: &Operation) -> impl Iterator<Item = &str> {
    let tags = operation.tags.iter().flatten();
    tags.map(String::as_str)
}

/// What every call with a body may answer.
const BODY_ERRORS: &[(&str, &str)] = &[
    ("400", "`body_not_json`"),
    ("413", "`body_too_large`"),
    ("415", "`unsupported_media_type`"),
];

/// Adds errors that an operation does not describe itself.
fn add_errors(operation: &mut Operation, errors: &[(&str, &str)]) {
    let responses = &mut operation.responses.responses;
    let described = responses.values().find_map(|response| match response {
        RefOr::T(response) => response.content.get_key_value("application/problem+json"),
        RefOr::Ref(_) => None,
    });
    let Some((kind, content)) = described.map(|(kind, content)| (kind.clone(), content.clone()))
    else {
        return;
    };
    for (status, description) in errors {
        let entry = responses.entry((*status).to_owned());
        entry.or_insert_with(|| {
            let mut error = Response::new(*description);
            error.content.insert(kind.clone(), content.clone());
            error.into()
        });
    }
}

/// Schemas that others are made of take further members: each part of an `allOf` is checked against the whole value, so
/// one that refuses what the other parts have would refuse everything.
fn open_parts(components: &mut Components) {
    let mut parts = vec![];
    for schema in components.schemas.values() {
        if let RefOr::T(Schema::AllOf(whole)) = schema {
            parts.extend(whole.items.iter().filter_map(|part| match part {
                RefOr::Ref(part) => part.ref_location.rsplit('/').next().map(str::to_owned),
                RefOr::T(_) => None,
            }));
        }
    }
    for part in parts {
        if let Some(RefOr::T(Schema::Object(part))) = components.schemas.get_mut(&part) {
            part.additional_properties = None;
        }
    }
}

/// The description as JSON.
pub fn to_json(openapi: &utoipa::openapi::OpenApi) -> String {
    let json = serde_json::to_string_pretty(openapi);
    // A description is made of strings and maps of strings, which always have a JSON form.
    json.unwrap_or_default() + "\n"
}
