//! The decisions that were made, for staff.

use std::sync::Arc;

use domain::{Decision, Facts, Outcome, PromoRef};
use jiff::Timestamp;
use pg::{PgError, Row};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::definitions::{CampaignRow, CodeRow, OfferRow, TariffRow};
use crate::facts::id_and_codes;
use crate::memory::Offer;
use crate::rows::get;

macro_rules! decision {
    () => {
        "SELECT d.id, d.at, d.user_id, d.rule_set, d.refused, d.observed, c.code AS code_now,
            version_numbered(p_kind => 'promo_code', p_id => d.code_id, p_version => d.code_version) AS code,
            version_numbered(p_kind => 'promotion', p_id => d.promotion_id, p_version => d.promotion_version) AS promotion,
            version_numbered(p_kind => 'campaign', p_id => d.campaign_id, p_version => d.campaign_version) AS campaign,
            version_numbered(p_kind => 'tariff', p_id => d.tariff_id, p_version => d.tariff_version) AS tariff
        FROM decisions d JOIN promo_codes c ON c.id = d.code_id"
    };
}

pg::statements! {
    FIND_DECISION(UUID) = concat!(decision!(), " WHERE d.id = $1");
    /// After the place ($5, $6), of one code or of all.
    FIND_DECISIONS(UUID, BOOL, INT8, TEXT_ARRAY, TIMESTAMPTZ, UUID, INT8) = concat!(
        decision!(),
        " WHERE d.user_id = $1 AND (NOT $2 OR c.id = $3 OR c.code = ANY ($4))
            AND ($5 IS NULL OR (d.at, d.id) < ($5, $6))
        ORDER BY d.at DESC, d.id DESC LIMIT $7"
    );
}

/// A decision as it was made.
#[derive(Debug, Clone)]
pub struct StoredDecision {
    /// Its number, which the user was told.
    pub id: Uuid,
    /// The text of the code, as it is now.
    pub code_now: String,
    /// What it looked at: the versions of then, the user, and the time.
    pub facts: Facts,
    /// Whether the code passed.
    pub accepted: bool,
    /// The outcome of every rule that there was then.
    pub outcomes: Vec<Outcome>,
}

/// Where a page of decisions ended: the time and the number of its last one.
pub type DecisionPlace = (Timestamp, Uuid);

impl StoredDecision {
    /// Its place in the list.
    pub fn place(&self) -> DecisionPlace {
        (self.facts.now, self.id)
    }
}

impl LoyaltyStore {
    /// The decision `id`; `None` also for a refusal so old that it is kept no longer.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_decision(&self, id: Uuid) -> Result<Option<StoredDecision>, PgError> {
        let row = self.pool.fetch_optional(&FIND_DECISION, &[&id]).await?;
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
        let (id, codes) = promo.map_or((None, None), id_and_codes);
        let (at, decision_id) = after.unzip();
        let values: [pg::Value<'_>; 7] = [
            &user_id,
            &promo.is_some(),
            &id,
            &codes,
            &at,
            &decision_id,
            &limit,
        ];
        let rows = self.pool.fetch(&FIND_DECISIONS, &values).await?;
        rows.iter().map(decode).collect()
    }
}

fn decode(row: &Row) -> Result<StoredDecision, PgError> {
    let Json(code): Json<CodeRow> = get(row, "code")?;
    let Json(promotion) = get(row, "promotion")?;
    let Json(tariff): Json<TariffRow> = get(row, "tariff")?;
    let campaign: Option<Json<CampaignRow>> = get(row, "campaign")?;
    let campaign = campaign.map(|Json(row)| row);
    let offer: Offer = OfferRow {
        promotion,
        campaign,
    }
    .try_into()?;
    let Json(observed) = get(row, "observed")?;
    let facts = Facts {
        now: get(row, "at")?,
        user_id: get(row, "user_id")?,
        code: Arc::new(code.try_into()?),
        promotion: offer.promotion,
        campaign: offer.campaign,
        tariff: Arc::new(tariff.try_into()?),
        observed,
    };
    let refused: Vec<String> = get(row, "refused")?;
    Ok(StoredDecision {
        id: get(row, "id")?,
        code_now: get(row, "code_now")?,
        accepted: refused.is_empty(),
        outcomes: Decision::recall(&facts, get(row, "rule_set")?, &refused),
        facts,
    })
}
