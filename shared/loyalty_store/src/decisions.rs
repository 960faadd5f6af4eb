//! The decisions that were made, for staff.

use domain::{PromoId, PromoRef, TariffId};
use jiff::Timestamp;
use pg::{AdHoc, PgError, Row, Type};
use serde_json::Value;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::facts::id_and_codes;
use crate::rows::get;

/// How many months decisions are kept.
const KEPT_MONTHS: i32 = 13;

/// A decision as it was stored.
#[derive(Debug, Clone)]
pub struct StoredDecision {
    /// Its number, which the user was told.
    pub id: Uuid,
    /// When it was made.
    pub at: Timestamp,
    /// Who asked.
    pub user_id: Uuid,
    /// For which promo code.
    pub promo_id: PromoId,
    /// The text of the code, as it is now.
    pub promo_code: String,
    /// The version of the code that was looked at.
    pub promo_version: i64,
    /// For which tariff.
    pub tariff: TariffId,
    /// Whether the code passed.
    pub accepted: bool,
    /// The outcome of every rule that there was then: see [`domain::Outcome`].
    pub outcomes: Vec<Value>,
}

/// Where a page of decisions ended: the time and the number of its last one.
pub type DecisionPlace = (Timestamp, Uuid);

const COLUMNS: &str = "d.id, d.at, d.user_id, d.promo_id, p.code, d.promo_version, d.tariff_id, d.accepted, d.outcomes
    FROM decisions d JOIN promo_codes p ON p.id = d.promo_id";

impl LoyaltyStore {
    /// The decision `id`; `None` also for one so old that it is kept no longer.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_decision(&self, id: Uuid) -> Result<Option<StoredDecision>, PgError> {
        let sql = format!("SELECT {COLUMNS} WHERE d.id = $1");
        let row = self.pool.row(&sql, &[(&id, Type::UUID)]).await?;
        row.as_ref().map(decode).transpose()
    }

    /// Up to `limit` decisions about a user, the latest first, after `after`; about one promo code or about all.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_decisions(
        &self,
        user_id: Uuid,
        promo: Option<&PromoRef>,
        after: Option<DecisionPlace>,
        limit: i64,
    ) -> Result<Vec<StoredDecision>, PgError> {
        let sql = format!(
            "SELECT {COLUMNS}
             WHERE d.user_id = $1 AND (NOT $2 OR p.id = $3 OR p.code = ANY ($4))
                AND ($5 IS NULL OR (d.at, d.id) < ($5, $6))
             ORDER BY d.at DESC, d.id DESC LIMIT $7"
        );
        let (id, codes) = promo.map_or((None, None), id_and_codes);
        let (at, decision_id) = after.unzip();
        let params: [pg::Param; 7] = [
            (&user_id, Type::UUID),
            (&promo.is_some(), Type::BOOL),
            (&id, Type::INT8),
            (&codes, Type::TEXT_ARRAY),
            (&at, Type::TIMESTAMPTZ),
            (&decision_id, Type::UUID),
            (&limit, Type::INT8),
        ];
        self.pool
            .rows(&sql, &params)
            .await?
            .iter()
            .map(decode)
            .collect()
    }

    /// Makes room for the decisions of the months to come and forgets those that are 13 months old. Cheap when there is
    /// nothing to do.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn keep_decisions(&self, now: Timestamp) -> Result<(), PgError> {
        let params: [pg::Param; 2] = [(&now, Type::TIMESTAMPTZ), (&KEPT_MONTHS, Type::INT4)];
        self.pool
            .rows("SELECT keep_decisions($1, $2)", &params)
            .await
            .map(drop)
    }
}

fn decode(row: &Row) -> Result<StoredDecision, PgError> {
    let Json(outcomes) = get(row, "outcomes")?;
    Ok(StoredDecision {
        id: get(row, "id")?,
        at: get(row, "at")?,
        user_id: get(row, "user_id")?,
        promo_id: PromoId(get(row, "promo_id")?),
        promo_code: get(row, "code")?,
        promo_version: get(row, "promo_version")?,
        tariff: TariffId(get(row, "tariff_id")?),
        accepted: get(row, "accepted")?,
        outcomes,
    })
}
