//! Where the service under test and its servers are.

use std::path::PathBuf;

/// What answers the HTTP requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// One process with every function.
    Gateway,
    /// `cargo lambda watch`: one process per function, one request at a time in each.
    Lambda,
}

/// The environment of the tests.
#[derive(Clone)]
pub struct Settings {
    /// What answers the requests.
    pub host: Host,
    /// The URL of the service, without a trailing slash.
    pub base_url: String,
    /// The auth database, bypassing the pooler.
    pub auth_url: String,
    /// The loyalty database, bypassing the pooler.
    pub loyalty_url: String,
    /// RabbitMQ.
    pub amqp_url: String,
    /// The folder in which the servers and programs of `cargo local test` keep everything they write; `None` elsewhere.
    pub stack_folder: Option<PathBuf>,
    /// The URL of the payment sandbox, without a trailing slash.
    pub sandbox_url: String,
    /// The shop in the sandbox.
    pub shop_id: String,
    /// The shop's key.
    pub shop_key: String,
    /// The private key of access tokens, as in the environment.
    pub jwt_signing_key: String,
    /// The ID of that key.
    pub jwt_key_id: String,
    /// The public keys.
    pub jwt_jwks: String,
}

impl Settings {
    /// Reads the environment. Panics if something is missing: a test that can't run has not passed.
    pub fn from_env() -> Settings {
        let url = |name| variable(name).trim_end_matches('/').to_owned();
        Settings {
            host: match variable("E2E_HOST").as_str() {
                "gateway" => Host::Gateway,
                "lambda" => Host::Lambda,
                other => panic!("E2E_HOST is gateway or lambda, not {other}"),
            },
            base_url: url("E2E_BASE_URL"),
            auth_url: variable("AUTH_MIGRATION_URL"),
            loyalty_url: variable("LOYALTY_MIGRATION_URL"),
            amqp_url: variable("AMQP_URL"),
            stack_folder: runtime::optional("E2E_STACK_FOLDER").map(PathBuf::from),
            sandbox_url: url("SANDBOX_PUBLIC_URL"),
            shop_id: variable("PAYMENT_SHOP_ID"),
            shop_key: variable("PAYMENT_SECRET_KEY"),
            jwt_signing_key: variable("JWT_SIGNING_KEY"),
            jwt_key_id: variable("JWT_KEY_ID"),
            jwt_jwks: variable("JWT_JWKS"),
        }
    }
}

fn variable(name: &'static str) -> String {
    runtime::required(name, "run `cargo local test`").unwrap_or_else(|error| panic!("{error}"))
}
