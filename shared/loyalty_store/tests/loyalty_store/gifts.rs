//! Subscriptions that staff give and end, beside those that are bought. Times are far ahead where a period's end matters.

use domain::{GiftLength, PurchaseStatus, RequestKey, TariffId};
use jiff::Timestamp;
use loyalty_store::{Change, EndOutcome, Gift, GiftOutcome, Purchase};
use pg::{AdHoc, Param, Type};
use runtime::OsRandom;
use testkit::staff::{by_staff, reason};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::purchase_events::shop::Shop;
use crate::world::{Limits, now};

fn keyed(byte: u8, fingerprint: u8) -> Change {
    Change {
        request: Some(RequestKey {
            key: [byte; 32],
            fingerprint: [fingerprint; 32],
        }),
        ..by_staff(now())
    }
}

impl Shop {
    async fn give_with(&self, length: GiftLength, change: Change) -> GiftOutcome {
        let gift = Gift {
            user_id: self.user,
            tariff: TariffId(self.tariff),
            length,
            reason: &reason("The service was down"),
        };
        let store = &self.world.store;
        store
            .give_subscription(gift, change, &OsRandom)
            .await
            .unwrap()
    }

    async fn give(&self, length: GiftLength, at: Timestamp) -> Purchase {
        let GiftOutcome::Given(id) = self.give_with(length, by_staff(at)).await else {
            panic!("not given");
        };
        self.world.store.find_purchase(id).await.unwrap().unwrap()
    }

    async fn end_with(&self, change: Change) -> EndOutcome {
        let (store, tariff, reason) = (
            &self.world.store,
            TariffId(self.tariff),
            reason("Given by mistake"),
        );
        let ended = store.end_subscription(self.user, tariff, &reason, change, &OsRandom);
        ended.await.unwrap()
    }

    async fn revoke(&self, purchase: &Purchase) {
        let (store, reason) = (&self.world.store, reason("Given by mistake"));
        let revoked = store.revoke_purchase(purchase.id, &reason, by_staff(now()), &OsRandom);
        revoked.await.unwrap();
    }

    async fn set(&self, sql: &str, id: i64) {
        let params: [Param; 1] = [(&id, Type::INT8)];
        assert_eq!(self.world.pool.execute(sql, &params).await.unwrap(), 1);
    }

    async fn count(&self, sql: &str) -> i64 {
        self.world.number(sql, &[]).await
    }
}

const ARCHIVE: &str = "UPDATE tariffs SET status = 'archived' WHERE id = $1";

#[tokio::test]
async fn gift_goes_on_where_the_subscription_ends() {
    let shop = Shop::new().await;
    let bought = shop.buy().await;
    let given = shop.give(GiftLength::Days(7), now()).await;
    let again = shop.buy().await;
    let month = shop.give(GiftLength::Months(1), now()).await;
    let mut end = shop.period(&bought).await.1;
    for purchase in [&given, &again, &month] {
        let (starts_at, ends_at) = shop.period(purchase).await;
        assert_eq!(starts_at, end);
        end = ends_at;
    }
    let (starts_at, ends_at) = shop.period(&given).await;
    assert_eq!(ends_at.duration_since(starts_at).as_hours(), 7 * 24);
    assert!(given.total.is_zero());
    assert_eq!(given.price, bought.price);
    assert_eq!(given.status, PurchaseStatus::Paid);
    let act = given.given.unwrap();
    assert_eq!(
        (act.actor_id, act.reason.as_str()),
        (Uuid::from_u128(1), "The service was down")
    );

    let events = shop.events().await;
    assert_eq!(events.len(), 4);
    assert_eq!(events[1].event_id, given.id);
    assert_eq!(
        (events[1].total, events[1].promocode_id),
        (given.total, None)
    );
    assert_eq!(events[3].paid_until, end);
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test]
async fn gift_is_no_first_purchase_and_no_trial() {
    let shop = Shop::new().await;
    shop.give(GiftLength::Months(1), now()).await;
    for first in ["paid", "any"] {
        let promo = shop.world.promo(100, Limits::default()).await;
        let sql = format!(
            "UPDATE promotions SET first_purchase = '{first}'
            WHERE id = (SELECT promotion_id FROM promo_codes WHERE id = $1)"
        );
        shop.set(&sql, promo).await;
        let applied = shop.world.apply(shop.user, promo, shop.tariff).await;
        let redemption::ApplyOutcome::Applied(held) = applied else {
            panic!("{first}: {applied:?}");
        };
        let ask = crate::world::ask(shop.user, promo, shop.tariff);
        let explained = shop.world.store.explain(&ask, now()).await.unwrap();
        let loyalty_store::Explanation::Decided { facts, .. } = explained else {
            panic!("not decided");
        };
        assert!(!facts.observed.has_purchased, "{first}");
        let store = &shop.world.store;
        store.release_application(held.id, now()).await.unwrap();
    }
    let trial = shop.world.promo(100, Limits::default()).await;
    let sql = "UPDATE promotions SET effect = 'free', effect_minor = NULL, effect_days = 14
        WHERE id = (SELECT promotion_id FROM promo_codes WHERE id = $1)";
    shop.set(sql, trial).await;
    let applied = shop.world.apply(shop.user, trial, shop.tariff).await;
    assert!(matches!(applied, redemption::ApplyOutcome::Applied(_)));
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test]
async fn archived_tariff_is_extended_but_not_begun() {
    let shop = Shop::new().await;
    let owner = shop.clone();
    owner.buy().await;
    let newcomer = Shop {
        user: shop.world.user().await,
        ..shop.clone()
    };
    shop.set(ARCHIVE, shop.tariff).await;
    owner.give(GiftLength::Days(3), now()).await;
    let week = GiftLength::Days(7);
    let refused = newcomer.give_with(week, by_staff(now())).await;
    assert_eq!(refused, GiftOutcome::NotOnSale);
    // What was ended is not there to be extended.
    assert!(matches!(
        owner.end_with(by_staff(now())).await,
        EndOutcome::Ended(_)
    ));
    let refused = owner.give_with(week, by_staff(now())).await;
    assert_eq!(refused, GiftOutcome::NotOnSale);
}

