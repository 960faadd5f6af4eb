//! Revoking purchases, and listing them.

use serde_json::json;
use testkit::{Answer, Effect, PromoSpec, Tariff, User, World, unique};
use uuid::Uuid;

async fn revoke(by: &User, purchase: Uuid) -> Answer {
    let path = format!("/admin/purchases/{purchase}/revocation");
    let body = json!({ "reason": "Granted by mistake" });
    by.call("POST", &path).json(&body).send().await
}

async fn buy(world: &World, user: &User, tariff: &Tariff) -> Uuid {
    let bought = user.buy_tariff(tariff).await;
    world.sandbox.approve(bought.text("confirmation_url")).await;
    let id = bought.uuid("purchase_id");
    user.until_purchase(id, "paid").await;
    id
}

#[tokio::test]
async fn free_purchase_can_be_revoked() {
    let world = World::new().await;
    let (admin, user) = (world.staff("admin").await, world.user().await);
    let tariff = world.tariff(29_900).await;
    for (returns_use, taken) in [(true, 0), (false, 1)] {
        let spec = PromoSpec {
            effect: Effect::PercentOff(10_000, None),
            ..PromoSpec::default()
        };
        let promo = world.promo(spec).await;
        world.set_refund_returns_use(&promo, returns_use).await;
        let bought = user.buy(&promo, &tariff).await;
        let id = bought.uuid("purchase_id");
        let revoked = revoke(&admin, id).await;
        let purchase = revoked.success(200);
        assert_eq!(purchase["status"], "revoked");
        assert_eq!(purchase["revoke_reason"], "Granted by mistake");
        assert_eq!(revoke(&admin, id).await.json, revoked.json);
        assert!(user.subscriptions().await.is_empty());
        assert_eq!(world.taken(&promo).await, taken);
        let own = user.purchase(id).await;
        assert_eq!(own.success(200)["status"], "revoked");
        assert!(own.json.get("revoke_reason").is_none());
    }
    world.finish().await;
}

#[tokio::test]
async fn paid_purchase_can_be_revoked_and_refunded() {
    let world = World::new().await;
    let (admin, user) = (world.staff("admin").await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let first = buy(&world, &user, &tariff).await;
    let second = buy(&world, &user, &tariff).await;
    revoke(&admin, first).await.success(200);
    assert_eq!(world.ledger(first).await.len(), 1, "no money moves");
    // The period that follows moves up to now.
    let period = user.purchase(second).await.json["subscription"].clone();
    let starts_at: jiff::Timestamp = period["starts_at"].as_str().unwrap().parse().unwrap();
    assert!(testkit::now().duration_since(starts_at).as_secs().abs() < 60);

    let path = format!("/admin/purchases/{first}/refunds");
    let refund = admin
        .call("POST", &path)
        .json(&json!({ "reason": "It was paid" }));
    let refund = refund.header("idempotency-key", &unique("key-"));
    refund.send().await.success(201);
    world.until_ledger(first, &[29_900, -29_900]).await;
    assert_eq!(user.purchase(first).await.json["status"], "revoked");
    world.finish().await;
}

#[tokio::test]
async fn only_administrators_revoke_and_only_complete_purchases() {
    let world = World::new().await;
    let (admin, support) = (world.staff("admin").await, world.staff("support").await);
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let pending = user.buy_tariff(&tariff).await.uuid("purchase_id");
    for by in [&support, &user] {
        revoke(by, pending).await.problem(403, "admin_only");
    }
    revoke(&admin, pending)
        .await
        .problem(409, "purchase_not_paid");
    revoke(&admin, Uuid::nil())
        .await
        .problem(404, "purchase_not_found");
    let path = format!("/admin/purchases/{pending}/revocation");
    let nameless = admin.call("POST", &path).json(&json!({ "reason": " " }));
    nameless.send().await.invalid_field("reason");
    world.finish().await;
}

#[tokio::test]
async fn users_list_their_purchases_in_pages() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let mut bought = vec![];
    for _ in 0..5 {
        let tariff = world.tariff(29_900).await;
        let answer = user.buy_tariff(&tariff).await;
        bought.insert(0, answer.uuid("purchase_id"));
    }
    for (by, path, items) in [
        (&user, "/purchases?limit=2".to_owned(), "purchases"),
        (
            &support,
            format!("/admin/purchases?limit=2&user_id={}", user.id),
            "items",
        ),
    ] {
        let (mut listed, mut cursor) = (vec![], String::new());
        loop {
            let page = by.call("GET", &format!("{path}{cursor}")).send().await;
            let purchases = page.success(200)[items].as_array().unwrap();
            assert!(purchases.len() <= 2);
            listed.extend(purchases.iter().map(|purchase| {
                let id = purchase["purchase_id"].as_str().unwrap();
                id.parse::<Uuid>().unwrap()
            }));
            match page.json["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(listed, bought);
    }
    let other = world.user().await;
    let none = other.call("GET", "/purchases").send().await;
    assert_eq!(none.success(200), &json!({ "purchases": [] }));
    let bad = user.call("GET", "/purchases?cursor=x").send().await;
    bad.problem(400, "query_parameter_invalid");
    world.finish().await;
}
