//! Subscriptions in requests and answers of staff.

use domain::{GiftLength, PeriodOrigin, PeriodStatus, PurchaseStatus, Reason, TariffId};
use jiff::Timestamp;
use loyalty_store::Period;
use serde::{Deserialize, Serialize};
use service_http::{CheckedBody, FieldAdvice, Problem};
use utoipa::ToSchema;
use uuid::Uuid;

/// The most months that anybody gives at once.
const MAX_MONTHS: i32 = 12;
/// The most days: as many as that can be.
const MAX_DAYS: i32 = 366;

/// What to give: either `days` or `months`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "user_id": "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90", "tariff": 1, "days": 7, "reason": "The service was down on 1 May" }))]
pub(crate) struct GiftRequest {
    /// The user; `POST /admin/users/resolve` finds the ID of an e-mail address.
    user_id: Uuid,
    /// The ID of the tariff.
    #[schema(minimum = 1)]
    tariff: i64,
    /// How many days, 1 to 366.
    #[schema(minimum = 1, maximum = 366)]
    days: Option<i32>,
    /// How many calendar months, 1 to 12.
    #[schema(minimum = 1, maximum = 12)]
    months: Option<i32>,
    /// For colleagues: 1 to 200 characters in one line, without personal data.
    reason: String,
}

/// What to end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndRequest {
    /// The user.
    #[schema(example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90")]
    pub(crate) user_id: Uuid,
    /// The ID of the tariff.
    #[schema(example = 1)]
    pub(crate) tariff: i64,
    /// For colleagues: 1 to 200 characters in one line, without personal data.
    #[schema(example = "Asked for by the user")]
    pub(crate) reason: String,
}

/// A period for which a user has a tariff.
#[derive(Serialize, ToSchema)]
pub(crate) struct PeriodBody {
    /// The ID of its purchase.
    purchase_id: Uuid,
    /// The ID of the user.
    user_id: Uuid,
    /// The ID of the tariff.
    #[schema(example = 1)]
    tariff: i64,
    /// The title of the tariff.
    #[schema(example = "Базовый на месяц")]
    title: String,
    /// The first instant of the period.
    starts_at: Timestamp,
    /// The first instant after the period.
    ends_at: Timestamp,
    /// `current`, `future` or `past`; `past` also if it was ended before it began.
    #[schema(value_type = String, example = "current")]
    status: PeriodStatus,
    /// `bought` at the full price, bought with a `promo_code`, or `given` by staff.
    #[schema(value_type = String, example = "given")]
    origin: PeriodOrigin,
    /// The status of its purchase: `paid`, `refunded` or `revoked`.
    #[schema(value_type = String, example = "paid")]
    purchase_status: PurchaseStatus,
    /// The ID of the promo code, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    promocode_id: Option<i64>,
    /// Who of the staff gave it, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_by: Option<Uuid>,
    /// Why it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    give_reason: Option<String>,
    /// Who of the staff revoked it, if it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_by: Option<Uuid>,
    /// Why it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoke_reason: Option<String>,
    /// When it was bought or given.
    created_at: Timestamp,
}

/// The periods that have ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndedPeriods {
    /// In their order; the future ones have no length any more.
    pub(crate) items: Vec<PeriodBody>,
}

/// What is wrong with a field.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FieldError {
    #[error("use 1 to 366 days")]
    Days,
    #[error("use 1 to 12 months")]
    Months,
    #[error("name either days or months")]
    Length,
}

impl FieldAdvice for FieldError {
    fn russian(&self) -> &'static str {
        match self {
            FieldError::Days => "укажите от 1 до 366 дней",
            FieldError::Months => "укажите от 1 до 12 месяцев",
            FieldError::Length => "укажите либо дни, либо месяцы",
        }
    }
}

/// Reads what to give, to whom and why.
///
/// # Errors
/// `validation_failed`, which names every field that is not acceptable.
pub(crate) fn parse(
    body: CheckedBody<GiftRequest>,
) -> Result<(Uuid, TariffId, GiftLength, Reason), Problem> {
    let CheckedBody { fields, mut errors } = body;
    let reason = errors.check("reason", Reason::parse(&fields.reason));
    let within = |number: i32, max| (1..=max).contains(&number);
    let length = match (fields.days, fields.months) {
        (Some(days), None) => {
            let days = Some(days).filter(|days| within(*days, MAX_DAYS));
            let days = errors.check("days", days.ok_or(FieldError::Days));
            days.map(GiftLength::Days)
        }
        (None, Some(months)) => {
            let months = Some(months).filter(|months| within(*months, MAX_MONTHS));
            let months = errors.check("months", months.ok_or(FieldError::Months));
            months.map(GiftLength::Months)
        }
        _ => errors.check("days", Err(FieldError::Length)),
    };
    match (length, reason) {
        (Some(length), Some(reason)) if errors.is_empty() => {
            Ok((fields.user_id, TariffId(fields.tariff), length, reason))
        }
        _ => Err(errors.into_problem()),
    }
}

impl PeriodBody {
    pub(crate) fn of(period: Period, now: Timestamp) -> PeriodBody {
        let origin = period.origin();
        let acts = [period.given, period.revoked];
        let [given, revoked] = acts.map(|act| act.map(|act| (act.actor_id, act.reason)).unzip());
        let (starts_at, ends_at) = (period.period.starts_at, period.period.ends_at);
        PeriodBody {
            purchase_id: period.purchase_id,
            user_id: period.user_id,
            tariff: period.tariff.0,
            title: period.tariff_title,
            starts_at,
            ends_at,
            status: PeriodStatus::of(starts_at, ends_at, now),
            origin,
            purchase_status: period.status,
            promocode_id: period.code.map(|code| code.0),
            given_by: given.0,
            give_reason: given.1,
            revoked_by: revoked.0,
            revoke_reason: revoked.1,
            created_at: period.created_at,
        }
    }
}
