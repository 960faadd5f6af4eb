//! Promotions with their codes, as staff enter them. Versions are kept by the database, so that decisions stay explained.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{IssuedCode, Money, PromoCode, Promotion, PromotionStatus, TariffId, Usage};
use pg::{PgError, Record, Row, Value};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::definitions::{CodeRow, PromotionRow};
use crate::rows::{bug, get};
use crate::{Change, LoyaltyStore};

/// A code with its promotion and its usage. A promotion without a budget may have been used in several
/// currencies, and its counter adds up all of them; where all is sold in one, the applications are not read.
macro_rules! stored_promo {
    () => {
        "SELECT c.id, c.promotion_id, c.code, c.typed, c.state, c.user_id, c.batch_id, c.max_uses, c.ends_at, c.version,
            p.version AS promotion_version, coalesce(used.taken, 0) AS taken,
            coalesce(used.spent_minor, 0) - coalesce(elsewhere.spent_minor, 0) AS spent_minor
        FROM promo_codes c
        JOIN promotions p ON p.id = c.promotion_id
        LEFT JOIN LATERAL (
            SELECT sum(s.taken)::bigint AS taken, sum(s.spent_minor)::bigint AS spent_minor
            FROM promotion_usage s WHERE s.promotion_id = p.id
        ) AS used ON true
        LEFT JOIN LATERAL (
            SELECT sum(a.price_minor - a.total_minor)::bigint AS spent_minor FROM applications a
            WHERE a.promotion_id = p.id AND a.currency <> p.currency AND a.state IN ('applied', 'paying', 'used')
                AND EXISTS (SELECT FROM tariffs t WHERE t.currency <> p.currency)
        ) AS elsewhere ON p.budget_minor IS NULL"
    };
}

pg::statements! {
    CREATE_PROMOTION(JSONB, TEXT, TEXT, UUID, UUID, TIMESTAMPTZ) =
        "SELECT create_promotion(p_promotion => $1, p_code => $2, p_typed => $3, p_user_id => $4, p_actor_id => $5,
            p_now => $6)";
    REPLACE_PROMOTION(INT8, INT4, JSONB, TEXT, TEXT, UUID, UUID, TIMESTAMPTZ) =
        "SELECT replace_promotion(p_code_id => $1, p_version => $2, p_promotion => $3, p_code => $4, p_typed => $5,
            p_user_id => $6, p_actor_id => $7, p_now => $8)";
    UNKNOWN_REFERENCES(JSONB, UUID, JSONB, UUID) = "
        SELECT unknown_references(
            p_promotion => jsonb_populate_record(NULL::promotions, $1), p_user_id => $2,
            p_before => jsonb_populate_record(NULL::promotions, $3), p_user_id_before => $4
        )";
    DELETE_PROMOTION(INT8, UUID, TIMESTAMPTZ) =
        "SELECT delete_promotion(p_code_id => $1, p_actor_id => $2, p_now => $3)";
    FIND_PROMO(INT8) = concat!(stored_promo!(), " WHERE c.id = $1");
    /// Codes of batches are left out: there may be millions of them.
    FIND_PROMOS(INT8, TEXT, INT8, TEXT, INT8) = concat!(
        stored_promo!(),
        " WHERE c.batch_id IS NULL AND c.id < $1 AND ($2 IS NULL OR p.status = $2)
            AND ($3 IS NULL OR p.campaign_id = $3) AND ($4 IS NULL OR c.code ^@ $4)
        ORDER BY c.id DESC LIMIT $5"
    );
}

/// A promotion with one code, as staff enter it.
#[derive(Debug, Clone, PartialEq)]
pub struct PromoEntry {
    /// The text of the code.
    pub code: PromoCode,
    /// The text as it is shown: see [`PromoCode::shown`].
    pub typed: Option<String>,
    /// The only user whom the code is for.
    pub user_id: Option<Uuid>,
    /// The promotion. Its ID and its version are ignored.
    pub promotion: Promotion,
}

/// A promo code with its promotion, and its usage.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPromo {
    /// The code.
    pub code: IssuedCode,
    /// Its promotion.
    pub promotion: Arc<Promotion>,
    /// The usage of the promotion; of money, what is in its currency.
    pub usage: Usage,
}

