//! The list: the same rules as applying, over every pair of a code and a tariff.

use domain::{Decision, Facts, OwnUse};
use jiff::Timestamp;
use serde::Serialize;
use service_http::MoneyBody;
use utoipa::ToSchema;
use uuid::Uuid;

/// The promo codes that can be used now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Promocodes {
    promocodes: Vec<Promocode>,
}

/// A promo code that passes for at least one tariff, or is held.
#[derive(Serialize, ToSchema)]
struct Promocode {
    /// Its number.
    promocode_id: i64,
    /// Its text.
    #[schema(example = "SPRING30")]
    promocode: String,
    /// Its name.
    title: String,
    /// When it ends; absent for no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
    /// The tariffs that it can be applied to.
    offers: Vec<Offer>,
    /// The caller's own hold.
    applied: Option<Held>,
}

/// A tariff with the price after the code.
#[derive(Serialize, ToSchema)]
struct Offer {
    /// The tariff's number.
    tariff: i64,
    /// The tariff's name.
    title: String,
    /// The price without the code.
    price: MoneyBody,
    /// What the code saves.
    discount: MoneyBody,
    /// What is to pay.
    total: MoneyBody,
    /// The days of a trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_days: Option<i32>,
}

/// A use that the caller holds.
#[derive(Serialize, ToSchema)]
struct Held {
    /// The application's number.
    application_id: Uuid,
    /// The tariff it is for.
    tariff: i64,
    /// When it is given back if nothing is bought.
    expires_at: Timestamp,
}

impl Promocodes {
    /// The list for `pairs`, which are ordered by promo code.
    pub(crate) fn of(pairs: &[Facts]) -> Promocodes {
        let promocodes = pairs
            .chunk_by(|a, b| a.promo.id == b.promo.id)
            .filter_map(Promocode::of)
            .collect();
        Promocodes { promocodes }
    }
}

impl Promocode {
    fn of(pairs: &[Facts]) -> Option<Promocode> {
        let first = pairs.first()?;
        let offers: Vec<Offer> = pairs.iter().filter_map(Offer::of).collect();
        let applied = first
            .own_uses_of_promo()
            .find(|own| own.state.is_open() && !own.has_lapsed(first.now));
        (applied.is_some() || !offers.is_empty()).then(|| Promocode {
            promocode_id: first.promo.id.0,
            promocode: first.promo.code.clone(),
            title: first.promo.title.clone(),
            ends_at: first.promo.ends_at,
            offers,
            applied: applied.map(Held::of),
        })
    }
}

impl Offer {
    fn of(facts: &Facts) -> Option<Offer> {
        let quote = Decision::of(facts).accepted()?;
        Some(Offer {
            tariff: facts.tariff.id.0,
            title: facts.tariff.title.clone(),
            price: quote.price.into(),
            discount: quote.discount().into(),
            total: quote.total.into(),
            trial_days: quote.trial_days,
        })
    }
}

impl Held {
    fn of(own: &OwnUse) -> Held {
        Held {
            application_id: own.application_id,
            tariff: own.tariff_id.0,
            expires_at: own.expires_at,
        }
    }
}
