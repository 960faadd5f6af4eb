//! How long a subscription lasts: calendar months, or the days of a trial. Times are far ahead, so that the running
//! worker finds nothing overdue.

use domain::TariffId;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use loyalty_store::{
    LoyaltyStore, OpenPurchaseOutcome, Purchase, RefundOutcome, Settled, Subscription,
};
use pg::{AdHoc, Param, Type};
use proptest::collection::vec;
use proptest::prelude::*;
use redemption::ApplyOutcome;
use runtime::OsRandom;
use testkit::staff;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::world::{Limits, PRICE, World, ask};

struct Buyer {
    world: World,
    id: Uuid,
    tariff: i64,
}

impl Buyer {
    /// A buyer of a tariff that lasts this many months.
    async fn of(months: i32) -> Buyer {
        let world = World::new(1);
        let buyer = Buyer {
            id: world.user().await,
            tariff: world.tariff().await,
            world,
        };
        buyer.lasts(months).await;
        buyer
    }

    /// Sets how many months the tariff lasts.
    async fn lasts(&self, months: i32) {
        let sql = "UPDATE tariffs SET period_months = $2 WHERE id = $1";
        let params: [Param; 2] = [(&self.tariff, Type::INT8), (&months, Type::INT4)];
        assert_eq!(self.world.pool.execute(sql, &params).await.unwrap(), 1);
    }

    /// Buys and pays at full price, at `at`. Returns the subscription.
    async fn buys(&self, at: Timestamp) -> Subscription {
        self.pays(at).await.subscription.unwrap()
    }

    /// Refunds the purchase in full, at `at`.
    async fn refunds(&self, purchase: &Purchase, at: Timestamp) {
        let store = &self.world.store;
        let ordered = staff::order_refund(store, purchase.id, None, at).await;
        let RefundOutcome::Refund(refund) = ordered else {
            panic!("not ordered");
        };
        let reference = refund.id.to_string();
        store
            .complete_refund(refund.id, &reference, at)
            .await
            .unwrap();
    }

    /// Buys and pays at full price, at `at`. Returns the purchase.
    async fn pays(&self, at: Timestamp) -> Purchase {
        let (store, tariff) = (&self.world.store, TariffId(self.tariff));
        let bought = store.open_full_price_purchase(self.id, tariff, None, at, &OsRandom);
        let OpenPurchaseOutcome::Opened(purchase) = bought.await.unwrap() else {
            panic!("not bought");
        };
        let (id, reference) = (purchase.id, purchase.id.to_string());
        let settled = store.complete_purchase(id, &reference, purchase.total, at, &OsRandom);
        assert_eq!(settled.await.unwrap(), Settled::Now);
        store.find_purchase(id).await.unwrap().unwrap()
    }

    /// Buys with a code that leaves nothing to pay, at `at`. Returns the purchase.
    async fn uses(&self, promo: i64, at: Timestamp) -> Purchase {
        let (store, ask) = (&self.world.store, ask(self.id, promo, self.tariff));
        let ApplyOutcome::Applied(hold) =
            redemption::apply(store, &ask, at, &OsRandom).await.unwrap()
        else {
            panic!("not held");
        };
        assert!(hold.quote.total.is_zero());
        let bought = store.open_purchase(&hold, None, at, &OsRandom).await;
        let OpenPurchaseOutcome::Opened(purchase) = bought.unwrap() else {
            panic!("not bought");
        };
        *purchase
    }
}

/// A time on the shop's clock, which is in Moscow.
fn time(text: &str) -> Timestamp {
    let local: DateTime = text.parse().unwrap();
    local.to_zoned(moscow()).unwrap().timestamp()
}

fn moscow() -> TimeZone {
    TimeZone::get("Europe/Moscow").unwrap()
}

fn period(from: &str, to: &str) -> Subscription {
    Subscription {
        starts_at: time(from),
        ends_at: time(to),
    }
}

/// The time a span later, at the same hour on the shop's clock.
fn later(at: Timestamp, span: Span) -> Timestamp {
    let at = at.to_zoned(moscow());
    at.checked_add(span).unwrap().timestamp()
}

#[tokio::test]
async fn chain_of_months_keeps_its_day() {
    for (year, last) in [(2031, 28), (2032, 29)] {
        let at = |month_day: &str| format!("{year}-{month_day}T01:27:00");
        let buyer = Buyer::of(1).await;
        let february = format!("02-{last}");
        let ends = ["01-31", &february, "03-31", "04-30", "05-31"];
        for months in ends.windows(2) {
            let bought = buyer.buys(time(&at("01-31"))).await;
            assert_eq!(bought, period(&at(months[0]), &at(months[1])));
        }
        // After a gap, months begin on another day.
        let late = buyer.buys(time(&at("08-15"))).await;
        assert_eq!(late, period(&at("08-15"), &at("09-15")));
    }
}

#[tokio::test]
async fn month_begins_and_ends_on_the_clock_of_the_shop() {
    // In UTC it is still February.
    let buyer = Buyer::of(1).await;
    let bought = buyer.buys("2031-02-28T22:27:00Z".parse().unwrap()).await;
    assert_eq!(bought, period("2031-03-01T01:27:00", "2031-04-01T01:27:00"));
}