#[tokio::test]
async fn gift_needs_an_active_user_and_a_tariff() {
    let shop = Shop::new().await;
    let week = GiftLength::Days(7);
    let nobody = Shop {
        user: Uuid::from_u128(9),
        ..shop.clone()
    };
    let nothing = Shop {
        tariff: i64::MAX,
        ..shop.clone()
    };
    for (shop, status, outcome) in [
        (&nobody, "active", GiftOutcome::NoUser),
        (&nothing, "active", GiftOutcome::NoTariff),
        (&shop, "blocked", GiftOutcome::Blocked),
        (&shop, "deleted", GiftOutcome::NoUser),
    ] {
        shop.sql(&format!("UPDATE users SET status = '{status}'"))
            .await;
        assert_eq!(shop.give_with(week, by_staff(now())).await, outcome);
    }
    assert_eq!(shop.count("SELECT count(*) FROM purchases").await, 0);
}

#[tokio::test]
async fn gifts_under_one_key_are_one() {
    let shop = Shop::new().await;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let shop = shop.clone();
        tasks.spawn(async move { shop.give_with(GiftLength::Days(7), keyed(1, 1)).await });
    }
    let mut outcomes = tasks.join_all().await;
    outcomes.dedup();
    assert!(
        matches!(outcomes[..], [GiftOutcome::Given(_)]),
        "{outcomes:?}"
    );
    let reused = shop.give_with(GiftLength::Days(8), keyed(1, 2)).await;
    assert_eq!(reused, GiftOutcome::KeyReused);
    assert_eq!(shop.end_with(keyed(1, 3)).await, EndOutcome::KeyReused);
    assert_eq!(shop.count("SELECT count(*) FROM purchases").await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM staff_changes").await, 1);
    assert_eq!(shop.events().await.len(), 1);
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test]
async fn gifts_purchases_and_endings_at_once_never_overlap() {
    for ends in [false, true] {
        let shop = Shop::new().await;
        // Each tariff has one pending purchase at a time.
        let ordered = shop.order().await;
        let mut tasks = JoinSet::new();
        for nth in 0..12_u8 {
            let (shop, ordered) = (shop.clone(), ordered.clone());
            tasks.spawn(async move {
                match nth % 3 {
                    0 => drop(shop.pay(&ordered).await.unwrap()),
                    1 if ends => drop(shop.end_with(by_staff(now())).await),
                    _ => drop(shop.give(GiftLength::Days(nth.into()), now()).await),
                }
            });
        }
        tasks.join_all().await;
        assert_eq!(shop.contradictions().await, [""; 0]);
        let gap = "SELECT count(*) FROM (
                SELECT starts_at, lag(ends_at) OVER (ORDER BY starts_at) AS before FROM subscriptions s
                JOIN purchases b ON b.id = s.purchase_id WHERE b.status = 'paid'
            ) AS s WHERE starts_at <> before";
        assert_eq!(shop.count(gap).await, 0);
    }
}

