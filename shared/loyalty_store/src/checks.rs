//! What waits for the payment provider, and when it is asked after.

use jiff::{SignedDuration, Timestamp};
use pg::{AdHoc, PgError, Row, Type};

use crate::LoyaltyStore;

/// How long the provider may take to report before it is asked.
pub(crate) const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

impl LoyaltyStore {
    /// Up to `limit` pending rows of `table` (`purchases` or `refunds`) that are due, by `select`, a statement that reads
    /// their numbers from `taken (id)`. Each is then left alone for a minute, and for longer the older it is: half its
    /// age. Several callers get different ones.
    pub(crate) async fn take_due(
        &self,
        table: &str,
        select: &str,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Row>, PgError> {
        let sql = format!(
            "WITH due AS (
                SELECT id FROM {table} WHERE status = 'pending' AND check_at <= $1
                ORDER BY check_at LIMIT $2 FOR UPDATE SKIP LOCKED
            ),
            taken AS (
                UPDATE {table} AS t
                SET check_at = $1::timestamptz + greatest($3 * interval '1 second', ($1::timestamptz - created_at) / 2)
                FROM due WHERE t.id = due.id
                RETURNING t.id
            )
            {select}"
        );
        let params: [pg::Param; 3] = [
            (&now, Type::TIMESTAMPTZ),
            (&limit, Type::INT8),
            (&PATIENCE.as_secs_f64(), Type::FLOAT8),
        ];
        self.pool.rows(&sql, &params).await
    }
}