/// The filter of a list of promo codes.
#[derive(Debug, Clone, Default)]
pub struct PromoFilter {
    /// Only those whose promotion has this status.
    pub status: Option<PromotionStatus>,
    /// Only those of this campaign.
    pub campaign_id: Option<i64>,
    /// Only those whose text begins so.
    pub begins_with: Option<PromoCode>,
}

/// Why a promotion was not written. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum PromoError {
    /// There is no such promo code.
    #[error("there is no such promo code")]
    NotFound,
    /// Another promo code has this text.
    #[error("another promo code has this text")]
    CodeTaken,
    /// Somebody changed the promotion in the meantime: its version is this by now.
    #[error("the promotion has another version by now")]
    Changed(i32),
    /// The text of a promo code stays what it was, but in a draft that was never active.
    #[error("the text of a promo code can't be changed")]
    CodeFixed,
    /// Only a draft that was never active can be deleted.
    #[error("the promotion is no draft, or was active before")]
    NotDraft,
    /// The promotion is archived, so it stays as it is.
    #[error("the promotion is archived")]
    Archived,
    /// These fields name what does not exist: `tariffs`, `audience` or `campaign_id`.
    #[error("it refers to what does not exist")]
    UnknownReferences(Vec<String>),
    /// The budget is in one currency, and the promotion has been used in another.
    #[error("a promotion with a budget has been used in another currency")]
    UsedInOtherCurrency,
    /// The database failed.
    #[error(transparent)]
    Pg(PgError),
}

impl From<PgError> for PromoError {
    fn from(error: PgError) -> PromoError {
        match error.unique_violation() {
            Some("promo_codes_by_text") => PromoError::CodeTaken,
            _ => PromoError::Pg(error),
        }
    }
}

impl From<tokio_postgres::Error> for PromoError {
    fn from(error: tokio_postgres::Error) -> PromoError {
        PgError::from(error).into()
    }
}

impl LoyaltyStore {
    /// A new promotion with one code; the code's ID.
    ///
    /// # Errors
    /// [`PromoError::CodeTaken`], [`PromoError::UnknownReferences`], or that of the database.
    pub async fn create_promotion(
        &self,
        entry: &PromoEntry,
        change: Change,
    ) -> Result<i64, PromoError> {
        let promotion = Json(PromotionRow::from(&entry.promotion));
        let values: [Value<'_>; 6] = [
            &promotion,
            &entry.code.as_str(),
            &entry.typed,
            &entry.user_id,
            &change.actor_id,
            &change.at,
        ];
        let row = self.pool.fetch_one(&CREATE_PROMOTION, &values).await?;
        let mut record: Record<'_> = row.try_get(0)?;
        match record.field()? {
            Some(code_id) => Ok(code_id),
            None => Err(PromoError::UnknownReferences(record.field()?)),
        }
    }

