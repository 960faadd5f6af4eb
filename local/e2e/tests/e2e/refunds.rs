//! Refunds and late payments.

use domain::PaymentFailure;
use loyalty_store::LoyaltyStore;
use pg::{AdHoc, Type};
use serde_json::{Value, json};
use testkit::{Answer, Effect, Promo, PromoSpec, Tariff, User, World, join_all, now, unique};
use uuid::Uuid;

struct Shop {
    world: World,
    admin: User,
    user: User,
    tariff: Tariff,
    promo: Promo,
}

impl Shop {
    /// A user who can buy for 199 roubles with a one-time code.
    async fn new() -> Shop {
        Shop::selling("").await
    }

    /// The same; `words` script the payment sandbox.
    async fn selling(words: &str) -> Shop {
        let world = World::new().await;
        let spec = PromoSpec {
            total_limit: Some(1),
            ..PromoSpec::default()
        };
        Shop {
            admin: world.staff("admin").await,
            user: world.user().await,
            tariff: world.tariff_named(29_900, words).await,
            promo: world.promo(spec).await,
            world,
        }
    }

    async fn pay(&self, bought: &Answer) -> Uuid {
        let page = bought.text("confirmation_url");
        self.world.sandbox.approve(page).await;
        let id = bought.uuid("purchase_id");
        self.user.until_purchase(id, "paid").await;
        id
    }

    async fn buy(&self) -> Uuid {
        let bought = self.user.buy(&self.promo, &self.tariff).await;
        bought.success(201);
        self.pay(&bought).await
    }

    async fn refund(&self, purchase: Uuid, body: Value) -> Answer {
        refund(&self.admin, purchase, body, None).await
    }

    /// The purchase's refunds, as staff see them.
    async fn refunds(&self, purchase: Uuid) -> Vec<Value> {
        let path = format!("/admin/purchases/{purchase}");
        let answer = self.admin.call("GET", &path).send().await;
        answer.success(200)["refunds"].as_array().unwrap().clone()
    }

    /// The payments less the refunds of the purchase, in kopecks.
    async fn balance(&self, purchase: Uuid) -> i64 {
        let sql =
            "SELECT coalesce(sum(amount_minor), 0)::bigint FROM ledger WHERE purchase_id = $1";
        let row = self
            .world
            .loyalty
            .row(sql, &[(&purchase, Type::UUID)])
            .await;
        row.unwrap().unwrap().get(0)
    }
}

const REASON: &str = "Списано дважды";

async fn refund(by: &User, purchase: Uuid, mut body: Value, key: Option<&str>) -> Answer {
    body["reason"] = json!(REASON);
    let path = format!("/admin/purchases/{purchase}/refunds");
    let new = unique("key-");
    let call = by.call("POST", &path).json(&body);
    call.header("idempotency-key", key.unwrap_or(&new))
        .send()
        .await
}

#[tokio::test]
async fn full_refund_ends_subscription_and_releases_code() {
    let shop = Shop::new().await;
    let purchase = shop.buy().await;
    assert_eq!(shop.balance(purchase).await, 19_900);
    let refunded = shop.refund(purchase, json!({})).await;
    let refund = refunded.success(201);
    assert_eq!(
        (&refund["status"], &refund["cause"]),
        (&json!("succeeded"), &json!("staff"))
    );
    assert_eq!(refund["amount"]["amount"], "199.00");
    assert_eq!(shop.balance(purchase).await, 0);

    let answer = shop.user.purchase(purchase).await;
    assert_eq!(answer.json["status"], "refunded");
    assert_eq!(answer.json["refunded"]["amount"], "199.00");
    assert!(shop.user.subscriptions().await.is_empty());
    assert_eq!(shop.world.taken(&shop.promo).await, 0);
    let again = shop.refund(purchase, json!({})).await;
    again.problem(409, "nothing_to_refund");
    assert_eq!(shop.refunds(purchase).await.len(), 1);
    // The single use of the code is available to anyone.
    let other = shop.world.user().await;
    other.apply(&shop.promo, &shop.tariff).await.success(201);
    shop.world.finish().await;
}

#[tokio::test]
async fn refund_policy_can_keep_the_use() {
    let shop = Shop::new().await;
    let sql = "UPDATE promotions SET refund_returns_use = false WHERE id = $1";
    let changed = shop
        .world
        .loyalty
        .execute(sql, &[(&shop.promo.promotion, Type::INT8)])
        .await;
    assert_eq!(changed.unwrap(), 1);
    let purchase = shop.buy().await;
    shop.refund(purchase, json!({})).await.success(201);
    assert_eq!(
        shop.user.purchase(purchase).await.json["status"],
        "refunded"
    );
    assert_eq!(shop.world.taken(&shop.promo).await, 1);
    shop.world.finish().await;
}

