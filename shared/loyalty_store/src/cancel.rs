//! Releasing applications: cancelled by the user, or expired.

use domain::{Facts, PromoRef, TariffId};
use jiff::Timestamp;
use pg::PgError;
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::facts::id_and_codes;
use crate::rows::{bug, get};

/// The outcome of a cancellation.
#[derive(Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// These are released, now or by the same call before.
    Done(Vec<CancelledApplication>),
    /// The user has no open application of this code.
    NotApplied,
    /// The use is spent.
    Used,
    /// Another request was faster: try again.
    Changed,
}

/// An application that was cancelled.
#[derive(Debug, PartialEq, Eq)]
pub struct CancelledApplication {
    /// Its ID.
    pub id: Uuid,
    /// The tariff that it was for.
    pub tariff: TariffId,
    /// The purchase that was cancelled with it, if its payment was pending.
    pub purchase_id: Option<Uuid>,
}

pg::statements! {
    /// Cancels a user's applications of a promo code.
    CANCEL(UUID, INT8, TEXT_ARRAY, INT8, TIMESTAMPTZ) = "
        SELECT outcome, application_id, tariff_id, purchase_id
        FROM cancel_application(p_user_id => $1, p_code_id => $2, p_codes => $3, p_tariff_id => $4, p_now => $5)";
    /// Releases one application, for this reason.
    RELEASE(UUID, TEXT, TIMESTAMPTZ) = "
        SELECT release_uses(
            p_application_ids => ARRAY[$1], p_from => 'applied', p_to => 'cancelled', p_cancel_reason => $2, p_now => $3
        )";
    /// Releases expired applications: all, or those of a user, a promotion, a campaign.
    EXPIRE(TIMESTAMPTZ, INT4, UUID, INT8, INT8) = "
        SELECT expire_applications(
            p_now => $1, p_limit => $2, p_user_id => $3, p_promotion_id => $4, p_campaign_id => $5
        )";
}

/// The most applications that one statement releases.
const BATCH: i32 = 500;

impl LoyaltyStore {
    /// Releases the user's open applications of this promo code, for one tariff or for all, with the purchases that are
    /// pending with them.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn cancel(
        &self,
        user_id: Uuid,
        promo: &PromoRef,
        tariff: Option<TariffId>,
        now: Timestamp,
    ) -> Result<Cancelled, PgError> {
        let (id, codes) = id_and_codes(promo);
        let tariff = tariff.map(|tariff| tariff.0);
        let rows = self
            .pool
            .fetch(&CANCEL, &[&user_id, &id, &codes, &tariff, &now])
            .await?;
        let first = rows.first().ok_or_else(|| bug("no answer"))?;
        match get(first, "outcome")? {
            "cancelled" => {
                let cancelled = rows.iter().map(|row| {
                    Ok(CancelledApplication {
                        id: get(row, "application_id")?,
                        tariff: TariffId(get(row, "tariff_id")?),
                        purchase_id: get(row, "purchase_id")?,
                    })
                });
                Ok(Cancelled::Done(cancelled.collect::<Result<_, PgError>>()?))
            }
            "not_applied" => Ok(Cancelled::NotApplied),
            "used" => Ok(Cancelled::Used),
            "changed" => Ok(Cancelled::Changed),
            _ => Err(bug("an unknown answer")),
        }
    }

    /// Releases an application that turned out not to be needed, unless a purchase has begun with it.
    ///
    /// # Errors
    /// Any [`PgError`]; it then expires by itself.
    pub async fn release_application(
        &self,
        application_id: Uuid,
        now: Timestamp,
    ) -> Result<(), PgError> {
        self.release(application_id, "user", now).await
    }

    /// Releases an application whose tariff is no longer on sale, unless a purchase has begun with it.
    ///
    /// # Errors
    /// Any [`PgError`]; it then expires by itself.
    pub async fn withdraw(&self, application_id: Uuid, now: Timestamp) -> Result<(), PgError> {
        self.release(application_id, "admin", now).await
    }

    async fn release(
        &self,
        application_id: Uuid,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), PgError> {
        self.pool
            .fetch(&RELEASE, &[&application_id, &reason, &now])
            .await
            .map(drop)
    }

    /// Releases up to 500 expired applications; returns how many.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn expire_applications(&self, now: Timestamp) -> Result<usize, PgError> {
        self.expire_applications_where(None, None, None, now).await
    }

    /// Releases a user's expired applications.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn expire_applications_of(
        &self,
        user_id: Uuid,
        now: Timestamp,
    ) -> Result<(), PgError> {
        self.expire_applications_where(Some(user_id), None, None, now)
            .await
            .map(drop)
    }

    /// Releases expired applications that count towards the limits of the same promotion or campaign, up to 500 of each;
    /// returns whether that was all of them.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn expire_applications_counted_with(
        &self,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<bool, PgError> {
        let promotion = Some(facts.promotion.id.0);
        let of_promotion = self
            .expire_applications_where(None, promotion, None, now)
            .await?;
        let of_campaign = match facts.promotion.campaign_id {
            None => 0,
            campaign => {
                self.expire_applications_where(None, None, campaign, now)
                    .await?
            }
        };
        Ok(of_promotion.max(of_campaign) < BATCH as usize)
    }

    /// Releases up to 500 expired applications, of this user, promotion and campaign where one is given; returns how
    /// many.
    pub(crate) async fn expire_applications_where(
        &self,
        user_id: Option<Uuid>,
        promotion_id: Option<i64>,
        campaign_id: Option<i64>,
        now: Timestamp,
    ) -> Result<usize, PgError> {
        let row = self
            .pool
            .fetch_one(
                &EXPIRE,
                &[&now, &BATCH, &user_id, &promotion_id, &campaign_id],
            )
            .await?;
        usize::try_from(row.try_get::<_, i32>(0)?).map_err(|_| bug("a count below zero"))
    }
}
