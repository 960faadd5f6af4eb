//! From the fields of a body to a promo code whose every value is acceptable.

use domain::{
    Audience, BasisPoints, Currency, Edge, Effect, Money, PromoCode, Promotion, PromotionId,
    Schedule, TariffId, Title, parse_local_time,
};
use jiff::SignedDuration;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use loyalty_store::PromoEntry;
use service_http::{CheckedBody, FieldErrors, Problem};
use uuid::Uuid;

use crate::fields::{AudienceFields, Day, EffectFields, FieldError, Hours, PromoFields};

/// Reads all fields.
///
/// # Errors
/// `validation_failed`, which names every field that is not acceptable.
pub(crate) fn parse(body: CheckedBody<PromoFields>) -> Result<PromoEntry, Problem> {
    let CheckedBody { fields, mut errors } = body;
    match read(&fields, &mut errors) {
        Some(entry) if errors.is_empty() => Ok(entry),
        _ => Err(errors.into_problem()),
    }
}

/// `None` if there is an error, after looking at all fields.
fn read(fields: &PromoFields, errors: &mut FieldErrors) -> Option<PromoEntry> {
    let code = errors.check("promocode", PromoCode::parse(&fields.promocode));
    let title = errors.check("title", Title::parse(&fields.title));
    let currency = fields.currency.parse().map_err(|_| FieldError::Currency);
    let currency = errors.check("currency", currency);
    // Without a currency there is no telling what its amounts are.
    let amounts = currency.map(|currency| {
        let effect = errors.check("effect", effect(&fields.effect, currency));
        let budget = optional_amount(fields.budget.as_deref(), currency);
        let budget = errors.check("budget", budget);
        let min_price = optional_amount(fields.min_price.as_deref(), currency);
        (effect, budget, errors.check("min_price", min_price))
    });
    let (effect, budget_minor, min_price_minor) = amounts.unwrap_or_default();
    let zone = TimeZone::get(&fields.time_zone)
        .ok()
        .filter(|zone| zone.iana_name().is_some());
    let zone = errors.check("time_zone", zone.ok_or(FieldError::TimeZone));
    // Without a zone there is no telling what its times are.
    let times = zone.as_ref().map(|zone| {
        let starts_at = errors.check(
            "starts_at",
            parse_local_time(&fields.starts_at, zone, Edge::Start),
        );
        let ends_at = fields
            .ends_at
            .as_ref()
            .map(|text| parse_local_time(text, zone, Edge::End));
        let ends_at = errors.check("ends_at", ends_at.transpose());
        (starts_at, ends_at)
    });
    let (starts_at, ends_at) = times.unwrap_or_default();
    let order = match (starts_at, ends_at) {
        (Some(start), Some(Some(end))) if end <= start => Err(FieldError::EndsBeforeStart),
        _ => Ok(()),
    };
    let order = errors.check("ends_at", order);
    let weekdays = errors.check("weekdays", distinct(fields.weekdays.as_deref()));
    let hours = errors.check("hours", fields.hours.as_ref().map(hours).transpose());
    let total_limit = errors.check("total_limit", positive(fields.total_limit));
    let per_user_limit = errors.check("per_user_limit", positive(fields.per_user_limit));
    let tariffs = errors.check("tariffs", distinct(fields.tariffs.as_deref()));
    let audience = errors.check("audience", audience(&fields.audience));
    let hold_minutes = errors.check("hold_minutes", hold_minutes(fields.hold_minutes));
    order?;
    let (audience, user_id) = audience?;
    let promotion = Promotion {
        // The store numbers both.
        id: PromotionId(0),
        version: 0,
        title: title?.as_str().to_owned(),
        status: fields.status,
        listed: fields.listed,
        effect: effect?,
        currency: currency?,
        starts_at: starts_at?,
        ends_at: ends_at?,
        schedule: Schedule {
            zone: zone?,
            weekdays: weekdays?.map(|days| days.into_iter().map(Weekday::from).collect()),
            hours: hours?,
        },
        total_limit: total_limit?,
        per_user_limit: per_user_limit?,
        per_user_period: fields.per_user_period,
        budget_minor: budget_minor?,
        min_price_minor: min_price_minor?,
        first_purchase: fields.first_purchase,
        tariffs: tariffs?.map(|ids| ids.into_iter().map(TariffId).collect()),
        audience,
        campaign_id: fields.campaign_id,
        hold: SignedDuration::from_mins(hold_minutes?),
        refund_returns_use: fields.refund_returns_use,
    };
    let code = code?;
    Some(PromoEntry {
        typed: code.shown(&fields.promocode),
        code,
        user_id,
        promotion,
    })
}

