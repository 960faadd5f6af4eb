//! The frame of the API description; the functions fill it.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
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

/// The description as JSON.
pub fn to_json(openapi: &utoipa::openapi::OpenApi) -> String {
    let json = serde_json::to_string_pretty(openapi);
    // A description is made of strings and maps of strings, which always have a JSON form.
    json.unwrap_or_default() + "\n"
}
