//! The list as it is answered.

use std::sync::Arc;

use domain::{Quote, Tariff};
use jiff::Timestamp;
use loyalty_store::{ListedApplication, ListedCode};
use serde::Serialize;
use service_http::MoneyBody;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cursor::Cursor;

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
    /// The first `limit` of `codes`, of which there is one more when there is another page.
    pub(crate) fn page(mut codes: Vec<ListedCode>, limit: usize) -> Promocodes {
        let more = codes.len() > limit;
        codes.truncate(limit);
        let last = codes.last().filter(|_| more);
        Promocodes {
            next_cursor: last.map(|last| Cursor(last.place).to_string()),
            promocodes: codes.into_iter().map(Promocode::from).collect(),
        }
    }
}

impl From<ListedCode> for Promocode {
    fn from(listed: ListedCode) -> Promocode {
        let offer = |(tariff, quote): &(Arc<Tariff>, Quote)| Offer::new(tariff, *quote);
        // Whichever end comes first.
        let ends = [listed.code.ends_at, listed.promotion.ends_at];
        Promocode {
            promocode_id: listed.code.id.0,
            promocode: listed.code.code.clone(),
            title: listed.promotion.title.clone(),
            ends_at: ends.into_iter().flatten().min(),
            offers: listed.offers.iter().map(offer).collect(),
            applied: listed.applied.map(Held::from),
        }
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

impl From<ListedApplication> for Held {
    fn from(applied: ListedApplication) -> Held {
        Held {
            application_id: applied.id,
            tariff: applied.tariff.0,
            expires_at: applied.expires_at,
        }
    }
}
