//! Tariffs in requests and answers to staff.

use domain::{Tariff, TariffStatus};
use jiff::Timestamp;
use loyalty_store::{StoredTariff, TariffEntry};
use serde::{Deserialize, Serialize};
use service_http::{
    CheckedBody, FieldAdvice, FieldErrors, Language, Problem, default_currency, parse_amount,
    parse_currency,
};
use utoipa::ToSchema;

/// A tariff as staff enter it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "title": "Базовый на месяц", "price": "299.00", "period_months": 1 }))]
pub(crate) struct TariffFields {
    /// Its title, as buyers see it: 1 to 100 characters in one line.
    #[schema(example = "Базовый на месяц")]
    title: String,
    /// Its price without a promo code.
    #[schema(example = "299.00")]
    price: String,
    /// The currency of its price; it can't be changed later.
    #[serde(default = "default_currency")]
    #[schema(example = "RUB")]
    currency: String,
    /// How many months are bought at once, 1 to 120.
    #[schema(example = 1, minimum = 1, maximum = 120)]
    period_months: i32,
    /// `active`: on sale; `archived`: no longer sold.
    #[serde(default = "on_sale")]
    #[schema(value_type = String, default = "active", example = "active")]
    status: TariffStatus,
}

/// A tariff.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminTariff {
    /// Its ID, the `tariff` of the buyers' calls.
    #[schema(example = 1)]
    tariff_id: i64,
    #[serde(flatten)]
    fields: TariffFields,
    /// Increases with every change; also the `ETag`.
    #[schema(example = 7)]
    version: i32,
    /// When it was created, in UTC.
    created_at: Timestamp,
}

fn on_sale() -> TariffStatus {
    TariffStatus::Active
}

/// What is wrong with a field.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FieldError {
    #[error("use 1 to 120 months")]
    PeriodMonths,
    #[error("use a price that can be paid: at least {least}")]
    NotPayable { least: String },
    #[error("leave the currency as it is; for another currency, create another tariff")]
    OtherCurrency,
}

impl FieldAdvice for FieldError {
    fn russian(&self) -> &'static str {
        match self {
            FieldError::PeriodMonths => "укажите от 1 до 120 месяцев",
            FieldError::NotPayable { .. } => "укажите цену, которую можно оплатить",
            FieldError::OtherCurrency => {
                "не меняйте валюту: для другой валюты создайте другой тариф"
            }
        }
    }

    fn advice(&self, language: Language) -> String {
        match (self, language) {
            (FieldError::NotPayable { least }, Language::Ru) => {
                format!("укажите цену, которую можно оплатить: не меньше {least}")
            }
            (_, Language::Ru) => self.russian().to_owned(),
            (_, Language::En) => self.to_string(),
        }
    }
}

/// Reads all fields.
///
/// # Errors
/// `validation_failed`, which names every field that is not acceptable.
pub(crate) fn parse(
    body: CheckedBody<TariffFields>,
    least_above: impl Fn(domain::Money) -> Option<domain::Money>,
) -> Result<TariffEntry, Problem> {
    let CheckedBody { fields, mut errors } = body;
    let title = errors.check("title", domain::Title::parse(&fields.title));
    let currency = errors.check("currency", parse_currency(&fields.currency));
    // Without a currency there is no telling what its price is.
    let price = currency.and_then(|currency| {
        let price = errors.check("price", parse_amount(&fields.price, currency))?;
        match least_above(price) {
            None => Some(price),
            Some(least) => {
                let least = least.to_decimal();
                errors.refuse("price", &FieldError::NotPayable { least });
                None
            }
        }
    });
    let months = Some(fields.period_months).filter(|months| (1..=120).contains(months));
    let months = errors.check("period_months", months.ok_or(FieldError::PeriodMonths));
    match (title, price, months) {
        (Some(title), Some(price), Some(period_months)) if errors.is_empty() => Ok(TariffEntry {
            title: title.as_str().to_owned(),
            price,
            period_months,
            status: fields.status,
        }),
        _ => Err(errors.into_problem()),
    }
}

pub(crate) fn other_currency(mut errors: FieldErrors) -> Problem {
    errors.refuse("currency", &FieldError::OtherCurrency);
    errors.into_problem()
}

impl From<Tariff> for TariffFields {
    fn from(tariff: Tariff) -> TariffFields {
        TariffFields {
            title: tariff.title,
            price: tariff.price.to_decimal(),
            currency: tariff.price.currency().to_string(),
            period_months: tariff.period_months,
            status: tariff.status,
        }
    }
}

impl From<StoredTariff> for AdminTariff {
    fn from(StoredTariff { tariff, created_at }: StoredTariff) -> AdminTariff {
        AdminTariff {
            tariff_id: tariff.id.0,
            version: tariff.version,
            fields: tariff.into(),
            created_at,
        }
    }
}
