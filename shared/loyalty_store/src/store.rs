//! The handle to the loyalty database.

use std::sync::Arc;

use domain::{LeastPayments, Money};
use jiff::tz::TimeZone;
use runtime::ConfigError;

use crate::memory::Memory;

const SHOP_TIME_ZONE: &str = "SHOP_TIME_ZONE";
const MOSCOW: &str = "Europe/Moscow";
const LEAST_PAYMENTS: &str = "LEAST_PAYMENTS";

/// The loyalty database; clones share one pool, and what is remembered of the catalogue.
#[derive(Clone)]
pub struct LoyaltyStore {
    pub(crate) pool: pg::Pool,
    pub(crate) memory: Arc<Memory>,
    /// The name of the time zone on whose clock months are counted.
    pub(crate) shop_zone: String,
    pub(crate) least_payments: LeastPayments,
}

impl LoyaltyStore {
    /// A store over `pool`, for a shop on Moscow's clock.
    pub fn new(pool: pg::Pool) -> LoyaltyStore {
        LoyaltyStore {
            pool,
            memory: Arc::new(Memory::new()),
            shop_zone: MOSCOW.to_owned(),
            least_payments: LeastPayments::default(),
        }
    }

    /// The store at `LOYALTY_DATABASE_URL`, for a shop in `SHOP_TIME_ZONE`, by default Europe/Moscow, where at least
    /// `LEAST_PAYMENTS` can be paid, by default one rouble.
    ///
    /// # Errors
    /// When the first is missing or is no Postgres URL, the second is no name of the IANA time zone database, or the third
    /// no list of amounts.
    pub fn from_env() -> Result<LoyaltyStore, ConfigError> {
        let pool = pg::Pool::from_env("LOYALTY_DATABASE_URL")?;
        let shop_zone = runtime::optional(SHOP_TIME_ZONE).unwrap_or_else(|| MOSCOW.to_owned());
        TimeZone::get(&shop_zone).map_err(|_| {
            let advice = "use a name of the IANA time zone database, such as Europe/Moscow";
            ConfigError::Invalid(SHOP_TIME_ZONE, advice.to_owned())
        })?;
        Ok(LoyaltyStore {
            least_payments: runtime::parsed_or(LEAST_PAYMENTS, LeastPayments::default())?,
            ..LoyaltyStore::in_zone(pool, &shop_zone)
        })
    }

    /// A store over `pool`, for a shop on the clock of this zone of the IANA time zone database.
    pub fn in_zone(pool: pg::Pool, shop_zone: &str) -> LoyaltyStore {
        LoyaltyStore {
            shop_zone: shop_zone.to_owned(),
            ..LoyaltyStore::new(pool)
        }
    }

    /// The least amount that can be paid, if `total` is less, but not nothing.
    pub fn least_payment_above(&self, total: Money) -> Option<Money> {
        self.least_payments.above(total)
    }

    /// Answers when the database does.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), pg::PgError> {
        self.pool.ping().await
    }
}
