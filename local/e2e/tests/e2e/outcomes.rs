//! What becomes of a purchase and its code when the payment succeeds, fails, or is not reported.

use testkit::{Answer, Promo, PromoSpec, Tariff, User, World};
use uuid::Uuid;

struct Shop {
    world: World,
    user: User,
    tariff: Tariff,
    promo: Promo,
}

impl Shop {
    /// A user who is about to pay 199 roubles with a one-time code. `words` script the payment sandbox.
    async fn selling(words: &str) -> Shop {
        let world = World::new().await;
        let spec = PromoSpec {
            total_limit: Some(1),
            ..PromoSpec::default()
        };
        Shop {
            user: world.user().await,
            tariff: world.tariff_named(29_900, words).await,
            promo: world.promo(spec).await,
            world,
        }
    }

    async fn buy(&self) -> Answer {
        let bought = self.user.buy(&self.promo, &self.tariff).await;
        bought.success(201);
        bought
    }

    /// Waits until the purchase has failed, and checks that a webhook caused it: the sweeper was not due to poll yet.
    async fn fails_unswept(&self, id: Uuid) {
        let before = self.world.purchase(id).await;
        let after = self.world.until_purchase(id, "failed").await;
        assert_eq!(after.check_at, None);
        // On a busy machine the webhook may have been faster than this look at it.
        let is_due_later = before.check_at > Some(testkit::now());
        assert!(before.status == "failed" || is_due_later, "{before:?}");
    }

    /// Checks that the payment of `id` failed with `failure` and that the user can use the code again.
    async fn gets_the_code_back(self, id: Uuid, failure: &str, cancel_reason: &str) {
        let answer = self.user.until_purchase(id, "failed").await;
        assert_eq!(answer.json["failure"], failure);
        assert!(answer.json.get("confirmation_url").is_none());
        let purchase = self.world.purchase(id).await;
        assert_eq!(purchase.subscription, None);
        let hold = self.world.application(purchase.application_id).await;
        assert_eq!(hold.cancel_reason.as_deref(), Some(cancel_reason));
        assert_eq!(self.world.taken(&self.promo).await, 0);
        assert_eq!(self.world.ledger(id).await, []);

        // The same code for a tariff without script words: this time the payment succeeds.
        let tariff = self.world.tariff(29_900).await;
        let again = self.user.buy(&self.promo, &tariff).await;
        assert_eq!(again.success(201)["total"]["amount"], "199.00");
        let page = again.text("confirmation_url");
        self.world.sandbox.approve(page).await;
        let paid = again.uuid("purchase_id");
        assert_ne!(paid, id);
        self.user.until_purchase(paid, "paid").await;
        assert_eq!(self.world.taken(&self.promo).await, 1);
        self.world.finish().await;
    }
}

#[tokio::test]
async fn expired_payment_releases_the_code_without_a_sweep() {
    let shop = Shop::selling("sandbox:expire=2").await;
    let id = shop.buy().await.uuid("purchase_id");
    shop.fails_unswept(id).await;
    shop.gets_the_code_back(id, "payment_expired", "payment_expired")
        .await;
}

#[tokio::test]
async fn cancelled_payment_releases_the_code_without_a_sweep() {
    for reason in ["canceled_by_merchant", "permission_revoked"] {
        let shop = Shop::selling(&format!("sandbox:decline={reason}")).await;
        // The sandbox may decline before this call is answered.
        let bought = shop.user.buy(&shop.promo, &shop.tariff).await;
        let id = bought.uuid("purchase_id");
        shop.fails_unswept(id).await;
        shop.gets_the_code_back(id, "payment_failed", "payment_failed")
            .await;
    }
}

#[tokio::test]
async fn lost_success_webhook_is_recovered_by_polling() {
    let shop = Shop::selling("sandbox:webhook-lost").await;
    let bought = shop.buy().await;
    let id = bought.uuid("purchase_id");
    shop.world
        .sandbox
        .approve(bought.text("confirmation_url"))
        .await;
    assert_eq!(shop.user.purchase(id).await.json["status"], "pending");
    // The worker polls a minute after the purchase; the test does not wait for that.
    shop.world.make_due(id).await;
    let paid = shop.user.until_purchase(id, "paid").await;
    let subscriptions = shop.user.subscriptions().await;
    assert_eq!(subscriptions.len(), 1);
    assert_eq!(
        subscriptions[0]["ends_at"],
        paid.json["subscription"]["ends_at"]
    );
    let once = ("payment".to_owned(), 19_900);
    assert_eq!(shop.world.ledger(id).await, [once]);
    assert_eq!(shop.world.taken(&shop.promo).await, 1);
    shop.world.finish().await;
}

#[tokio::test]
async fn lost_failure_webhook_is_recovered_by_polling() {
    let shop = Shop::selling("sandbox:webhook-lost").await;
    let bought = shop.buy().await;
    let id = bought.uuid("purchase_id");
    shop.world
        .sandbox
        .decline(bought.text("confirmation_url"))
        .await;
    assert_eq!(shop.user.purchase(id).await.json["status"], "pending");
    shop.world.make_due(id).await;
    shop.gets_the_code_back(id, "payment_failed", "payment_failed")
        .await;
}

#[tokio::test]
async fn polled_pending_payment_stays_pending() {
    let shop = Shop::selling("sandbox:webhook-lost").await;
    let bought = shop.buy().await;
    let id = bought.uuid("purchase_id");
    shop.world.make_due(id).await;
    testkit::until("asked after", testkit::TIMEOUT, async || {
        let purchase = shop.world.purchase(id).await;
        (purchase.check_at > Some(testkit::now())).then_some(())
    })
    .await;
    assert_eq!(shop.buy().await.json, bought.json);
    assert_eq!(shop.world.taken(&shop.promo).await, 1);
    shop.world.finish().await;
}
