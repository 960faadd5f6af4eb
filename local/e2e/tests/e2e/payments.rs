//! Successful and declined payments, and webhooks that are forged or repeated.

use serde_json::{Value, json};
use testkit::{Answer, Effect, Promo, PromoSpec, Tariff, User, World, join_all};
use uuid::Uuid;

struct Shop {
    world: World,
    user: User,
    tariff: Tariff,
    promo: Promo,
}

impl Shop {
    /// A user who is about to pay 199 roubles with a one-time code.
    async fn new() -> Shop {
        let world = World::new().await;
        let user = world.user().await;
        let tariff = world.tariff(29_900).await;
        let total_limit = Some(1);
        let promo = world
            .promo(PromoSpec {
                total_limit,
                ..PromoSpec::default()
            })
            .await;
        Shop {
            world,
            user,
            tariff,
            promo,
        }
    }

    async fn buy(&self) -> Answer {
        let bought = self.user.buy(&self.promo, &self.tariff).await;
        bought.success(201);
        bought
    }

    async fn payment_id(&self, purchase: Uuid) -> String {
        let purchase = self.world.purchase(purchase).await;
        purchase.payment_id.unwrap_or_default()
    }

    async fn webhook(&self, event: &str, object: Value) -> Answer {
        let client = &self.world.client;
        self.world.sandbox.webhook(client, event, object).await
    }
}

#[tokio::test]
async fn declined_payment_releases_the_code() {
    let shop = Shop::new().await;
    let bought = shop.buy().await;
    shop.world
        .sandbox
        .decline(bought.text("confirmation_url"))
        .await;
    let id = bought.uuid("purchase_id");
    let purchase = shop.world.until_purchase(id, "failed").await;
    assert_eq!(purchase.failure.as_deref(), Some("payment_failed"));
    assert_eq!(purchase.subscription, None);
    let hold = shop.world.application(purchase.application_id).await;
    assert_eq!(hold.cancel_reason.as_deref(), Some("payment_failed"));
    assert_eq!(shop.world.taken(&shop.promo).await, 0);
    let cancel = shop.user.cancel(&shop.promo).await;
    cancel.problem(404, "application_not_found");

    // The same code again: this time the payment succeeds.
    let again = shop.buy().await;
    assert_ne!(again.uuid("purchase_id"), id);
    shop.world
        .sandbox
        .approve(again.text("confirmation_url"))
        .await;
    let id = again.uuid("purchase_id");
    let purchase = shop.world.until_purchase(id, "paid").await;
    assert!(purchase.subscription.is_some());
    shop.world.finish().await;
}

#[tokio::test]
async fn repeated_call_returns_the_pending_purchase() {
    let shop = Shop::new().await;
    let bought = shop.buy().await;
    let again = shop.buy().await;
    assert_eq!(again.json, bought.json);
    let applied = shop.user.apply(&shop.promo, &shop.tariff).await;
    assert_eq!(applied.success(200)["state"], "paying");

    let payment = shop.payment_id(bought.uuid("purchase_id")).await;
    let payment = shop.world.sandbox.payment(&payment).await;
    assert_eq!(
        payment["amount"],
        json!({ "value": "199.00", "currency": "RUB" })
    );
    assert_eq!(
        payment["metadata"]["purchase_id"],
        bought.json["purchase_id"]
    );
    let payments = shop.world.sandbox.payments_for(&shop.tariff.title).await;
    assert_eq!(payments.len(), 1);
    assert_eq!(shop.world.count_purchases(&shop.promo).await, 1);
    shop.world.finish().await;
}

#[tokio::test]
async fn forged_webhook_changes_nothing() {
    let shop = Shop::new().await;
    let bought = shop.buy().await;
    let id = bought.uuid("purchase_id");
    let payment = shop.payment_id(id).await;
    let before = shop.world.purchase(id).await;

    let paid = shop.world.sandbox.paid(&payment, id, "199.00");
    shop.webhook("payment.succeeded", paid.clone())
        .await
        .success(200);
    let mut canceled = paid.clone();
    canceled["status"] = json!("canceled");
    canceled["cancellation_details"] = json!({ "party": "yoo_money", "reason": "general_decline" });
    shop.webhook("payment.canceled", canceled)
        .await
        .success(200);
    let mut unknown = paid.clone();
    unknown["id"] = json!(Uuid::from_u128(id.as_u128() ^ 1));
    let answer = shop.webhook("payment.succeeded", unknown).await;
    answer.problem(422, "validation_failed");
    let refund = shop.webhook("refund.succeeded", paid).await;
    refund.problem(422, "validation_failed");

    assert_eq!(shop.world.purchase(id).await, before);
    assert_eq!(
        shop.world.application(before.application_id).await.state,
        "paying"
    );
    shop.world.finish().await;
}

