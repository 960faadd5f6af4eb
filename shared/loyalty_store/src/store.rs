//! The handle to the loyalty database.

use std::sync::Arc;

use runtime::ConfigError;

use crate::memory::Memory;

/// The loyalty database; clones share one pool, and what is remembered of the catalogue.
#[derive(Clone)]
pub struct LoyaltyStore {
    pub(crate) pool: pg::Pool,
    pub(crate) memory: Arc<Memory>,
}

impl LoyaltyStore {
    /// A store over `pool`.
    pub fn new(pool: pg::Pool) -> LoyaltyStore {
        LoyaltyStore {
            pool,
            memory: Arc::new(Memory::new()),
        }
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