    /// The fields of a promotion and of the user whom its code is for that name what does not exist: `tariffs`, `audience` or
    /// `campaign_id`. What they named `before` may be gone by now. Whoever writes checks it again.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn unknown_references(
        &self,
        promotion: &Promotion,
        user_id: Option<Uuid>,
        before: Option<&StoredPromo>,
    ) -> Result<Vec<String>, PgError> {
        let promotion = Json(PromotionRow::from(promotion));
        let promotion_before = before.map(|before| Json(PromotionRow::from(&*before.promotion)));
        let user_id_before = before.and_then(|before| before.code.user_id);
        let values: [Value<'_>; 4] = [&promotion, &user_id, &promotion_before, &user_id_before];
        let row = self.pool.fetch_one(&UNKNOWN_REFERENCES, &values).await?;
        row.try_get(0).map_err(PgError::from)
    }

    /// Replaces the promotion of the code `code_id` by `entry`, if it still has the version `version`. Users who have
    /// applied the code keep their price.
    ///
    /// # Errors
    /// [`PromoError`].
    pub async fn replace_promotion(
        &self,
        code_id: i64,
        version: i32,
        entry: &PromoEntry,
        change: Change,
    ) -> Result<(), PromoError> {
        let promotion = Json(PromotionRow::from(&entry.promotion));
        let values: [Value<'_>; 8] = [
            &code_id,
            &version,
            &promotion,
            &entry.code.as_str(),
            &entry.typed,
            &entry.user_id,
            &change.actor_id,
            &change.at,
        ];
        let row = self.pool.fetch_one(&REPLACE_PROMOTION, &values).await?;
        let mut record: Record<'_> = row.try_get(0)?;
        let outcome: &str = record.field()?;
        let version: Option<i32> = record.field()?;
        Err(match outcome {
            "replaced" => return Ok(()),
            "no_code" => PromoError::NotFound,
            "changed" => PromoError::Changed(version.unwrap_or_default()),
            "archived" => PromoError::Archived,
            "code_fixed" => PromoError::CodeFixed,
            "other_currency" => PromoError::UsedInOtherCurrency,
            "unknown" => PromoError::UnknownReferences(record.field()?),
            _ => PromoError::Pg(bug("an unknown answer")),
        })
    }

    /// Deletes the promotion of the code `code_id`, with the code, if it is a draft that was never active.
    ///
    /// # Errors
    /// [`PromoError::NotFound`], [`PromoError::NotDraft`], or that of the database.
    pub async fn delete_promotion(&self, code_id: i64, change: Change) -> Result<(), PromoError> {
        let values: [Value<'_>; 3] = [&code_id, &change.actor_id, &change.at];
        let row = self.pool.fetch_one(&DELETE_PROMOTION, &values).await?;
        match row.try_get(0)? {
            "deleted" => Ok(()),
            "no_code" => Err(PromoError::NotFound),
            _ => Err(PromoError::NotDraft),
        }
    }

    /// The first tariff on sale of which the promotion would leave less than can be paid, with what would be left, and the
    /// least that can be paid.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn first_not_payable(
        &self,
        promotion: &Promotion,
    ) -> Result<Option<(TariffId, Money, Money)>, PgError> {
        for tariff in self.tariffs_on_sale(promotion.tariffs.as_deref()).await? {
            if let Some(total) = promotion.total_of(&tariff)
                && let Some(least) = self.least_payments.above(total)
            {
                return Ok(Some((tariff.id, total, least)));
            }
        }
        Ok(None)
    }

    /// A promo code with its promotion.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_promo(&self, code_id: i64) -> Result<Option<StoredPromo>, PgError> {
        let row = self.pool.fetch_optional(&FIND_PROMO, &[&code_id]).await?;
        let promos = self.with_promotions(row.into_iter().collect()).await?;
        Ok(promos.into_iter().next())
    }

    /// Up to `limit` promo codes that are of no batch, the newest first, before the ID `before`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_promos(
        &self,
        filter: &PromoFilter,
        before: i64,
        limit: i64,
    ) -> Result<Vec<StoredPromo>, PgError> {
        let status = filter.status.map(PromotionStatus::as_str);
        let begins_with = filter.begins_with.as_ref().map(PromoCode::as_str);
        let values: [Value<'_>; 5] = [&before, &status, &filter.campaign_id, &begins_with, &limit];
        let rows = self.pool.fetch(&FIND_PROMOS, &values).await?;
        self.with_promotions(rows).await
    }

    /// Codes with their promotions, which are loaded only where another version of them is remembered, or none.
    async fn with_promotions(&self, rows: Vec<Row>) -> Result<Vec<StoredPromo>, PgError> {
        let mut promotions = HashMap::new();
        let mut unknown = Vec::new();
        for row in &rows {
            let (id, version): (i64, i32) =
                (get(row, "promotion_id")?, get(row, "promotion_version")?);
            match self.memory.offer(id) {
                Some(offer) if offer.promotion.version == version => {
                    promotions.insert(id, offer.promotion);
                }
                _ => unknown.push(id),
            }
        }
        if !unknown.is_empty() {
            for offer in self.load_offers(&unknown).await? {
                promotions.insert(offer.promotion.id.0, offer.promotion);
            }
        }
        // A draft may be deleted after its code was read.
        let stored = |row: &Row| {
            let code: IssuedCode = CodeRow::read(row)?.try_into()?;
            let Some(promotion) = promotions.get(&code.promotion_id.0) else {
                return Ok(None);
            };
            Ok(Some(StoredPromo {
                promotion: promotion.clone(),
                code,
                usage: Usage {
                    taken: get(row, "taken")?,
                    spent_minor: get(row, "spent_minor")?,
                },
            }))
        };
        rows.iter()
            .filter_map(|row| stored(row).transpose())
            .collect()
    }
}
