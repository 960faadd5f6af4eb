//! Giving a held use back: because the user wants to, or because nobody used it in time.

use domain::{HoldState, PromoRef};
use jiff::Timestamp;
use pg::{AdHoc, PgError, Type};
use uuid::Uuid;

use crate::facts::id_and_codes;
use crate::rows::{get, name};
use crate::{LoyaltyStore, release};

/// What became of a wish to cancel.
#[derive(Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// The use is given back, now or by an earlier call.
    Done(Uuid),
    /// The user holds no use of this code.
    NotApplied,
    /// A payment is under way: its outcome decides.
    Paying,
    /// The use is spent.
    Used,
}

impl LoyaltyStore {
    /// Gives back the use that the user holds of this promo code: the latest, if there are several.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn cancel(
        &self,
        user_id: Uuid,
        promo: &PromoRef,
        now: Timestamp,
    ) -> Result<Cancelled, PgError> {
        let (id, codes) = id_and_codes(promo);
        let of_promo = "FROM applications a JOIN promo_codes p ON p.id = a.promo_id
            WHERE a.user_id = $1 AND (p.id = $2 OR p.code = ANY ($3))";
        let params: [pg::Param; 4] = [
            (&user_id, Type::UUID),
            (&id, Type::INT8),
            (&codes, Type::TEXT_ARRAY),
            (&now, Type::TIMESTAMPTZ),
        ];
        let cancel = release::statement(
            &format!(
                "target AS (
                    SELECT a.id {of_promo} AND a.state = 'applied' AND a.expires_at > $4
                    ORDER BY a.created_at DESC LIMIT 1
                ),"
            ),
            "applied",
            "state = 'cancelled', cancel_reason = 'user', updated_at = $4",
        );
        if let Some(row) = self.pool.row(&cancel, &params).await? {
            return Ok(Cancelled::Done(get(&row, "id")?));
        }
        let latest = format!(
            "SELECT a.id, a.state, a.cancel_reason {of_promo} ORDER BY a.created_at DESC LIMIT 1"
        );
        let Some(row) = self.pool.row(&latest, &params[..3]).await? else {
            return Ok(Cancelled::NotApplied);
        };
        Ok(
            match (name(get(&row, "state")?)?, get(&row, "cancel_reason")?) {
                (HoldState::Paying, _) => Cancelled::Paying,
                (HoldState::Used, _) => Cancelled::Used,
                (HoldState::Cancelled, Some("user")) => Cancelled::Done(get(&row, "id")?),
                _ => Cancelled::NotApplied,
            },
        )
    }

    /// Gives back a hold that turned out not to be needed, unless a purchase has begun with it.
    ///
    /// # Errors
    /// Any [`PgError`]; it then runs out by itself.
    pub async fn give_back(&self, application_id: Uuid, now: Timestamp) -> Result<(), PgError> {
        self.give_back_for("user", application_id, now).await
    }

    /// Gives back a hold whose tariff staff have taken off sale, unless a purchase has begun with it.
    pub(crate) async fn withdraw(
        &self,
        application_id: Uuid,
        now: Timestamp,
    ) -> Result<(), PgError> {
        self.give_back_for("admin", application_id, now).await
    }

    async fn give_back_for(
        &self,
        reason: &str,
        application_id: Uuid,
        now: Timestamp,
    ) -> Result<(), PgError> {
        let sql = release::statement(
            "target AS (SELECT $1 AS id),",
            "applied",
            "state = 'cancelled', cancel_reason = $3, updated_at = $2",
        );
        let params: [pg::Param; 3] = [
            (&application_id, Type::UUID),
            (&now, Type::TIMESTAMPTZ),
            (&reason, Type::TEXT),
        ];
        self.pool.rows(&sql, &params).await.map(drop)
    }

    /// Gives back up to 500 holds that have run out; says how many.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn expire_holds(&self, now: Timestamp) -> Result<usize, PgError> {
        let sql = expire("ORDER BY expires_at LIMIT 500");
        Ok(self
            .pool
            .rows(&sql, &[(&now, Type::TIMESTAMPTZ)])
            .await?
            .len())
    }

    pub(crate) async fn expire_holds_of(
        &self,
        user_id: Uuid,
        now: Timestamp,
    ) -> Result<(), PgError> {
        let params: [pg::Param; 2] = [(&now, Type::TIMESTAMPTZ), (&user_id, Type::UUID)];
        self.pool
            .rows(&expire("AND user_id = $2"), &params)
            .await
            .map(drop)
    }
}

fn expire(which: &str) -> String {
    release::statement(
        &format!(
            "target AS (
                SELECT id FROM applications WHERE state = 'applied' AND expires_at <= $1 {which}
            ),"
        ),
        "applied",
        "state = 'expired', updated_at = $1",
    )
}
