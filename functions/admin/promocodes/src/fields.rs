//! A promo code as it is written and read.

use domain::{Currency, FirstPurchase, PromotionStatus, UserPeriod};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use service_http::{FieldAdvice, Language};
use utoipa::ToSchema;
use uuid::Uuid;

/// A promo code as staff enter it. Limits that are left out do not apply.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "promocode": "Весна 30", "title": "Скидка 30 %", "status": "active",
    "effect": { "kind": "percent_off", "basis_points": 3000 }, "starts_at": "2026-03-01T00:00", "version": 7,
}))]
pub(crate) struct PromoFields {
    /// Its text, shown as it is typed here: 3 to 32 letters and digits. Case, hyphens and spaces don't matter when it is
    /// entered.
    #[schema(example = "SPRING30")]
    pub(crate) promocode: String,
    /// Its title: 1 to 100 characters in one line.
    #[schema(example = "Скидка 30 %")]
    pub(crate) title: String,
    /// `draft`, `active`, `paused`, or `archived`, which is final.
    #[schema(value_type = String, example = "active")]
    pub(crate) status: PromotionStatus,
    /// Whether users who may apply it see it in their list. An unlisted code works for whoever knows its text.
    #[serde(default)]
    pub(crate) listed: bool,
    /// Its effect on the price.
    pub(crate) effect: EffectFields,
    /// The currency of its amounts. A code with an amount works only for tariffs in this currency, a code without one
    /// for all tariffs.
    #[serde(default = "rouble")]
    #[schema(example = "RUB")]
    pub(crate) currency: String,
    /// Its time zone: a name of the IANA time zone database.
    #[serde(default = "moscow")]
    #[schema(example = "Europe/Moscow")]
    pub(crate) time_zone: String,
    /// The start of its period, in local time of its time zone: `2026-03-01T00:00`. An offset overrides the time zone.
    #[schema(example = "2026-03-01T00:00")]
    pub(crate) starts_at: String,
    /// The end of its period: the first instant at which it no longer works.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-04-01T00:00")]
    pub(crate) ends_at: Option<String>,
    /// The weekdays on which it works: `mon` to `sun`. Hours after midnight belong to the day on which they began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["sat", "sun"]))]
    pub(crate) weekdays: Option<Vec<Day>>,
    /// The hours of the day in which it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hours: Option<Hours>,
    /// The total number of uses; 1 makes it a one-time code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub(crate) total_limit: Option<i64>,
    /// How many times a user may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub(crate) per_user_limit: Option<i32>,
    /// The period of `per_user_limit`: `lifetime`, `day`, `week` or `month`.
    #[serde(default = "lifetime")]
    #[schema(value_type = String, example = "lifetime")]
    pub(crate) per_user_period: UserPeriod,
    /// The budget for the sum of its discounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "500000.00")]
    pub(crate) budget: Option<String>,
    /// The lowest price of a tariff that it works for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "300.00")]
    pub(crate) min_price: Option<String>,
    /// Restricts it to a person's first purchase: the first that is paid for (`paid`), or the first of any kind, free ones
    /// included (`any`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "paid")]
    pub(crate) first_purchase: Option<FirstPurchase>,
    /// The IDs of the tariffs that it works for; all tariffs if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tariffs: Option<Vec<i64>>,
    /// Who may use it.
    #[serde(default)]
    pub(crate) audience: AudienceFields,
    /// The ID of the campaign whose limit, budget and status it shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) campaign_id: Option<i64>,
    /// How many minutes an application is valid, 1 to 10,080.
    #[serde(default = "half_an_hour")]
    #[schema(default = 30, minimum = 1, maximum = 10_080)]
    pub(crate) hold_minutes: i64,
    /// Whether a full refund makes the use available again.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub(crate) refund_returns_use: bool,
    /// Increases with every change. A change has to name the version that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 7)]
    pub(crate) version: Option<i32>,
}

/// What a promo code does to the price. Amounts are in the code's currency, with two decimals.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum EffectFields {
    /// The tariff costs this amount.
    FixedPrice {
        #[schema(example = "199.00")]
        price: String,
    },
    /// A trial: the tariff costs nothing for 1 to 3,660 days.
    Free { days: i32 },
    /// A discount in hundredths of a percent, 1 to 10,000, of at most `cap`.
    PercentOff {
        #[schema(example = 3000, minimum = 1, maximum = 10_000)]
        basis_points: i32,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(example = "500.00")]
        cap: Option<String>,
    },
    /// A discount of this amount.
    AmountOff {
        #[schema(example = "100.00")]
        amount: String,
    },
}

/// Who may use a promo code.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AudienceFields {
    /// Every registered user.
    All {},
    /// One user; `POST /admin/users/resolve` finds the ID of an e-mail address.
    User { user_id: Uuid },
    /// The members of any of these groups.
    Groups { group_ids: Vec<i64> },
}

impl Default for AudienceFields {
    fn default() -> AudienceFields {
        AudienceFields::All {}
    }
}

/// Hours of the day, from the first until just before the second; across midnight if the first is later.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hours {
    #[schema(example = "09:00")]
    pub(crate) from: String,
    #[schema(example = "18:00")]
    pub(crate) to: String,
}

/// A weekday.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

const DAYS: [(&str, Day); 7] = [
    ("mon", Day::Mon),
    ("tue", Day::Tue),
    ("wed", Day::Wed),
    ("thu", Day::Thu),
    ("fri", Day::Fri),
    ("sat", Day::Sat),
    ("sun", Day::Sun),
];
const DAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

// Derived, it would take `{"mon": null}` as well.
impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let name = String::deserialize(deserializer)?;
        let day = DAYS.iter().find(|(known, _)| *known == name);
        let day = day.ok_or_else(|| D::Error::unknown_variant(&name, &DAY_NAMES))?;
        Ok(day.1)
    }
}

fn half_an_hour() -> i64 {
    30
}

fn yes() -> bool {
    true
}

fn rouble() -> String {
    Currency::RUB.to_string()
}

fn moscow() -> String {
    "Europe/Moscow".to_owned()
}

fn lifetime() -> UserPeriod {
    UserPeriod::Lifetime
}

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
    #[error("send the version that you have read")]
    VersionMissing,
    #[error("leave the text unchanged: it can be changed only in a draft that was never active")]
    CodeFixed,
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
            FieldError::VersionMissing => "передайте версию, которую вы прочитали",
            FieldError::CodeFixed => {
                "оставьте текст прежним: его можно менять только в черновике, который ещё не публиковали"
            }
        }
    }
}
