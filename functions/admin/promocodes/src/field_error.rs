//! What is wrong with the fields of promotions and promo codes.

use service_http::{FieldAdvice, Language};

/// What is wrong with a field, apart from what the domain says of texts and times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FieldError {
    #[error(
        "leave it out: the promotion has been used in another currency, and a budget has only one"
    )]
    UsedInOtherCurrency,
    #[error("use 1 to 10000 hundredths of a percent")]
    BasisPoints,
    #[error("use 1 to 3660 days")]
    Days,
    #[error("use at least one value and none twice, or leave it out for all")]
    NoneOrTwice,
    #[error("use a name from the IANA time zone database, such as Europe/Moscow")]
    TimeZone,
    #[error("use a time after `starts_at`, or leave it out for no end")]
    EndsBeforeStart,
    #[error("use two different times of day, such as 09:00 and 18:00")]
    Hours,
    #[error("use times of day from 00:00 to 23:59, such as 09:00")]
    TimeOfDay,
    #[error("use 1 to 10080 minutes")]
    HoldMinutes,
    #[error(
        "leave nothing to pay or at least {least}: it would leave {total} of the tariff {tariff}"
    )]
    NotPayable {
        tariff: i64,
        total: String,
        least: String,
    },
    #[error("it does not exist: use the ID of one that does")]
    Unknown,
    #[error("leave the text unchanged: it can be changed only in a draft that was never active")]
    CodeFixed,
    #[error(
        "leave it as it is: uses of its own are counted from the beginning or never; create another promo code instead"
    )]
    UsesFixed,
    #[error("leave it out: POST /admin/promocodes adds promo codes")]
    NotHere,
    #[error("use each text once")]
    TextTwice,
    #[error("use at most 100 promo codes in one call")]
    TooManyCodes,
}

impl FieldAdvice for FieldError {
    fn advice(&self, language: Language) -> String {
        match (language, self) {
            (
                Language::Ru,
                FieldError::NotPayable {
                    tariff,
                    total,
                    least,
                },
            ) => format!(
                "оставьте к оплате ноль или не меньше {least}: за тариф {tariff} осталось бы {total}"
            ),
            (Language::Ru, _) => self.russian().to_owned(),
            (Language::En, _) => self.to_string(),
        }
    }

    fn russian(&self) -> &'static str {
        match self {
            FieldError::NotPayable { .. } => {
                "оставьте к оплате ноль или сумму, которую можно оплатить"
            }
            FieldError::UsedInOtherCurrency => {
                "не передавайте бюджет: промокод уже применяли в другой валюте, а бюджет считается в одной"
            }
            FieldError::BasisPoints => "укажите от 1 до 10000 сотых долей процента",
            FieldError::Days => "укажите от 1 до 3660 дней",
            FieldError::NoneOrTwice => {
                "укажите хотя бы одно значение без повторов или не передавайте — тогда подходят все"
            }
            FieldError::TimeZone => "укажите часовой пояс из базы IANA, например Europe/Moscow",
            FieldError::EndsBeforeStart => {
                "укажите время позже `starts_at` или не передавайте его — тогда конца нет"
            }
            FieldError::Hours => "укажите два разных времени суток, например 09:00 и 18:00",
            FieldError::TimeOfDay => "укажите время суток от 00:00 до 23:59, например 09:00",
            FieldError::HoldMinutes => "укажите от 1 до 10080 минут",
            FieldError::Unknown => "такого нет: укажите идентификатор существующего",
            FieldError::UsesFixed => {
                "не меняйте: свои применения считаются с самого начала или никогда; создайте другой промокод"
            }
            FieldError::NotHere => {
                "не передавайте: промокоды добавляют через POST /admin/promocodes"
            }
            FieldError::TextTwice => "укажите каждый текст один раз",
            FieldError::TooManyCodes => "укажите не больше 100 промокодов в одном запросе",
            FieldError::CodeFixed => {
                "оставьте текст прежним: его можно менять только в черновике, который ещё не публиковали"
            }
        }
    }
}
