//! The members of requests, checked.

use domain::{PromoCode, PromoCodeId, PromoRef, Reason, TariffId, Waivers};
use jiff::{SignedDuration, Timestamp};
use loyalty_store::{Change, ForUser, PromoRequest};
use service_http::{CheckedBody, FieldAdvice, FieldErrors, Problem};

use crate::dto::{ApplyRequest, CancelRequest, ExtendRequest};

/// The longest time for which staff may hold a use, in minutes: a week.
const MAX_HOLD_MINUTES: i32 = 10_080;

/// What is wrong with a member.
#[derive(Debug, Clone, Copy, thiserror::Error)]
enum FieldError {
    #[error("name the promo code by its ID or by its text")]
    NoPromo,
    #[error("leave out one: the promo code is named by its ID already")]
    TwoPromos,
    #[error("name a rule that can be waived: the API description lists them")]
    NotWaivable,
    #[error("use 1 to 10080 minutes")]
    HoldMinutes,
    #[error("give the minutes or a time")]
    NoTime,
    #[error("leave out one: the minutes are given already")]
    TwoTimes,
    #[error("use a time from now to seven days from now")]
    Until,
}

impl FieldAdvice for FieldError {
    fn russian(&self) -> &'static str {
        match self {
            FieldError::NoPromo => "укажите идентификатор промокода или его текст",
            FieldError::TwoPromos => "уберите одно из двух: идентификатор промокода уже указан",
            FieldError::NotWaivable => {
                "укажите правило, от которого можно отступить: их перечисляет описание API"
            }
            FieldError::HoldMinutes => "укажите от 1 до 10080 минут",
            FieldError::NoTime => "укажите минуты или время",
            FieldError::TwoTimes => "уберите одно из двух: минуты уже указаны",
            FieldError::Until => "укажите время не раньше текущего и не позже чем через семь дней",
        }
    }
}

/// A checked request to apply a code.
pub(crate) struct Application {
    pub(crate) request: PromoRequest,
    pub(crate) by: ForUser,
}

/// Checks a request to apply a code. A text that no code can have names none.
///
/// # Errors
/// `validation_failed`.
pub(crate) fn application(
    CheckedBody { fields, mut errors }: CheckedBody<ApplyRequest>,
    change: Change,
) -> Result<Application, Problem> {
    let promo = match (fields.promocode_id, fields.promocode) {
        (Some(_), Some(_)) => errors.check("promocode", Err(FieldError::TwoPromos)),
        (Some(id), None) => Some(PromoRef::Id(PromoCodeId(id))),
        (None, Some(text)) => Some(PromoRef::Text(PromoCode::candidates(&text))),
        (None, None) => errors.check("promocode_id", Err(FieldError::NoPromo)),
    };
    let reason = errors.check("reason", Reason::parse(&fields.reason));
    let mut waivers = Waivers::default();
    for (at, name) in fields.waive.iter().enumerate() {
        let waived = name
            .parse()
            .ok()
            .and_then(|rule| waivers.add(rule).ok())
            .ok_or(FieldError::NotWaivable);
        errors.check(&format!("waive[{at}]"), waived);
    }
    let minutes = fields.hold_minutes;
    let hold_minutes = errors.check("hold_minutes", minutes.map(hold).transpose());
    match (promo, reason, hold_minutes, errors.is_empty()) {
        (Some(promo), Some(reason), Some(hold_minutes), true) => Ok(Application {
            request: PromoRequest {
                user_id: fields.user_id,
                promo,
                tariff: TariffId(fields.tariff),
                move_held: false,
            },
            by: ForUser {
                change,
                reason,
                waivers,
                hold_minutes,
                with_purchase: fields.with_purchase,
            },
        }),
        _ => Err(errors.into_problem()),
    }
}

/// Checks why an application is cancelled.
///
/// # Errors
/// `validation_failed`.
pub(crate) fn cancellation(
    CheckedBody { fields, mut errors }: CheckedBody<CancelRequest>,
) -> Result<Reason, Problem> {
    match errors.check("reason", Reason::parse(&fields.reason)) {
        Some(reason) if errors.is_empty() => Ok(reason),
        _ => Err(errors.into_problem()),
    }
}

/// Checks until when an application is extended, and why.
///
/// # Errors
/// `validation_failed`.
pub(crate) fn extension(
    CheckedBody { fields, mut errors }: CheckedBody<ExtendRequest>,
    now: Timestamp,
) -> Result<(Timestamp, Reason), Problem> {
    let reason = errors.check("reason", Reason::parse(&fields.reason));
    let until = until(&fields, now, &mut errors);
    match (until, reason, errors.is_empty()) {
        (Some(until), Some(reason), true) => Ok((until, reason)),
        _ => Err(errors.into_problem()),
    }
}

fn until(fields: &ExtendRequest, now: Timestamp, errors: &mut FieldErrors) -> Option<Timestamp> {
    let after = |minutes: i32| now + SignedDuration::from_mins(minutes.into());
    match (fields.hold_minutes, fields.until) {
        (Some(_), Some(_)) => errors.check("until", Err(FieldError::TwoTimes)),
        (Some(minutes), None) => errors.check("hold_minutes", hold(minutes).map(after)),
        (None, Some(until)) => {
            let possible = now < until && until <= after(MAX_HOLD_MINUTES);
            errors.check("until", possible.then_some(until).ok_or(FieldError::Until))
        }
        (None, None) => errors.check("hold_minutes", Err(FieldError::NoTime)),
    }
}

fn hold(minutes: i32) -> Result<i32, FieldError> {
    let possible = (1..=MAX_HOLD_MINUTES).contains(&minutes);
    possible.then_some(minutes).ok_or(FieldError::HoldMinutes)
}
