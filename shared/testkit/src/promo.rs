//! Tariffs and promo codes in the loyalty database.

use domain::{CodeState, FirstPurchase, PromotionStatus, UserPeriod};
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use pg::{AdHoc, Param, Type};
use uuid::Uuid;

use crate::world::unique;
use crate::{User, World, now, rows};

/// A tariff of the test's own.
#[derive(Debug, Clone)]
pub struct Tariff {
    /// Its ID.
    pub id: i64,
    /// Its name, which is unique.
    pub title: String,
    /// Its price in kopecks.
    pub price_minor: i64,
}

/// A promo code of the test's own, of a promotion of its own.
#[derive(Debug, Clone)]
pub struct Promo {
    /// Its ID.
    pub id: i64,
    /// The ID of its promotion.
    pub promotion: i64,
    /// Its text, which is unique.
    pub code: String,
}

/// Effects of promo codes on prices. Amounts are kopecks.
#[derive(Debug, Clone, Copy)]
pub enum Effect {
    /// Sets the price.
    FixedPrice(i64),
    /// Takes this amount off.
    AmountOff(i64),
    /// Takes off this many hundredths of a percent, at most the amount.
    PercentOff(i32, Option<i64>),
    /// A trial of this many days.
    Free(i32),
}

/// Whom a promo code is for.
#[derive(Debug, Clone, Default)]
pub enum Audience {
    /// Everybody.
    #[default]
    All,
    /// One user. This is a property of the code.
    User(Uuid),
    /// The members of these groups. This is a property of the promotion.
    Groups(Vec<i64>),
}

/// A promotion with a promo code. By default, it takes 100 roubles off, for everyone, with no limit but one use per
/// user.
#[derive(Debug, Clone)]
pub struct PromoSpec {
    /// What it does to the price.
    pub effect: Effect,
    /// The currency of its amounts.
    pub currency: &'static str,
    /// Its first instant.
    pub starts_at: Timestamp,
    /// Its end.
    pub ends_at: Option<Timestamp>,
    /// The limit on uses in total.
    pub total_limit: Option<i64>,
    /// The limit on uses per user.
    pub per_user_limit: Option<i32>,
    /// The period of that limit, in Moscow time.
    pub per_user_period: UserPeriod,
    /// Hours of the day in Moscow time; the second is exclusive.
    pub hours: Option<(Time, Time)>,
    /// The lowest price it works on, in kopecks.
    pub min_price_minor: Option<i64>,
    /// Whether the purchase must be the first one, and of which kind.
    pub first_purchase: Option<FirstPurchase>,
    /// The tariffs it works for; `None` is all.
    pub tariffs: Option<Vec<i64>>,
    /// Who may use it.
    pub audience: Audience,
    /// Whether it may be used.
    pub status: PromotionStatus,
    /// Whether it is listed for users who have not applied it. Off by default, or it would be on the list of every
    /// test.
    pub listed: bool,
    /// The limit on the sum of its discounts, in kopecks.
    pub budget_minor: Option<i64>,
    /// The campaign it belongs to: see [`World::campaign`].
    pub campaign: Option<i64>,
    /// The limit on uses of the code itself.
    pub max_uses: Option<i64>,
    /// The end of the code itself.
    pub code_ends_at: Option<Timestamp>,
}

/// Properties of a single code.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewCode {
    /// The only user who may use it.
    pub user_id: Option<Uuid>,
    /// The limit on its own uses.
    pub max_uses: Option<i64>,
    /// Its own end.
    pub ends_at: Option<Timestamp>,
}

impl Default for PromoSpec {
    fn default() -> PromoSpec {
        PromoSpec {
            effect: Effect::AmountOff(10_000),
            currency: "RUB",
            starts_at: now() - SignedDuration::from_hours(1),
            ends_at: None,
            total_limit: None,
            per_user_limit: Some(1),
            per_user_period: UserPeriod::Lifetime,
            hours: None,
            min_price_minor: None,
            first_purchase: None,
            tariffs: None,
            audience: Audience::All,
            status: PromotionStatus::Active,
            listed: false,
            budget_minor: None,
            campaign: None,
            max_uses: None,
            code_ends_at: None,
        }
    }
}

impl Effect {
    /// The columns: name, minor units, basis points, cap, days.
    pub(crate) fn columns(
        self,
    ) -> (
        &'static str,
        Option<i64>,
        Option<i32>,
        Option<i64>,
        Option<i32>,
    ) {
        match self {
            Effect::FixedPrice(minor) => ("fixed_price", Some(minor), None, None, None),
            Effect::AmountOff(minor) => ("amount_off", Some(minor), None, None, None),
            Effect::PercentOff(points, cap) => ("percent_off", None, Some(points), cap, None),
            Effect::Free(days) => ("free", None, None, None, Some(days)),
        }
    }
}

