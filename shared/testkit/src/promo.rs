//! Tariffs and promo codes, put into the loyalty database.

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
    /// Its name, which no other has.
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
    /// Its text, which no other has.
    pub code: String,
}

/// Effects of promo codes on prices. Amounts are kopecks.
#[derive(Debug, Clone, Copy)]
pub enum Effect {
    /// The price is this.
    FixedPrice(i64),
    /// This is taken off.
    AmountOff(i64),
    /// So many hundredths of a percent are taken off, at most the amount.
    PercentOff(i32, Option<i64>),
    /// A trial of so many days.
    Free(i32),
}

/// Whom a promo code is for.
#[derive(Debug, Clone, Default)]
pub enum Audience {
    /// Everybody.
    #[default]
    All,
    /// One user: the code is.
    User(Uuid),
    /// The members of these groups: the promotion is.
    Groups(Vec<i64>),
}

/// What a promotion with a promo code is to be. By default it takes 100 roubles off, for everyone, without limits but one use a user.
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
    /// Uses in all.
    pub total_limit: Option<i64>,
    /// Uses of one user.
    pub per_user_limit: Option<i32>,
    /// The period of that limit, on Moscow's calendar.
    pub per_user_period: UserPeriod,
    /// Hours of a day in Moscow, from the first to just before the second.
    pub hours: Option<(Time, Time)>,
    /// The lowest price it works on, in kopecks.
    pub min_price_minor: Option<i64>,
    /// Which purchase has to be the first one.
    pub first_purchase: Option<FirstPurchase>,
    /// The tariffs it works for; `None` is all.
    pub tariffs: Option<Vec<i64>>,
    /// Who may use it.
    pub audience: Audience,
    /// Whether it may be used.
    pub status: PromotionStatus,
    /// Whether it is shown to those who do not hold it. Off by default, or every test's list would hold it.
    pub listed: bool,
    /// What all its discounts may come to, in kopecks.
    pub budget_minor: Option<i64>,
    /// The campaign it belongs to: see [`World::campaign`].
    pub campaign: Option<i64>,
    /// Uses of the code's own.
    pub max_uses: Option<i64>,
    /// The code's own end.
    pub code_ends_at: Option<Timestamp>,
}

/// What a single code has of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewCode {
    /// The only user whom it is for.
    pub user_id: Option<Uuid>,
    /// Its own uses.
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

    /// The same with `words` in its name, which tell the payment sandbox what to do.
    pub async fn tariff_named(&self, price_minor: i64, words: &str) -> Tariff {
        let title = format!("{} {words}", unique("Tariff "));
        self.add_tariff(title.trim_end(), price_minor, "RUB").await
    }

    /// A tariff at this price in another currency, in its hundredths.
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

    /// Sets whether the use of a promotion is released when its purchase is taken back.
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

    /// A group of users, with its ID.
    pub async fn group(&self, members: &[&User]) -> i64 {
        let members: Vec<Uuid> = members.iter().map(|user| user.id).collect();
        rows::insert_group(&self.loyalty, &members).await
    }

    /// A campaign with these limits on uses and on kopecks. Returns its ID.
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

    /// Withdraws a single code, or lets it work again.
    pub async fn set_code_state(&self, promo: &Promo, state: CodeState) {
        let sql = "UPDATE promo_codes SET state = $2 WHERE id = $1";
        let params: [Param; 2] = [(&promo.id, Type::INT8), (&state.as_str(), Type::TEXT)];
        assert_eq!(self.loyalty.execute(sql, &params).await.unwrap(), 1);
    }
}
