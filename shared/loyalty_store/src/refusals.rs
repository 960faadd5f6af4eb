//! Storing decisions that refused. An accepted decision is stored as the application itself.

use domain::{Decision, Facts, RULE_SET, Random};
use pg::PgError;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::LoyaltyStore;

pg::statements! {
    RECORD_REFUSAL(
        UUID, TIMESTAMPTZ, UUID, INT8, INT8, INT8, INT8, INT4, INT4, INT4, INT4, INT2, TEXT_ARRAY, JSONB
    ) =
        "INSERT INTO refusals (id, at, user_id, code_id, promotion_id, campaign_id, tariff_id, code_version,
            promotion_version, campaign_version, tariff_version, rule_set, refused, observed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
}

impl LoyaltyStore {
    /// Stores a refusal and returns its ID.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn record_refusal(
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
