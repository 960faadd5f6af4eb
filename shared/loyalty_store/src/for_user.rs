//! What staff do to the applications of users: each with who did it and why, in the audit log.

use domain::{Random, Reason, Waivers};
use jiff::Timestamp;
use pg::{PgError, Row};
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::{bug, get};

pg::statements! {
    /// Makes the purchase of an application that leaves nothing to pay.
    USE_FOR_USER(UUID, UUID, UUID, TEXT, TEXT, TIMESTAMPTZ) = "
        SELECT use_for_user(
            p_application_id => $1, p_purchase_id => $2, p_actor_id => $3, p_reason => $4, p_time_zone => $5, p_now => $6
        )";
    /// Releases the use that an application holds.
    CANCEL_FOR_USER(UUID, UUID, TEXT, TIMESTAMPTZ) = "
        SELECT cancel_for_user(p_application_id => $1, p_actor_id => $2, p_reason => $3, p_now => $4)";
    /// Lets an application hold its use longer.
    EXTEND_APPLICATION(UUID, UUID, TIMESTAMPTZ, TEXT, TIMESTAMPTZ) = "
        SELECT extend_application(
            p_application_id => $1, p_actor_id => $2, p_until => $3, p_reason => $4, p_now => $5
        )";
}

/// How a member of staff applies a promo code for a user.
#[derive(Debug, Clone)]
pub struct ForUser {
    /// Who.
    pub actor_id: Uuid,
    /// Why.
    pub reason: Reason,
    /// The rules that are waived if they refuse.
    pub waivers: Waivers,
    /// How long the use is held; `None` as long as the promotion says.
    pub hold_minutes: Option<i32>,
    /// Whether the purchase is made at once, for which nothing must be left to pay.
    pub with_purchase: bool,
}

/// Who does something to an application, when, and why.
#[derive(Debug, Clone)]
pub struct StaffAction {
    /// Who.
    pub actor_id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// The member of staff who applied a code for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByStaff {
    /// Who.
    pub actor_id: Uuid,
    /// Why.
    pub reason: String,
}

/// Why nothing can be done to an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedApplication {
    /// There is none.
    NotFound,
    /// Its time is over.
    Expired,
    /// The user, or something that happened to the user, has ended it.
    Cancelled,
    /// A purchase is pending with it.
    Paying,
    /// The purchase is complete.
    Used,
}

impl ByStaff {
    /// From the columns `applied_by` and `reason`.
    pub(crate) fn read(row: &Row) -> Result<Option<ByStaff>, PgError> {
        let actor_id: Option<Uuid> = get(row, "applied_by")?;
        let reason: Option<String> = get(row, "reason")?;
        Ok(actor_id.map(|actor_id| ByStaff {
            actor_id,
            reason: reason.unwrap_or_default(),
        }))
    }
}

impl LoyaltyStore {
    /// Makes the purchase of a user's application that leaves nothing to pay. False: look again.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then.
    pub async fn use_for_user(
        &self,
        application_id: Uuid,
        by: &ForUser,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<bool, PgError> {
        let (purchase_id, reason) = (random.uuid(), by.reason.as_str());
        let values: [pg::Value<'_>; 6] = [
            &application_id,
            &purchase_id,
            &by.actor_id,
            &reason,
            &self.shop_zone,
            &now,
        ];
        let row = self.pool.fetch_one(&USE_FOR_USER, &values).await?;
        Ok(row.try_get::<_, &str>(0)? == "opened")
    }

    /// Cancels an application that holds a use, and releases the use once; changes nothing when staff have cancelled it
    /// before.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then.
    pub async fn cancel_for_user(
        &self,
        application_id: Uuid,
        by: &StaffAction,
    ) -> Result<Result<(), EndedApplication>, PgError> {
        let reason = by.reason.as_str();
        let values: [pg::Value<'_>; 4] = [&application_id, &by.actor_id, &reason, &by.at];
        let row = self.pool.fetch_one(&CANCEL_FOR_USER, &values).await?;
        outcome(&row, "cancelled")
    }

    /// Lets an application hold its use until `until`; changes nothing when it holds it longer already. Of this, the
    /// sweeper and the buyer's payment, whichever is first decides.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then.
    pub async fn extend_application(
        &self,
        application_id: Uuid,
        until: Timestamp,
        by: &StaffAction,
    ) -> Result<Result<(), EndedApplication>, PgError> {
        let reason = by.reason.as_str();
        let values: [pg::Value<'_>; 5] = [&application_id, &by.actor_id, &until, &reason, &by.at];
        let row = self.pool.fetch_one(&EXTEND_APPLICATION, &values).await?;
        outcome(&row, "extended")
    }
}

/// Done, or why not.
fn outcome(row: &Row, done: &str) -> Result<Result<(), EndedApplication>, PgError> {
    Ok(Err(match row.try_get(0)? {
        outcome if outcome == done => return Ok(Ok(())),
        "no_application" => EndedApplication::NotFound,
        "expired" => EndedApplication::Expired,
        "ended" => EndedApplication::Cancelled,
        "paying" => EndedApplication::Paying,
        "used" => EndedApplication::Used,
        _ => return Err(bug("an unknown answer")),
    }))
}
