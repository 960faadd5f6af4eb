//! Every way in which a purchase becomes paid, and some in which it does not.

use std::collections::HashMap;

use domain::{PromoCodeId, TariffId};
use events::Period;
use loyalty_store::Settled;
use tokio::task::JoinSet;

use crate::purchase_events::shop::{Shop, price, rub};

#[tokio::test]
async fn payment_event_has_the_whole_purchase() {
    let shop = Shop::new().await;
    let (purchase, promo) = shop.order_with_code(1_050).await;
    assert_eq!(shop.events().await, [], "nothing is paid yet");
    shop.pay(&purchase).await.unwrap();
    let events = shop.events().await;
    let (starts_at, ends_at) = shop.period(&purchase).await;
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(
        (event.event_id, event.purchase_id),
        (purchase.id, purchase.id)
    );
    assert_eq!((event.user_id, event.sequence), (shop.user, 1));
    assert_eq!(event.tariff, TariffId(shop.tariff));
    assert_eq!(event.promocode_id, Some(PromoCodeId(promo)));
    assert_eq!((event.price, event.total), (price(), rub(28_950)));
    assert_eq!(event.subscription, Period { starts_at, ends_at });
    assert_eq!((event.paid_until, event.refund), (ends_at, None));
    assert_eq!(event.occurred_at, starts_at);
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test]
async fn full_price_free_and_late_purchases_emit_events() {
    let shop = Shop::new().await;
    let full = shop.buy().await;
    let (free, promo) = shop.order_with_code(price().minor()).await;
    let (late, _) = shop.order_with_code(100).await;
    shop.decline(&late).await;
    let kept = Settled::Late { kept: true };
    assert_eq!(shop.pay(&late).await.unwrap(), kept);

    let events = shop.events().await;
    let ids: Vec<_> = events.iter().map(|event| event.event_id).collect();
    assert_eq!(ids, [full.id, free.id, late.id]);
    let sequences: Vec<_> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
    assert_eq!(events[0].promocode_id, None);
    assert_eq!(
        (events[1].promocode_id, events[1].total),
        (Some(PromoCodeId(promo)), rub(0))
    );
    // Each begins when the one before ends.
    assert_eq!(events[2].subscription.starts_at, events[1].paid_until);
    assert_eq!(events[1].subscription.starts_at, events[0].paid_until);
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test]
async fn unsold_purchase_emits_no_event() {
    let shop = Shop::new().await;
    let declined = shop.order().await;
    shop.decline(&declined).await;
    // Another user has the single use of the code by the time the payment succeeds: it is refunded.
    let (late, promo) = shop.order_with_code(100).await;
    shop.decline(&late).await;
    let other = shop.world.user().await;
    shop.world.apply(other, promo, shop.tariff).await;
    let going_back = Settled::Late { kept: false };
    assert_eq!(shop.pay(&late).await.unwrap(), going_back);
    let refunds = shop.world.store.find_refunds_of(late.id).await.unwrap();
    shop.comes_off(refunds[0].id).await;
    assert_eq!(shop.events().await, []);
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_webhooks_emit_one_event() {
    let shop = Shop::new().await;
    let purchase = shop.order().await;
    let mut webhooks = JoinSet::new();
    for _ in 0..50 {
        let (shop, purchase) = (shop.clone(), purchase.clone());
        webhooks.spawn(async move { shop.pay(&purchase).await.unwrap() });
    }
    let settled = webhooks.join_all().await;
    let now = settled.iter().filter(|s| **s == Settled::Now).count();
    assert_eq!(now, 1);
    assert_eq!(shop.events().await.len(), 1);
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_purchases_emit_ordered_events() {
    let shop = Shop::new().await;
    let mut shops = Vec::new();
    for _ in 0..4 {
        shops.push(shop.selling_another().await);
    }
    for with_code in [false, true] {
        let mut payments = JoinSet::new();
        for shop in shops.clone() {
            let purchase = match with_code {
                true => shop.order_with_code(100).await.0,
                false => shop.order().await,
            };
            payments.spawn(async move { shop.pay(&purchase).await.unwrap() });
        }
        payments.join_all().await;
    }
    let events = shop.events().await;
    let sequences: Vec<_> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5, 6, 7, 8]);
    // A reader that keeps the latest `paid_until` of each tariff is right.
    let mut known = HashMap::new();
    for event in events {
        let before = known.insert(event.tariff, event.paid_until);
        assert_eq!(event.paid_until, event.subscription.ends_at);
        assert_eq!(
            before.unwrap_or(event.subscription.starts_at),
            event.subscription.starts_at
        );
    }
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test]
async fn purchase_without_event_is_not_paid() {
    let shop = Shop::new().await;
    let purchase = shop.order().await;
    shop.sql("ALTER TABLE outbox ADD CONSTRAINT full_up CHECK (false) NOT VALID")
        .await;
    let error = shop.pay(&purchase).await.unwrap_err();
    assert!(error.to_string().contains("full_up"), "{error}");
    let free = Shop {
        tariff: shop.world.tariff().await,
        ..shop.clone()
    };
    let promo = free.world.promo(price().minor(), Default::default()).await;
    let applied = free.world.apply(free.user, promo, free.tariff).await;
    let redemption::ApplyOutcome::Applied(hold) = applied else {
        panic!("{applied:?}");
    };
    let store = &free.world.store;
    let opened = store.open_purchase(&hold, None, crate::world::now(), &runtime::OsRandom);
    assert!(opened.await.is_err());

    let found = store.find_purchase(purchase.id).await.unwrap().unwrap();
    assert_eq!(found.status, domain::PurchaseStatus::Pending);
    assert_eq!(found.subscription, None);
    let held = store.find_purchase_with(hold.id).await;
    assert!(held.unwrap().is_none());
    assert_eq!(shop.contradictions().await, [""; 0]);

    shop.sql("ALTER TABLE outbox DROP CONSTRAINT full_up").await;
    assert_eq!(shop.pay(&purchase).await.unwrap(), Settled::Now);
    assert_eq!(shop.events().await.len(), 1);
}
