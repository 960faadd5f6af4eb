//! The list as it is answered.

use std::sync::Arc;

use domain::{Quote, Tariff};
use jiff::Timestamp;
use loyalty_store::{ListedApplication, ListedCode};
use serde::Serialize;
use service_http::{MoneyBody, PageSize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cursor::Cursor;

/// The promo codes that the caller can apply now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Promocodes {
    promocodes: Vec<Promocode>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.10000.6")]
    next_cursor: Option<String>,
}

/// A promo code that passes for at least one tariff, or that the caller has applied.
#[derive(Serialize, ToSchema)]
struct Promocode {
    /// Its ID.
    promocode_id: i64,
    /// Its text.
    #[schema(example = "SPRING30")]
    promocode: String,
    /// Its name.
    title: String,
    /// When it ends; absent if it does not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
    /// The tariffs that it can be applied to.
    offers: Vec<Offer>,
    /// The caller's application.
    applied: Option<Held>,
}

/// A tariff and its price with the code.
#[derive(Serialize, ToSchema)]
struct Offer {
    /// The ID of the tariff.
    tariff: i64,
    /// The title of the tariff.
    title: String,
    /// The price without the code.
    price: MoneyBody,
    /// What the code saves.
    discount: MoneyBody,
    /// The amount to pay.
    total: MoneyBody,
    /// The length of a trial, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_days: Option<i32>,
}

/// The caller's application of a promo code.
#[derive(Serialize, ToSchema)]
struct Held {
    /// The ID of the application.
    application_id: Uuid,
    /// The ID of the tariff.
    tariff: i64,
    /// When the application expires if nothing is bought.
    expires_at: Timestamp,
    /// Who applied the code: `user`, the caller, or `staff`, for the caller.
    #[schema(example = "user")]
    applied_by: &'static str,
}

impl Promocodes {
    pub(crate) fn page(mut codes: Vec<ListedCode>, size: PageSize) -> Promocodes {
        Promocodes {
            next_cursor: size.cut(&mut codes, |last| Cursor(last.place).to_string()),
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
            promocode: listed.code.text().to_owned(),
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
            applied_by: match applied.by_staff {
                true => "staff",
                false => "user",
            },
        }
    }
}
