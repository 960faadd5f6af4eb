//! Crashes while the outcome of a payment is processed.

use domain::{Currency, Money, PaymentFailure, Random};
use loyalty_store::LoyaltyStore;
use payments::{CaptureMode, NewPayment, Provider};
use runtime::OsRandom;
use testkit::{Client, now};
use uuid::Uuid;

use crate::purchases::crash::{CrashScenario, at_each_step};
use crate::purchases::program::Program;
use crate::purchases::shop::{Buyer, Shop, TOTAL_MINOR};

/// The payment succeeded, and the provider repeats its webhook.
struct Paid(Buyer, Uuid);

impl CrashScenario for Paid {
    async fn begin(shop: &Shop) -> Paid {
        let buyer = shop.buyer("").await;
        let purchase = buyer.pay(shop).await;
        Paid(buyer, purchase)
    }

    async fn act(&self, shop: &Shop, _: &Client) {
        let payment = shop.payment(&self.0).await;
        shop.webhook("payment.succeeded", &payment)
            .await
            .success(200);
    }

    async fn recover(self, shop: &Shop) {
        self.act(shop, &shop.client()).await;
        is_paid(shop, &self.0, self.1).await;
    }
}

/// The payment succeeded, and the provider does not repeat its webhook.
struct PaidAndForgotten(Paid);

impl CrashScenario for PaidAndForgotten {
    async fn begin(shop: &Shop) -> PaidAndForgotten {
        PaidAndForgotten(Paid::begin(shop).await)
    }

    async fn act(&self, shop: &Shop, client: &Client) {
        self.0.act(shop, client).await;
    }

    async fn recover(self, shop: &Shop) {
        shop.sweep().await;
        is_paid(shop, &self.0.0, self.0.1).await;
    }
}

async fn is_paid(shop: &Shop, buyer: &Buyer, purchase: Uuid) {
    let answer = buyer.purchase(&shop.client(), purchase).await;
    assert_eq!(answer["status"], "paid");
    assert!(answer["subscription"]["ends_at"].is_string());
    assert_eq!(shop.balance(buyer).await, TOTAL_MINOR);
    shop.adds_up(buyer, 1).await;
}

/// The bank declined the payment, and the buyer tries the same code again.
struct Declined(Buyer, Uuid);

impl CrashScenario for Declined {
    async fn begin(shop: &Shop) -> Declined {
        let buyer = shop.buyer("").await;
        let bought = buyer.buy(&shop.client()).await;
        shop.world
            .sandbox
            .decline(bought.text("confirmation_url"))
            .await;
        Declined(buyer, bought.uuid("purchase_id"))
    }

    async fn act(&self, shop: &Shop, _: &Client) {
        let payment = shop.payment(&self.0).await;
        shop.webhook("payment.canceled", &payment)
            .await
            .success(200);
    }

    async fn recover(self, shop: &Shop) {
        self.act(shop, &shop.client()).await;
        let Declined(mut buyer, purchase) = self;
        let answer = buyer.purchase(&shop.client(), purchase).await;
        assert_eq!(
            (&answer["status"], &answer["failure"]),
            (&"failed".into(), &"payment_failed".into())
        );
        shop.adds_up(&buyer, 0).await;
        buyer.start_anew();
        let again = buyer.buy(&shop.client()).await;
        assert_ne!(again.success(201)["purchase_id"], answer["purchase_id"]);
        shop.adds_up(&buyer, 1).await;
        assert_eq!(shop.balance(&buyer).await, 0);
    }
}

/// The payment succeeded after somebody else had taken the use: it is refunded.
struct TooLate(Buyer, Uuid);

impl CrashScenario for TooLate {
    async fn begin(shop: &Shop) -> TooLate {
        let buyer = shop.buyer("").await;
        let purchase = buyer.pay(shop).await;
        let store = LoyaltyStore::new(shop.world.loyalty.clone());
        let failed = store
            .fail_purchase(purchase, None, PaymentFailure::Expired, now())
            .await;
        failed.unwrap();
        let other = shop.world.stranger("user").await;
        let path = format!(
            "/apply_promocode?promocode={}&tariff={}",
            buyer.promo.code, buyer.tariff.id
        );
        let apply = shop
            .client()
            .call("POST", &path)
            .bearer(&other.access_token);
        apply.send().await.success(201);
        TooLate(buyer, purchase)
    }

    async fn act(&self, shop: &Shop, _: &Client) {
        let payment = shop.payment(&self.0).await;
        shop.webhook("payment.succeeded", &payment)
            .await
            .success(200);
    }

    async fn recover(self, shop: &Shop) {
        self.act(shop, &shop.client()).await;
        let TooLate(buyer, purchase) = self;
        // The other user holds the use.
        shop.adds_up(&buyer, 1).await;
        shop.sweep().await;
        let answer = buyer.purchase(&shop.client(), purchase).await;
        assert_eq!(
            (&answer["status"], &answer["refunded"]["amount"]),
            (&"failed".into(), &"199.00".into())
        );
        assert_eq!(shop.balance(&buyer).await, 0);
        shop.adds_up(&buyer, 0).await;
    }
}

#[tokio::test]
async fn settlement_killed_at_each_step_is_redelivered() {
    at_each_step::<Paid>().await;
}

#[tokio::test]
async fn settlement_killed_at_each_step_is_recovered_by_polling() {
    at_each_step::<PaidAndForgotten>().await;
}

#[tokio::test]
async fn release_killed_at_each_step_recovers() {
    at_each_step::<Declined>().await;
}

#[tokio::test]
async fn late_refund_killed_at_each_step_recovers() {
    at_each_step::<TooLate>().await;
}

#[tokio::test]
async fn second_payment_of_a_purchase_changes_nothing() {
    let shop = Shop::new(Program::Gateway).await;
    let buyer = shop.buyer("").await;
    let bought = buyer.buy(&shop.client()).await;
    let purchase = bought.uuid("purchase_id");
    // Made with the shop's own key, by a faulty program or by hand in the provider's dashboard.
    let other = async |press: &str| {
        let order = NewPayment {
            idempotence_key: OsRandom.uuid(),
            purchase_id: purchase,
            amount: Money::from_minor(TOTAL_MINOR, Currency::RUB).unwrap(),
            description: "another".to_owned(),
            capture: CaptureMode::AtOnce,
        };
        let payment = shop.provider().create(&order).await.unwrap();
        let page = payment.confirmation_url.unwrap();
        match press {
            "approve" => shop.world.sandbox.approve(&page).await,
            _ => shop.world.sandbox.decline(&page).await,
        }
        let payment = shop.world.sandbox.payment(payment.id.as_str()).await;
        let event = format!("payment.{}", payment["status"].as_str().unwrap());
        shop.webhook(&event, &payment).await.success(200);
    };
    for press in ["decline", "approve"] {
        other(press).await;
        let answer = buyer.purchase(&shop.client(), purchase).await;
        assert_eq!(&answer, &bought.json, "{press}");
    }
    let page = bought.text("confirmation_url");
    shop.world.sandbox.approve(page).await;
    let payment = shop.payment(&buyer).await;
    shop.webhook("payment.succeeded", &payment)
        .await
        .success(200);
    other("approve").await;
    is_paid(&shop, &buyer, purchase).await;
    shop.finish().await;
}
