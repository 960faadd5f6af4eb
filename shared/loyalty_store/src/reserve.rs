//! Reserving a use. One statement does it: all limits hold, however many requests run at once.

use domain::{
    ApplicationState, Decision, Facts, MAX_UNUSED, Quote, RULE_SET, Random, RuleCode, Usage,
};
use jiff::Timestamp;
use pg::{PgError, Record};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::{Application, ForUser, LoyaltyStore};

pg::statements! {
    /// Reserves a use, if all that was decided on still holds.
    RESERVE_USE(UUID, UUID, INT8, INT8, INT4_ARRAY, TIMESTAMPTZ, INT8, TIMESTAMPTZ, INT2, JSONB, INT4) =
        "SELECT reserve_use(p_application_id => $1, p_user_id => $2, p_code_id => $3, p_tariff_id => $4,
            p_versions => $5, p_now => $6, p_total_minor => $7, p_uses_since => $8, p_rule_set => $9, p_observed => $10,
            p_max_unused => $11)";
    /// The same with the use of another application.
    MOVE_APPLICATION(UUID, UUID, INT8, INT8, INT4_ARRAY, TIMESTAMPTZ, INT8, TIMESTAMPTZ, INT2, JSONB, INT4, UUID) =
        "SELECT move_application(p_application_id => $1, p_user_id => $2, p_code_id => $3, p_tariff_id => $4,
            p_versions => $5, p_now => $6, p_total_minor => $7, p_uses_since => $8, p_rule_set => $9, p_observed => $10,
            p_max_unused => $11, p_from_id => $12)";
    /// The same for a user by a member of staff.
    APPLY_FOR_USER(UUID, UUID, INT8, INT8, INT4_ARRAY, TIMESTAMPTZ, INT8, TIMESTAMPTZ, INT2, JSONB, INT4, UUID, TEXT,
        TEXT_ARRAY, INT4, UUID, TEXT) =
        "SELECT apply_for_user(p_application_id => $1, p_user_id => $2, p_code_id => $3, p_tariff_id => $4,
            p_versions => $5, p_now => $6, p_total_minor => $7, p_uses_since => $8, p_rule_set => $9, p_observed => $10,
            p_max_unused => $11, p_actor_id => $12, p_reason => $13, p_waived => $14, p_hold_minutes => $15,
            p_purchase_id => $16, p_time_zone => $17)";
}

/// How a use is reserved.
struct Reservation<'a> {
    statement: &'static pg::Statement,
    /// The values of the statement beside those that all have.
    values: Vec<pg::Value<'a>>,
}

/// What `reserve_use` says when a limit leaves no use after others were counted.
const NO_USE_LEFT: &str = "LS001";

impl LoyaltyStore {
    /// Reserves a use at `quote`, if the facts still hold and the limits leave one. `None`: decide again.
    ///
    /// # Errors
    /// Any [`PgError`]; no use is reserved then.
    pub async fn reserve(
        &self,
        facts: &Facts,
        quote: Quote,
        random: &dyn Random,
    ) -> Result<Option<Application>, PgError> {
        let reservation = Reservation {
            statement: &RESERVE_USE,
            values: vec![],
        };
        self.reserve_as(reservation, facts, quote, random).await
    }

    /// Reserves a use for a user on behalf of a member of staff, who may have waived rules of the decision; makes the
    /// purchase as well if that is asked for, which takes a total of zero. `None`: decide again.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then.
    pub async fn reserve_for_user(
        &self,
        facts: &Facts,
        decision: &Decision,
        quote: Quote,
        by: &ForUser,
        random: &dyn Random,
    ) -> Result<Option<Application>, PgError> {
        let (reason, waived) = (by.reason.as_str(), waived(decision));
        let purchase_id = by.with_purchase.then(|| random.uuid());
        let reservation = Reservation {
            statement: &APPLY_FOR_USER,
            values: vec![
                &by.actor_id,
                &reason,
                &waived,
                &by.hold_minutes,
                &purchase_id,
                &self.shop_zone,
            ],
        };
        self.reserve_as(reservation, facts, quote, random).await
    }

    /// Moves the use of the application `from`, which the facts show as held for another tariff, to a new application
    /// at `quote`: in one transaction, so that nobody else can take it. `None`: decide again.
    ///
    /// # Errors
    /// Any [`PgError`]; the use stays where it was then.
    pub async fn move_application(
        &self,
        from: Uuid,
        facts: &Facts,
        quote: Quote,
        random: &dyn Random,
    ) -> Result<Option<Application>, PgError> {
        let reservation = Reservation {
            statement: &MOVE_APPLICATION,
            values: vec![&from],
        };
        self.reserve_as(reservation, facts, quote, random).await
    }

    async fn reserve_as(
        &self,
        reservation: Reservation<'_>,
        facts: &Facts,
        quote: Quote,
        random: &dyn Random,
    ) -> Result<Option<Application>, PgError> {
        let id = random.uuid_at(facts.now);
        let campaign = facts.campaign.as_ref();
        let versions = [
            Some(facts.code.version),
            Some(facts.promotion.version),
            Some(facts.tariff.version),
            campaign.map(|campaign| campaign.version),
        ];
        let since = facts.promotion.period_start(facts.now);
        let versions = versions.as_slice();
        let (total, observed) = (quote.total.minor(), Json(&facts.observed));
        let mut values: Vec<pg::Value<'_>> = vec![
            &id,
            &facts.user_id,
            &facts.code.id.0,
            &facts.tariff.id.0,
            &versions,
            &facts.now,
            &total,
            &since,
            &RULE_SET,
            &observed,
            &MAX_UNUSED,
        ];
        values.extend(reservation.values);
        let row = self.pool.fetch_one(reservation.statement, &values).await;
        let row = match row {
            Err(PgError::Raised(code)) if code == NO_USE_LEFT => return Ok(None),
            // Another account of the same person was faster: the unique index on trials keeps to one.
            Err(error) if error.unique_violation().is_some() => return Ok(None),
            other => other?,
        };
        let mut record: Record<'_> = row.try_get(0)?;
        let Some(expires_at) = record.field::<Option<Timestamp>>()? else {
            return Ok(None);
        };
        self.remember_usage(facts, quote, &mut record)?;
        Ok(Some(Application {
            id,
            code_id: facts.code.id,
            code: facts.code.text().to_owned(),
            tariff: facts.tariff.id,
            state: ApplicationState::Applied,
            quote,
            expires_at,
        }))
    }

    /// What was taken before this use, and so is taken with it.
    fn remember_usage(
        &self,
        facts: &Facts,
        quote: Quote,
        record: &mut Record<'_>,
    ) -> Result<(), PgError> {
        let discount = quote.discount().minor();
        let mut with_this = || -> Result<Usage, PgError> {
            let (taken, spent_minor): (Option<i64>, Option<i64>) =
                (record.field()?, record.field()?);
            Ok(Usage {
                taken: taken.unwrap_or_default() + 1,
                spent_minor: spent_minor.unwrap_or_default() + discount,
            })
        };
        let (of_promotion, of_campaign) = (with_this()?, with_this()?);
        self.memory.keep_usage(facts, of_promotion, of_campaign);
        Ok(())
    }
}

/// The rules that were waived, if any were.
pub(crate) fn waived(decision: &Decision) -> Option<Vec<&'static str>> {
    let waived: Vec<&str> = decision.waived().map(RuleCode::as_str).collect();
    Some(waived).filter(|waived| !waived.is_empty())
}
