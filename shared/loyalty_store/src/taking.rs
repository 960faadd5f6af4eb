//! Taking a use. There is one statement for it: whatever the limits, they hold however many take at once.

use domain::{Decision, Facts, HoldState, Quote, Random};
use jiff::SignedDuration;
use pg::{PgError, Type};
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
        let params: [pg::Param; 19] = [
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
        ];
        match self.pool.execute(&statement(busy), &params).await {
            Ok(1) => Ok(Some(hold)),
            Ok(0) => Ok(None),
            Ok(n) => Err(bug(&format!("{n} holds at once"))),
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

/// A stripe of the counter of `scope` with room for one use and the discount in $18. None while a stripe is over its
/// quota, which happens when a limit was lowered below what is taken.
fn stripe(scope: &str, from: &str, condition: &str, busy: Busy) -> String {
    let skip = match busy {
        Busy::Skip => "SKIP LOCKED",
        Busy::Wait => "",
    };
    format!(
        "SELECT c.stripe FROM {from} JOIN usage_counters c ON c.scope = '{scope}' AND c.scope_id = s.id
        WHERE {condition}
            AND (c.quota IS NULL OR c.taken < c.quota)
            AND (c.quota_minor IS NULL OR c.spent_minor + $18 <= c.quota_minor)
            AND NOT EXISTS (
                SELECT FROM usage_counters o WHERE o.scope = '{scope}' AND o.scope_id = s.id
                    AND (o.taken > o.quota OR o.spent_minor > o.quota_minor)
            )
        ORDER BY (c.stripe + $19) % 32 LIMIT 1 FOR UPDATE OF c {skip}"
    )
}

fn statement(busy: Busy) -> String {
    let promo = stripe(
        "promo",
        "owner CROSS JOIN promo_codes s",
        "s.id = $3 AND s.version = $4",
        busy,
    );
    let campaign = stripe(
        "campaign",
        "promo CROSS JOIN campaigns s",
        "s.id = $16 AND s.version = $17",
        busy,
    );
    format!(
        "WITH owner AS (
            -- The lock makes blocking and deleting wait, and then see this hold: they give it back.
            SELECT id FROM users WHERE id = $2 AND status = 'active' FOR SHARE
        ),
        promo AS ({promo}),
        campaign AS ({campaign}),
        found AS (
            SELECT promo.stripe, campaign.stripe AS campaign_stripe
            FROM promo LEFT JOIN campaign ON true
            WHERE $16 IS NULL OR campaign.stripe IS NOT NULL
        ),
        -- Apart from the UPDATE: when a counter has moved on since the statement began, Postgres looks at the joined row
        -- again, and a UNION there would be made anew.
        stripes AS MATERIALIZED (
            SELECT 'promo' AS scope, $3 AS scope_id, stripe FROM found
            UNION ALL SELECT 'campaign', $16, campaign_stripe FROM found
        ),
        taken AS (
            UPDATE usage_counters AS c SET taken = c.taken + 1, spent_minor = c.spent_minor + $18
            FROM stripes
            WHERE c.scope = stripes.scope AND c.scope_id = stripes.scope_id AND c.stripe = stripes.stripe
        ),
        decided AS (
            INSERT INTO decisions (id, at, user_id, promo_id, promo_version, tariff_id, accepted, outcomes)
            SELECT $7, $6, $2, $3, $4, $5, true, $8 FROM found
        )
        INSERT INTO applications (id, decision_id, promo_id, promo_version, user_id, tariff_id, state, period, slot,
            price_minor, total_minor, currency, trial_days, created_at, expires_at, updated_at, stripe, campaign_id,
            campaign_stripe)
        SELECT $1, $7, $3, $4, $2, $5, 'applied', $15, $9, $10, $11, $12, $13, $6, $14, $6, stripe, $16, campaign_stripe
        FROM found"
    )
}
