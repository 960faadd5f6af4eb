//! What staff do to the applications of users: each with who did it and why, in the audit log.

use domain::{Decision, Facts, Quote, Random, Reason, Waivers};
use jiff::Timestamp;
use pg::{PgError, Record, Row, Value};
use uuid::Uuid;

use crate::reserve::{Reservation, waived};
use crate::rows::{bug, get, name};
use crate::staff_change::staff_request;
use crate::{Change, LoyaltyStore};

pg::statements! {
    /// Whether the account is of the member of staff themselves.
    IS_OWN_ACCOUNT(JSONB, UUID) = concat!(
        "SELECT is_own_account(p_staff => ",
        staff_request!("$1"),
        ", p_user_id => $2)"
    );
    /// Reserves a use for a user, if all that was decided on still holds.
    APPLY_FOR_USER(UUID, UUID, INT8, INT8, INT4_ARRAY, TIMESTAMPTZ, INT8, TIMESTAMPTZ, INT2, JSONB, INT4, JSONB, TEXT,
        TEXT_ARRAY, INT4, UUID, TEXT) = concat!(
        "SELECT apply_for_user(p_application_id => $1, p_user_id => $2, p_code_id => $3, p_tariff_id => $4,
            p_versions => $5, p_now => $6, p_total_minor => $7, p_uses_since => $8, p_rule_set => $9, p_observed => $10,
            p_max_unused => $11, p_staff => ",
        staff_request!("$12"),
        ", p_reason => $13, p_waived => $14, p_hold_minutes => $15, p_purchase_id => $16, p_time_zone => $17)"
    );
    /// Makes the purchase of an application that leaves nothing to pay.
    USE_FOR_USER(UUID, UUID, JSONB, TEXT, TEXT, TIMESTAMPTZ) = concat!(
        "SELECT use_for_user(p_application_id => $1, p_purchase_id => $2, p_staff => ",
        staff_request!("$3"),
        ", p_reason => $4, p_time_zone => $5, p_now => $6)"
    );
    /// Releases the use that an application holds.
    CANCEL_FOR_USER(UUID, JSONB, TEXT) = concat!(
        "SELECT cancel_for_user(p_application_id => $1, p_staff => ",
        staff_request!("$2"),
        ", p_reason => $3)"
    );
    /// Lets an application hold its use longer.
    EXTEND_APPLICATION(UUID, TIMESTAMPTZ, JSONB, TEXT) = concat!(
        "SELECT extend_application(p_application_id => $1, p_until => $2, p_staff => ",
        staff_request!("$3"),
        ", p_reason => $4)"
    );
}

/// How a member of staff applies a promo code for a user.
#[derive(Debug, Clone)]
pub struct ForUser {
    /// Who, and when.
    pub change: Change,
    /// Why.
    pub reason: Reason,
    /// The rules that are waived if they refuse.
    pub waivers: Waivers,
    /// How long the use is held; `None` as long as the promotion says.
    pub hold_minutes: Option<i32>,
    /// Whether the purchase is made at once, for which nothing must be left to pay.
    pub with_purchase: bool,
}

/// The member of staff who applied a code for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByStaff {
    /// Who.
    pub actor_id: Uuid,
    /// Why.
    pub reason: String,
}

/// The outcome of reserving or using on behalf of staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservedForUser {
    /// This application, by this request or by an earlier one with the same key.
    Done(Uuid),
    /// The facts no longer hold: decide again.
    Changed,
    /// The user is the member of staff, in this account or another.
    OwnAccount,
    /// The key came with another request before.
    KeyReused,
}

