//! Promo codes in answers to staff.

use std::sync::Arc;

use domain::{Audience, Currency, Effect, Money, Usage};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use loyalty_store::StoredPromo;
use serde::Serialize;
use service_http::PageSize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fields::{AudienceFields, Day, EffectFields, Hours, PromoFields};

/// Promo codes, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Promos {
    promocodes: Vec<PromoBody>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<i64>,
}

/// A promo code.
#[derive(Serialize, ToSchema)]
pub(crate) struct PromoBody {
    /// Its ID.
    #[schema(example = 5)]
    promocode_id: i64,
    /// The ID of its promotion, to which all fields but the text and a single user belong.
    #[schema(example = 5)]
    promotion_id: i64,
    #[serde(flatten)]
    fields: PromoFields,
    /// Its uses, reserved or spent.
    usage: UsageBody,
}

/// The uses of a promo code, reserved or spent.
#[derive(Serialize, ToSchema)]
struct UsageBody {
    /// The number of uses.
    taken: i64,
    /// The sum of their discounts in the currency of the code; sales in other currencies are not included.
    #[schema(example = "8970.00")]
    discounts: String,
}

impl Promos {
    pub(crate) fn page(mut promos: Vec<StoredPromo>, size: PageSize) -> Promos {
        Promos {
            next_cursor: size.cut(&mut promos, |last| last.code.id.0),
            promocodes: promos.into_iter().map(PromoBody::from).collect(),
        }
    }
}

impl From<StoredPromo> for PromoBody {
    fn from(stored: StoredPromo) -> PromoBody {
        let StoredPromo {
            code,
            promotion,
            usage: Usage { taken, spent_minor },
        } = stored;
        let promotion = Arc::unwrap_or_clone(promotion);
        let amount = |minor| decimal(minor, promotion.currency);
        let zone = promotion.schedule.zone;
        let weekdays = promotion.schedule.weekdays;
        PromoBody {
            promocode_id: code.id.0,
            promotion_id: promotion.id.0,
            fields: PromoFields {
                promocode: code.text().to_owned(),
                title: promotion.title,
                status: promotion.status,
                listed: promotion.listed,
                effect: effect(promotion.effect, promotion.currency),
                currency: promotion.currency.to_string(),
                starts_at: on_clock(promotion.starts_at, &zone),
                ends_at: promotion.ends_at.map(|end| on_clock(end, &zone)),
                weekdays: weekdays.map(|days| days.into_iter().map(Day::from).collect()),
                hours: promotion.schedule.hours.map(hours),
                total_limit: promotion.total_limit,
                per_user_limit: promotion.per_user_limit,
                per_user_period: promotion.per_user_period,
                budget: promotion.budget_minor.map(amount),
                min_price: promotion.min_price_minor.map(amount),
                first_purchase: promotion.first_purchase,
                tariffs: promotion
                    .tariffs
                    .map(|ids| ids.into_iter().map(|id| id.0).collect()),
                audience: audience(promotion.audience, code.user_id),
                campaign_id: promotion.campaign_id,
                hold_minutes: promotion.hold.as_mins(),
                refund_returns_use: promotion.refund_returns_use,
                version: Some(promotion.version),
                time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            },
            usage: UsageBody {
                taken,
                discounts: amount(spent_minor),
            },
        }
    }
}

/// With the offset, so that it is the same instant when it is sent back.
fn on_clock(instant: Timestamp, zone: &TimeZone) -> String {
    let local = instant.to_zoned(zone.clone());
    local.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string()
}

fn hours((from, to): (Time, Time)) -> Hours {
    let text = |time: Time| time.strftime("%H:%M").to_string();
    Hours {
        from: text(from),
        to: text(to),
    }
}

/// The decimal form of an amount in the promotion's currency.
fn decimal(minor: i64, currency: Currency) -> String {
    let money = Money::from_minor(minor, currency).unwrap_or(Money::zero(currency));
    money.to_decimal()
}

fn effect(effect: Effect, currency: Currency) -> EffectFields {
    let amount = |minor| decimal(minor, currency);
    match effect {
        Effect::FixedPrice { minor } => EffectFields::FixedPrice {
            price: amount(minor),
        },
        Effect::Free { days } => EffectFields::Free { days },
        Effect::PercentOff { share, cap_minor } => EffectFields::PercentOff {
            basis_points: share.points().into(),
            cap: cap_minor.map(amount),
        },
        Effect::AmountOff { minor } => EffectFields::AmountOff {
            amount: amount(minor),
        },
    }
}

fn audience(audience: Audience, user_id: Option<Uuid>) -> AudienceFields {
    match (audience, user_id) {
        (_, Some(user_id)) => AudienceFields::User { user_id },
        (Audience::Groups(group_ids), None) => AudienceFields::Groups { group_ids },
        (Audience::All, None) => AudienceFields::All {},
    }
}