#[tokio::test]
async fn months_end_on_the_same_or_last_day() {
    for (months, from, to) in [
        (3, "2031-11-30T12:00:00", "2032-02-29T12:00:00"),
        (6, "2031-08-31T23:59:59", "2032-02-29T23:59:59"),
        (12, "2032-02-29T00:00:00", "2033-02-28T00:00:00"),
        (
            12,
            "2031-12-31T23:59:59.999999",
            "2032-12-31T23:59:59.999999",
        ),
        (24, "2030-06-15T06:00:00", "2032-06-15T06:00:00"),
    ] {
        let bought = Buyer::of(months).await.buys(time(from)).await;
        assert_eq!(bought, period(from, to), "{months} months");
    }
}

#[tokio::test]
async fn months_keep_the_hour_when_the_clocks_change() {
    let buyer = Buyer::of(1).await;
    let berlin = LoyaltyStore::in_zone(buyer.world.pool.clone(), "Europe/Berlin");
    let buyer = Buyer {
        world: World {
            store: berlin,
            ..buyer.world
        },
        ..buyer
    };
    // Clocks go forward on 30 March.
    let bought = buyer.buys("2031-03-15T11:00:00Z".parse().unwrap()).await;
    assert_eq!(bought.ends_at, "2031-04-15T10:00:00Z".parse().unwrap());
}

#[tokio::test]
async fn refunded_period_leaves_the_chain_on_its_days() {
    let buyer = Buyer::of(1).await;
    let at = time("2031-01-31T10:00:00");
    let purchases = [
        buyer.pays(at).await,
        buyer.pays(at).await,
        buyer.pays(at).await,
    ];
    // The second month, which is still to come, is refunded: the third takes its place.
    buyer.refunds(&purchases[1], at + 1.hours()).await;
    let periods = async |purchase: &Purchase| {
        let found = buyer.world.store.find_purchase(purchase.id).await;
        found.unwrap().unwrap().subscription.unwrap()
    };
    assert_eq!(
        periods(&purchases[2]).await,
        period("2031-02-28T10:00:00", "2031-03-31T10:00:00")
    );
    let gone = periods(&purchases[1]).await;
    assert_eq!(gone.starts_at, gone.ends_at);
    // The first, which is running, ends at once; what is left begins then, and keeps that day of the month.
    buyer
        .refunds(&purchases[0], time("2031-02-10T12:00:00"))
        .await;
    assert_eq!(
        periods(&purchases[2]).await,
        period("2031-02-10T12:00:00", "2031-03-10T12:00:00")
    );
    buyer.world.adds_up(&[]).await;
}

#[tokio::test]
async fn paid_period_follows_a_trial_of_days() {
    let buyer = Buyer::of(1).await;
    let trial = buyer.world.promo(1, Limits::default()).await;
    let sql = "UPDATE promotions SET effect = 'free', effect_minor = NULL, effect_days = 14
        WHERE id = (SELECT promotion_id FROM promo_codes WHERE id = $1)";
    let params: [Param; 1] = [(&trial, Type::INT8)];
    buyer.world.pool.execute(sql, &params).await.unwrap();
    let bought = buyer.uses(trial, time("2032-02-20T10:00:00")).await;
    assert!(bought.total.is_zero());
    let days = period("2032-02-20T10:00:00", "2032-03-05T10:00:00");
    assert_eq!(bought.subscription, Some(days));
    let paid = buyer.buys(time("2032-02-21T10:00:00")).await;
    assert_eq!(paid, period("2032-03-05T10:00:00", "2032-04-05T10:00:00"));
    buyer.world.adds_up(&[trial]).await;
}

#[tokio::test]
async fn full_discount_buys_whole_months() {
    let buyer = Buyer::of(1).await;
    let promo = buyer.world.promo(PRICE, Limits::default()).await;
    let bought = buyer.uses(promo, time("2031-01-31T10:00:00")).await;
    let month = period("2031-01-31T10:00:00", "2031-02-28T10:00:00");
    assert_eq!(bought.subscription, Some(month));
    buyer.world.adds_up(&[promo]).await;
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    /// Whenever the first period begins and whatever follows it, the months are those of jiff's calendar.
    #[test]
    fn months_follow_the_calendar(second in 0_i64..10 * 366 * 86_400, months in vec(1..=24_i32, 1..5)) {
        Runtime::new().unwrap().block_on(async {
            let bought_at = time("2031-01-01T00:00:00") + second.seconds();
            let (buyer, mut from, mut total) = (Buyer::of(1).await, bought_at, 0);
            for (nth, count) in months.iter().enumerate() {
                buyer.lasts(*count).await;
                let bought = buyer.buys(bought_at).await;
                total += count;
                let to = later(bought_at, Span::new().months(total));
                assert_eq!(bought, Subscription { starts_at: from, ends_at: to }, "{nth} of {months:?}");
                from = to;
            }
        });
    }
}