/// Why an application is not changed.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationChangeError {
    /// There is none.
    #[error("there is no such application")]
    NotFound,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// The user, or something that happened to the user, has ended it.
    #[error("it is cancelled")]
    Cancelled,
    /// A purchase is pending with it.
    #[error("a purchase is pending with it")]
    Paying,
    /// The purchase is complete.
    #[error("it is used")]
    Used,
    /// The user is the member of staff, in this account or another.
    #[error("it is of the same person")]
    OwnAccount,
    /// The Idempotency-Key came with another request before.
    #[error("the key was used for another request")]
    KeyReused,
    /// The database failed.
    #[error(transparent)]
    Pg(#[from] PgError),
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
    /// What a request gets whose code the user has applied already: that application, which a repetition of the request
    /// gets, too. `None` if its Idempotency-Key came with another request before.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn applied_before(
        &self,
        application_id: Uuid,
        by: &ForUser,
    ) -> Result<Option<Uuid>, PgError> {
        let id = application_id.to_string();
        let id = self.settle_request(&by.change, &id).await?;
        id.as_deref().map(name).transpose()
    }

    /// Whether the user is the member of staff themselves, in this account or another of the same person.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn is_own_account(&self, change: &Change, user_id: Uuid) -> Result<bool, PgError> {
        let values: [Value<'_>; 2] = [&change.as_json(), &user_id];
        let row = self.pool.fetch_one(&IS_OWN_ACCOUNT, &values).await?;
        Ok(row.try_get(0)?)
    }

    /// Reserves a use for a user at `quote`, if the facts still hold and the limits leave one; rules of the decision may
    /// be waived. With [`ForUser::with_purchase`] makes the purchase as well, for which the total must be zero.
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
    ) -> Result<ReservedForUser, PgError> {
        let (staff, reason) = (by.change.as_json(), by.reason.as_str());
        let (waived, purchase_id) = (waived(decision), by.with_purchase.then(|| random.uuid()));
        let reservation = Reservation::new(facts, quote, random);
        let mut values = reservation.values();
        values.extend::<[Value<'_>; 6]>([
            &staff,
            &reason,
            &waived,
            &by.hold_minutes,
            &purchase_id,
            &self.shop_zone,
        ]);
        let Some(row) = self.fetch_reservation(&APPLY_FOR_USER, &values).await? else {
            return Ok(ReservedForUser::Changed);
        };
        let mut record: Record<'_> = row.try_get(0)?;
        let outcome = done(&mut record, "applied")?;
        if outcome == ReservedForUser::Done(reservation.id) {
            self.remember_usage(facts, quote, &mut record)?;
        }
        Ok(outcome)
    }

    /// Makes the purchase of a user's application that leaves nothing to pay.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then.
    pub async fn use_for_user(
        &self,
        application_id: Uuid,
        by: &ForUser,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<ReservedForUser, PgError> {
        let (purchase_id, reason) = (random.uuid(), by.reason.as_str());
        let staff = by.change.as_json();
        let values: [Value<'_>; 6] = [
            &application_id,
            &purchase_id,
            &staff,
            &reason,
            &self.shop_zone,
            &now,
        ];
        let row = self.pool.fetch_one(&USE_FOR_USER, &values).await?;
        done(&mut row.try_get(0)?, "used")
    }

    /// Cancels an application that holds a use, and releases the use once; changes nothing when staff have cancelled it
    /// before.
    ///
    /// # Errors
    /// [`ApplicationChangeError`]; nothing has changed then.
    pub async fn cancel_for_user(
        &self,
        application_id: Uuid,
        reason: &Reason,
        change: Change,
    ) -> Result<(), ApplicationChangeError> {
        let (staff, reason) = (change.as_json(), reason.as_str());
        let values: [Value<'_>; 3] = [&application_id, &staff, &reason];
        let row = self.pool.fetch_one(&CANCEL_FOR_USER, &values).await?;
        changed(&row, "cancelled")
    }

    /// Lets an application hold its use until `until`; changes nothing when it holds it longer already. Of this, the
    /// sweeper and the buyer's payment, whichever is first decides.
    ///
    /// # Errors
    /// [`ApplicationChangeError`]; nothing has changed then.
    pub async fn extend_application(
        &self,
        application_id: Uuid,
        until: Timestamp,
        reason: &Reason,
        change: Change,
    ) -> Result<(), ApplicationChangeError> {
        let (staff, reason) = (change.as_json(), reason.as_str());
        let values: [Value<'_>; 4] = [&application_id, &until, &staff, &reason];
        let row = self.pool.fetch_one(&EXTEND_APPLICATION, &values).await?;
        changed(&row, "extended")
    }
}

/// The outcome and the application at the beginning of a record.
fn done(record: &mut Record<'_>, done: &str) -> Result<ReservedForUser, PgError> {
    let (outcome, id): (&str, Option<Uuid>) = (record.field()?, record.field()?);
    match (outcome, id) {
        ("changed", _) => Ok(ReservedForUser::Changed),
        ("own_account", _) => Ok(ReservedForUser::OwnAccount),
        ("key_reused", _) => Ok(ReservedForUser::KeyReused),
        (outcome, Some(id)) if outcome == done || outcome == "repeated" => {
            Ok(ReservedForUser::Done(id))
        }
        _ => Err(bug("an unknown answer")),
    }
}

/// Done, or why not.
fn changed(row: &Row, done: &str) -> Result<(), ApplicationChangeError> {
    Err(match row.try_get(0).map_err(PgError::from)? {
        outcome if outcome == done => return Ok(()),
        "no_application" => ApplicationChangeError::NotFound,
        "expired" => ApplicationChangeError::Expired,
        "ended" => ApplicationChangeError::Cancelled,
        "paying" => ApplicationChangeError::Paying,
        "used" => ApplicationChangeError::Used,
        "own_account" => ApplicationChangeError::OwnAccount,
        "key_reused" => ApplicationChangeError::KeyReused,
        _ => bug("an unknown answer").into(),
    })
}
