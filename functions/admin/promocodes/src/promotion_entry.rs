//! From the fields of a body to a promotion, and to what is wrong with them.

use domain::{
    Audience, BasisPoints, Currency, Edge, Effect, Promotion, PromotionId, Reason, Schedule,
    TariffId, Title, parse_local_time,
};
use jiff::SignedDuration;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use service_http::{
    FieldErrors, Problem, check_limit, parse_amount, parse_currency, parse_optional_amount,
};

use crate::field_error::FieldError;
use crate::promotion_fields::{AudienceFields, Day, EffectFields, Hours, PromotionFields};

/// What a body says, and what is wrong with it.
pub(crate) struct ParsedPromotion {
    /// The promotion; where a field is not acceptable, something else.
    pub(crate) promotion: Promotion,
    /// Why it is to be approved, if that is said.
    pub(crate) approval_reason: Option<Reason>,
    /// All that is wrong.
    pub(crate) errors: FieldErrors,
}

impl ParsedPromotion {
    /// What can be written, and why.
    ///
    /// # Errors
    /// `validation_failed`, which names every field that is not acceptable.
    pub(crate) fn finish(self) -> Result<(Promotion, Option<Reason>), Problem> {
        match self.errors.is_empty() {
            true => Ok((self.promotion, self.approval_reason)),
            false => Err(self.errors.into_problem()),
        }
    }

    /// Whether the fields that the total depends on are as they were sent.
    pub(crate) fn has_price(&self) -> bool {
        let fields = ["effect", "currency", "tariffs", "min_price"];
        !fields.iter().any(|field| self.errors.has(field))
    }
}

/// Reads all fields.
pub(crate) fn parse(fields: &PromotionFields, mut errors: FieldErrors) -> ParsedPromotion {
    let title = errors.check("title", Title::parse(&fields.title));
    let currency = errors.check("currency", parse_currency(&fields.currency));
    // Without a currency there is no telling what its amounts are.
    let amounts = currency.map(|currency| {
        let effect = effect(&fields.effect, currency, &mut errors);
        let budget = parse_optional_amount(fields.budget.as_deref(), currency);
        let budget = errors.check("budget", budget);
        let min_price = parse_optional_amount(fields.min_price.as_deref(), currency);
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
    if let (Some(start), Some(Some(end))) = (starts_at, ends_at)
        && end <= start
    {
        errors.refuse("ends_at", &FieldError::EndsBeforeStart);
    }
    let weekdays = errors.check("weekdays", distinct(fields.weekdays.as_deref()));
    let weekdays = weekdays.flatten();
    let hours = errors.check("hours", fields.hours.as_ref().map(hours).transpose());
    let total_limit = errors.check("total_limit", check_limit(fields.total_limit));
    let per_user_limit = errors.check("per_user_limit", check_limit(fields.per_user_limit));
    let tariffs = errors.check("tariffs", distinct(fields.tariffs.as_deref()));
    let tariffs = tariffs.flatten();
    let audience = errors.check("audience", audience(&fields.audience));
    let audience = audience.unwrap_or(Audience::All);
    let hold_minutes = errors.check("hold_minutes", hold_minutes(fields.hold_minutes));
    let approval_reason = fields.approval_reason.as_deref().map(Reason::parse);
    let approval_reason = errors.check("approval_reason", approval_reason.transpose());
    let promotion = Promotion {
        // The store numbers both.
        id: PromotionId(0),
        version: 0,
        title: title.map_or_else(String::new, |title| title.as_str().to_owned()),
        status: fields.status,
        listed: fields.listed,
        effect: effect.unwrap_or(Effect::Free { days: 1 }),
        currency: currency.unwrap_or(Currency::RUB),
        starts_at: starts_at.unwrap_or_default(),
        ends_at: ends_at.flatten(),
        schedule: Schedule {
            zone: zone.unwrap_or(TimeZone::UTC),
            weekdays: weekdays.map(|days| days.into_iter().map(Weekday::from).collect()),
            hours: hours.flatten(),
        },
        total_limit: total_limit.flatten(),
        per_user_limit: per_user_limit.flatten(),
        per_user_period: fields.per_user_period,
        budget_minor: budget_minor.flatten(),
        min_price_minor: min_price_minor.flatten(),
        first_purchase: fields.first_purchase,
        tariffs: tariffs.map(|ids| ids.into_iter().map(TariffId).collect()),
        audience,
        campaign_id: fields.campaign_id,
        hold: SignedDuration::from_mins(hold_minutes.unwrap_or_default()),
        refund_returns_use: fields.refund_returns_use,
    };
    ParsedPromotion {
        promotion,
        approval_reason: approval_reason.flatten(),
        errors,
    }
}

fn hold_minutes(minutes: i64) -> Result<i64, FieldError> {
    match minutes {
        1..=10_080 => Ok(minutes),
        _ => Err(FieldError::HoldMinutes),
    }
}

fn effect(fields: &EffectFields, currency: Currency, errors: &mut FieldErrors) -> Option<Effect> {
    match fields {
        EffectFields::FixedPrice { price } => {
            let price = errors.check("effect.price", parse_amount(price, currency))?;
            Some(Effect::FixedPrice {
                minor: price.minor(),
            })
        }
        EffectFields::AmountOff { amount: off } => {
            let off = errors.check("effect.amount", parse_amount(off, currency))?;
            Some(Effect::AmountOff { minor: off.minor() })
        }
        EffectFields::Free { days } => {
            let days = Some(*days).filter(|days| (1..=3660).contains(days));
            let days = errors.check("effect.days", days.ok_or(FieldError::Days))?;
            Some(Effect::Free { days })
        }
        EffectFields::PercentOff { basis_points, cap } => {
            let share = BasisPoints::new(*basis_points).ok_or(FieldError::BasisPoints);
            let share = errors.check("effect.basis_points", share);
            let cap_minor = parse_optional_amount(cap.as_deref(), currency);
            let cap_minor = errors.check("effect.cap", cap_minor);
            Some(Effect::PercentOff {
                share: share?,
                cap_minor: cap_minor?,
            })
        }
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

fn audience(fields: &AudienceFields) -> Result<Audience, FieldError> {
    Ok(match fields {
        AudienceFields::All {} => Audience::All,
        AudienceFields::Groups { group_ids } => {
            Audience::Groups(distinct(Some(group_ids))?.unwrap_or_default())
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
