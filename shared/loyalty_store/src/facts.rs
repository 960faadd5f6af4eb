//! Loading the facts of a decision: one statement, one snapshot.

use domain::{Facts, PromoCode, PromoRef, TariffId};
use jiff::Timestamp;
use pg::{AdHoc, PgError, Type};
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::{self, bug};

/// A user's wish to use a promo code for a tariff.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Who asks.
    pub user_id: Uuid,
    /// The promo code, by number or text.
    pub promo: PromoRef,
    /// The tariff to be bought.
    pub tariff: TariffId,
}

/// The facts for an ask, as far as its parts exist.
pub(crate) enum Found {
    /// Both exist. `lapsed` is true when holds of this promo have run out and were not given back yet.
    Facts {
        facts: Box<Facts>,
        lapsed: bool,
    },
    NoPromo,
    NoTariff,
}

impl LoyaltyStore {
    pub(crate) async fn find_facts(&self, ask: &Ask, now: Timestamp) -> Result<Found, PgError> {
        // Functions of the database, which keep their plans: docs/adr/0010-cached-plans.md.
        let sql =
            "SELECT *, trial_of_user($1) AS trial, currency_of_promo(promo_id) AS promo_currency,
                currency_of_campaign(campaign_id) AS campaign_currency
            FROM facts_of($1, $2, $3, $4, $5)";
        let (id, codes) = id_and_codes(&ask.promo);
        let params: [pg::Param; 5] = [
            (&ask.user_id, Type::UUID),
            (&now, Type::TIMESTAMPTZ),
            (&id, Type::INT8),
            (&codes, Type::TEXT_ARRAY),
            (&ask.tariff.0, Type::INT8),
        ];
        let row = self.pool.row(sql, &params).await?;
        let text_known = matches!(ask.promo, PromoRef::Text(_));
        let row = row.ok_or_else(|| bug("no facts"))?;
        rows::found(&row, ask.user_id, text_known, now)
    }
}

/// What a statement needs to find a promo code by its number, or by the texts that it may have.
pub(crate) fn id_and_codes(promo: &PromoRef) -> (Option<i64>, Option<Vec<&str>>) {
    match promo {
        PromoRef::Id(id) => (Some(id.0), None),
        PromoRef::Text(codes) => (None, Some(codes.iter().map(PromoCode::as_str).collect())),
    }
}
