//! The promo codes that a user can use now.

use domain::Facts;
use jiff::Timestamp;
use pg::{PgError, Type};
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::facts::{ENTERED, HAPPENED, JOINS};
use crate::rows;

impl LoyaltyStore {
    /// The facts of every pair of a promo code and a tariff that may concern the user, ordered by the code's number:
    /// codes that are listed, or held by the user. Statement and index narrow the list; whether a code passes is for the
    /// rules to say.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_offers(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Facts>, PgError> {
        let sql = format!(
            "SELECT {ENTERED}, {HAPPENED}
             FROM (
                SELECT * FROM promo_codes
                WHERE status = 'active' AND listed AND starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2)
                    AND (audience = 'all' OR audience_user_id = $1
                        OR audience_group_ids && ARRAY(SELECT group_id FROM group_members WHERE user_id = $1))
                UNION
                SELECT p.* FROM promo_codes p JOIN applications a ON a.promo_id = p.id
                WHERE a.user_id = $1 AND a.state IN ('applied', 'paying')
             ) AS p
             {JOINS}
             CROSS JOIN tariffs t
             WHERE t.status = 'active'
             ORDER BY p.id, t.id"
        );
        let params: [pg::Param; 2] = [(&user_id, Type::UUID), (&now, Type::TIMESTAMPTZ)];
        let rows = self.pool.rows(&sql, &params).await?;
        rows.iter()
            .map(|row| rows::facts(row, user_id, true, now))
            .collect()
    }
}
