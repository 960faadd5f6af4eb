//! The promo codes that a user can use now.

use domain::Facts;
use jiff::Timestamp;
use pg::{PgError, Type};
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::facts::{COLUMNS, decode};

/// The most listed promo codes that are looked at for one answer; those that the user holds come on top.
const MOST: i64 = 200;

impl LoyaltyStore {
    /// The facts of every pair of a promo code and a tariff that may concern the user: codes that are listed, or held
    /// by the user. Statement and index narrow the list; whether a code passes is for the rules to say.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_offers(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Facts>, PgError> {
        let sql = format!(
            "SELECT {COLUMNS}
             FROM (
                (SELECT * FROM promo_codes
                WHERE status = 'active' AND listed AND starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2)
                    AND (audience = 'all' OR audience_user_id = $1
                        OR audience_group_ids && ARRAY(SELECT group_id FROM group_members WHERE user_id = $1))
                ORDER BY id LIMIT $3)
                UNION
                SELECT p.* FROM promo_codes p JOIN applications a ON a.promo_id = p.id
                WHERE a.user_id = $1 AND a.state IN ('applied', 'paying')
             ) AS p
             CROSS JOIN tariffs t
             WHERE t.status = 'active'
             ORDER BY p.id, t.id"
        );
        let params: [pg::Param; 3] = [
            (&user_id, Type::UUID),
            (&now, Type::TIMESTAMPTZ),
            (&MOST, Type::INT8),
        ];
        let rows = self.pool.rows(&sql, &params).await?;
        rows.iter().map(|row| decode(row, user_id, now)).collect()
    }
}
