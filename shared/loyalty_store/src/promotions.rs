//! Promotions, as staff enter them. Versions are kept by the database, so that decisions stay explained.

use domain::{Money, Promotion, PromotionId, PromotionStatus, TariffId};
use jiff::Timestamp;
use pg::{KeyedRows, Keyset, PgError, Record, Row, Value, keyset_page};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::definitions::PromotionRow;
use crate::promo_codes::{CodeEntry, EnteredCode};
use crate::rows::{bug, get, keyed_page};
use crate::staff_change::staff_request;
use crate::version_history::version_history;
use crate::{Change, LoyaltyStore, PastVersion};

/// What is read of promotions, `m`. The counter of a promotion without a budget adds up all currencies that it was sold in.
macro_rules! columns {
    () => {
        "to_jsonb(m) AS promotion, m.created_at, coalesce(used.taken, 0) AS taken,
            CASE WHEN m.budget_minor IS NOT NULL OR NOT EXISTS (SELECT FROM tariffs t WHERE t.currency <> m.currency)
                THEN coalesce(used.spent_minor, 0) END AS spent_minor"
    };
}

/// The usage of promotions, `m`.
macro_rules! usage {
    () => {
        "LEFT JOIN LATERAL (
            SELECT sum(s.taken)::bigint AS taken, sum(s.spent_minor)::bigint AS spent_minor
            FROM promotion_usage s WHERE s.promotion_id = m.id
        ) AS used ON true"
    };
}

macro_rules! page {
    ($order:literal, $compare:literal) => {
        keyset_page!(
            $order,
            $compare,
            rows = "SELECT p.* FROM promotions p
                WHERE ($5 IS NULL OR p.status = $5) AND ($6 IS NULL OR p.campaign_id = $6)
                    AND ($7 IS NULL OR p.tariff_ids IS NULL OR $7 = ANY (p.tariff_ids))
                    AND ($8 IS NULL OR $8 = ANY (p.audience_group_ids))
                    AND ($9 IS NULL OR strpos(lower(p.title), lower($9)) > 0)",
            key = "WHEN 'title' THEN r.title
                WHEN 'starts_at' THEN to_char(r.starts_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')",
            columns = columns!(),
            join = usage!()
        )
    };
}

pg::statements! {
    CREATE_PROMOTION(JSONB, JSONB, JSONB) = concat!(
        "SELECT create_promotion(p_promotion => $1, p_codes => $2, p_staff => ",
        staff_request!("$3"),
        ")"
    );
    REPLACE_PROMOTION(INT8, INT4, JSONB, JSONB) = concat!(
        "SELECT replace_promotion(p_promotion_id => $1, p_version => $2, p_promotion => $3, p_staff => ",
        staff_request!("$4"),
        ")"
    );
    DELETE_PROMOTION(INT8, INT4, JSONB) = concat!(
        "SELECT delete_promotion(p_promotion_id => $1, p_version => $2, p_staff => ",
        staff_request!("$3"),
        ")"
    );
    UNKNOWN_REFERENCES(JSONB, JSONB) = "
        SELECT unknown_references(
            p_promotion => jsonb_populate_record(NULL::promotions, $1),
            p_before => jsonb_populate_record(NULL::promotions, $2)
        )";
    FIND_PROMOTION(INT8) = concat!("SELECT ", columns!(), " FROM promotions m ", usage!(), " WHERE m.id = $1");
    FIND_PROMOTIONS(TEXT, TEXT, INT8, INT8, TEXT, INT8, INT8, INT8, TEXT) = page!("ASC", ">");
    FIND_PROMOTIONS_DESCENDING(TEXT, TEXT, INT8, INT8, TEXT, INT8, INT8, INT8, TEXT) = page!("DESC", "<");
    PROMOTION_VERSIONS(INT8) = version_history!("promotion", "promotions");
}

/// A promotion with its usage.
#[derive(Debug, Clone)]
pub struct StoredPromotion {
    /// The promotion.
    pub promotion: Promotion,
    /// How many uses are reserved or spent.
    pub taken: i64,
    /// The sum of their discounts in minor units of its currency; `None` if it may have been sold in several.
    pub spent_minor: Option<i64>,
    /// When it was created, UTC.
    pub created_at: Timestamp,
}

/// The filter of a list of promotions.
#[derive(Debug, Clone, Default)]
pub struct PromotionFilter {
    /// Only those with this status.
    pub status: Option<PromotionStatus>,
    /// Only those of this campaign.
    pub campaign_id: Option<i64>,
    /// Only those that work for this tariff.
    pub tariff: Option<i64>,
    /// Only those that are for this group.
    pub group_id: Option<i64>,
    /// Only those whose title contains this, in any case.
    pub title: Option<String>,
}

/// Why a promotion or a code was not written. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum PromoError {
    /// There is no such promotion.
    #[error("there is no such promotion")]
    NoPromotion,
    /// There is no such promo code.
    #[error("there is no such promo code")]
    NoCode,
    /// Other promo codes have these texts; without any, somebody took one in this instant.
    #[error("another promo code has this text")]
    CodeTaken(Vec<String>),
    /// Somebody changed it in the meantime: its version is this by now.
    #[error("it has another version by now")]
    Changed(i32),
    /// The text of a promo code stays what it was, but in a draft that was never active.
    #[error("the text of a promo code can't be changed")]
    CodeFixed,
    /// Uses of its own are counted from the beginning, or never.
    #[error("a promo code gets or loses uses of its own in a draft alone")]
    UsesFixed,
    /// Only a draft that was never active, and its codes, can be deleted.
    #[error("the promotion is no draft, or was active before")]
    NotDraft,
    /// The promotion is archived, so it stays as it is.
    #[error("the promotion is archived")]
    Archived,
    /// These fields name what does not exist.
    #[error("it refers to what does not exist")]
    UnknownReferences(Vec<String>),
    /// The budget is in one currency, and the promotion has been used in another.
    #[error("a promotion with a budget has been used in another currency")]
    UsedInOtherCurrency,
    /// Another change of it waits for this approval.
    #[error("another change of it waits for an approval")]
    ApprovalPending(Uuid),
    /// The Idempotency-Key came with another request before.
    #[error("the key was used for another request")]
    KeyReused,
    /// The database failed.
    #[error(transparent)]
    Pg(PgError),
}

