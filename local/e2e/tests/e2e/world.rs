//! The checks at the end of every test find the faults that they are meant to find.

use pg::{AdHoc, Type};
use testkit::{PromoSpec, World};

#[tokio::test]
#[should_panic(expected = "does not call world.finish()")]
async fn missing_checks_fail_the_test() {
    World::new().await;
}

#[tokio::test]
#[should_panic(expected = "1 taken for 0, but 0 held or used")]
async fn audit_finds_a_use_without_application() {
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
async fn audit_finds_money_for_an_unsold_purchase() {
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
