//! Applying a promo code: deciding, and holding a use when all rules pass.

use domain::{Decision, Facts, RULE_SET, Random};
use jiff::Timestamp;
use pg::PgError;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::facts::LoadedFacts;
use crate::{Application, LoyaltyStore, PromoRequest};

/// How often a decision is made anew because somebody else was faster.
const ATTEMPTS: usize = 8;

pg::statements! {
    RECORD_REFUSAL(
        UUID, TIMESTAMPTZ, UUID, INT8, INT8, INT8, INT8, INT4, INT4, INT4, INT4, INT2, TEXT_ARRAY, JSONB
    ) =
        "INSERT INTO refusals (id, at, user_id, code_id, promotion_id, campaign_id, tariff_id, code_version,
            promotion_version, campaign_version, tariff_version, rule_set, refused, observed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
}

/// What became of a request to apply a promo code.
#[derive(Debug)]
pub enum ApplyOutcome {
    /// A use is held from now on.
    Applied(Application),
    /// The user held this use already.
    AppliedBefore(Application),
    /// Some rules refused.
    Refused {
        /// Where staff find it.
        decision_id: Uuid,
        /// Why.
        decision: Decision,
    },
    /// There is no such promo code.
    NoCode,
    /// There is no such tariff.
    NoTariff,
}

impl LoyaltyStore {
    /// Decides, and holds a use when all rules pass. The decision is stored either way, an acceptance as the application
    /// itself. One round trip for a code that is remembered and a user who holds nothing; two otherwise, when nobody is
    /// faster.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing is held then.
    pub async fn apply(
        &self,
        request: &PromoRequest,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<ApplyOutcome, PgError> {
        // What is assumed can only let a use be taken, which looks at it again: a refusal needs the facts.
        if let Some(facts) = self.memory.assume(request, now)
            && let Some(quote) = facts.accepted()
            && let Some(application) = self.reserve(&facts, quote, random).await?
        {
            return Ok(ApplyOutcome::Applied(application));
        }
        for _ in 0..ATTEMPTS {
            let loaded = match self.load_facts(request, now).await? {
                LoadedFacts::NoCode => return Ok(ApplyOutcome::NoCode),
                LoadedFacts::NoTariff => return Ok(ApplyOutcome::NoTariff),
                LoadedFacts::Facts(loaded) => loaded,
            };
            // A hold that ran out must not stand in the way until the sweeper comes by.
            if loaded.own_lapsed {
                self.expire_applications_of(request.user_id, now).await?;
                continue;
            }
            // Given back, so that the decision says why it is worth nothing now.
            if let Some(own) = loaded.withdrawn() {
                self.withdraw(own.id, now).await?;
                continue;
            }
            if let Some(own) = loaded.own {
                return Ok(ApplyOutcome::AppliedBefore(own));
            }
            let facts = &loaded.facts;
            let decision = Decision::of(facts);
            let Some(quote) = decision.accepted() else {
                if loaded.lapsed
                    && decision.refusals().any(|outcome| outcome.rule.is_limit())
                    && self.expire_applications_like(facts, now).await? > 0
                {
                    continue;
                }
                let decision_id = self.record_refusal(facts, &decision, random).await?;
                return Ok(ApplyOutcome::Refused {
                    decision_id,
                    decision,
                });
            };
            if let Some(application) = self.reserve(facts, quote, random).await? {
                return Ok(ApplyOutcome::Applied(application));
            }
        }
        Err(PgError::Unavailable(
            "too many others were faster".to_owned(),
        ))
    }

    /// Gives back holds that have run out of this promotion and its campaign; says how many.
    async fn expire_applications_like(
        &self,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<usize, PgError> {
        let promotion = Some(facts.promotion.id.0);
        let mut expired = self
            .expire_applications_where(None, promotion, None, now)
            .await?;
        if facts.promotion.campaign_id.is_some() {
            expired += self
                .expire_applications_where(None, None, facts.promotion.campaign_id, now)
                .await?;
        }
        Ok(expired)
    }

    async fn record_refusal(
        &self,
        facts: &Facts,
        decision: &Decision,
        random: &dyn Random,
    ) -> Result<Uuid, PgError> {
        let id = random.uuid_at(facts.now);
        let (campaign_id, campaign_version) = facts
            .campaign
            .as_ref()
            .map(|campaign| (campaign.id, campaign.version))
            .unzip();
        let refused: Vec<&str> = decision
            .refusals()
            .map(|outcome| outcome.rule.as_str())
            .collect();
        self.pool
            .run(
                &RECORD_REFUSAL,
                &[
                    &id,
                    &facts.now,
                    &facts.user_id,
                    &facts.code.id.0,
                    &facts.promotion.id.0,
                    &campaign_id,
                    &facts.tariff.id.0,
                    &facts.code.version,
                    &facts.promotion.version,
                    &campaign_version,
                    &facts.tariff.version,
                    &RULE_SET,
                    &refused,
                    &Json(&facts.observed),
                ],
            )
            .await?;
        Ok(id)
    }
}
