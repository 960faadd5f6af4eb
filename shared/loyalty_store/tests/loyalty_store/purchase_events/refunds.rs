//! Refund events.

use events::Refunded;
use runtime::OsRandom;
use testkit::staff;

use crate::world::now;

use crate::purchase_events::shop::{Shop, price, rub};

#[tokio::test]
async fn refund_event_has_the_total_refunded() {
    let shop = Shop::new().await;
    let purchase = shop.buy().await;
    let (starts_at, ends_at) = shop.period(&purchase).await;
    let first = shop.refund(&purchase, Some(9_900)).await;
    // The provider reports it again.
    shop.comes_off(first).await;
    // A part is refunded at the provider, and the rest by staff.
    let payment = format!("payment-{}", purchase.id);
    for _ in 0..2 {
        let store = &shop.world.store;
        let entered = store.record_provider_refund(&payment, "by hand", rub(100), now(), &OsRandom);
        assert!(entered.await.unwrap());
    }
    let last = shop.refund(&purchase, None).await;

    let events = shop.events().await;
    let refunds: Vec<_> = events.iter().map(|event| event.refund).collect();
    let refunded = |refund, refunded| {
        Some(Refunded {
            refund: rub(refund),
            refunded: rub(refunded),
            fully_refunded: refunded == 30_000,
        })
    };
    let (by_staff, by_hand) = (refunded(9_900, 9_900), refunded(100, 10_000));
    assert_eq!(refunds, [None, by_staff, by_hand, refunded(20_000, 30_000)]);
    assert_eq!((events[1].event_id, events[3].event_id), (first, last));
    for (event, sequence) in events.iter().zip(1..) {
        assert_eq!((event.sequence, event.purchase_id), (sequence, purchase.id));
        assert_eq!((event.user_id, event.total), (shop.user, price()));
        assert_eq!(event.subscription.starts_at, starts_at);
        assert_eq!(event.paid_until, event.subscription.ends_at);
    }
    // A partial refund leaves the subscription as it is; a full one ends it.
    assert_eq!(events[2].subscription.ends_at, ends_at);
    assert_eq!(events[3].subscription.ends_at, events[3].occurred_at);
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test]
async fn moved_periods_emit_the_new_end() {
    let shop = Shop::new().await;
    let (first, second) = (shop.buy().await, shop.buy().await);
    let before = shop.events().await;
    shop.refund(&first, None).await;
    let events = shop.events().await;
    let (starts_at, ends_at) = shop.period(&second).await;
    assert_eq!(events[0].subscription.ends_at, starts_at);
    assert_eq!(events[0].paid_until, ends_at);
    assert!(ends_at < before[1].paid_until);

    // Refunding a period that has not begun leaves the current one as it is.
    let third = shop.buy().await;
    shop.refund(&third, None).await;
    let events = shop.events().await;
    assert_eq!(
        events[1].subscription.starts_at,
        events[1].subscription.ends_at
    );
    assert_eq!(events[1].paid_until, ends_at);
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test]
async fn refund_without_event_stays_pending() {
    let shop = Shop::new().await;
    let purchase = shop.buy().await;
    let refund = staff::order_refund(&shop.world.store, purchase.id, None, now()).await;
    let loyalty_store::RefundOutcome::Refund(refund) = refund else {
        panic!("not ordered");
    };
    shop.sql("ALTER TABLE outbox ADD CONSTRAINT full_up CHECK (refund_minor IS NULL)")
        .await;
    let store = &shop.world.store;
    let completed = store.complete_refund(refund.id, "refund", now()).await;
    assert!(completed.is_err());
    let found = store.find_purchase(purchase.id).await.unwrap().unwrap();
    assert_eq!(found.status, domain::PurchaseStatus::Paid);
    assert!(found.refunded.is_zero());
    assert_eq!(shop.contradictions().await, [""; 0]);

    shop.sql("ALTER TABLE outbox DROP CONSTRAINT full_up").await;
    shop.comes_off(refund.id).await;
    assert_eq!(shop.events().await.len(), 2);
}
