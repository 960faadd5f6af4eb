//! Amounts in different currencies are never added up, and never mistaken for each other.

use domain::{Currency, Money, PromoCodeId, PurchaseStatus};
use loyalty_store::{Audited, OpenPurchaseOutcome, Purchase, Settled};
use pg::{AdHoc, Type};
use redemption::ApplyOutcome;
use runtime::OsRandom;

use crate::world::{Limits, PRICE, World, now};

fn dollars(minor: i64) -> Money {
    Money::from_minor(minor, "USD".parse().unwrap()).unwrap()
}

fn roubles(minor: i64) -> Money {
    Money::from_minor(minor, Currency::RUB).unwrap()
}

/// A pending purchase, in roubles.
async fn purchase(world: &World) -> Purchase {
    let (user, tariff) = (world.user().await, world.tariff().await);
    let promo = world.promo(100, Limits::default()).await;
    let ApplyOutcome::Applied(hold) = world.apply(user, promo, tariff).await else {
        panic!("not held");
    };
    let opened = world.store.open_purchase(&hold, None, now(), &OsRandom);
    let OpenPurchaseOutcome::Opened(purchase) = opened.await.unwrap() else {
        panic!("not opened");
    };
    *purchase
}

async fn entries(world: &World, purchase: &Purchase) -> i64 {
    let sql = "SELECT count(*) FROM ledger WHERE purchase_id = $1";
    world.number(sql, &[(&purchase.id, Type::UUID)]).await
}

#[tokio::test]
async fn payment_in_another_currency_is_rejected() {
    let world = World::new(2);
    let purchase = purchase(&world).await;
    let total = PRICE - 100;
    let pay = async |paid| {
        let reference = purchase.id.to_string();
        let settled =
            world
                .store
                .complete_purchase(purchase.id, &reference, paid, now(), &OsRandom);
        settled.await.unwrap()
    };
    for paid in [dollars(total), roubles(total - 1)] {
        assert!(matches!(pay(paid).await, Settled::Conflict(_)), "{paid}");
    }
    let found = world.store.find_purchase(purchase.id).await.unwrap();
    assert_eq!(found.unwrap().status, PurchaseStatus::Pending);
    assert_eq!(entries(&world, &purchase).await, 0);

    assert_eq!(pay(roubles(total)).await, Settled::Now);
    for paid in [dollars(total), roubles(total - 1)] {
        assert!(matches!(pay(paid).await, Settled::Conflict(_)), "{paid}");
    }
    assert_eq!(entries(&world, &purchase).await, 1);
    let PromoCodeId(promo) = purchase.promo.unwrap().0;
    world.adds_up(&[promo]).await;
}

#[tokio::test]
async fn refund_in_another_currency_is_rejected() {
    let world = World::new(2);
    let purchase = purchase(&world).await;
    let (payment, now) = (purchase.id.to_string(), now());
    let paid = world
        .store
        .complete_purchase(purchase.id, &payment, purchase.total, now, &OsRandom);
    assert_eq!(paid.await.unwrap(), Settled::Now);
    let enter = async |amount| {
        let reference = format!("refund-{payment}");
        let entered = world
            .store
            .record_provider_refund(&payment, &reference, amount, now, &OsRandom);
        entered.await.unwrap()
    };
    assert!(!enter(dollars(100)).await);
    assert_eq!(entries(&world, &purchase).await, 1);
    assert!(enter(roubles(100)).await);
    assert_eq!(entries(&world, &purchase).await, 2);
}

#[tokio::test]
async fn audit_finds_a_budget_in_two_currencies() {
    let world = World::new(2);
    let (user, tariff) = (world.user().await, world.tariff().await);
    let campaign = world.campaign(Limits::default()).await;
    let limits = Limits {
        budget_minor: Some(PRICE),
        campaign: Some(campaign),
        ..Limits::default()
    };
    let promo = world.promo(100, limits).await;
    let ApplyOutcome::Applied(_) = world.apply(user, promo, tariff).await else {
        panic!("not held");
    };
    world.adds_up(&[promo]).await;
    // Bypasses every check.
    for (sql, id) in [
        (
            "UPDATE campaigns SET budget_minor = 1000, currency = 'USD' WHERE id = $1",
            campaign,
        ),
        (
            "UPDATE promotions SET currency = 'USD' WHERE id = (SELECT promotion_id FROM promo_codes WHERE id = $1)",
            promo,
        ),
    ] {
        world.pool.execute(sql, &[(&id, Type::INT8)]).await.unwrap();
    }
    let audited = Audited {
        promos: &[promo],
        ..Audited::default()
    };
    let sql = "SELECT promotion_id FROM promo_codes WHERE id = $1";
    let promotion = world.number(sql, &[(&promo, Type::INT8)]).await;
    let mut found = world.store.contradictions(Some(audited)).await.unwrap();
    found.sort();
    assert_eq!(
        found,
        [
            format!("campaign {campaign} has a budget in USD and uses in RUB"),
            format!("promotion {promotion} has a budget in USD and uses in RUB"),
        ]
    );
    let sql = "UPDATE promotions SET currency = 'RUB' WHERE id = (SELECT promotion_id FROM promo_codes WHERE id = $1)";
    world
        .pool
        .execute(sql, &[(&promo, Type::INT8)])
        .await
        .unwrap();
    let sql = "UPDATE campaigns SET currency = 'RUB' WHERE id = $1";
    let mended = world.pool.execute(sql, &[(&campaign, Type::INT8)]).await;
    mended.unwrap();
    world.adds_up(&[promo]).await;
}
