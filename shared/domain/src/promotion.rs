//! Promotions, and the codes that give access to them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text_enum::text_enum;
use crate::{Campaign, Currency, Effect, Schedule, TariffId, UserPeriod};

/// The ID of a promotion, above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromotionId(pub i64);

/// The ID of a promo code, above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromoCodeId(pub i64);

text_enum! {
    /// Whether the codes of a promotion may be used at all.
    PromotionStatus {
        /// Being written; never usable yet.
        Draft = "draft",
        /// Usable.
        Active = "active",
        /// Stopped for a while.
        Paused = "paused",
        /// Stopped for good.
        Archived = "archived",
    }
}

text_enum! {
    /// Whether a single promo code may be used.
    CodeState {
        /// Usable, as far as its promotion goes.
        Issued = "issued",
        /// Withdrawn by staff.
        Disabled = "disabled",
    }
}

text_enum! {
    /// Which purchase has to be a person's first one, counting all accounts of that person.
    FirstPurchase {
        /// The first one that is paid for: a trial or another free purchase before it does no harm.
        Paid = "paid",
        /// The first of any kind.
        Any = "any",
    }
}

/// Who may use a promotion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Every registered user.
    All,
    /// The members of any of these groups.
    Groups(Vec<i64>),
}

/// An offer with all its rules. It has one promo code or a million.
#[derive(Debug, Clone, PartialEq)]
pub struct Promotion {
    /// Its ID.
    pub id: PromotionId,
    /// Its name, as people see it.
    pub title: String,
    /// Whether its codes may be used at all.
    pub status: PromotionStatus,
    /// Whether its shared codes are shown to those who may use them. One that is not is a secret: it works for who knows
    /// its text.
    pub listed: bool,
    /// What it does to the price.
    pub effect: Effect,
    /// The currency of its amounts.
    pub currency: Currency,
    /// The first instant at which it works.
    pub starts_at: Timestamp,
    /// The first instant at which it no longer works; `None` for no end.
    pub ends_at: Option<Timestamp>,
    /// When in a week it works.
    pub schedule: Schedule,
    /// How many uses there are of all its codes together; 1 is a one-time promotion, `None` has no limit.
    pub total_limit: Option<i64>,
    /// How many uses one person has in a period; `None` has no limit.
    pub per_user_limit: Option<i32>,
    /// The period of that limit.
    pub per_user_period: UserPeriod,
    /// What all its discounts may come to, in minor units; `None` has no limit.
    pub budget_minor: Option<i64>,
    /// The lowest price, before the code, of a tariff that it works for, in minor units.
    pub min_price_minor: Option<i64>,
    /// Whom it is for among those who have bought before; `None`: everybody.
    pub first_purchase: Option<FirstPurchase>,
    /// The tariffs it works for; `None` is all of them.
    pub tariffs: Option<Vec<TariffId>>,
    /// Who may use it.
    pub audience: Audience,
    /// The campaign that it belongs to.
    pub campaign_id: Option<i64>,
    /// How long an application is valid; whole minutes.
    pub hold: SignedDuration,
    /// Whether a use can be used again when the whole purchase is refunded.
    pub refund_returns_use: bool,
    /// Increases with every change by staff.
    pub version: i32,
}

impl Promotion {
    /// Whether the uses or the discounts of all its codes together are limited.
    pub fn is_limited(&self) -> bool {
        self.total_limit.is_some() || self.budget_minor.is_some()
    }

    /// Whether it works for this tariff, as far as it names any.
    pub fn includes(&self, tariff: TariffId) -> bool {
        let tariffs = self.tariffs.as_ref();
        tariffs.is_none_or(|tariffs| tariffs.contains(&tariff))
    }

    /// When the period of the limit per user began that `now` is in: uses since then count.
    pub fn period_start(&self, now: Timestamp) -> Timestamp {
        self.per_user_period.start(now, &self.schedule.zone)
    }
}

impl IssuedCode {
    /// Its text as people are shown it.
    pub fn text(&self) -> &str {
        self.typed.as_deref().unwrap_or(&self.code)
    }

    /// Whether its uses are limited for everybody together: by itself, by its promotion or by the campaign.
    pub fn is_scarce(&self, promotion: &Promotion, campaign: Option<&Campaign>) -> bool {
        self.max_uses.is_some()
            || promotion.is_limited()
            || campaign.is_some_and(Campaign::is_limited)
    }
}

/// The text of a promotion: what people type, or are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCode {
    /// Its ID, the `promocode_id` of the API.
    pub id: PromoCodeId,
    /// Its promotion.
    pub promotion_id: PromotionId,
    /// Its text, canonical.
    pub code: String,
    /// Its text as it was typed by staff; `None` when that is the canonical one.
    pub typed: Option<String>,
    /// Whether it may be used.
    pub state: CodeState,
    /// The only user whom it is for; `None`: whoever its promotion is for.
    pub user_id: Option<Uuid>,
    /// Whether it was made together with others. The codes of a batch are shown to nobody: each is a secret.
    pub in_batch: bool,
    /// How many uses it has of its own, beside the limits of its promotion; 1 is a one-time code.
    pub max_uses: Option<i64>,
    /// The first instant at which it no longer works, whatever its promotion says.
    pub ends_at: Option<Timestamp>,
    /// Increases with every change by staff.
    pub version: i32,
}
