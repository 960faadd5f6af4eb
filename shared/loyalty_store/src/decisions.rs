//! The decisions that were made, for staff.

use std::collections::HashSet;

use domain::{Decision, Facts, Outcome, PromoRef, PromotionId, RuleCode};
use jiff::Timestamp;
use pg::{PgError, Row};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::facts::id_and_codes;
use crate::rows::get;
use crate::versions::{Kind, VersionKey, Versions};
use crate::{ByStaff, CodeText, LoyaltyStore, Place};

pg::statements! {
    FIND_DECISION(UUID) =
        "SELECT d.*, coalesce(c.typed, c.code) AS code_now,
            is_unlisted(p_listed => p.listed, p_batch_id => c.batch_id, p_user_id => c.user_id) AS unlisted
        FROM decisions d
        LEFT JOIN promo_codes c ON c.id = d.code_id LEFT JOIN promotions p ON p.id = c.promotion_id
        WHERE d.id = $1";
    FIND_DECISIONS(
        UUID, INT8, TEXT_ARRAY, INT8, TEXT, BOOL, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, UUID, INT8
    ) =
        "SELECT d.*, (SELECT coalesce(c.typed, c.code) FROM promo_codes c WHERE c.id = d.code_id) AS code_now,
            (
                SELECT is_unlisted(p_listed => p.listed, p_batch_id => c.batch_id, p_user_id => c.user_id)
                FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id WHERE c.id = d.code_id
            ) AS unlisted
        FROM find_decisions(p_user_id => $1, p_code_id => $2, p_codes => $3, p_promotion_id => $4, p_reason => $5,
            p_accepted => $6, p_from => $7, p_to => $8, p_at => $9, p_id => $10, p_limit => $11) d";
}

/// Which decisions are looked for: those that fit everything that is given.
#[derive(Debug, Clone, Default)]
pub struct DecisionFilter {
    /// About this user.
    pub user_id: Option<Uuid>,
    /// About this promo code, or those that have or had this text.
    pub promo: Option<PromoRef>,
    /// About the codes of this promotion.
    pub promotion_id: Option<PromotionId>,
    /// Refused by this rule, alone or among others.
    pub reason: Option<RuleCode>,
    /// Whether the code passed.
    pub accepted: Option<bool>,
    /// Made at this time or later.
    pub from: Option<Timestamp>,
    /// Made before this time.
    pub to: Option<Timestamp>,
}

/// A decision as it was made.
#[derive(Debug, Clone)]
pub struct StoredDecision {
    /// Its ID, which the user got, too.
    pub id: Uuid,
    /// The text of the code as it is now, or was at last.
    pub text: CodeText,
    /// What it looked at: the versions of then, the user, and the time.
    pub facts: Facts,
    /// The member of staff who applied the code for the user, or wanted to.
    pub by_staff: Option<ByStaff>,
    /// Whether the code passed.
    pub accepted: bool,
    /// The outcome of every rule that there was then.
    pub outcomes: Vec<Outcome>,
}

impl StoredDecision {
    /// Its place in the list.
    pub fn place(&self) -> Place {
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
        let decisions = self.with_versions(row.into_iter().collect()).await?;
        Ok(decisions.into_iter().next())
    }

    /// Up to `limit` decisions, the latest first, after `after`. A filter without a user, a promo code and a promotion
    /// reads all decisions of its period, so that should be a short one.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_decisions(
        &self,
        filter: &DecisionFilter,
        after: Option<Place>,
        limit: i64,
    ) -> Result<Vec<StoredDecision>, PgError> {
        let (id, codes) = filter.promo.as_ref().map_or((None, None), id_and_codes);
        let promotion_id = filter.promotion_id.map(|id| id.0);
        let reason = filter.reason.map(RuleCode::as_str);
        let (at, decision_id) = after.unzip();
        let values: [pg::Value<'_>; 11] = [
            &filter.user_id,
            &id,
            &codes,
            &promotion_id,
            &reason,
            &filter.accepted,
            &filter.from,
            &filter.to,
            &at,
            &decision_id,
            &limit,
        ];
        let rows = self.pool.fetch(&FIND_DECISIONS, &values).await?;
        self.with_versions(rows).await
    }

    /// Decisions with the versions that they were made on.
    async fn with_versions(&self, rows: Vec<Row>) -> Result<Vec<StoredDecision>, PgError> {
        let made_on: Vec<MadeOn> = rows.iter().map(MadeOn::read).collect::<Result<_, _>>()?;
        let keys: HashSet<VersionKey> = made_on.iter().flat_map(MadeOn::keys).collect();
        let versions = self.versions(keys).await?;
        let decisions = rows.iter().zip(&made_on);
        decisions
            .map(|(row, made_on)| decode(row, made_on, &versions))
            .collect()
    }
}

/// The versions that a decision was made on, each with its id.
struct MadeOn {
    code: (i64, i32),
    promotion: (i64, i32),
    campaign: Option<(i64, i32)>,
    tariff: (i64, i32),
}

impl MadeOn {
    fn read(row: &Row) -> Result<MadeOn, PgError> {
        let campaign_id: Option<i64> = get(row, "campaign_id")?;
        Ok(MadeOn {
            code: (get(row, "code_id")?, get(row, "code_version")?),
            promotion: (get(row, "promotion_id")?, get(row, "promotion_version")?),
            campaign: campaign_id.zip(get(row, "campaign_version")?),
            tariff: (get(row, "tariff_id")?, get(row, "tariff_version")?),
        })
    }

    fn keys(&self) -> impl Iterator<Item = VersionKey> + use<> {
        let parts = [
            (Kind::Code, Some(self.code)),
            (Kind::Promotion, Some(self.promotion)),
            (Kind::Campaign, self.campaign),
            (Kind::Tariff, Some(self.tariff)),
        ];
        parts
            .into_iter()
            .filter_map(|(kind, part)| part.map(|(id, version)| VersionKey { kind, id, version }))
    }
}

fn decode(row: &Row, made_on: &MadeOn, versions: &Versions) -> Result<StoredDecision, PgError> {
    let Json(observed) = get(row, "observed")?;
    let campaign = made_on.campaign;
    let campaign = campaign.map(|(id, version)| versions.campaign(id, version));
    let facts = Facts {
        now: get(row, "at")?,
        user_id: get(row, "user_id")?,
        code: versions.code(made_on.code.0, made_on.code.1)?,
        promotion: versions.promotion(made_on.promotion.0, made_on.promotion.1)?,
        campaign: campaign.transpose()?,
        tariff: versions.tariff(made_on.tariff.0, made_on.tariff.1)?,
        observed,
    };
    let refused: Vec<String> = get(row, "refused")?;
    let waived: Option<Vec<String>> = get(row, "waived")?;
    let code_now: Option<&str> = get(row, "code_now")?;
    // Of a draft that was deleted, the last text that was decided on.
    let text = code_now.unwrap_or_else(|| facts.code.text());
    Ok(StoredDecision {
        id: get(row, "id")?,
        text: CodeText::read(row, facts.code.id, Some(text))?,
        by_staff: ByStaff::read(row)?,
        accepted: refused.is_empty(),
        outcomes: Decision::recall(
            &facts,
            get(row, "rule_set")?,
            &refused,
            &waived.unwrap_or_default(),
        ),
        facts,
    })
}
