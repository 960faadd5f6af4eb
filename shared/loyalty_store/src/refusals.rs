//! Storing decisions that refused. An accepted decision is stored as the application itself.

use domain::{Decision, Facts, RULE_SET, Random};
use pg::PgError;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::reserve::waived;
use crate::{ForUser, LoyaltyStore};

pg::statements! {
    RECORD_REFUSAL(
        UUID, TIMESTAMPTZ, UUID, INT8, INT8, INT8, INT8, INT4, INT4, INT4, INT4, INT2, TEXT_ARRAY, JSONB,
        UUID, TEXT_ARRAY, TEXT
    ) =
        "INSERT INTO refusals (id, at, user_id, code_id, promotion_id, campaign_id, tariff_id, code_version,
            promotion_version, campaign_version, tariff_version, rule_set, refused, observed, applied_by, waived, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
}

impl LoyaltyStore {
    /// Stores a refusal and returns its ID. `by` is the member of staff who wanted to apply the code for the user.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn record_refusal(
        &self,
        facts: &Facts,
        decision: &Decision,
        by: Option<&ForUser>,
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
                    &by.map(|by| by.change.actor_id),
                    &waived(decision),
                    &by.map(|by| by.reason.as_str()),
                ],
            )
            .await?;
        Ok(id)
    }
}
