//! The handle to the loyalty database.

use runtime::ConfigError;

/// The loyalty database; clones share one pool.
#[derive(Clone)]
pub struct LoyaltyStore {
    pub(crate) pool: pg::Pool,
}

impl LoyaltyStore {
    /// A store over `pool`.
    pub fn new(pool: pg::Pool) -> LoyaltyStore {
        LoyaltyStore { pool }
    }

    /// The store at `LOYALTY_DATABASE_URL`.
    ///
    /// # Errors
    /// When the variable is missing or is no Postgres URL.
    pub fn from_env() -> Result<LoyaltyStore, ConfigError> {
        Ok(LoyaltyStore::new(pg::Pool::from_env(
            "LOYALTY_DATABASE_URL",
        )?))
    }

    /// Answers when the database does.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), pg::PgError> {
        self.pool.ping().await
    }
}