impl World {
    /// A tariff at this price, in kopecks, for a month.
    pub async fn tariff(&self, price_minor: i64) -> Tariff {
        self.add_tariff(&unique("Tariff "), price_minor, "RUB")
            .await
    }

    /// The same with `words` in its name, which script the payment sandbox.
    pub async fn tariff_named(&self, price_minor: i64, words: &str) -> Tariff {
        let title = format!("{} {words}", unique("Tariff "));
        self.add_tariff(title.trim_end(), price_minor, "RUB").await
    }

    /// A tariff at this price in another currency, in minor units.
    pub async fn tariff_in(&self, currency: &str, price_minor: i64) -> Tariff {
        self.add_tariff(&unique("Tariff "), price_minor, currency)
            .await
    }

    async fn add_tariff(&self, title: &str, price_minor: i64, currency: &str) -> Tariff {
        let id = rows::insert_tariff(&self.loyalty, title, price_minor, currency).await;
        self.own().tariffs.push(id);
        Tariff {
            id,
            title: title.to_owned(),
            price_minor,
        }
    }

    /// Sets whether refunding or revoking a purchase releases the use of the promotion.
    pub async fn set_refund_returns_use(&self, promo: &Promo, returns: bool) {
        let sql = "UPDATE promotions SET refund_returns_use = $2 WHERE id = $1";
        let params: [Param; 2] = [(&promo.promotion, Type::INT8), (&returns, Type::BOOL)];
        assert_eq!(self.loyalty.execute(sql, &params).await.unwrap(), 1);
    }

    /// Archives a tariff.
    pub async fn archive(&self, tariff: &Tariff) {
        let sql = "UPDATE tariffs SET status = 'archived' WHERE id = $1";
        let archived = self.loyalty.execute(sql, &[(&tariff.id, Type::INT8)]).await;
        assert_eq!(archived.unwrap(), 1);
    }

    /// Changes the price of a tariff, in kopecks.
    pub async fn reprice(&self, tariff: &Tariff, price_minor: i64) {
        let sql = "UPDATE tariffs SET price_minor = $2 WHERE id = $1";
        let params: [Param; 2] = [(&tariff.id, Type::INT8), (&price_minor, Type::INT8)];
        assert_eq!(self.loyalty.execute(sql, &params).await.unwrap(), 1);
    }

    /// Creates a group of users. Returns its ID.
    pub async fn group(&self, members: &[&User]) -> i64 {
        let members: Vec<Uuid> = members.iter().map(|user| user.id).collect();
        rows::insert_group(&self.loyalty, &members).await
    }

    /// Creates a campaign with these limits on uses and on kopecks. Returns its ID.
    pub async fn campaign(&self, total_limit: Option<i64>, budget_minor: Option<i64>) -> i64 {
        rows::insert_campaign(&self.loyalty, total_limit, budget_minor).await
    }

    /// A promo code, with a promotion of its own.
    pub async fn promo(&self, spec: PromoSpec) -> Promo {
        let user_id = match &spec.audience {
            Audience::User(user_id) => Some(*user_id),
            Audience::All | Audience::Groups(_) => None,
        };
        let promotion = rows::insert_promotion(&self.loyalty, &spec).await;
        let code = NewCode {
            user_id,
            max_uses: spec.max_uses,
            ends_at: spec.code_ends_at,
        };
        self.code_of(promotion, code).await
    }

    /// Another code of the same promotion.
    pub async fn another_code(&self, promo: &Promo, code: NewCode) -> Promo {
        self.code_of(promo.promotion, code).await
    }

    async fn code_of(&self, promotion: i64, new: NewCode) -> Promo {
        let (id, code) = rows::insert_code(&self.loyalty, promotion, &unique("E2E"), new).await;
        self.own().promos.push(id);
        Promo {
            id,
            promotion,
            code,
        }
    }

    /// Disables a single code, or enables it again.
    pub async fn set_code_state(&self, promo: &Promo, state: CodeState) {
        let sql = "UPDATE promo_codes SET state = $2 WHERE id = $1";
        let params: [Param; 2] = [(&promo.id, Type::INT8), (&state.as_str(), Type::TEXT)];
        assert_eq!(self.loyalty.execute(sql, &params).await.unwrap(), 1);
    }
}
