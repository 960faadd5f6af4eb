//! How long what is bought lasts: months of the calendar, and days of a trial. Times are far ahead, so that the running
//! worker finds nothing overdue.

use domain::TariffId;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use loyalty_store::{OpenPurchaseOutcome, Purchase, Settled, Subscription};
use pg::{AdHoc, Param, Type};
use proptest::collection::vec;
use proptest::prelude::*;
use redemption::ApplyOutcome;
use runtime::OsRandom;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::world::{Limits, PRICE, World, ask};

struct Buyer {
    world: World,
    id: Uuid,
    tariff: i64,
}

impl Buyer {
    /// Of a tariff that lasts so many months.
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

    /// From now on the tariff lasts so many months.
    async fn lasts(&self, months: i32) {
        let sql = "UPDATE tariffs SET period_months = $2 WHERE id = $1";
        let params: [Param; 2] = [(&self.tariff, Type::INT8), (&months, Type::INT4)];
        assert_eq!(self.world.pool.execute(sql, &params).await.unwrap(), 1);
    }

    /// Buys at the full price, and pays, at `at`: what is bought.
    async fn buys(&self, at: Timestamp) -> Subscription {
        let (store, tariff) = (&self.world.store, TariffId(self.tariff));
        let bought = store.open_full_price_purchase(self.id, tariff, None, at, &OsRandom);
        let OpenPurchaseOutcome::Opened(purchase) = bought.await.unwrap() else {
            panic!("not bought");
        };
        let (id, reference) = (purchase.id, purchase.id.to_string());
        let settled = store.complete_purchase(id, &reference, purchase.total, at, &OsRandom);
        assert_eq!(settled.await.unwrap(), Settled::Now);
        let paid = store.find_purchase(id).await.unwrap();
        paid.unwrap().subscription.unwrap()
    }

    /// Uses a code, at `at`, that leaves nothing to pay: what is bought.
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

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn period(from: &str, to: &str) -> Subscription {
    Subscription {
        starts_at: time(from),
        ends_at: time(to),
    }
}

/// The same hour on the calendar of UTC.
fn later(at: Timestamp, span: Span) -> Timestamp {
    let at = at.to_zoned(TimeZone::UTC);
    at.checked_add(span).unwrap().timestamp()
}

#[tokio::test]
async fn month_from_the_31st_ends_with_february() {
    for (year, last) in [(2031, 28), (2032, 29)] {
        let buyer = Buyer::of(1).await;
        let first = buyer.buys(time(&format!("{year}-01-31T21:30:00Z"))).await;
        let end = format!("{year}-02-{last}T21:30:00Z");
        assert_eq!(first, period(&format!("{year}-01-31T21:30:00Z"), &end));
        let next = buyer.buys(time(&format!("{year}-02-10T08:00:00Z"))).await;
        assert_eq!(next, period(&end, &format!("{year}-03-{last}T21:30:00Z")));
        // After the end there is a gap.
        let late = buyer.buys(time(&format!("{year}-03-31T00:00:00Z"))).await;
        let end = format!("{year}-04-30T00:00:00Z");
        assert_eq!(late, period(&format!("{year}-03-31T00:00:00Z"), &end));
    }
}

#[tokio::test]
async fn months_end_on_the_same_or_last_day() {
    for (months, from, to) in [
        (3, "2031-11-30T12:00:00Z", "2032-02-29T12:00:00Z"),
        (6, "2031-08-31T23:59:59Z", "2032-02-29T23:59:59Z"),
        (12, "2032-02-29T00:00:00Z", "2033-02-28T00:00:00Z"),
        (
            12,
            "2031-12-31T23:59:59.999999Z",
            "2032-12-31T23:59:59.999999Z",
        ),
        (24, "2030-06-15T06:00:00Z", "2032-06-15T06:00:00Z"),
    ] {
        let bought = Buyer::of(months).await.buys(time(from)).await;
        assert_eq!(bought, period(from, to), "{months} months");
    }
}

#[tokio::test]
async fn paid_period_follows_a_trial_of_days() {
    let buyer = Buyer::of(1).await;
    let trial = buyer.world.promo(1, Limits::default()).await;
    let sql = "UPDATE promotions SET effect = 'free', effect_minor = NULL, effect_days = 14
        WHERE id = (SELECT promotion_id FROM promo_codes WHERE id = $1)";
    let params: [Param; 1] = [(&trial, Type::INT8)];
    buyer.world.pool.execute(sql, &params).await.unwrap();
    let bought = buyer.uses(trial, time("2032-02-20T10:00:00Z")).await;
    assert!(bought.total.is_zero());
    let days = period("2032-02-20T10:00:00Z", "2032-03-05T10:00:00Z");
    assert_eq!(bought.subscription, Some(days));
    let paid = buyer.buys(time("2032-02-21T10:00:00Z")).await;
    assert_eq!(paid, period("2032-03-05T10:00:00Z", "2032-04-05T10:00:00Z"));
    buyer.world.adds_up(&[trial]).await;
}

#[tokio::test]
async fn full_discount_buys_whole_months() {
    let buyer = Buyer::of(1).await;
    let promo = buyer.world.promo(PRICE, Limits::default()).await;
    let bought = buyer.uses(promo, time("2031-01-31T10:00:00Z")).await;
    let month = period("2031-01-31T10:00:00Z", "2031-02-28T10:00:00Z");
    assert_eq!(bought.subscription, Some(month));
    buyer.world.adds_up(&[promo]).await;
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    /// Whenever the first is bought and whatever follows on it, the months are those of jiff's calendar.
    #[test]
    fn months_follow_the_calendar(second in 0_i64..10 * 366 * 86_400, months in vec(1..=24_i32, 1..5)) {
        Runtime::new().unwrap().block_on(async {
            let bought_at = time("2031-01-01T00:00:00Z") + second.seconds();
            let (buyer, mut from) = (Buyer::of(1).await, bought_at);
            for (nth, count) in months.iter().enumerate() {
                buyer.lasts(*count).await;
                let bought = buyer.buys(bought_at).await;
                let to = later(from, Span::new().months(*count));
                assert_eq!(bought, Subscription { starts_at: from, ends_at: to }, "{nth} of {months:?}");
                from = to;
            }
        });
    }
}
