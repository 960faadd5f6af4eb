//! Large refunds.

use serde_json::{Value, json};
use testkit::{Answer, User, World, join_all, unique};
use uuid::Uuid;

use super::{approval, id, log, read};

/// The price of the tariff, in kopecks: above what may be refunded alone.
const PRICE: i64 = 1_500_000;

struct Shop {
    world: World,
    admin: User,
    colleague: User,
    user: User,
}

impl Shop {
    async fn new() -> Shop {
        let world = World::new().await;
        Shop {
            admin: world.stranger("admin").await,
            colleague: world.stranger("admin").await,
            user: world.user().await,
            world,
        }
    }

    /// A paid purchase.
    async fn buy(&self, user: &User) -> Uuid {
        let tariff = self.world.tariff(PRICE).await;
        let bought = user.buy_tariff(&tariff).await;
        let page = bought.text("confirmation_url");
        self.world.sandbox.approve(page).await;
        let id = bought.uuid("purchase_id");
        user.until_purchase(id, "paid").await;
        id
    }

    async fn refund(&self, purchase: Uuid, amount: Option<&str>, key: &str) -> Answer {
        let mut body = json!({ "reason": "Paid twice" });
        if let Some(amount) = amount {
            body["amount"] = json!(amount);
        }
        let path = format!("/admin/purchases/{purchase}/refunds");
        let call = self.admin.call("POST", &path).json(&body);
        call.header("idempotency-key", key).send().await
    }

    async fn refunds(&self, purchase: Uuid) -> Vec<Value> {
        let details = read(&self.admin, &format!("/admin/purchases/{purchase}")).await;
        details["refunds"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn large_refund_waits_for_another_administrator() {
    let shop = Shop::new().await;
    let purchase = shop.buy(&shop.user).await;
    let waiting = shop.refund(purchase, None, "all").await;
    let id = id(&waiting);
    let amount = json!({ "amount": "15000.00", "currency": "RUB" });
    let expected = json!({
        "approval_id": id, "kind": "refund", "state": "pending", "purchase_id": purchase, "user_id": shop.user.id,
        "amount": amount, "reason": "Paid twice", "requested_by": shop.admin.id,
        "requested_at": waiting.json["requested_at"], "expires_at": waiting.json["expires_at"],
    });
    assert_eq!(waiting.success(202), &expected);
    assert!(shop.refunds(purchase).await.is_empty());
    let details = approval(&shop.colleague, &id).await;
    assert_eq!(details["purchase"]["total"], amount);

    let marketer = shop.world.stranger("marketer").await;
    marketer
        .decide(&id, "approve", json!({}))
        .await
        .problem(403, "admin_only");
    marketer
        .decide(&id, "reject", json!({ "reason": "No" }))
        .await
        .problem(403, "admin_only");
    shop.admin
        .decide(&id, "approve", json!({}))
        .await
        .problem(409, "own_approval");
    // The same call gets the same approval, another one is told of it.
    assert_eq!(
        shop.refund(purchase, None, "all").await.success(202)["approval_id"],
        json!(id)
    );
    let other = shop.refund(purchase, Some("1.00"), "all").await;
    other.problem(422, "idempotency_key_reused");
    let other = shop.refund(purchase, Some("1.00"), "more").await;
    assert_eq!(
        other.problem(409, "approval_pending")["approval_id"],
        json!(id)
    );

    let approved = shop.colleague.decide(&id, "approve", json!({})).await;
    assert_eq!(approved.success(200)["refund_id"], json!(id));
    shop.user.until_purchase(purchase, "refunded").await;
    let refunds = shop.refunds(purchase).await;
    assert_eq!(refunds.len(), 1);
    for (member, expected) in [
        ("refund_id", json!(id)),
        ("amount", amount),
        ("ordered_by", json!(shop.admin.id)),
        ("approved_by", json!(shop.colleague.id)),
        ("reason", json!("Paid twice")),
    ] {
        assert_eq!(refunds[0][member], expected, "{member}");
    }
    let again = shop.refund(purchase, None, "all").await;
    assert_eq!(again.success(201)["refund_id"], json!(id));
    let entries = [("request", &shop.admin), ("approve", &shop.colleague)];
    let entries = entries.map(|(action, user)| (action.to_owned(), json!(user.id)));
    assert_eq!(log(&shop.admin, &id).await, entries);
    shop.world.finish().await;
}

#[tokio::test]
async fn small_refunds_of_one_purchase_count_together() {
    let shop = Shop::new().await;
    let purchase = shop.buy(&shop.user).await;
    shop.refund(purchase, Some("6000.00"), "first")
        .await
        .success(201);
    shop.refund(purchase, Some("4000.00"), "second")
        .await
        .success(201);
    let waiting = shop.refund(purchase, Some("0.01"), "third").await;
    shop.world.approve(&waiting).await;
    let sum: Vec<Value> = shop.refunds(purchase).await;
    assert_eq!(sum.len(), 3);
    shop.world.finish().await;
}

#[tokio::test]
async fn concurrent_small_refunds_do_not_pass_the_threshold() {
    let shop = Shop::new().await;
    let purchase = shop.buy(&shop.user).await;
    let keys: Vec<String> = (0..6).map(|n| format!("{n}")).collect();
    let orders = keys
        .iter()
        .map(|key| shop.refund(purchase, Some("3000.00"), key));
    let answers = join_all(orders).await;
    let with = |status| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!((with(201), with(202), with(409)), (3, 1, 2), "{answers:#?}");
    assert_eq!(shop.refunds(purchase).await.len(), 3);
    // Two colleagues at once: one refund.
    let waiting = answers.iter().find(|answer| answer.status == 202).unwrap();
    let id = id(waiting);
    let other = shop.world.stranger("admin").await;
    let both = [&shop.colleague, &other].map(|by| by.decide(&id, "approve", json!({})));
    let answers = join_all(both).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 1, "{answers:#?}");
    assert_eq!(shop.refunds(purchase).await.len(), 4);
    shop.world.finish().await;
}

#[tokio::test]
async fn withdrawn_refund_is_not_made_and_keeps_its_key() {
    let shop = Shop::new().await;
    let purchase = shop.buy(&shop.user).await;
    let waiting = id(&shop.refund(purchase, Some("12000.00"), "large").await);
    let left = json!({ "reason": "A smaller one will do" });
    shop.admin
        .decide(&waiting, "withdraw", left)
        .await
        .success(200);
    shop.refund(purchase, Some("9000.00"), "small")
        .await
        .success(201);
    let too_large = shop.refund(purchase, Some("12000.00"), "again").await;
    too_large.problem(422, "refund_too_large");
    // A key that asked for an approval keeps its answer.
    let again = shop.refund(purchase, Some("12000.00"), "large").await;
    assert_eq!(again.success(202)["state"], "withdrawn");
    shop.world.finish().await;
}

#[tokio::test]
async fn nobody_approves_a_refund_to_themselves() {
    let shop = Shop::new().await;
    let buyer = shop.world.staff("admin").await;
    shop.world.until_status(buyer.id, "active").await;
    let purchase = shop.buy(&buyer).await;
    let key = unique("key-");
    let waiting = id(&shop.refund(purchase, None, &key).await);
    buyer
        .decide(&waiting, "approve", json!({}))
        .await
        .problem(409, "own_account");
    shop.colleague
        .decide(&waiting, "approve", json!({}))
        .await
        .success(200);
    buyer.until_purchase(purchase, "refunded").await;
    shop.world.finish().await;
}