#[tokio::test]
async fn partial_refunds_end_at_the_total() {
    let shop = Shop::new().await;
    let purchase = shop.buy().await;
    let part = |key| {
        refund(
            &shop.admin,
            purchase,
            json!({ "amount": "99.00" }),
            Some(key),
        )
    };
    let first = part("first").await;
    first.success(201);
    // The same key returns the same refund.
    assert_eq!(
        part("first").await.json["refund_id"],
        first.json["refund_id"]
    );
    // All that is left, another amount, or another reason, is another request.
    for other in [json!({}), json!({ "amount": "98.00" })] {
        let other = refund(&shop.admin, purchase, other, Some("first")).await;
        other.problem(422, "idempotency_key_reused");
    }
    let path = format!("/admin/purchases/{purchase}/refunds");
    let other = json!({ "amount": "99.00", "reason": "x" });
    let call = shop.admin.call("POST", &path).json(&other);
    let other = call.header("idempotency-key", "first").send().await;
    other.problem(422, "idempotency_key_reused");
    assert_eq!(shop.balance(purchase).await, 10_000);

    let answer = shop.user.purchase(purchase).await;
    assert_eq!(
        (&answer.json["status"], &answer.json["refunded"]["amount"]),
        (&json!("paid"), &json!("99.00"))
    );
    assert_eq!(
        shop.user.subscriptions().await.len(),
        1,
        "the subscription goes on"
    );
    let too_much = shop.refund(purchase, json!({ "amount": "100.01" })).await;
    assert_eq!(too_much.problem(422, "refund_too_large")["left"], "100.00");
    // Without an amount, the rest is refunded.
    let rest = shop.refund(purchase, json!({})).await;
    assert_eq!(rest.success(201)["amount"]["amount"], "100.00");
    assert_eq!(
        shop.user.purchase(purchase).await.json["status"],
        "refunded"
    );
    shop.world.finish().await;
}

