//! The checks at the end of every test find the faults that they are meant to find.

use pg::{AdHoc, Type};
use testkit::{PromoSpec, World};

#[tokio::test]
#[should_panic(expected = "does not call world.finish()")]
async fn missing_checks_fail_the_test() {
    World::new().await;
}

/// The one contradiction that there is, before it is mended so that the stack passes an audit afterwards.
#[track_caller]
fn one(found: &[String]) -> &str {
    assert_eq!(found.len(), 1, "{found:#?}");
    &found[0]
}

#[tokio::test]
async fn audit_finds_a_use_without_application() {
    let world = World::new().await;
    let promo = world.promo(PromoSpec::default()).await;
    let sql = "INSERT INTO promotion_usage (promotion_id, stripe, taken) VALUES ($1, 0, 1)";
    let promotion = [(&promo.promotion as _, Type::INT8)];
    assert_eq!(world.loyalty.execute(sql, &promotion).await.unwrap(), 1);
    let found = world.contradictions().await;
    assert!(
        one(&found).contains("1 taken for 0, but 0 held or used"),
        "{found:?}"
    );

    let sql = "DELETE FROM promotion_usage WHERE promotion_id = $1";
    world.loyalty.execute(sql, &promotion).await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn audit_finds_money_for_an_unsold_purchase() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let id = user.buy_tariff(&tariff).await.uuid("purchase_id");
    let sql = "INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
        SELECT now(), id, 'payment', id::text, total_minor, currency FROM purchases WHERE id = $1";
    let entered = world.loyalty.execute(sql, &[(&id, Type::UUID)]).await;
    assert_eq!(entered.unwrap(), 1);
    let found = world.contradictions().await;
    let expected = "is pending for 29900 with 0 subscriptions, 29900 paid";
    assert!(one(&found).contains(expected), "{found:?}");

    // The ledger only grows, as long as its trigger is there.
    let sql = format!(
        "DO $$ BEGIN
            ALTER TABLE ledger DISABLE TRIGGER ledger_only_grows;
            DELETE FROM ledger WHERE purchase_id = '{id}';
            ALTER TABLE ledger ENABLE TRIGGER ledger_only_grows;
        END $$"
    );
    world.loyalty.execute(&sql, &[]).await.unwrap();
    world.finish().await;
}
