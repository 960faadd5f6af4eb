//! What staff have entered, between its rows and the domain. Rows come as JSON, those of now and those of the past alike,
//! and are read and written here alone.

use std::sync::Arc;

use domain::{
    Audience, BasisPoints, Campaign, Effect, IssuedCode, PromoCodeId, Promotion, PromotionId,
    Schedule, Tariff, TariffId,
};
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pg::PgError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::rows::{bug, money, name, optional_name};

/// A promotion with its campaign.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub promotion: Arc<Promotion>,
    pub campaign: Option<Arc<Campaign>>,
}

impl Offer {
    /// The versions of the promotion and of its campaign.
    pub fn versions(&self) -> (i32, Option<i32>) {
        let campaign = self.campaign.as_ref();
        (
            self.promotion.version,
            campaign.map(|campaign| campaign.version),
        )
    }
}

/// A row of `tariffs`.
#[derive(Deserialize)]
pub(crate) struct TariffRow {
    id: i64,
    title: String,
    price_minor: i64,
    currency: String,
    period_months: i32,
    status: String,
    version: i32,
}

/// A row of `campaigns`.
#[derive(Deserialize)]
pub(crate) struct CampaignRow {
    id: i64,
    status: String,
    total_limit: Option<i64>,
    budget_minor: Option<i64>,
    currency: String,
    version: i32,
}

/// A row of `promo_codes`.
#[derive(Deserialize)]
pub(crate) struct CodeRow {
    pub id: i64,
    pub promotion_id: i64,
    pub code: String,
    pub typed: Option<String>,
    pub state: String,
    pub user_id: Option<Uuid>,
    pub batch_id: Option<i64>,
    pub max_uses: Option<i64>,
    pub ends_at: Option<Timestamp>,
    pub version: i32,
}

/// A row of `promotions`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PromotionRow {
    id: i64,
    title: String,
    status: String,
    listed: bool,
    effect: String,
    effect_minor: Option<i64>,
    effect_basis_points: Option<u16>,
    effect_cap_minor: Option<i64>,
    effect_days: Option<i32>,
    currency: String,
    starts_at: Timestamp,
    ends_at: Option<Timestamp>,
    time_zone: String,
    weekdays: Option<Vec<i8>>,
    hours_from: Option<Time>,
    hours_to: Option<Time>,
    total_limit: Option<i64>,
    per_user_limit: Option<i32>,
    per_user_period: String,
    budget_minor: Option<i64>,
    min_price_minor: Option<i64>,
    first_purchase: Option<String>,
    tariff_ids: Option<Vec<i64>>,
    audience_group_ids: Option<Vec<i64>>,
    campaign_id: Option<i64>,
    hold_minutes: i64,
    refund_returns_use: bool,
    version: i32,
}

impl TryFrom<TariffRow> for Tariff {
    type Error = PgError;

    fn try_from(row: TariffRow) -> Result<Tariff, PgError> {
        Ok(Tariff {
            id: TariffId(row.id),
            title: row.title,
            price: money(row.price_minor, &row.currency)?,
            period_months: row.period_months,
            status: name(&row.status)?,
            version: row.version,
        })
    }
}

impl TryFrom<CampaignRow> for Campaign {
    type Error = PgError;

    fn try_from(row: CampaignRow) -> Result<Campaign, PgError> {
        Ok(Campaign {
            id: row.id,
            status: name(&row.status)?,
            total_limit: row.total_limit,
            budget_minor: row.budget_minor,
            currency: name(&row.currency)?,
            version: row.version,
        })
    }
}

impl TryFrom<CodeRow> for IssuedCode {
    type Error = PgError;

    fn try_from(row: CodeRow) -> Result<IssuedCode, PgError> {
        Ok(IssuedCode {
            id: PromoCodeId(row.id),
            promotion_id: PromotionId(row.promotion_id),
            code: row.code,
            typed: row.typed,
            state: name(&row.state)?,
            user_id: row.user_id,
            in_batch: row.batch_id.is_some(),
            max_uses: row.max_uses,
            ends_at: row.ends_at,
            version: row.version,
        })
    }
}

impl TryFrom<PromotionRow> for Promotion {
    type Error = PgError;

