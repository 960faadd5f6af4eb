//! From rows of the database to values of the domain.

use domain::{
    Audience, BasisPoints, Campaign, Currency, Effect, Facts, HoldState, Money, OwnUse, Promo,
    PromoId, Schedule, Tariff, TariffId, Usage, UserStatus,
};
use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use pg::{PgError, Row};
use tokio_postgres::types::{FromSql, Json};
use uuid::Uuid;

use crate::facts::Found;

/// The facts in a row of the function `facts_of`, as far as the promo code and the tariff exist. The tariff comes first: whether a code exists that the user must not know
/// of can't be told from the answer about an unknown tariff then.
pub(crate) fn found(
    row: &Row,
    user_id: Uuid,
    text_known: bool,
    now: Timestamp,
) -> Result<Found, PgError> {
    if get::<Option<i64>>(row, "tariff_id")?.is_none() {
        return Ok(Found::NoTariff);
    }
    if get::<Option<i64>>(row, "promo_id")?.is_none() {
        return Ok(Found::NoPromo);
    }
    Ok(Found::Facts {
        facts: Box::new(facts(row, tariff(row)?, user_id, text_known, now)?),
        lapsed: get(row, "lapsed")?,
    })
}

/// The facts in a row of the functions `facts_of` and `offers_of`, with a tariff.
pub(crate) fn facts(
    row: &Row,
    tariff: Tariff,
    user_id: Uuid,
    text_known: bool,
    now: Timestamp,
) -> Result<Facts, PgError> {
    let user_status: Option<&str> = get(row, "user_status")?;
    let trial: Option<&str> = get(row, "trial")?;
    let Json(own_uses): Json<Vec<OwnUse>> = get(row, "own_uses")?;
    Ok(Facts {
        now,
        user_id,
        user_status: user_status.map(name::<UserStatus>).transpose()?,
        user_groups: get(row, "user_groups")?,
        has_purchased: get(row, "has_purchased")?,
        trial: trial.map(name::<HoldState>).transpose()?,
        promo: promo(row)?,
        tariff,
        text_known,
        usage: usage(row, "taken", "spent_minor")?,
        campaign: campaign(row)?,
        own_uses,
    })
}

pub(crate) fn promo(row: &Row) -> Result<Promo, PgError> {
    let tariffs: Option<Vec<i64>> = get(row, "tariff_ids")?;
    Ok(Promo {
        id: PromoId(get(row, "promo_id")?),
        code: get(row, "code")?,
        title: get(row, "title")?,
        status: name(get(row, "status")?)?,
        effect: effect(row)?,
        currency: name(get(row, "promo_currency")?)?,
        starts_at: get(row, "starts_at")?,
        ends_at: get(row, "ends_at")?,
        total_limit: get(row, "total_limit")?,
        per_user_limit: get(row, "per_user_limit")?,
        tariffs: tariffs.map(|ids| ids.into_iter().map(TariffId).collect()),
        per_user_period: name(get(row, "per_user_period")?)?,
        schedule: schedule(row)?,
        min_price_minor: get(row, "min_price_minor")?,
        first_purchase_only: get(row, "first_purchase_only")?,
        audience: match (
            get(row, "audience_user_id")?,
            get(row, "audience_group_ids")?,
        ) {
            (Some(user_id), _) => Audience::User(user_id),
            (None, Some(groups)) => Audience::Groups(groups),
            (None, None) => Audience::All,
        },
        listed: get(row, "listed")?,
        budget_minor: get(row, "budget_minor")?,
        version: get(row, "version")?,
    })
}

fn campaign(row: &Row) -> Result<Option<Campaign>, PgError> {
    let Some(id) = get(row, "campaign_id")? else {
        return Ok(None);
    };
    Ok(Some(Campaign {
        id,
        status: name(get(row, "campaign_status")?)?,
        total_limit: get(row, "campaign_limit")?,
        budget_minor: get(row, "campaign_budget_minor")?,
        currency: name(get(row, "campaign_currency")?)?,
        version: get(row, "campaign_version")?,
        usage: usage(row, "campaign_taken", "campaign_spent_minor")?,
    }))
}

pub(crate) fn usage(row: &Row, taken: &str, spent_minor: &str) -> Result<Usage, PgError> {
    Ok(Usage {
        taken: get(row, taken)?,
        spent_minor: get(row, spent_minor)?,
    })
}

fn schedule(row: &Row) -> Result<Schedule, PgError> {
    let zone = TimeZone::get(get(row, "time_zone")?).map_err(|_| bug("an unknown time zone"))?;
    let weekday = |day: i16| {
        let day = i8::try_from(day).ok();
        day.and_then(|day| Weekday::from_monday_one_offset(day).ok())
            .ok_or_else(|| bug("a weekday"))
    };
    let weekdays: Option<Vec<i16>> = get(row, "weekdays")?;
    Ok(Schedule {
        zone,
        weekdays: weekdays
            .map(|days| days.into_iter().map(weekday).collect())
            .transpose()?,
        hours: Option::zip(get(row, "hours_from")?, get(row, "hours_to")?),
    })
}

fn effect(row: &Row) -> Result<Effect, PgError> {
    let cap_minor = get(row, "effect_cap_minor")?;
    match get(row, "effect")? {
        "fixed_price" => Ok(Effect::FixedPrice {
            minor: get(row, "effect_minor")?,
        }),
        "amount_off" => Ok(Effect::AmountOff {
            minor: get(row, "effect_minor")?,
        }),
        "free" => Ok(Effect::Free {
            days: get(row, "effect_days")?,
        }),
        "percent_off" => BasisPoints::new(get(row, "effect_basis_points")?)
            .map(|share| Effect::PercentOff { share, cap_minor })
            .ok_or_else(|| bug("effect_basis_points")),
        _ => Err(bug("effect")),
    }
}

fn tariff(row: &Row) -> Result<Tariff, PgError> {
    Ok(Tariff {
        id: TariffId(get(row, "tariff_id")?),
        title: get(row, "tariff_title")?,
        price: money(get(row, "price_minor")?, get(row, "currency")?)?,
        period_months: get(row, "period_months")?,
        status: name(get(row, "tariff_status")?)?,
    })
}

/// The value in `column`.
pub(crate) fn get<'r, T: FromSql<'r>>(row: &'r Row, column: &str) -> Result<T, PgError> {
    Ok(row.try_get(column)?)
}

/// The value of an enum that is kept as text.
pub(crate) fn name<T: std::str::FromStr>(text: &str) -> Result<T, PgError> {
    text.parse().map_err(|_| bug("an unknown name"))
}

pub(crate) fn money(minor: i64, currency: &str) -> Result<Money, PgError> {
    let currency: Currency = name(currency)?;
    Money::from_minor(minor, currency).ok_or_else(|| bug("an amount below zero"))
}

/// What the schema forbids is there all the same.
pub(crate) fn bug(what: &str) -> PgError {
    PgError::Bug(format!("not what the schema promises: {what}"))
}
