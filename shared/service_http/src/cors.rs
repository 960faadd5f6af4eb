//! Calls from web pages of other origins (the Fetch standard, "CORS protocol").

use std::str::FromStr;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use runtime::ConfigError;
use tower_http::cors::CorsLayer;

/// How long a browser may remember what is allowed.
const REMEMBERED: Duration = Duration::from_secs(600);

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// The origins of the web pages that may call the service. Tokens are sent in a header, so cookies are not allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOrigins(Vec<HeaderValue>);

/// A text that is no list of origins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no origin: use https://HOST or https://HOST:PORT, several with commas between them"
)]
pub struct NoOrigin(String);

impl FromStr for AllowedOrigins {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<AllowedOrigins, NoOrigin> {
        let origins = text.split(',').map(str::trim).filter(|o| !o.is_empty());
        let origin = |text: &str| {
            let refused = || NoOrigin(text.to_owned());
            // As browsers send it, since it is compared byte by byte.
            let text = text.to_ascii_lowercase();
            let uri: Uri = text.parse().map_err(|_| refused())?;
            let scheme = uri.scheme_str().filter(|s| ["http", "https"].contains(s));
            let authority = uri.authority().filter(|a| !a.as_str().contains(['@', '*']));
            // Browsers leave the usual port out.
            let usual = [("http", Some(80)), ("https", Some(443))];
            match (scheme, authority) {
                (Some(scheme), Some(authority))
                    if usual.contains(&(scheme, authority.port_u16())) =>
                {
                    Err(refused())
                }
                (Some(scheme), Some(authority)) if format!("{scheme}://{authority}") == text => {
                    HeaderValue::from_str(&text).map_err(|_| refused())
                }
                _ => Err(refused()),
            }
        };
        origins
            .map(origin)
            .collect::<Result<_, _>>()
            .map(AllowedOrigins)
    }
}

impl AllowedOrigins {
    /// Those of `ALLOWED_ORIGINS`; none by default.
    ///
    /// # Errors
    /// When there is something else.
    pub fn from_env() -> Result<AllowedOrigins, ConfigError> {
        runtime::parsed_or("ALLOWED_ORIGINS", AllowedOrigins::default())
    }

    /// Lets the pages of these origins call `router`, and read its answers.
    pub fn around(&self, router: Router) -> Router {
        if self.0.is_empty() {
            return router;
        }
        let sent = [
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT_LANGUAGE,
            HeaderName::from_static("idempotency-key"),
            header::IF_MATCH,
        ];
        let read = [
            HeaderName::from_static("x-request-id"),
            header::ALLOW,
            header::CONTENT_DISPOSITION,
            header::CONTENT_LANGUAGE,
            header::ETAG,
            header::LINK,
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
        ];
        router.layer(
            CorsLayer::new()
                .allow_origin(self.0.clone())
                .allow_methods(METHODS)
                .allow_headers(sent)
                .expose_headers(read)
                .max_age(REMEMBERED),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_parsed_as_browsers_send_them() {
        let parsed: AllowedOrigins = "https://Shop.Example, http://127.0.0.1:3000,"
            .parse()
            .unwrap();
        assert_eq!(parsed.0, ["https://shop.example", "http://127.0.0.1:3000"]);
        assert_eq!("".parse(), Ok(AllowedOrigins::default()));
        for wrong in [
            "*",
            "null",
            "shop.example",
            "https://shop.example/",
            "https://*.example",
            "ftp://a.example",
            "https://a@b.example",
            "https://shop.example:443",
        ] {
            assert_eq!(
                wrong.parse::<AllowedOrigins>(),
                Err(NoOrigin(wrong.to_owned()))
            );
        }
    }
}
