//! Every HTTP function in one process on one port: what an API gateway and its Lambdas are on AWS.

mod console;
mod health;
mod metrics;
mod openapi;
mod pages;

use std::collections::BTreeSet;

use axum::Router;
use axum::routing::get;
use runtime::ConfigError;
use service_http::AllowedOrigins;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use console::HEADERS as CONSOLE_HEADERS;
pub use openapi::to_json;

/// Lists the HTTP functions: each is mounted with the state that it builds from the environment, as in its Lambda.
macro_rules! functions {
    ($($function:ident)+) => {
        fn functions() -> Result<OpenApiRouter, ConfigError> {
            let router = OpenApiRouter::with_openapi(openapi::Api::openapi());
            Ok(router$(.merge($function::router().with_state($function::State::from_env()?)))+)
        }

        /// The environment variables that each function reads when it starts, besides those of logs and error reports.
        ///
        /// # Errors
        /// When one of them is missing or not valid.
        pub fn variables() -> Result<Vec<(&'static str, BTreeSet<String>)>, ConfigError> {
            Ok(vec![$({
                let (read, names) = runtime::recording(|| {
                    AllowedOrigins::from_env()?;
                    $function::State::from_env().map(drop)
                });
                read?;
                (stringify!($function), names)
            }),+])
        }

        /// The description of the API that the functions make together, and the function behind each path.
        pub fn openapi() -> (utoipa::openapi::OpenApi, Vec<(&'static str, utoipa::openapi::OpenApi)>) {
            let mut whole = openapi::Api::openapi();
            let parts = vec![$((stringify!($function), $function::router().into_openapi())),+];
            for (_, part) in &parts {
                whole.merge(part.clone());
            }
            openapi::complete(&mut whole);
            (whole, parts)
        }
    };
}

functions! {
    user_registration login logout refresh_token delete jwks
    change_password sessions me
    apply_promocode get_active_promocodes use_promocode cancel_apply_promocode payment_webhook
    buy_tariff purchases subscription tariffs
    admin_tariffs applications approvals audit_log campaigns decisions groups loyalty_users promocodes
    refunds subscriptions users
}

/// All routes, with the same edge around them as in a Lambda.
///
/// # Errors
/// When a variable of the environment is missing or not valid.
pub fn app() -> Result<Router, ConfigError> {
    let (router, openapi) = service_http::strict(functions()?);
    let description = to_json(&openapi);
    let router = router
        .merge(health::router()?)
        .merge(metrics::router()?)
        .merge(pages::router())
        .merge(console::router()?)
        .route(
            "/openapi.json",
            get(async move || ([("content-type", "application/json")], description)),
        );
    Ok(AllowedOrigins::from_env()?.around(service_http::app(router)))
}