impl From<PgError> for PromoError {
    fn from(error: PgError) -> PromoError {
        match error.unique_violation() {
            Some("promo_codes_by_text") => PromoError::CodeTaken(Vec::new()),
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
    /// A new promotion with its first codes, if there are any. Its ID.
    ///
    /// # Errors
    /// [`PromoError::CodeTaken`], [`PromoError::UnknownReferences`], [`PromoError::KeyReused`], or that of the database.
    pub async fn create_promotion(
        &self,
        promotion: &Promotion,
        codes: &[CodeEntry],
        change: Change,
    ) -> Result<PromotionId, PromoError> {
        let codes: Vec<EnteredCode<'_>> = codes.iter().map(EnteredCode::from).collect();
        let values: [Value<'_>; 3] = [
            &Json(PromotionRow::from(promotion)),
            &Json(codes),
            &change.as_json(),
        ];
        let row = self.pool.fetch_one(&CREATE_PROMOTION, &values).await?;
        let mut record: Record<'_> = row.try_get(0)?;
        let outcome: &str = record.field()?;
        let id: Option<i64> = record.field()?;
        Err(match (outcome, id) {
            ("created", Some(id)) => return Ok(PromotionId(id)),
            ("unknown", _) => PromoError::UnknownReferences(record.field()?),
            ("taken", _) => PromoError::CodeTaken(record.field()?),
            ("key_reused", _) => PromoError::KeyReused,
            _ => PromoError::Pg(bug("an unknown answer")),
        })
    }

    /// The fields of a promotion that name what does not exist: `tariffs`, `audience` or `campaign_id`. What they named
    /// `before` may be gone by now. Whoever writes checks it again.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn unknown_references(
        &self,
        promotion: &Promotion,
        before: Option<&Promotion>,
    ) -> Result<Vec<String>, PgError> {
        let before = before.map(|before| Json(PromotionRow::from(before)));
        let values: [Value<'_>; 2] = [&Json(PromotionRow::from(promotion)), &before];
        let row = self.pool.fetch_one(&UNKNOWN_REFERENCES, &values).await?;
        row.try_get(0).map_err(PgError::from)
    }

    /// Replaces a promotion, if it has the version `version`, or whatever version. Users who have applied a code of it keep
    /// their price.
    ///
    /// # Errors
    /// [`PromoError`].
    pub async fn replace_promotion(
        &self,
        id: PromotionId,
        version: Option<i32>,
        promotion: &Promotion,
        change: Change,
    ) -> Result<(), PromoError> {
        let promotion = Json(PromotionRow::from(promotion));
        let values: [Value<'_>; 4] = [&id.0, &version, &promotion, &change.as_json()];
        let row = self.pool.fetch_one(&REPLACE_PROMOTION, &values).await?;
        let mut record: Record<'_> = row.try_get(0)?;
        let outcome: &str = record.field()?;
        let version: Option<i32> = record.field()?;
        Err(match outcome {
            "replaced" => return Ok(()),
            "no_promotion" => PromoError::NoPromotion,
            "changed" => PromoError::Changed(version.unwrap_or_default()),
            "archived" => PromoError::Archived,
            "other_currency" => PromoError::UsedInOtherCurrency,
            "unknown" => PromoError::UnknownReferences(record.field()?),
            "key_reused" => PromoError::KeyReused,
            _ => PromoError::Pg(bug("an unknown answer")),
        })
    }

    /// Deletes a promotion with its codes, if it is a draft that was never active and has the version `version`, or whatever
    /// version.
    ///
    /// # Errors
    /// [`PromoError`].
    pub async fn delete_promotion(
        &self,
        id: PromotionId,
        version: Option<i32>,
        change: Change,
    ) -> Result<(), PromoError> {
        let values: [Value<'_>; 3] = [&id.0, &version, &change.as_json()];
        let row = self.pool.fetch_one(&DELETE_PROMOTION, &values).await?;
        let mut record: Record<'_> = row.try_get(0)?;
        Err(match record.field()? {
            "deleted" => return Ok(()),
            "no_promotion" => PromoError::NoPromotion,
            "changed" => PromoError::Changed(record.field()?),
            "not_draft" => PromoError::NotDraft,
            "key_reused" => PromoError::KeyReused,
            _ => PromoError::Pg(bug("an unknown answer")),
        })
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

    /// A promotion with its usage.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_promotion(
        &self,
        id: PromotionId,
    ) -> Result<Option<StoredPromotion>, PgError> {
        let row = self.pool.fetch_optional(&FIND_PROMOTION, &[&id.0]).await?;
        row.as_ref().map(stored).transpose()
    }

    /// A page of promotions. They can be sorted by `id`, `title` and `starts_at`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_promotions(
        &self,
        filter: &PromotionFilter,
        page: &Keyset,
    ) -> Result<KeyedRows<StoredPromotion>, PgError> {
        let statement = page.statement(&FIND_PROMOTIONS, &FIND_PROMOTIONS_DESCENDING);
        let status = filter.status.map(PromotionStatus::as_str);
        let values: [Value<'_>; 9] = [
            &page.sort,
            &page.after_key(),
            &page.after_id(),
            &page.limit,
            &status,
            &filter.campaign_id,
            &filter.tariff,
            &filter.group_id,
            &filter.title,
        ];
        let rows = self.pool.fetch(statement, &values).await?;
        keyed_page(&rows, page, stored)
    }

    /// All versions of a promotion, the newest first.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn promotion_versions(
        &self,
        id: PromotionId,
    ) -> Result<Vec<PastVersion<Promotion>>, PgError> {
        let rows = self.pool.fetch(&PROMOTION_VERSIONS, &[&id.0]).await?;
        rows.iter().map(PastVersion::read::<PromotionRow>).collect()
    }
}

fn stored(row: &Row) -> Result<StoredPromotion, PgError> {
    let Json(promotion): Json<PromotionRow> = get(row, "promotion")?;
    Ok(StoredPromotion {
        promotion: promotion.try_into()?,
        taken: get(row, "taken")?,
        spent_minor: get(row, "spent_minor")?,
        created_at: get(row, "created_at")?,
    })
}
