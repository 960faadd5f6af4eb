//! Crashes while a purchase is opened.

use testkit::Client;

use crate::purchases::crash::{CrashScenario, at_each_step};
use crate::purchases::shop::{Buyer, Shop, TOTAL_MINOR};

/// The buyer repeats the call, and pays.
struct Repeated(Buyer);

impl CrashScenario for Repeated {
    async fn begin(shop: &Shop) -> Repeated {
        Repeated(shop.buyer("").await)
    }

    async fn act(&self, _: &Shop, client: &Client) {
        self.0.buy(client).await.success(201);
    }

    async fn recover(self, shop: &Shop) {
        let Repeated(buyer) = self;
        let id = buyer.pay(shop).await;
        let payment = shop.payment(&buyer).await;
        shop.webhook("payment.succeeded", &payment)
            .await
            .success(200);
        let purchase = buyer.purchase(&shop.client(), id).await;
        assert_eq!(purchase["status"], "paid");
        assert_eq!(shop.world.count_purchases(&buyer.promo).await, 1);
        assert_eq!(shop.balance(&buyer).await, TOTAL_MINOR);
        shop.adds_up(&buyer, 1).await;
    }
}

/// The buyer does not come back; a payment that was started expires.
struct Left(Buyer);

impl CrashScenario for Left {
    async fn begin(shop: &Shop) -> Left {
        Left(shop.buyer("sandbox:expire=1").await)
    }

    async fn act(&self, _: &Shop, client: &Client) {
        self.0.buy(client).await.success(201);
    }

    async fn recover(self, shop: &Shop) {
        let Left(buyer) = self;
        shop.sweep().await;
        let payments = shop.world.sandbox.payments_for(&buyer.tariff.title).await;
        assert!(payments.len() <= 1, "{payments:#?}");
        assert_eq!(shop.balance(&buyer).await, 0);
        shop.adds_up(&buyer, 0).await;
    }
}

#[tokio::test]
async fn buying_killed_at_each_step_is_repeated() {
    at_each_step::<Repeated>().await;
}

#[tokio::test]
async fn buying_killed_at_each_step_is_abandoned() {
    at_each_step::<Left>().await;
}
