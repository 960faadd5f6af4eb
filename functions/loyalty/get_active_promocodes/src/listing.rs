//! The list: the same rules as applying, over every pair of a code and a tariff.

use domain::{Decision, Facts, OwnUse, Quote, Tariff};
use jiff::Timestamp;
use serde::Serialize;
use service_http::MoneyBody;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cursor::Place;

/// The promo codes that can be used now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Promocodes {
    promocodes: Vec<Promocode>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.10000.6")]
    next_cursor: Option<String>,
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
    /// The page of at most `limit` codes that come after `after` in the list for `pairs`, which are ordered by promo
    /// code.
    pub(crate) fn page(pairs: &[Facts], after: Option<Place>, limit: usize) -> Promocodes {
        let codes = pairs.chunk_by(|a, b| a.promo.id == b.promo.id);
        let mut list: Vec<(Place, Promocode)> = codes.filter_map(Promocode::placed).collect();
        list.retain(|(place, _)| after.is_none_or(|after| *place > after));
        list.sort_by_key(|(place, _)| *place);
        let more = list.len() > limit;
        list.truncate(limit);
        Promocodes {
            next_cursor: list
                .last()
                .filter(|_| more)
                .map(|(place, _)| place.to_string()),
            promocodes: list.into_iter().map(|(_, code)| code).collect(),
        }
    }
}

impl Promocode {
    /// The code of these pairs; `None` when it can't be used and is not held.
    fn placed(pairs: &[Facts]) -> Option<(Place, Promocode)> {
        let first = pairs.first()?;
        let quotes = pairs
            .iter()
            .filter_map(|facts| Some((facts, Decision::of(facts).accepted()?)));
        let (savings, offers): (Vec<i64>, Vec<Offer>) = quotes
            .map(|(facts, quote)| (quote.discount().minor(), Offer::new(&facts.tariff, quote)))
            .unzip();
        let applied = first
            .own_uses_of_promo()
            .find(|own| own.state.is_open() && !own.has_lapsed(first.now));
        if applied.is_none() && offers.is_empty() {
            return None;
        }
        let place = Place::new(
            applied.is_some(),
            savings.into_iter().max().unwrap_or_default(),
            first.promo.id.0,
        );
        let code = Promocode {
            promocode_id: first.promo.id.0,
            promocode: first.promo.code.clone(),
            title: first.promo.title.clone(),
            ends_at: first.promo.ends_at,
            offers,
            applied: applied.map(Held::of),
        };
        Some((place, code))
    }
}

impl Offer {
    fn new(tariff: &Tariff, quote: Quote) -> Offer {
        Offer {
            tariff: tariff.id.0,
            title: tariff.title.clone(),
            price: quote.price.into(),
            discount: quote.discount().into(),
            total: quote.total.into(),
            trial_days: quote.trial_days,
        }
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
