//! Opening purchases: with an application, or at the full price.

use domain::{Money, PurchaseStatus, Random, TariffId};
use jiff::Timestamp;
use pg::{PgError, Row};
use uuid::Uuid;

use crate::provider_polling::POLL_AFTER;
use crate::rows::{bug, get, money, name};
use crate::{Application, LoyaltyStore, Purchase, Subscription};

/// The outcome of opening a purchase.
#[derive(Debug)]
pub enum OpenPurchaseOutcome {
    /// The purchase: this call's, or an earlier one's of the same tariff that is not paid yet.
    Opened(Box<Purchase>),
    /// The user has another pending purchase of this tariff: it has to be paid or cancelled first.
    OtherOpen(Uuid),
    /// The application is `applied` no more, or the key has a purchase already: look again.
    Changed,
    /// The code is for a first purchase, and the person has bought something since it was applied: the use is released.
    NotFirst,
    /// There is no such tariff.
    NoTariff,
    /// The tariff is no longer sold.
    NotOnSale,
    /// The loyalty side does not know the user.
    NotRegistered,
    /// The user is blocked or deleted.
    NotActive,
}

pg::statements! {
    /// Turns an application into a purchase.
    OPEN_PURCHASE(UUID, UUID, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ) = "
        SELECT outcome, open_purchase_id, user_id, status, tariff_title, created_at, starts_at, ends_at
        FROM open_purchase(
            p_application_id => $1, p_purchase_id => $2, p_idempotency_key => $3, p_time_zone => $4, p_now => $5,
            p_check_at => $6
        )";
    /// Opens a purchase at the full price.
    OPEN_FULL_PRICE_PURCHASE(UUID, INT8, UUID, TEXT, TIMESTAMPTZ, TIMESTAMPTZ) = "
        SELECT outcome, purchase_id, tariff_title, price_minor, currency, created_at
        FROM open_full_price_purchase(
            p_user_id => $1, p_tariff_id => $2, p_purchase_id => $3, p_idempotency_key => $4, p_now => $5,
            p_check_at => $6
        )";
}

impl LoyaltyStore {
    /// Turns an application into a purchase: paid at once when there is nothing to pay, otherwise pending. `key` is the buyer's
    /// idempotency key.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then.
    pub async fn open_purchase(
        &self,
        application: &Application,
        key: Option<&str>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<OpenPurchaseOutcome, PgError> {
        let (id, check_at) = (random.uuid(), now + POLL_AFTER);
        let opened = self
            .pool
            .fetch_one(
                &OPEN_PURCHASE,
                &[&application.id, &id, &key, &self.shop_zone, &now, &check_at],
            )
            .await;
        let row = match opened {
            Err(error) if was_faster(&error) => return Ok(OpenPurchaseOutcome::Changed),
            other => other?,
        };
        Ok(match get(&row, "outcome")? {
            "opened" => OpenPurchaseOutcome::Opened(Box::new(opened_with(application, id, &row)?)),
            "other_open" => OpenPurchaseOutcome::OtherOpen(get(&row, "open_purchase_id")?),
            "not_first" => OpenPurchaseOutcome::NotFirst,
            "changed" => OpenPurchaseOutcome::Changed,
            _ => return Err(bug("an unknown answer")),
        })
    }

    /// Opens a pending purchase of a tariff at its full price. `key` is the buyer's idempotency key.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then.
    pub async fn open_full_price_purchase(
        &self,
        user_id: Uuid,
        tariff: TariffId,
        key: Option<&str>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<OpenPurchaseOutcome, PgError> {
        let (id, check_at) = (random.uuid(), now + POLL_AFTER);
        let opened = self
            .pool
            .fetch_one(
                &OPEN_FULL_PRICE_PURCHASE,
                &[&user_id, &tariff.0, &id, &key, &now, &check_at],
            )
            .await;
        let row = match opened {
            Err(error) if was_faster(&error) => return Ok(OpenPurchaseOutcome::Changed),
            other => other?,
        };
        Ok(match get(&row, "outcome")? {
            "opened" => {
                let purchase = opened_at_full_price(user_id, tariff, id, &row)?;
                OpenPurchaseOutcome::Opened(Box::new(purchase))
            }
            "open" => {
                let earlier = self.find_purchase(get(&row, "purchase_id")?).await?;
                OpenPurchaseOutcome::Opened(Box::new(
                    earlier.ok_or_else(|| bug("a purchase that is gone"))?,
                ))
            }
            "other_open" => OpenPurchaseOutcome::OtherOpen(get(&row, "purchase_id")?),
            "no_tariff" => OpenPurchaseOutcome::NoTariff,
            "not_registered" => OpenPurchaseOutcome::NotRegistered,
            "not_on_sale" => OpenPurchaseOutcome::NotOnSale,
            "not_active" => OpenPurchaseOutcome::NotActive,
            _ => return Err(bug("an unknown answer")),
        })
    }
}

/// Another request of the same user opened a purchase of the tariff, or took the key.
fn was_faster(error: &PgError) -> bool {
    matches!(
        error.unique_violation(),
        Some("purchase_keys_pkey" | "purchases_one_open_per_tariff")
    )
}

fn opened_with(application: &Application, id: Uuid, row: &Row) -> Result<Purchase, PgError> {
    let period = Option::zip(get(row, "starts_at")?, get(row, "ends_at")?);
    Ok(Purchase {
        id,
        user_id: get(row, "user_id")?,
        status: name(get(row, "status")?)?,
        failure: None,
        promo: Some((application.code_id, application.code.clone())),
        tariff: application.tariff,
        tariff_title: get(row, "tariff_title")?,
        price: application.quote.price,
        total: application.quote.total,
        payment_id: None,
        confirmation_url: None,
        refunded: nothing(application.quote.total)?,
        created_at: get(row, "created_at")?,
        subscription: period.map(|(starts_at, ends_at)| Subscription { starts_at, ends_at }),
        given: None,
        revoked: None,
    })
}

fn opened_at_full_price(
    user_id: Uuid,
    tariff: TariffId,
    id: Uuid,
    row: &Row,
) -> Result<Purchase, PgError> {
    let price = money(get(row, "price_minor")?, get(row, "currency")?)?;
    Ok(Purchase {
        id,
        user_id,
        status: PurchaseStatus::Pending,
        failure: None,
        promo: None,
        tariff,
        tariff_title: get(row, "tariff_title")?,
        price,
        total: price,
        payment_id: None,
        confirmation_url: None,
        refunded: nothing(price)?,
        created_at: get(row, "created_at")?,
        subscription: None,
        given: None,
        revoked: None,
    })
}

fn nothing(of: Money) -> Result<Money, PgError> {
    Money::from_minor(0, of.currency()).ok_or_else(|| bug("no money"))
}
