//! Why a code passes or does not pass, as of now or of a past time.

use std::sync::Arc;

use domain::{Decision, Facts, Observed, PromoCodeId, UserStatus, Waivers};
use jiff::Timestamp;
use pg::{PgError, Record};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::definitions::{CampaignRow, CodeRow, Offer, OfferRow, PromotionRow, TariffRow};
use crate::facts::id_and_codes;
use crate::rows::optional_name;
use crate::{CodeText, LoyaltyStore, PromoRequest};

pg::statements! {
    /// The facts of a decision as of a past time.
    LOAD_FACTS_AT(UUID, TIMESTAMPTZ, INT8, TEXT_ARRAY, INT8) =
        "SELECT f AS facts, (
            SELECT is_unlisted(p_listed => p.listed, p_batch_id => c.batch_id, p_user_id => c.user_id)
            FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id WHERE c.id = (f.code ->> 'id')::bigint
        ) AS unlisted
        FROM load_facts_at(p_user_id => $1, p_at => $2, p_code_id => $3, p_codes => $4, p_tariff_id => $5) AS f";
}

/// What the rules say of a request, for staff: nothing is hidden, reserved or stored.
#[derive(Debug)]
pub enum Explanation {
    /// The facts, and the outcome of every rule on them.
    Decided {
        /// What the rules looked at.
        facts: Box<Facts>,
        /// The text of the code at that time, to be read as the code is now.
        text: CodeText,
        /// What they found.
        decision: Decision,
        /// Whether the user had already applied this code to this tariff.
        applied: bool,
        /// The user's open application of another code for this tariff.
        other_application: Option<Uuid>,
        /// The member of staff who applied it. What was waived then is waived in the decision.
        applied_by: Option<Uuid>,
    },
    /// There is, or was then, no such promo code.
    NoCode,
    /// There is, or was then, no such tariff.
    NoTariff,
}

impl LoyaltyStore {
    /// Decides by the rules that `redemption::apply` decides by, on what was so at the time `at`: the versions of
    /// the promo code, its promotion, its campaign and the tariff, the user's status and groups, and the uses taken by
    /// then. With the present time for `at` this is what applying would say now.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn explain(
        &self,
        request: &PromoRequest,
        at: Timestamp,
    ) -> Result<Explanation, PgError> {
        let (id, codes) = id_and_codes(&request.promo);
        let values: [pg::Value<'_>; 5] = [&request.user_id, &at, &id, &codes, &request.tariff.0];
        let row = self.pool.fetch_one(&LOAD_FACTS_AT, &values).await?;
        let mut record: Record<'_> = row.try_get("facts")?;
        let r = &mut record;
        let code: Option<Json<CodeRow>> = r.field()?;
        let promotion: Option<Json<PromotionRow>> = r.field()?;
        let campaign: Option<Json<CampaignRow>> = r.field()?;
        let tariff: Option<Json<TariffRow>> = r.field()?;
        let Some(Json(tariff)) = tariff else {
            return Ok(Explanation::NoTariff);
        };
        let Some((Json(code), Json(promotion))) = code.zip(promotion) else {
            return Ok(Explanation::NoCode);
        };
        let campaign = campaign.map(|Json(row)| row);
        let offer: Offer = OfferRow {
            promotion,
            campaign,
        }
        .try_into()?;
        let mut facts = Facts {
            now: at,
            user_id: request.user_id,
            code: Arc::new(code.try_into()?),
            promotion: offer.promotion,
            campaign: offer.campaign,
            tariff: Arc::new(tariff.try_into()?),
            observed: Observed {
                // Staff name a code by its ID and mean the user who has the text.
                named_by_text: true,
                user_status: optional_name::<UserStatus>(r.field()?)?,
                taken: counted(r)?,
                spent_minor: counted(r)?,
                campaign_taken: counted(r)?,
                campaign_spent_minor: counted(r)?,
                code_uses: counted(r)?,
                group_ids: r.field()?,
                has_purchased: r.field()?,
                first_purchase: optional_name(r.field()?)?,
                trial: optional_name(r.field()?)?,
                unused: r.field()?,
                insider_since: r.field()?,
                ..Observed::default()
            },
        };
        let used_at: Vec<Timestamp> = r.field()?;
        let start = facts.promotion.period_start(at);
        facts.observed.set_uses(&used_at, start);
        let open_code = r.field::<Option<i64>>()?.map(PromoCodeId);
        let applied = open_code == Some(facts.code.id);
        let applied_by = r.field::<Option<Uuid>>()?.filter(|_| applied);
        let waived = r.field::<Option<Vec<String>>>()?.filter(|_| applied);
        facts.observed.other_code = open_code.filter(|open| *open != facts.code.id);
        let open_application: Option<Uuid> = r.field()?;
        let is_other = facts.observed.other_code.is_some();
        self.least_payments.observe(&mut facts);
        let waivers = Waivers::recall(&waived.unwrap_or_default());
        let decision = Decision::waiving(&facts, &waivers);
        Ok(Explanation::Decided {
            text: CodeText::read(&row, facts.code.id, Some(facts.code.text()))?,
            applied,
            applied_by,
            other_application: open_application.filter(|_| is_other),
            facts: Box::new(facts),
            decision,
        })
    }
}

/// A count of what is limited; 0 for what is not.
fn counted(record: &mut Record<'_>) -> Result<i64, PgError> {
    let count: Option<i64> = record.field()?;
    Ok(count.unwrap_or_default())
}