fn hold_minutes(minutes: i64) -> Result<i64, FieldError> {
    match minutes {
        1..=10_080 => Ok(minutes),
        _ => Err(FieldError::HoldMinutes),
    }
}

fn effect(fields: &EffectFields, currency: Currency) -> Result<Effect, FieldError> {
    match fields {
        EffectFields::FixedPrice { price } => {
            amount(price, currency).map(|minor| Effect::FixedPrice { minor })
        }
        EffectFields::AmountOff { amount: off } => {
            amount(off, currency).map(|minor| Effect::AmountOff { minor })
        }
        EffectFields::Free {
            days: days @ 1..=3660,
        } => Ok(Effect::Free { days: *days }),
        EffectFields::Free { .. } => Err(FieldError::Days),
        EffectFields::PercentOff { basis_points, cap } => Ok(Effect::PercentOff {
            share: BasisPoints::new(*basis_points).ok_or(FieldError::BasisPoints)?,
            cap_minor: optional_amount(cap.as_deref(), currency)?,
        }),
    }
}

fn amount(text: &str, currency: Currency) -> Result<i64, FieldError> {
    let money = Money::parse_decimal(text, currency).map_err(|_| FieldError::Amount)?;
    Some(money.minor())
        .filter(|minor| *minor > 0)
        .ok_or(FieldError::Amount)
}

fn optional_amount(text: Option<&str>, currency: Currency) -> Result<Option<i64>, FieldError> {
    text.map(|text| amount(text, currency)).transpose()
}

fn positive<N: PartialOrd + From<bool>>(limit: Option<N>) -> Result<Option<N>, FieldError> {
    match limit {
        Some(number) if number < N::from(true) => Err(FieldError::NotPositive),
        limit => Ok(limit),
    }
}

fn distinct<T: Copy + PartialEq>(items: Option<&[T]>) -> Result<Option<Vec<T>>, FieldError> {
    let Some(items) = items else {
        return Ok(None);
    };
    let repeated = |(nth, item): (usize, &T)| items[..nth].contains(item);
    if items.is_empty() || items.iter().enumerate().any(repeated) {
        return Err(FieldError::NoneOrTwice);
    }
    Ok(Some(items.to_vec()))
}

fn hours(hours: &Hours) -> Result<(Time, Time), FieldError> {
    let whole = |time: &Time| time.second() == 0 && time.subsec_nanosecond() == 0;
    let time = |text: &str| {
        // An offset would be ignored by the parser.
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b':');
        let time = text.parse().ok().filter(whole).filter(|_| plain);
        time.ok_or(FieldError::TimeOfDay)
    };
    let (from, to) = (time(&hours.from)?, time(&hours.to)?);
    match from == to {
        true => Err(FieldError::Hours),
        false => Ok((from, to)),
    }
}

/// Whom the promotion is for, and whom the code is for: one user has a code of their own.
fn audience(fields: &AudienceFields) -> Result<(Audience, Option<Uuid>), FieldError> {
    Ok(match fields {
        AudienceFields::All {} => (Audience::All, None),
        AudienceFields::User { user_id } => (Audience::All, Some(*user_id)),
        AudienceFields::Groups { group_ids } => {
            let group_ids = distinct(Some(group_ids))?.unwrap_or_default();
            (Audience::Groups(group_ids), None)
        }
    })
}

impl From<Day> for Weekday {
    fn from(day: Day) -> Weekday {
        match day {
            Day::Mon => Weekday::Monday,
            Day::Tue => Weekday::Tuesday,
            Day::Wed => Weekday::Wednesday,
            Day::Thu => Weekday::Thursday,
            Day::Fri => Weekday::Friday,
            Day::Sat => Weekday::Saturday,
            Day::Sun => Weekday::Sunday,
        }
    }
}

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Day {
        match day {
            Weekday::Monday => Day::Mon,
            Weekday::Tuesday => Day::Tue,
            Weekday::Wednesday => Day::Wed,
            Weekday::Thursday => Day::Thu,
            Weekday::Friday => Day::Fri,
            Weekday::Saturday => Day::Sat,
            Weekday::Sunday => Day::Sun,
        }
    }
}
