//! The handle to the auth database.

use runtime::ConfigError;

/// The auth database; clones share one pool.
#[derive(Clone)]
pub struct AuthStore {
    pub(crate) pool: pg::Pool,
}

impl AuthStore {
    /// A store over `pool`.
    pub fn new(pool: pg::Pool) -> AuthStore {
        AuthStore { pool }
    }

    /// The store at `AUTH_DATABASE_URL`.
    ///
    /// # Errors
    /// When the variable is missing or is no Postgres URL.
    pub fn from_env() -> Result<AuthStore, ConfigError> {
        Ok(AuthStore::new(pg::Pool::from_env("AUTH_DATABASE_URL")?))
    }

    /// Answers when the database does.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), pg::PgError> {
        self.pool.ping().await
    }
}
