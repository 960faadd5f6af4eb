//! Crashes while an administrator refunds a purchase.

use testkit::{Client, User};
use uuid::Uuid;

use crate::purchases::crash::{CrashScenario, at_each_step};
use crate::purchases::shop::{Buyer, Shop, TOTAL_MINOR, refund};

struct Refund {
    buyer: Buyer,
    purchase: Uuid,
    admin: User,
}

impl Refund {
    async fn sold(shop: &Shop) -> Refund {
        let buyer = shop.buyer("").await;
        let purchase = buyer.pay(shop).await;
        let payment = shop.payment(&buyer).await;
        shop.webhook("payment.succeeded", &payment)
            .await
            .success(200);
        let admin = shop.world.stranger("admin").await;
        Refund {
            buyer,
            purchase,
            admin,
        }
    }

    async fn order(&self, client: &Client) {
        refund(client, &self.admin, self.purchase)
            .await
            .success(201);
    }

    async fn is_back(&self, shop: &Shop) {
        let answer = self.buyer.purchase(&shop.client(), self.purchase).await;
        assert_eq!(answer["status"], "refunded");
        assert_eq!(shop.balance(&self.buyer).await, 0);
        shop.adds_up(&self.buyer, 0).await;
    }
}

/// The administrator repeats the call.
struct Repeated(Refund);

impl CrashScenario for Repeated {
    async fn begin(shop: &Shop) -> Repeated {
        Repeated(Refund::sold(shop).await)
    }

    async fn act(&self, _: &Shop, client: &Client) {
        self.0.order(client).await;
    }

    async fn recover(self, shop: &Shop) {
        self.0.order(&shop.client()).await;
        self.0.is_back(shop).await;
    }
}

/// The administrator does not repeat the call.
struct Left(Refund);

impl CrashScenario for Left {
    async fn begin(shop: &Shop) -> Left {
        Left(Refund::sold(shop).await)
    }

    async fn act(&self, _: &Shop, client: &Client) {
        self.0.order(client).await;
    }

    async fn recover(self, shop: &Shop) {
        let Left(refund) = self;
        shop.sweep().await;
        // A refund that was ordered is completed; one that was not is never made.
        match shop.world.count_refunds(refund.purchase).await {
            0 => assert_eq!(shop.balance(&refund.buyer).await, TOTAL_MINOR),
            _ => refund.is_back(shop).await,
        }
    }
}

#[tokio::test]
async fn refund_killed_at_each_step_is_repeated() {
    at_each_step::<Repeated>().await;
}

#[tokio::test]
async fn refund_killed_at_each_step_is_recovered_by_polling() {
    at_each_step::<Left>().await;
}
