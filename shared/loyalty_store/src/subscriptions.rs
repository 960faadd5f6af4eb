//! The times for which tariffs are paid.

use domain::TariffId;
use jiff::Timestamp;
use pg::PgError;
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::get;

/// A time for which a tariff is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    /// Its first instant.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
}

/// A tariff that a user may use now, and until when without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribedTariff {
    /// The tariff.
    pub tariff: TariffId,
    /// Its name.
    pub title: String,
    /// Since when, and until when.
    pub period: Subscription,
}

pg::statements! {
    /// The tariffs that the user $1 has at $2, or later.
    FIND_OF_USER(UUID, TIMESTAMPTZ) = "
        SELECT t.id, t.title, min(s.starts_at) AS starts_at, max(s.ends_at) AS ends_at
        FROM subscriptions s JOIN tariffs t ON t.id = s.tariff_id
        WHERE s.user_id = $1 AND s.ends_at > $2
        GROUP BY t.id, t.title ORDER BY t.id";
}

impl LoyaltyStore {
    /// The tariffs that the user has now or will have, by number. What follows on each other is one time.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_subscriptions(
        &self,
        user_id: Uuid,
        now: Timestamp,
    ) -> Result<Vec<SubscribedTariff>, PgError> {
        let rows = self.pool.fetch(&FIND_OF_USER, &[&user_id, &now]).await?;
        let decode = |row| {
            Ok(SubscribedTariff {
                tariff: TariffId(get(row, "id")?),
                title: get(row, "title")?,
                period: Subscription {
                    starts_at: get(row, "starts_at")?,
                    ends_at: get(row, "ends_at")?,
                },
            })
        };
        rows.iter().map(decode).collect()
    }
}