#[tokio::test]
async fn payment_of_another_purchase_does_not_count() {
    let shop = Shop::new().await;
    let bought = shop.buy().await;
    let other = Shop::new().await;
    let paid = other.buy().await;
    other
        .world
        .sandbox
        .approve(paid.text("confirmation_url"))
        .await;
    let paid_id = paid.uuid("purchase_id");
    other.world.until_purchase(paid_id, "paid").await;

    // A real, paid payment that is claimed to be for this purchase.
    let payment = other.payment_id(paid_id).await;
    let id = bought.uuid("purchase_id");
    let claimed = shop.world.sandbox.paid(&payment, id, "199.00");
    shop.webhook("payment.succeeded", claimed)
        .await
        .success(200);
    assert_eq!(shop.world.purchase(id).await.status, "pending");
    shop.world.finish().await;
    other.world.finish().await;
}

#[tokio::test]
async fn repeated_webhook_counts_once() {
    let shop = Shop::new().await;
    let bought = shop.buy().await;
    let id = bought.uuid("purchase_id");
    let payment = shop.payment_id(id).await;
    shop.world
        .sandbox
        .approve(bought.text("confirmation_url"))
        .await;
    let paid = shop.world.sandbox.paid(&payment, id, "199.00");
    let webhook = |_| shop.webhook("payment.succeeded", paid.clone());
    let times = shop.world.many(50);
    let webhooks = || join_all((0..times).map(webhook));
    // Concurrently with the sandbox's own webhook, and then late.
    for answer in webhooks().await {
        answer.success(200);
    }
    let purchase = shop.world.until_purchase(id, "paid").await;
    let subscriptions = shop.user.subscriptions().await;
    for answer in webhooks().await {
        answer.success(200);
    }
    let canceled = json!({ "id": payment, "status": "canceled" });
    shop.webhook("payment.canceled", canceled)
        .await
        .success(200);
    assert_eq!(shop.world.purchase(id).await, purchase);
    let once = ("payment".to_owned(), 19_900);
    assert_eq!(shop.world.ledger(id).await, [once]);
    assert_eq!(subscriptions.len(), 1);
    assert_eq!(shop.user.subscriptions().await, subscriptions);
    assert_eq!(shop.world.taken(&shop.promo).await, 1);
    shop.world.finish().await;
}

#[tokio::test]
async fn idempotency_key_makes_one_purchase() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        effect: Effect::PercentOff(10_000, None),
        per_user_limit: None,
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let path = format!(
        "/use_promocode?promocode={}&tariff={}",
        promo.code, tariff.id
    );
    let buy = |key: &'static str| {
        user.call("POST", &path)
            .header("idempotency-key", key)
            .send()
    };

    let times = world.many(9);
    let answers = join_all((0..times).map(|_| buy("mine"))).await;
    let id = answers[0].uuid("purchase_id");
    for answer in &answers {
        answer.success(200);
        assert_eq!(answer.uuid("purchase_id"), id);
    }
    assert_eq!(world.count_purchases(&promo).await, 1);

    let other = buy("another").await;
    other.success(200);
    assert_ne!(
        other.uuid("purchase_id"),
        id,
        "another key is another purchase"
    );

    let elsewhere = world.tariff(10_000).await;
    let path = format!(
        "/use_promocode?promocode={}&tariff={}",
        promo.code, elsewhere.id
    );
    let call = |key: &str| {
        user.call("POST", &path)
            .header("idempotency-key", key)
            .send()
    };
    call("mine").await.problem(422, "idempotency_key_reused");
    for bad in ["", "with space", &"k".repeat(256)] {
        call(bad).await.problem(400, "idempotency_key_invalid");
    }
    assert_eq!(world.count_purchases(&promo).await, 2);
    assert_eq!(world.taken(&promo).await, 2, "no hold is left behind");
    world.finish().await;
}

#[tokio::test]
async fn second_purchase_begins_where_first_ends() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let mut ends_at = None;
    for effect in [Effect::Free(14), Effect::AmountOff(29_900)] {
        let promo = world
            .promo(PromoSpec {
                effect,
                ..PromoSpec::default()
            })
            .await;
        let bought = user.buy(&promo, &tariff).await;
        bought.success(200);
        let purchase = world.purchase(bought.uuid("purchase_id")).await;
        let (from, to) = purchase.subscription.unwrap();
        assert!(
            ends_at.is_none_or(|end| end == from),
            "{from} after {ends_at:?}"
        );
        ends_at = Some(to);
    }
    world.finish().await;
}
