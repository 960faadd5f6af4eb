//! Taking a use. There is one statement for it: whatever the limits, they hold however many take at once.

use domain::{Decision, Facts, HoldState, Quote, Random};
use jiff::SignedDuration;
use pg::{AdHoc, PgError, Type};
use tokio_postgres::types::Json;

use crate::rows::bug;
use crate::{Hold, LoyaltyStore};

/// How long a use is held for the user before it is given back.
const HOLD: SignedDuration = SignedDuration::from_mins(30);

/// What to do about stripes of a counter that somebody else is taking from at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Busy {
    /// Take from another one.
    Skip,
    /// Wait: what is left may be in one of them.
    Wait,
}

impl LoyaltyStore {
    /// Takes a use, if what the decision was made from still holds. `None`: it does not, or every stripe with room was
    /// busy. Decide again then.
    pub(crate) async fn take(
        &self,
        facts: &Facts,
        decision: &Decision,
        quote: Quote,
        busy: Busy,
        random: &dyn Random,
    ) -> Result<Option<Hold>, PgError> {
        let hold = Hold {
            application_id: random.uuid(),
            decision_id: random.uuid(),
            promo_id: facts.promo.id,
            promo_code: facts.promo.code.clone(),
            tariff: facts.tariff.id,
            state: HoldState::Applied,
            quote,
            expires_at: facts.now + HOLD,
        };
        let campaign = facts.campaign.as_ref();
        let (campaign_id, campaign_version) = campaign
            .map(|campaign| (campaign.id, campaign.version))
            .unzip();
        // Where the search for a stripe begins: everywhere alike.
        let start = i32::from(hold.application_id.as_bytes()[0] % 32);
        let params: [pg::Param; 20] = [
            (&hold.application_id, Type::UUID),
            (&facts.user_id, Type::UUID),
            (&facts.promo.id.0, Type::INT8),
            (&facts.promo.version, Type::INT8),
            (&facts.tariff.id.0, Type::INT8),
            (&facts.now, Type::TIMESTAMPTZ),
            (&hold.decision_id, Type::UUID),
            (&Json(&decision.outcomes), Type::JSONB),
            (&facts.free_slot(), Type::INT4),
            (&quote.price.minor(), Type::INT8),
            (&quote.total.minor(), Type::INT8),
            (&quote.currency().as_str().to_owned(), Type::TEXT),
            (&quote.trial_days, Type::INT4),
            (&hold.expires_at, Type::TIMESTAMPTZ),
            (&facts.user_period(), Type::TEXT),
            (&campaign_id, Type::INT8),
            (&campaign_version, Type::INT8),
            (&quote.discount().minor(), Type::INT8),
            (&start, Type::INT4),
            (&(busy == Busy::Wait), Type::BOOL),
        ];
        // A function of the database, which keeps its plan: docs/adr/0010-cached-plans.md.
        let sql = "SELECT take_use($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
        match self.pool.row(sql, &params).await {
            Ok(row) => {
                let row = row.ok_or_else(|| bug("a function without an answer"))?;
                Ok((row.try_get::<_, i32>(0)? == 1).then_some(hold))
            }
            // The same user was faster in another request: the unique indexes keep the limits exact.
            Err(error) if error.taken().is_some() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gathers what is left of the promo code and its campaign in one stripe each: there may be enough for a discount in
    /// all stripes together and in none alone.
    pub(crate) async fn gather(&self, facts: &Facts) -> Result<(), PgError> {
        let of_promo = "SELECT spread_usage('promo', id, total_limit, budget_minor, 1) FROM promo_codes WHERE id = $1";
        let of_campaign = "SELECT spread_usage('campaign', id, total_limit, budget_minor, 1) FROM campaigns WHERE id = $1";
        self.pool
            .rows(of_promo, &[(&facts.promo.id.0, Type::INT8)])
            .await?;
        if let Some(campaign) = &facts.campaign {
            self.pool
                .rows(of_campaign, &[(&campaign.id, Type::INT8)])
                .await?;
        }
        Ok(())
    }
}
