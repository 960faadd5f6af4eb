//! Subscriptions that staff give, and end.

use domain::{GiftLength, Random, Reason, TariffId};
use pg::{PgError, Value};
use uuid::Uuid;

use crate::rows::{bug, get};
use crate::staff_change::staff_request;
use crate::{Change, LoyaltyStore};

pg::statements! {
    /// Gives a tariff for months or days.
    GIVE(UUID, UUID, INT8, INT4, INT4, TEXT, TEXT, JSONB) = concat!(
        "SELECT outcome, purchase_id
        FROM give_subscription(
            p_purchase_id => $1, p_user_id => $2, p_tariff_id => $3, p_months => $4, p_days => $5, p_reason => $6,
            p_time_zone => $7, p_staff => ",
        staff_request!("$8"),
        ")"
    );
    /// Ends all periods of a tariff that are not over.
    END(UUID, INT8, UUID, TEXT, JSONB) = concat!(
        "SELECT outcome, purchase_ids
        FROM end_subscription(
            p_user_id => $1, p_tariff_id => $2, p_ending_id => $3, p_reason => $4, p_staff => ",
        staff_request!("$5"),
        ")"
    );
}

/// What staff give a user.
#[derive(Debug, Clone, Copy)]
pub struct Gift<'a> {
    /// The user.
    pub user_id: Uuid,
    /// The tariff.
    pub tariff: TariffId,
    /// For how long.
    pub length: GiftLength,
    /// Why.
    pub reason: &'a Reason,
}

/// The outcome of giving a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiftOutcome {
    /// It is given, by this call or an earlier one with the same key: the ID of its purchase.
    Given(Uuid),
    /// There is no such user, or the account is deleted.
    NoUser,
    /// The user is the member of staff, in this account or another.
    OwnAccount,
    /// The user is blocked.
    Blocked,
    /// There is no such tariff.
    NoTariff,
    /// The tariff is archived, and the user does not have it now.
    NotOnSale,
    /// The Idempotency-Key came with another request before.
    KeyReused,
}

/// The outcome of ending a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndOutcome {
    /// These purchases are revoked, by this call or an earlier one with the same key.
    Ended(Vec<Uuid>),
    /// There is no such user.
    NoUser,
    /// The user is the member of staff, in this account or another.
    OwnAccount,
    /// The user does not have the tariff, and will not.
    NotSubscribed,
    /// The Idempotency-Key came with another request before.
    KeyReused,
}

impl LoyaltyStore {
    /// Gives a user a tariff: the period begins when those that the user has of the tariff end.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing is given then.
    pub async fn give_subscription(
        &self,
        gift: Gift<'_>,
        change: Change,
        random: &dyn Random,
    ) -> Result<GiftOutcome, PgError> {
        let (months, days) = match gift.length {
            GiftLength::Months(months) => (Some(months), None),
            GiftLength::Days(days) => (None, Some(days)),
        };
        let (id, reason) = (random.uuid(), gift.reason.as_str());
        let values: [Value<'_>; 8] = [
            &id,
            &gift.user_id,
            &gift.tariff.0,
            &months,
            &days,
            &reason,
            &self.shop_zone,
            &change.as_json(),
        ];
        let row = self.pool.fetch_one(&GIVE, &values).await?;
        Ok(match get(&row, "outcome")? {
            "given" => GiftOutcome::Given(get(&row, "purchase_id")?),
            "no_user" => GiftOutcome::NoUser,
            "own_account" => GiftOutcome::OwnAccount,
            "blocked" => GiftOutcome::Blocked,
            "no_tariff" => GiftOutcome::NoTariff,
            "not_on_sale" => GiftOutcome::NotOnSale,
            "key_reused" => GiftOutcome::KeyReused,
            _ => return Err(bug("an unknown answer")),
        })
    }

    /// Ends a user's subscription to a tariff at once: all purchases whose periods are not over are revoked. Their money can
    /// still be refunded.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has ended then.
    pub async fn end_subscription(
        &self,
        user_id: Uuid,
        tariff: TariffId,
        reason: &Reason,
        change: Change,
        random: &dyn Random,
    ) -> Result<EndOutcome, PgError> {
        let (id, reason) = (random.uuid(), reason.as_str());
        let values: [Value<'_>; 5] = [&user_id, &tariff.0, &id, &reason, &change.as_json()];
        let row = self.pool.fetch_one(&END, &values).await?;
        Ok(match get(&row, "outcome")? {
            "ended" => EndOutcome::Ended(get(&row, "purchase_ids")?),
            "no_user" => EndOutcome::NoUser,
            "own_account" => EndOutcome::OwnAccount,
            "none" => EndOutcome::NotSubscribed,
            "key_reused" => EndOutcome::KeyReused,
            _ => return Err(bug("an unknown answer")),
        })
    }
}
