//! The checks at the end of every test find what they are there for.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use pg::{AdHoc, Type};
use testkit::{PromoSpec, World};

#[tokio::test]
#[should_panic(expected = "does not call world.finish()")]
async fn a_test_that_forgets_the_checks_fails() {
    World::new().await;
}

#[tokio::test]
#[should_panic(expected = "1 taken for 0, but 0 held or used")]
async fn a_use_that_nobody_holds_is_found() {
    let world = World::new().await;
    let promo = world.promo(PromoSpec::default()).await;
    let sql = format!(
        "INSERT INTO promotion_usage (promotion_id, stripe, taken) VALUES ({}, 0, 1)",
        promo.promotion
    );
    assert_eq!(world.loyalty.execute(&sql, &[]).await.unwrap(), 1);
    world.finish().await;
}

#[tokio::test]
#[should_panic(expected = "is pending for 29900 with 0 subscriptions, 29900 paid")]
async fn money_for_a_purchase_without_a_code_that_was_not_sold_is_found() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let id = user.buy_tariff(&tariff).await.uuid("purchase_id");
    let sql = "INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
        SELECT now(), id, 'payment', id::text, total_minor, currency FROM purchases WHERE id = $1";
    let entered = world.loyalty.execute(sql, &[(&id, Type::UUID)]).await;
    assert_eq!(entered.unwrap(), 1);
    world.finish().await;
}
