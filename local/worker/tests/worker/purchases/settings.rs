//! Payments that can't be made for a while.

use crate::purchases::program::Program;
use crate::purchases::shop::{Shop, TOTAL_MINOR};
use pg::AdHoc;

#[tokio::test]
async fn purchase_waits_while_the_provider_key_is_wrong() {
    let mut shop = Shop::new(Program::Gateway).await;
    let buyer = shop.buyer("").await;
    shop.restart_gateway(&[("PAYMENT_SECRET_KEY", "another".to_owned())])
        .await;
    let refused = buyer.buy(&shop.client()).await;
    refused.problem(503, "payment_outcome_unknown");
    // An earlier attempt may have gone through, so the use stays held.
    shop.adds_up(&buyer, 1).await;

    shop.restart_gateway(&[]).await;
    buyer.pay(&shop).await;
    shop.sweep().await;
    assert_eq!(shop.payment(&buyer).await["status"], "succeeded");
    assert_eq!(shop.balance(&buyer).await, TOTAL_MINOR);
    shop.adds_up(&buyer, 1).await;
    shop.finish().await;
}

#[tokio::test]
async fn purchase_without_payment_expires_with_its_key() {
    let mut shop = Shop::new(Program::Gateway).await;
    let mut buyer = shop.buyer("").await;
    shop.restart_gateway(&[("PAYMENT_API_URL", "http://127.0.0.1:1/v3".to_owned())])
        .await;
    let refused = buyer.buy(&shop.client()).await;
    refused.problem(503, "payment_outcome_unknown");

    let sql = "UPDATE purchases SET created_at = created_at - interval '23 hours'";
    shop.world.loyalty.execute(sql, &[]).await.unwrap();
    shop.restart_gateway(&[]).await;
    let expired = buyer.buy(&shop.client()).await;
    assert_eq!(expired.success(200)["failure"], "payment_expired");
    shop.adds_up(&buyer, 0).await;
    let payments = shop.world.sandbox.payments_for(&buyer.tariff.title).await;
    assert!(payments.is_empty(), "{payments:#?}");

    buyer.start_anew();
    buyer.buy(&shop.client()).await.success(201);
    shop.adds_up(&buyer, 1).await;
    shop.finish().await;
}