    fn try_from(row: PromotionRow) -> Result<Promotion, PgError> {
        let weekday = |day: i8| Weekday::from_monday_one_offset(day).map_err(|_| bug("a weekday"));
        let weekdays = row
            .weekdays
            .map(|days| days.into_iter().map(weekday).collect());
        let effect = match row.effect.as_str() {
            "fixed_price" => row.effect_minor.map(|minor| Effect::FixedPrice { minor }),
            "amount_off" => row.effect_minor.map(|minor| Effect::AmountOff { minor }),
            "free" => row.effect_days.map(|days| Effect::Free { days }),
            "percent_off" => {
                let share = row.effect_basis_points.map(i32::from);
                let share = share.and_then(BasisPoints::new);
                share.map(|share| Effect::PercentOff {
                    share,
                    cap_minor: row.effect_cap_minor,
                })
            }
            _ => None,
        };
        Ok(Promotion {
            id: PromotionId(row.id),
            title: row.title,
            status: name(&row.status)?,
            listed: row.listed,
            effect: effect.ok_or_else(|| bug("effect"))?,
            currency: name(&row.currency)?,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            schedule: Schedule {
                zone: TimeZone::get(&row.time_zone).map_err(|_| bug("an unknown time zone"))?,
                weekdays: weekdays.transpose()?,
                hours: Option::zip(row.hours_from, row.hours_to),
            },
            total_limit: row.total_limit,
            per_user_limit: row.per_user_limit,
            per_user_period: name(&row.per_user_period)?,
            budget_minor: row.budget_minor,
            min_price_minor: row.min_price_minor,
            first_purchase: optional_name(row.first_purchase.as_deref())?,
            tariffs: row
                .tariff_ids
                .map(|ids| ids.into_iter().map(TariffId).collect()),
            audience: row
                .audience_group_ids
                .map_or(Audience::All, Audience::Groups),
            campaign_id: row.campaign_id,
            hold: SignedDuration::from_mins(row.hold_minutes),
            refund_returns_use: row.refund_returns_use,
            version: row.version,
        })
    }
}

/// A promotion with its campaign.
#[derive(Deserialize)]
pub(crate) struct OfferRow {
    pub promotion: PromotionRow,
    pub campaign: Option<CampaignRow>,
}

impl TryFrom<OfferRow> for Offer {
    type Error = PgError;

    fn try_from(row: OfferRow) -> Result<Offer, PgError> {
        let campaign = row.campaign.map(Campaign::try_from).transpose()?;
        Ok(Offer {
            promotion: Arc::new(row.promotion.try_into()?),
            campaign: campaign.map(Arc::new),
        })
    }
}

impl From<&Promotion> for PromotionRow {
    fn from(promotion: &Promotion) -> PromotionRow {
        let (effect, minor, basis_points, cap_minor, days) = match promotion.effect {
            Effect::FixedPrice { minor } => ("fixed_price", Some(minor), None, None, None),
            Effect::AmountOff { minor } => ("amount_off", Some(minor), None, None, None),
            Effect::PercentOff { share, cap_minor } => {
                ("percent_off", None, Some(share.points()), cap_minor, None)
            }
            Effect::Free { days } => ("free", None, None, None, Some(days)),
        };
        let schedule = &promotion.schedule;
        let weekdays = schedule.weekdays.as_ref();
        let weekday = |day: &Weekday| day.to_monday_one_offset();
        let (hours_from, hours_to) = schedule.hours.unzip();
        PromotionRow {
            id: promotion.id.0,
            title: promotion.title.clone(),
            status: promotion.status.to_string(),
            listed: promotion.listed,
            effect: effect.to_owned(),
            effect_minor: minor,
            effect_basis_points: basis_points,
            effect_cap_minor: cap_minor,
            effect_days: days,
            currency: promotion.currency.to_string(),
            starts_at: promotion.starts_at,
            ends_at: promotion.ends_at,
            time_zone: schedule.zone.iana_name().unwrap_or("UTC").to_owned(),
            weekdays: weekdays.map(|days| days.iter().map(weekday).collect()),
            hours_from,
            hours_to,
            total_limit: promotion.total_limit,
            per_user_limit: promotion.per_user_limit,
            per_user_period: promotion.per_user_period.to_string(),
            budget_minor: promotion.budget_minor,
            min_price_minor: promotion.min_price_minor,
            first_purchase: promotion.first_purchase.map(|kind| kind.to_string()),
            tariff_ids: promotion
                .tariffs
                .as_ref()
                .map(|ids| ids.iter().map(|id| id.0).collect()),
            audience_group_ids: match &promotion.audience {
                Audience::All => None,
                Audience::Groups(groups) => Some(groups.clone()),
            },
            campaign_id: promotion.campaign_id,
            hold_minutes: promotion.hold.as_mins(),
            refund_returns_use: promotion.refund_returns_use,
            version: promotion.version,
        }
    }
}
