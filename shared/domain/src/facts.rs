//! The facts that a decision is made from: one consistent snapshot, loaded before anything is decided.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text_enum::text_enum;
use crate::{Campaign, Currency, Effect, Money, Schedule, Usage, UserPeriod, UserStatus};

/// The number of a promo code, above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromoId(pub i64);

/// The number of a tariff, above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TariffId(pub i64);

text_enum! {
    /// Whether a promo code may be used at all.
    PromoStatus {
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
    /// Whether a tariff is sold.
    TariffStatus {
        /// On sale.
        Active = "active",
        /// No longer sold.
        Archived = "archived",
    }
}

text_enum! {
    /// Where a use of a promo code stands. `applied` and `paying` are open, `used` is final; these three count against limits.
    HoldState {
        /// Held for the user until it expires.
        Applied = "applied",
        /// A payment is under way.
        Paying = "paying",
        /// Spent.
        Used = "used",
        /// Given back.
        Cancelled = "cancelled",
        /// Given back because nobody used it in time.
        Expired = "expired",
    }
}

impl HoldState {
    /// Held, and not yet spent.
    pub fn is_open(self) -> bool {
        matches!(self, HoldState::Applied | HoldState::Paying)
    }
}

/// Who may use a promo code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Every registered user.
    All,
    /// One named user.
    User(Uuid),
    /// The members of any of these groups.
    Groups(Vec<i64>),
}

/// A paid version of the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tariff {
    /// Its number.
    pub id: TariffId,
    /// Its name, as people see it.
    pub title: String,
    /// Its price without a code.
    pub price: Money,
    /// How many months one purchase lasts.
    pub period_months: i32,
    /// Whether it is sold.
    pub status: TariffStatus,
}

/// A promo code with its rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Promo {
    /// Its number.
    pub id: PromoId,
    /// Its text, canonical.
    pub code: String,
    /// Its name, as people see it.
    pub title: String,
    /// Whether it may be used at all.
    pub status: PromoStatus,
    /// What it does to the price.
    pub effect: Effect,
    /// The currency of its amounts.
    pub currency: Currency,
    /// The first instant at which it works.
    pub starts_at: Timestamp,
    /// The first instant at which it no longer works; `None` for no end.
    pub ends_at: Option<Timestamp>,
    /// How many uses there are in all; 1 is a one-time code, `None` has no limit.
    pub total_limit: Option<i64>,
    /// How many uses one user has in a period; `None` has no limit.
    pub per_user_limit: Option<i32>,
    /// The period of that limit.
    pub per_user_period: UserPeriod,
    /// When in a week it works.
    pub schedule: Schedule,
    /// The lowest price, before the code, of a tariff that it works for, in minor units.
    pub min_price_minor: Option<i64>,
    /// Whether it is for users who have bought nothing yet.
    pub first_purchase_only: bool,
    /// The tariffs it works for; `None` is all of them.
    pub tariffs: Option<Vec<TariffId>>,
    /// Who may use it.
    pub audience: Audience,
    /// Whether it is shown to those who may use it. One that is not is a secret: it works for who knows its text.
    pub listed: bool,
    /// What all its discounts may come to, in minor units; `None` has no limit.
    pub budget_minor: Option<i64>,
    /// Grows with every change by staff.
    pub version: i64,
}

/// One of the user's own live uses: of the promo in question, or an open one for the tariff in question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnUse {
    /// The application.
    pub application_id: Uuid,
    /// Its promo code.
    pub promo_id: PromoId,
    /// Its tariff.
    pub tariff_id: TariffId,
    /// Where it stands: `applied`, `paying` or `used`.
    pub state: HoldState,
    /// Which of the user's uses of this promo in its period it is, from 1.
    pub slot: i32,
    /// The period that it counts in: see [`UserPeriod::key`].
    pub period: String,
    /// When an `applied` one is given back by itself.
    pub expires_at: Timestamp,
}

impl OwnUse {
    /// True for a hold that has run out and was not given back yet.
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.state == HoldState::Applied && self.expires_at <= now
    }
}

/// Everything that a decision looks at.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The time of the decision.
    pub now: Timestamp,
    /// Who asks.
    pub user_id: Uuid,
    /// What the loyalty side knows of that user; `None` when it has never heard of one.
    pub user_status: Option<UserStatus>,
    /// The groups that the user is a member of.
    pub user_groups: Vec<i64>,
    /// Whether the user has bought anything: a purchase that was paid, or free.
    pub has_purchased: bool,
    /// The state of the trial that this person has, in this account or one deleted before; `None` without one.
    pub trial: Option<HoldState>,
    /// The promo code.
    pub promo: Promo,
    /// The tariff that is to be bought.
    pub tariff: Tariff,
    /// Whether the code was named by its text, or shown to the user; a number alone can be guessed.
    pub text_known: bool,
    /// How much of the promo code is taken.
    pub usage: Usage,
    /// The campaign that the promo code belongs to, if there is one.
    pub campaign: Option<Campaign>,
    /// The user's own live uses.
    pub own_uses: Vec<OwnUse>,
}

impl Facts {
    /// The user's live uses of this promo.
    pub fn own_uses_of_promo(&self) -> impl Iterator<Item = &OwnUse> {
        self.own_uses
            .iter()
            .filter(|own| own.promo_id == self.promo.id)
    }

    /// The period that a use of this promo counts in now.
    pub fn user_period(&self) -> String {
        let promo = &self.promo;
        promo.per_user_period.key(self.now, &promo.schedule.zone)
    }

    /// The user's live uses of this promo that count against the user's limit now.
    pub fn own_uses_in_period(&self) -> impl Iterator<Item = &OwnUse> {
        let period = self.user_period();
        self.own_uses_of_promo()
            .filter(move |own| own.period == period)
    }

    /// The user's open hold of this promo for this tariff, if there is one.
    pub fn own_hold(&self) -> Option<&OwnUse> {
        self.own_uses_of_promo()
            .find(|own| own.tariff_id == self.tariff.id && own.state.is_open())
    }

    /// Whether the hold `own` ends before its time: the tariff was taken off sale, and no purchase has begun.
    pub fn is_withdrawn(&self, own: &OwnUse) -> bool {
        own.state == HoldState::Applied && self.tariff.status != TariffStatus::Active
    }

    /// The lowest free number for another use of this promo by this user.
    pub fn free_slot(&self) -> i32 {
        let taken: Vec<i32> = self.own_uses_in_period().map(|own| own.slot).collect();
        (1..).find(|slot| !taken.contains(slot)).unwrap_or(i32::MAX)
    }
}
