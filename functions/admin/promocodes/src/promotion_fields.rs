//! A promotion as it is written and read.

use domain::{FirstPurchase, PromotionStatus, UserPeriod};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use service_http::default_currency;
use utoipa::ToSchema;

use crate::code_fields::CodeFields;

/// A promotion as staff enter it: an offer with all its rules, which users reach through its promo codes. Limits that are
/// left out do not apply.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Скидка 30 %", "status": "active", "effect": { "kind": "percent_off", "basis_points": 3000 },
    "starts_at": "2026-03-01T00:00",
}))]
pub(crate) struct PromotionFields {
    /// Its title: 1 to 100 characters in one line.
    #[schema(example = "Скидка 30 %")]
    pub(crate) title: String,
    /// `draft`, `active`, `paused`, or `archived`, which is final.
    #[serde(default = "draft")]
    #[schema(value_type = String, default = "draft", example = "active")]
    pub(crate) status: PromotionStatus,
    /// Whether users who may apply its codes see them in their list. An unlisted code works for whoever knows its text.
    #[serde(default)]
    pub(crate) listed: bool,
    /// Its effect on the price.
    pub(crate) effect: EffectFields,
    /// The currency of its amounts. With an amount it works only for tariffs in this currency, without one for all
    /// tariffs.
    #[serde(default = "default_currency")]
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
    /// Its first promo codes, at most 100; only when it is created. `POST /admin/promocodes` adds others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(write_only)]
    pub(crate) promocodes: Option<Vec<CodeFields>>,
    /// For the colleague who has to approve it, if somebody has to: 1 to 200 characters in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(write_only, example = "Agreed for the anniversary")]
    pub(crate) approval_reason: Option<String>,
    /// Whether a full refund makes the use available again.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub(crate) refund_returns_use: bool,
}

/// What a promotion does to the price. Amounts are in its currency, with two decimals.
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

/// Who may use a promotion.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AudienceFields {
    /// Every registered user.
    All {},
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

fn draft() -> PromotionStatus {
    PromotionStatus::Draft
}

fn half_an_hour() -> i64 {
    30
}

fn yes() -> bool {
    true
}

fn moscow() -> String {
    "Europe/Moscow".to_owned()
}

fn lifetime() -> UserPeriod {
    UserPeriod::Lifetime
}
