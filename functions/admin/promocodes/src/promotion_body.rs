//! Promotions in answers to staff.

use domain::{Audience, Currency, Effect, Promotion};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use loyalty_store::StoredPromotion;
use serde::Serialize;
use service_http::decimal;
use utoipa::ToSchema;

use crate::code_body::CodeBody;
use crate::promotion_fields::{AudienceFields, Day, EffectFields, Hours, PromotionFields};

/// A promotion.
#[derive(Serialize, ToSchema)]
pub(crate) struct PromotionBody {
    /// Its ID.
    #[schema(example = 5)]
    promotion_id: i64,
    #[serde(flatten)]
    fields: PromotionFields,
    /// Its uses, reserved or spent.
    usage: UsageBody,
    /// Increases with every change; also the `ETag`.
    #[schema(example = 7)]
    version: i32,
    /// When it was created, in UTC.
    created_at: Timestamp,
}

/// A promotion that was created, with its promo codes.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedPromotion {
    #[serde(flatten)]
    pub(crate) promotion: PromotionBody,
    /// Its promo codes.
    pub(crate) promocodes: Vec<CodeBody>,
}

/// The uses of a promotion, reserved or spent.
#[derive(Serialize, ToSchema)]
struct UsageBody {
    /// The number of uses.
    taken: i64,
    /// The sum of their discounts in the currency of the promotion; absent if it has no budget and tariffs are sold in
    /// several currencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "8970.00")]
    discounts: Option<String>,
}

impl From<StoredPromotion> for PromotionBody {
    fn from(stored: StoredPromotion) -> PromotionBody {
        let currency = stored.promotion.currency;
        PromotionBody {
            promotion_id: stored.promotion.id.0,
            version: stored.promotion.version,
            usage: UsageBody {
                taken: stored.taken,
                discounts: stored.spent_minor.map(|minor| decimal(minor, currency)),
            },
            fields: stored.promotion.into(),
            created_at: stored.created_at,
        }
    }
}

impl From<Promotion> for PromotionFields {
    fn from(promotion: Promotion) -> PromotionFields {
        let amount = |minor| decimal(minor, promotion.currency);
        let zone = promotion.schedule.zone;
        let weekdays = promotion.schedule.weekdays;
        PromotionFields {
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
            audience: audience(promotion.audience),
            campaign_id: promotion.campaign_id,
            hold_minutes: promotion.hold.as_mins(),
            promocodes: None,
            approval_reason: None,
            refund_returns_use: promotion.refund_returns_use,
            time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        }
    }
}

/// With the offset, so that it is the same instant when it is sent back.
pub(crate) fn on_clock(instant: Timestamp, zone: &TimeZone) -> String {
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

fn audience(audience: Audience) -> AudienceFields {
    match audience {
        Audience::Groups(group_ids) => AudienceFields::Groups { group_ids },
        Audience::All => AudienceFields::All {},
    }
}
