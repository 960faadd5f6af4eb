//! The checks at the end of every test find what they are there for.

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
        "UPDATE usage_counters SET taken = 1 WHERE scope = 'promo' AND stripe = 0 AND scope_id = {}",
        promo.id
    );
    assert_eq!(world.loyalty.execute(&sql, &[]).await.unwrap(), 1);
    world.finish().await;
}