#[tokio::test]
async fn concurrent_refunds_never_exceed_the_payment() {
    let shop = Shop::new().await;
    let purchase = shop.buy().await;
    let many =
        (0..shop.world.many(12)).map(|_| shop.refund(purchase, json!({ "amount": "60.00" })));
    let answers = join_all(many).await;
    let (given, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(given.len(), 3, "{answers:#?}");
    for answer in refused {
        answer.problem(422, "refund_too_large");
    }
    assert_eq!(shop.balance(purchase).await, 1_900);
    shop.world.finish().await;
}

#[tokio::test]
async fn periods_after_a_refunded_one_move_up() {
    let shop = Shop::new().await;
    let first = shop.buy().await;
    let bought = shop.user.buy_tariff(&shop.tariff).await;
    let second = shop.pay(&bought).await;
    let before = shop.user.purchase(first).await.json["subscription"].clone();
    shop.refund(first, json!({})).await.success(201);
    let after = shop.user.purchase(second).await.json["subscription"].clone();
    let ends = |period: &Value| {
        period["ends_at"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
    };
    // The second period takes the place of the first, of which only a moment was used.
    let moved = ends(&before).duration_since(ends(&after)).as_secs();
    assert!(
        (-3600 * 24 * 3..=3600 * 24 * 3).contains(&moved),
        "{before} {after}"
    );
    let subscriptions = shop.user.subscriptions().await;
    assert_eq!(subscriptions.len(), 1);
    assert!(ends(&subscriptions[0]) == ends(&after));
    shop.world.finish().await;
}

#[tokio::test]
async fn unrefundable_purchases_are_refused() {
    let shop = Shop::new().await;
    let (world, user) = (&shop.world, &shop.user);
    let pending = user.buy_tariff(&shop.tariff).await.uuid("purchase_id");
    shop.refund(pending, json!({}))
        .await
        .problem(409, "purchase_not_paid");
    let trial = PromoSpec {
        effect: Effect::Free(7),
        ..PromoSpec::default()
    };
    let trial = user.buy(&world.promo(trial).await, &shop.tariff).await;
    let trial = trial.uuid("purchase_id");
    shop.refund(trial, json!({}))
        .await
        .problem(409, "nothing_to_refund");
    for amount in [
        "",
        "0.00",
        "-1.00",
        "1",
        "1,00",
        "1.000",
        "99999999999999999999.00",
    ] {
        let answer = shop.refund(pending, json!({ "amount": amount })).await;
        answer.invalid_field("amount");
    }
    let unknown = Uuid::from_u128(7);
    shop.refund(unknown, json!({}))
        .await
        .problem(404, "purchase_not_found");
    for role in ["support", "marketer"] {
        let staff = world.staff(role).await;
        let answer = refund(&staff, pending, json!({}), None).await;
        answer.problem(403, "admin_only");
        let path = format!("/admin/purchases?user_id={}", user.id);
        let list = staff.call("GET", &path).send().await;
        assert_eq!(list.success(200)["items"].as_array().unwrap().len(), 2);
    }
    let path = format!("/admin/purchases?user_id={}", user.id);
    user.call("GET", &path)
        .send()
        .await
        .problem(403, "staff_only");
    shop.world.finish().await;
}

#[tokio::test]
async fn pending_refund_completes_later() {
    let shop = Shop::selling("sandbox:refund-pending=1").await;
    let purchase = shop.buy().await;
    let refunded = shop.refund(purchase, json!({})).await;
    assert_eq!(refunded.success(201)["status"], "pending");
    // Nothing is left for a second refund.
    shop.refund(purchase, json!({}))
        .await
        .problem(409, "nothing_to_refund");
    let answer = shop.user.until_purchase(purchase, "refunded").await;
    assert_eq!(answer.json["refunded"]["amount"], "199.00");
    assert_eq!(shop.refunds(purchase).await.len(), 1);
    assert_eq!(shop.balance(purchase).await, 0);
    shop.world.finish().await;
}

#[tokio::test]
async fn declined_refund_can_be_repeated() {
    let shop = Shop::selling("sandbox:refund-decline=insufficient_funds").await;
    let purchase = shop.buy().await;
    for refunds in 1..3 {
        let declined = shop.refund(purchase, json!({})).await;
        let refund = declined.success(201);
        assert_eq!(
            (&refund["status"], &refund["failure"]),
            (&json!("failed"), &json!("insufficient_funds"))
        );
        assert_eq!(shop.refunds(purchase).await.len(), refunds);
    }
    assert_eq!(shop.user.purchase(purchase).await.json["status"], "paid");
    assert_eq!(shop.balance(purchase).await, 19_900);
    shop.world.finish().await;
}

#[tokio::test]
async fn refund_made_at_the_provider_is_recorded() {
    let shop = Shop::new().await;
    let purchase = shop.buy().await;
    let payment = shop.world.purchase(purchase).await.payment_id.unwrap();
    shop.world.sandbox.refund(&payment, "50.00").await;
    shop.world.sandbox.refund(&payment, "149.00").await;
    let answer = shop.user.until_purchase(purchase, "refunded").await;
    assert_eq!(answer.json["refunded"]["amount"], "199.00");
    for refund in shop.refunds(purchase).await {
        assert_eq!(refund["cause"], "provider");
    }
    assert_eq!(shop.balance(purchase).await, 0);
    assert!(shop.user.subscriptions().await.is_empty());
    shop.world.finish().await;
}

impl Shop {
    /// A purchase that has expired in the service while its payment is still open at the provider.
    async fn given_up(&self) -> (Uuid, Answer) {
        let bought = self.user.buy(&self.promo, &self.tariff).await;
        bought.success(201);
        let id = bought.uuid("purchase_id");
        let store = LoyaltyStore::new(self.world.loyalty.clone());
        store
            .fail_purchase(id, None, PaymentFailure::Expired, now())
            .await
            .unwrap();
        assert_eq!(self.world.taken(&self.promo).await, 0);
        (id, bought)
    }
}

#[tokio::test]
async fn late_payment_keeps_the_sale_within_the_limit() {
    let shop = Shop::new().await;
    let (id, bought) = shop.given_up().await;
    shop.pay(&bought).await;
    assert_eq!(shop.world.taken(&shop.promo).await, 1);
    assert_eq!(shop.user.subscriptions().await.len(), 1);
    assert_eq!(shop.balance(id).await, 19_900);
    assert!(shop.refunds(id).await.is_empty());
    shop.world.finish().await;
}

#[tokio::test]
async fn late_payment_beyond_the_limit_is_refunded() {
    let shop = Shop::new().await;
    let (id, bought) = shop.given_up().await;
    let other = shop.world.user().await;
    other.apply(&shop.promo, &shop.tariff).await.success(201);

    shop.world
        .sandbox
        .approve(bought.text("confirmation_url"))
        .await;
    let (refunds, _) = testkit::until("the money is back", testkit::TIMEOUT, async || {
        let refunds = shop.refunds(id).await;
        let back = refunds
            .first()
            .is_some_and(|refund| refund["status"] == "succeeded");
        back.then_some(refunds)
    })
    .await;
    assert_eq!(refunds.len(), 1);
    assert_eq!(refunds[0]["cause"], "late_payment");
    let answer = shop.user.purchase(id).await;
    assert_eq!(
        (&answer.json["status"], &answer.json["refunded"]["amount"]),
        (&json!("failed"), &json!("199.00"))
    );
    assert_eq!(shop.balance(id).await, 0);
    assert!(shop.user.subscriptions().await.is_empty());
    assert_eq!(
        shop.world.taken(&shop.promo).await,
        1,
        "the other user's hold"
    );
    shop.world.finish().await;
}

#[tokio::test]
async fn refund_requires_an_idempotency_key() {
    let shop = Shop::new().await;
    let purchase = shop.buy().await;
    let path = format!("/admin/purchases/{purchase}/refunds");
    let body = json!({ "amount": "10.00", "reason": REASON });
    let without = shop.admin.call("POST", &path).json(&body).send().await;
    without.problem(400, "idempotency_key_missing");
    let repeated = (0..2).map(|_| refund(&shop.admin, purchase, body.clone(), Some("tap")));
    for answer in join_all(repeated).await {
        answer.success(201);
    }
    assert_eq!(shop.balance(purchase).await, 18_900);
    shop.world.finish().await;
}