#[tokio::test]
async fn ending_revokes_all_periods_once_and_returns_the_uses() {
    let shop = Shop::new().await;
    let other = shop.selling_another().await;
    let kept = other.buy().await;
    let (with_code, promo) = shop.order_with_code(100).await;
    shop.pay(&with_code).await.unwrap();
    let bought = shop.buy().await;
    let given = shop.give(GiftLength::Months(2), now()).await;
    shop.events().await;

    let expected = EndOutcome::Ended(vec![with_code.id, bought.id, given.id]);
    for _ in 0..2 {
        assert_eq!(shop.end_with(keyed(2, 2)).await, expected);
    }
    let none = shop.end_with(by_staff(now())).await;
    assert_eq!(none, EndOutcome::NotSubscribed);
    assert_eq!(shop.world.promotion_usage(promo).await, (0, 0));
    let events = shop.events().await;
    assert_eq!(events.len(), 3);
    for (event, purchase) in events.iter().zip([&with_code, &bought, &given]) {
        assert!(event.revoked);
        assert_eq!(event.purchase_id, purchase.id);
        let found = shop.world.store.find_purchase(purchase.id).await.unwrap();
        let found = found.unwrap();
        assert_eq!(found.status, PurchaseStatus::Revoked);
        assert_eq!(found.revoked.unwrap().reason, "Given by mistake");
        assert!(found.subscription.unwrap().ends_at <= now());
    }
    assert_eq!(events[2].paid_until, events[2].occurred_at);
    let current = shop.world.store.find_subscriptions(shop.user, now()).await;
    let current = current.unwrap();
    assert_eq!(current.len(), 1);
    assert_eq!(current[0].tariff, TariffId(other.tariff));
    assert_eq!(other.period(&kept).await.1, current[0].period.ends_at);
    // A purchase afterwards begins at once.
    let next = shop.buy().await;
    assert!(shop.period(&next).await.0 <= now());
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test]
async fn periods_revoked_from_the_last_to_the_first_leave_nothing() {
    let shop = Shop::new().await;
    let (first, second) = (
        shop.buy().await,
        shop.give(GiftLength::Months(1), now()).await,
    );
    shop.revoke(&second).await;
    shop.revoke(&first).await;
    let current = shop.world.store.find_subscriptions(shop.user, now()).await;
    assert_eq!(current.unwrap(), []);
    let last = shop.events().await.pop().unwrap();
    assert_eq!(last.paid_until, last.occurred_at);
    let next = shop.buy().await;
    let (starts_at, _) = shop.period(&next).await;
    assert!(starts_at <= now(), "the next purchase begins at once");
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test]
async fn revoked_gift_does_not_break_the_chain_of_months() {
    let shop = Shop::new().await;
    let at: Timestamp = "2031-01-31T10:00:00Z".parse().unwrap();
    let first = shop.give(GiftLength::Months(1), at).await;
    let second = shop.give(GiftLength::Months(1), at).await;
    shop.revoke(&second).await;
    let third = shop.give(GiftLength::Months(1), at).await;
    let ends = async |purchase| shop.period(purchase).await.1.to_string();
    assert_eq!(ends(&first).await, "2031-02-28T10:00:00Z");
    assert_eq!(ends(&third).await, "2031-03-31T10:00:00Z");
}

#[tokio::test]
async fn audit_finds_a_gift_that_nobody_recorded() {
    let shop = Shop::new().await;
    let given = shop.give(GiftLength::Days(1), now()).await;
    assert_eq!(shop.contradictions().await, [""; 0]);
    shop.sql("DELETE FROM staff_changes").await;
    let (id, actor) = (given.id, Uuid::from_u128(1));
    assert_eq!(
        shop.contradictions().await,
        [format!(
            "purchase {id} was given by {actor} for 0, and the audit log has nothing about it"
        )]
    );
    // Nothing but a gift is free without a promo code.
    let sql = "UPDATE purchases SET given_by = NULL, give_reason = NULL";
    assert!(shop.world.pool.execute(sql, &[]).await.is_err());
}

#[tokio::test]
async fn audit_log_has_what_staff_did_to_whom_and_why() {
    let shop = Shop::new().await;
    let bought = shop.buy().await;
    shop.refund(&bought, Some(100)).await;
    shop.give(GiftLength::Days(1), now()).await;
    for _ in 0..2 {
        shop.revoke(&bought).await;
    }
    shop.end_with(keyed(3, 3)).await;
    let sql = "SELECT concat_ws(' ', resource, action, reason) FROM staff_changes
        WHERE user_id = $1 AND actor_id = $2 ORDER BY id";
    let (user, actor) = (shop.user, Uuid::from_u128(1));
    let params: [Param; 2] = [(&user, Type::UUID), (&actor, Type::UUID)];
    let rows = shop.world.pool.rows(sql, &params).await.unwrap();
    let log: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(
        log,
        [
            "refund order Paid twice",
            "subscription give The service was down",
            "purchase revoke Given by mistake",
            "subscription end Given by mistake",
            "purchase revoke Given by mistake",
        ]
    );
}
